import { array, blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { formatInet, type Inet, parseInet } from '../kinds/address.js'
import { uint32 } from '../kinds/number.js'
import { ALL32, isNarrow, listRange, range32 } from '../kinds/open-range.js'
import { bang, line, plain } from '../list.js'
import { flag, option } from '../option.js'

/** IP6T_RT_HOPS */
const HOPS = 16

/** include/uapi/linux/netfilter_ipv6/ip6t_rt.h */
const Ip6tRt = struct('ip6t_rt', {
  type: field(u32, 'rt_type', 'type of the header'),
  segments: field(array(u32, 2), 'segsleft', 'least and greatest number of segments left'),
  length: field(u32, 'hdrlen', 'length of the header'),
  flags: field(u8, 'flags', 'IP6T_RT_*: what is looked at'),
  inverted: field(u8, 'invflags', 'IP6T_RT_INV_*'),
  addresses: field(array(blob(16, 4), HOPS), 'addrs', 'addresses of a header of type 0'),
  count: field(u8, 'addrnr', 'number of addresses'),
})

interface Raw {
  readonly addresses: readonly Inet[]
  readonly count: number
}

function parseHops(words: unknown): Inet[] {
  if (!Array.isArray(words)) throw new InputError(`'${shown(words)}' is no list of IPv6 addresses`)
  if (words.length === 0 || words.length > HOPS) throw new InputError(`${words.length} addresses, 1 to ${HOPS} may be`)
  return words.map((word) => parseInet(word, 'ip6'))
}

const hops: Kind<readonly string[], Raw> = kindOf({
  name: 'address[,address…]',
  parse: (text) => parseHops(text.split(',')).map((address) => formatInet(address, 'ip6')),
  format: (value) => value.join(','),
  pack(value) {
    const addresses = parseHops(value)
    return { addresses, count: addresses.length }
  },
  unpack: ({ addresses, count }) => addresses.slice(0, count).map((address) => formatInet(address, 'ip6')),
})

export const rt = match('rt', {
  doc: 'The routing header of IPv6.',
  families: ['ip6'],
  revisions: { 0: Ip6tRt },
  options: {
    rtType: option(uint32, 'type of the header', { to: 'type', set: { flags: 0x01 }, not: { inverted: 0x01 } }),
    rtSegsleft: option(range32, 'number of segments left, or a range', {
      to: 'segments', set: { flags: 0x02 }, not: { inverted: 0x02 }, fallback: ALL32,
      shown: ({ rtSegsleft }) => isNarrow(rtSegsleft),
    }),
    rtLen: option(uint32, 'length of the header in bytes', {
      to: 'length', set: { flags: 0x04 }, not: { inverted: 0x04 },
    }),
    rt0Res: flag('the reserved field is not zero; needs --rt-type 0', { flag: '--rt-0-res', set: { flags: 0x08 } }),
    rt0Addrs: option(hops, 'addresses it holds, in this order and from its first on, at most 16; needs --rt-type 0', {
      flag: '--rt-0-addrs', to: { addresses: 'addresses', count: 'count' }, set: { flags: 0x10 },
    }),
    rt0NotStrict: flag('others may stand between the addresses; needs --rt-0-addrs', {
      flag: '--rt-0-not-strict', set: { flags: 0x20 },
    }),
  },
  check({ rtType, rt0Res, rt0Addrs, rt0NotStrict }) {
    if (rt0Res && rtType !== 0) throw new InputError('--rt-0-res needs --rt-type 0')
    if (rt0Addrs && rtType !== 0) throw new InputError('--rt-0-addrs needs --rt-type 0')
    if (rt0NotStrict && !rt0Addrs) throw new InputError('--rt-0-not-strict needs --rt-0-addrs')
  },
  list: ({ rtType, rtSegsleft, rtLen, rt0Res, rt0Addrs, rt0NotStrict }) => line(
    'rt', rtType !== undefined && `type:${bang(rtType)}${plain(rtType) | 0}`, listRange('segsleft', rtSegsleft),
    rtLen !== undefined && `length:${bang(rtLen)}${plain(rtLen)}`, rt0Res && 'reserved',
    rt0Addrs && `0-addrs ${rt0Addrs.join(',')}`, rt0NotStrict && '0-not-strict',
  ),
})
