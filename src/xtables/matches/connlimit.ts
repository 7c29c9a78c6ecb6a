import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u32, u64 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { type Inet, maskOf, prefixOf, WIDTH } from '../kinds/address.js'
import { atMostOne, exactlyOne } from '../kinds/exclusive.js'
import { parsePrefixMask } from '../kinds/host-mask.js'
import { uint32 } from '../kinds/number.js'
import { flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_connlimit.h */
const XtConnlimitInfo = struct('xt_connlimit_info', {
  mask: field(blob(16, 4), 'mask', 'bits of the address that hosts are grouped by'),
  limit: field(u32, 'limit', 'number of connections'),
  flags: field(u32, 'flags', 'XT_CONNLIMIT_*'),
  counters: field(u64, 'data', 'belongs to the kernel'),
})

/** XT_CONNLIMIT_INVERT: no more connections than the limit. */
const UP_TO = 0x1
/** XT_CONNLIMIT_DADDR */
const DESTINATION = 0x2

const bits = (context: Context) => 8 * WIDTH[context.family]

/** A prefix length, given as a mask, too. */
const prefix: Kind<number, Inet, number> = kindOf({
  name: 'prefixlength',
  parse: (text, { family }) => prefixOf(parsePrefixMask(text, family), family),
  format: String,
  pack(value, context) {
    if (Number.isInteger(value) && value >= 0 && value <= bits(context)) return maskOf(value)
    throw new InputError(`'${shown(value)}' is not a prefix length from 0 to ${bits(context)}`)
  },
  unpack(raw) {
    const length = prefixOf(raw, 'ip6')
    if (length < 0) throw new InputError('the mask is no prefix')
    return length
  },
})

/** `! upto` is `above`, and the other way round. */
function limitPlace(upTo: boolean) {
  return {
    negatable: true,
    pack(memory: Memory, limit: number, _: Context, negated: boolean) {
      memory.set('limit', limit)
      if (upTo !== negated) memory.raise('flags', UP_TO)
    },
    unpack: (memory: Memory) => (memory.has('flags', UP_TO) === upTo ? memory.get('limit') : undefined),
  } as const
}

export const connlimit = match('connlimit', {
  doc: 'How many connections a host or a network has at a time.',
  revisions: { 1: XtConnlimitInfo },
  private: 'counters',
  options: {
    connlimitUpto: option(uint32, 'matches while there are no more connections than this', limitPlace(true)),
    connlimitAbove: option(uint32, 'matches while there are more connections than this', limitPlace(false)),
    connlimitMask: option(prefix, 'prefix length that hosts are grouped by, 0 to 32 (IPv6: 128); none unless given', {
      to: 'mask', fallback: maskOf(128),
      // Without this option an IPv4 rule has 128 bits set in the struct, with 32 it has 32.
      unpack(memory, context) {
        const length = prefix.unpack(memory.get('mask'), context)
        return length === 128 && context.family === 'ip' ? undefined : length
      },
    }),
    connlimitSaddr: flag('groups by the source address, as it does unless told otherwise', {
      pack: () => {},
      unpack: (memory) => (memory.has('flags', DESTINATION) ? undefined : true),
    }),
    connlimitDaddr: flag('groups by the destination address', { set: { flags: DESTINATION } }),
  },
  check(options) {
    exactlyOne(options, ['connlimitUpto', 'connlimitAbove'])
    atMostOne(options, ['connlimitSaddr', 'connlimitDaddr'])
  },
  save({ connlimitUpto, connlimitAbove, connlimitMask, connlimitDaddr }, context) {
    const limit = connlimitUpto === undefined ? `above ${connlimitAbove}` : `upto ${connlimitUpto}`
    const side = connlimitDaddr ? 'daddr' : 'saddr'
    return `--connlimit-${limit} --connlimit-mask ${connlimitMask ?? bits(context)} --connlimit-${side}`
  },
  list({ connlimitUpto, connlimitAbove, connlimitMask, connlimitDaddr }, context) {
    const limit = connlimitUpto === undefined ? `> ${connlimitAbove}` : `<= ${connlimitUpto}`
    return `#conn ${connlimitDaddr ? 'dst' : 'src'}/${connlimitMask ?? bits(context)} ${limit}`
  },
})
