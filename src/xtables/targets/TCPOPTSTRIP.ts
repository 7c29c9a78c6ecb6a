import { array } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u32 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { parseUint } from '../kinds/number.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_TCPOPTSTRIP.h */
const XtTcpoptstripTargetInfo = struct('xt_tcpoptstrip_target_info', {
  options: field(array(u32, 8), 'strip_bmap', 'a bit for each option'),
})

const NAMES: Readonly<Record<string, number>> = { mss: 2, wscale: 3, 'sack-permitted': 4, sack: 5, timestamp: 8, md5: 19 }
const nameOf = new Map(Object.entries(NAMES).map(([name, number]) => [number, name]))

/** Numbers of TCP options in rising order; a bit for each in the struct. */
const tcpOptions: Kind<readonly number[], readonly number[], readonly (number | string)[]> = kindOf({
  name: 'option[,option…]',
  parse: (text) => optionsOf(bitsOf(text.split(','))),
  format: (value) => value.join(','),
  pack(value) {
    if (!Array.isArray(value) || value.length === 0) throw new InputError(`'${shown(value)}' is no list of TCP options`)
    return bitsOf(value)
  },
  unpack: optionsOf,
})

function bitsOf(options: readonly (number | string)[]): number[] {
  const words: number[] = new Array(8).fill(0)
  for (const one of options) {
    const number = typeof one === 'string' && Object.hasOwn(NAMES, one) ? (NAMES[one] as number) : parseUint(shown(one), 2, 255)
    if (number < 0) throw new InputError(`'${shown(one)}' is no TCP option: a number from 2 to 255 or one of ${[...nameOf.values()].join(', ')}`)
    const word = words[number >> 5] as number
    const bit = (1 << (number & 31)) >>> 0
    if ((word & bit) !== 0) throw new InputError(`option '${one}' is given twice`)
    words[number >> 5] = (word | bit) >>> 0
  }
  return words
}

function optionsOf(words: readonly number[]): number[] {
  return words.flatMap((word, i) => Array.from({ length: 32 }, (_, bit) => 32 * i + bit).filter((option) => (word >>> (option & 31)) & 1))
}

export const TCPOPTSTRIP = target('TCPOPTSTRIP', {
  doc: 'Takes options out of the TCP header: each of their bytes becomes a NOP. Needs `-p tcp`.',
  tables: ['mangle'],
  revisions: { 0: XtTcpoptstripTargetInfo },
  options: {
    stripOptions: option(tcpOptions, 'the options, by number from 2 to 255 or by name: mss, wscale, sack-permitted, sack, timestamp, md5', {
      to: 'options', fallback: [0, 0, 0, 0, 0, 0, 0, 0], quiet: true,
    }),
  },
  list: ({ stripOptions }, { numeric }) =>
    stripOptions ? `TCPOPTSTRIP options ${stripOptions.map((number) => (numeric ? undefined : nameOf.get(number)) ?? number).join(',')}` : '',
})
