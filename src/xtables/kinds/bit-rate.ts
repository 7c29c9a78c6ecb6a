import { InputError } from '../../netlink/wire/error.js'
import { type Kind, kindOf } from '../kind.js'
import { parseDecimal, roundEven } from './decimal.js'
import { outOfRange } from './number.js'

const PREFIXES = { '': 1, ki: 2 ** 10, k: 1e3, mi: 2 ** 20, m: 1e6, gi: 2 ** 30, g: 1e9, ti: 2 ** 40, t: 1e12 } as const
const MAX_BYTES = 0xffff_ffff

/** Bits in each unit, by its name in lower case: `kibit`, `mbps`. */
const UNITS = new Map<string, number>([['', 1]])
for (const [prefix, scale] of Object.entries(PREFIXES)) UNITS.set(`${prefix}bit`, scale).set(`${prefix}bps`, 8 * scale)

function bytesOf(bits: unknown): number {
  const bytes = typeof bits === 'number' ? Math.trunc(bits / 8) : -1
  if (bytes >= 0 && bytes <= MAX_BYTES) return bytes
  throw outOfRange(bits, 0, 8 * MAX_BYTES + 7)
}

/** Bits per second; whole bytes per second in the struct. */
export const bitRate: Kind<number, number> = kindOf({
  name: 'rate[bit|kbit|mbit|Bps|KBps|…]',
  parse(text) {
    const number = parseDecimal(text)
    const unit = number && UNITS.get(number.rest.toLowerCase())
    if (number === undefined || unit === undefined) {
      throw new InputError(`bad rate '${text}': give a number and a unit, such as 5mbit or 64KBps`)
    }
    return 8 * bytesOf(number.value * unit)
  },
  format(bits) {
    if (bits >= 1e9 && bits % 1e6 === 0) return `${bits / 1e6}Mbit`
    return bits >= 1e6 && bits % 1e3 === 0 ? `${bits / 1e3}Kbit` : `${bits}bit`
  },
  pack: bytesOf,
  unpack: (bytes) => 8 * bytes,
})

/** As `iptables -L` shows it: bytes when `numeric`, else rounded to four digits or so. */
export function listBitRate(bits: number, numeric: boolean): string {
  if (numeric) return String(bits / 8)
  if (bits >= 1e9) return `${roundEven(bits / 1e6)}Mbit`
  return bits >= 1e6 ? `${roundEven(bits / 1e3)}Kbit` : `${bits}bit`
}
