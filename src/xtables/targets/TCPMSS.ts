import { InputError } from '../../netlink/wire/error.js'
import { u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Family } from '../context.js'
import { target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { uint } from '../kinds/number.js'
import { flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_TCPMSS.h */
const XtTcpmssInfo = struct('xt_tcpmss_info', {
  size: field(u16, 'mss', 'the size in bytes; XT_TCPMSS_CLAMP_PMTU: what the path takes'),
})

const CLAMP = 0xffff

/** The greatest size leaves room for the header of the family. */
const SIZES: Readonly<Record<Family, Kind<number, number>>> = { ip: uint({ max: 0xffff - 20 }), ip6: uint({ max: 0xffff - 40 }) }

const size: Kind<number, number> = kindOf({
  ...SIZES.ip,
  parse: (text, context) => SIZES[context.family].parse(text, context, ''),
  pack: (value, context) => SIZES[context.family].pack(value, context),
})

export const TCPMSS = target('TCPMSS', {
  doc: 'Changes the maximum segment size in TCP packets that open a connection. Needs `-p tcp --tcp-flags SYN,RST SYN`, or the like.',
  revisions: { 0: XtTcpmssInfo },
  options: {
    setMss: option(size, 'the size in bytes, at most 65515 for IPv4 and 65495 for IPv6', {
      pack: (memory: Memory, value: number) => memory.set('size', value),
      unpack: (memory: Memory) => (memory.get('size') === CLAMP ? undefined : memory.get('size')),
    }),
    clampMssToPmtu: flag('the size that fits the path: its MTU less the headers', {
      pack: (memory: Memory) => memory.set('size', CLAMP),
      unpack: (memory: Memory) => (memory.get('size') === CLAMP ? true : undefined),
    }),
  },
  // The C tool takes both, and the last one counts.
  collect(given) {
    const keys = given.map(({ key }) => key)
    const twice = keys.find((key, i) => keys.indexOf(key) !== i)
    if (twice !== undefined) throw new InputError(`option '${twice}' can only be used once`)
    const last = given.at(-1)
    return last ? { [last.key]: last.value } : {}
  },
  check({ setMss, clampMssToPmtu }) {
    if (setMss === undefined && !clampMssToPmtu) throw new InputError('give --set-mss or --clamp-mss-to-pmtu')
    if (setMss !== undefined && clampMssToPmtu) throw new InputError('give either --set-mss or --clamp-mss-to-pmtu, not both')
  },
  list: ({ setMss, clampMssToPmtu }) => (clampMssToPmtu ? 'TCPMSS clamp to PMTU' : `TCPMSS set ${setMss}`),
})
