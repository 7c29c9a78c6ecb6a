import { array } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u16, u32 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { type Kind, kindOf, type Not } from '../kind.js'
import { bang, line, plain } from '../list.js'
import { uint8 } from './number.js'

/** Options that may be asked for (IP6T_OPTS_OPTSNR). */
const LIMIT = 16

/** Stands for any length. */
const ANY = 0xff

/** include/uapi/linux/netfilter_ipv6/ip6t_opts.h */
export const Ip6tOpts = struct('ip6t_opts', {
  length: field(u32, 'hdrlen', 'length of the header'),
  flags: field(u8, 'flags', 'IP6T_OPTS_*: what is looked at'),
  inverted: field(u8, 'invflags', 'IP6T_OPTS_INV_*'),
  options: field(array(u16, LIMIT), 'opts', 'type and length of each option, one byte each'),
  count: field(u8, 'optsnr', 'number of options'),
})

/** An option of an IPv6 extension header. Its length counts where it is given. */
export interface HeaderOption {
  readonly type: number
  readonly length?: number
}

interface Raw {
  readonly options: readonly number[]
  readonly count: number
}

function packOption(option: HeaderOption, at: number): number {
  if (typeof option !== 'object' || option === null) {
    throw new InputError(`'${shown(option)}' is no option { type, length }`)
  }
  const { type, length = ANY } = option
  for (const byte of [type, length]) uint8.pack(byte, undefined as never)
  if (length !== ANY && type === 0) throw new InputError('option 0 (Pad1) has no length')
  if (length !== ANY && at === LIMIT - 1) throw new InputError(`the last of ${LIMIT} options cannot have a length`)
  return 256 * type + length
}

function unpackOption(raw: number): HeaderOption {
  const length = raw & 0xff
  return length === ANY ? { type: raw >> 8 } : { type: raw >> 8, length }
}

function format(options: readonly HeaderOption[]): string {
  return options.map(({ type, length }) => (length === undefined ? String(type) : `${type}:${length}`)).join(',')
}

/** Types of options, each with the length it must have where that counts: `194:4,5`. */
export const headerOptions: Kind<readonly HeaderOption[], Raw> = kindOf({
  name: 'type[:length][,…]',
  parse: (text, context) => text.split(',').map((word, at) => {
    const colon = word.indexOf(':')
    if (colon < 0) return { type: uint8.parse(word, context, '') }
    const type = uint8.parse(word.slice(0, colon), context, '')
    // A length of 255 is as good as none, though it may not stand where none may.
    packOption({ type, length: 0 }, at)
    return unpackOption(packOption({ type, length: uint8.parse(word.slice(colon + 1), context, '') }, at))
  }),
  format,
  pack(value) {
    if (!Array.isArray(value)) throw new InputError(`'${shown(value)}' is no list of options { type, length }`)
    const { length } = value
    if (length === 0 || length > LIMIT) throw new InputError(`${length} options, 1 to ${LIMIT} may be`)
    return { options: value.map(packOption), count: length }
  },
  unpack: ({ options, count }) => options.slice(0, count).map(unpackOption),
})

/** How `iptables -L` shows a header. */
export function listHeader(name: string, length?: number | Not<number>, options?: readonly HeaderOption[]): string {
  const size = length !== undefined && `length:${bang(length)}${plain(length)}`
  return line(name, size, options && `opts ${format(options)}`)
}
