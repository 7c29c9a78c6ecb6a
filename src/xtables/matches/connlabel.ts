import { InputError } from '../../netlink/wire/error.js'
import { u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { nameFile } from '../kinds/name-file.js'
import { parseUint, uint16 } from '../kinds/number.js'
import { bang, line, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_connlabel.h */
const XtConnlabelMtinfo = struct('xt_connlabel_mtinfo', {
  bit: field(u16, 'bit', 'number of the label'),
  options: field(u16, 'options', 'XT_CONNLABEL_OP_*'),
})

const PATH = '/etc/xtables/connlabel.conf'

/** `40 name`: the name may hold spaces. The kernel has labels up to 127, the file may name more. */
const labels = nameFile(PATH, (line) => {
  const [, digits = '', name] = /^\s*(0x[0-9a-f]+|\d+)\s+([^\s"][^"]*?)\s*$/i.exec(line) ?? []
  const number = parseUint(digits, 0, 1023)
  return name !== undefined && number >= 0 ? { name, number } : undefined
})

const label: Kind<number, number> = kindOf({
  name: 'name|number',
  parse(text) {
    const number = parseUint(text, 0, 0xffff)
    const found = number >= 0 ? number : labels.number(text)
    if (found === undefined) throw new InputError(`'${text}' is neither a number from 0 to 65535 nor a name in ${PATH}`)
    return found
  },
  format: (value) => `"${labels.name(value) ?? value}"`,
  pack: uint16.pack,
  unpack: uint16.unpack,
})

export const connlabel = match('connlabel', {
  doc: 'Labels of the connection, numbers whose names stand in /etc/xtables/connlabel.conf.',
  revisions: { 0: XtConnlabelMtinfo },
  options: {
    label: option(label, 'the label, its number (the kernel has 0 to 127) or its name', {
      to: 'bit', not: { options: 0x1 }, required: true,
    }),
    set: flag('puts the label on the connection; does not match where that fails', { set: { options: 0x2 } }),
  },
  list({ label, set }, { numeric }) {
    const bit = label === undefined ? 0 : plain(label)
    const name = numeric ? undefined : labels.name(bit)
    return line('connlabel', bang(label), name === undefined ? String(bit) : `'${name}'`, set && 'set')
  },
})
