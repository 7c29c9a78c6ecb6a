import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { isNot, type Kind, type Not } from '../kind.js'
import type { Network } from '../kinds/address.js'
import { flagNames } from '../kinds/exclusive.js'
import { hostMask } from '../kinds/host-mask.js'
import { uint8, uint16 } from '../kinds/number.js'
import { bang, plain } from '../list.js'
import { option } from '../option.js'

const header = {
  nextHeader: field(u8, 'next_hdr', 'protocol of the next header'),
  length: field(u8, 'hdr_len', 'length of the header'),
  segmentsLeft: field(u8, 'segs_left', 'segments left'),
  lastEntry: field(u8, 'last_entry', 'index of the last segment'),
  tag: field(u16, 'tag', 'tag of the packet'),
}

const flags = {
  flags: field(u16, 'mt_flags', 'IP6T_SRH_*: what is looked at'),
  inverted: field(u16, 'mt_invflags', 'IP6T_SRH_INV_*'),
}

/** include/uapi/linux/netfilter_ipv6/ip6t_srh.h */
const Ip6tSrh = struct('ip6t_srh', { ...header, ...flags })

/** include/uapi/linux/netfilter_ipv6/ip6t_srh.h */
const Ip6tSrh1 = struct('ip6t_srh1', {
  ...header,
  previous: field(blob(16, 4), 'psid_addr', 'previous segment'),
  next: field(blob(16, 4), 'nsid_addr', 'next segment'),
  last: field(blob(16, 4), 'lsid_addr', 'last segment'),
  previousMask: field(blob(16, 4), 'psid_msk', 'bits of the previous segment that count'),
  nextMask: field(blob(16, 4), 'nsid_msk', 'bits of the next segment that count'),
  lastMask: field(blob(16, 4), 'lsid_msk', 'bits of the last segment that count'),
  ...flags,
})

const when = (bit: number) => ({ set: { flags: bit }, not: { inverted: bit } })

const withPrefix = (value: string) => (value.includes('/') ? value : `${value}/128`)

/** An address and its prefix length, which is always printed. */
const segment: Kind<string, Network> = { ...hostMask, format: withPrefix }

/** Options that share a number of the struct. */
const SHARED = [
  ['srhHdrLenEq', 'srhHdrLenGt', 'srhHdrLenLt'],
  ['srhSegsLeftEq', 'srhSegsLeftGt', 'srhSegsLeftLt'],
  ['srhLastEntryEq', 'srhLastEntryGt', 'srhLastEntryLt'],
] as const

/** What `iptables -L` calls each option. */
const LISTED = {
  srhNextHdr: 'next-hdr', srhHdrLenEq: 'hdr-len-eq', srhHdrLenGt: 'hdr-len-gt', srhHdrLenLt: 'hdr-len-lt',
  srhSegsLeftEq: 'segs-left-eq', srhSegsLeftGt: 'segs-left-gt', srhSegsLeftLt: 'segs-left-lt',
  srhLastEntryEq: 'last-entry-eq', srhLastEntryGt: 'last-entry-gt', srhLastEntryLt: 'last-entry-lt',
  srhTag: 'tag', srhPsid: 'psid', srhNsid: 'nsid', srhLsid: 'lsid',
} as const

export const srh = match('srh', {
  doc: 'The Segment Routing Header of IPv6.',
  families: ['ip6'],
  revisions: { 1: Ip6tSrh1, 0: Ip6tSrh },
  options: {
    srhNextHdr: option(uint8, 'number of the protocol behind the header', { to: 'nextHeader', ...when(0x0001) }),
    srhHdrLenEq: option(uint8, 'length of the header in units of 8 bytes, less one', { to: 'length', ...when(0x0002) }),
    srhHdrLenGt: option(uint8, 'the length is greater than this', { to: 'length', ...when(0x0004) }),
    srhHdrLenLt: option(uint8, 'the length is less than this', { to: 'length', ...when(0x0008) }),
    srhSegsLeftEq: option(uint8, 'number of segments left', { to: 'segmentsLeft', ...when(0x0010) }),
    srhSegsLeftGt: option(uint8, 'more segments are left than this', { to: 'segmentsLeft', ...when(0x0020) }),
    srhSegsLeftLt: option(uint8, 'fewer segments are left than this', { to: 'segmentsLeft', ...when(0x0040) }),
    srhLastEntryEq: option(uint8, 'index of the last segment', { to: 'lastEntry', ...when(0x0080) }),
    srhLastEntryGt: option(uint8, 'the index is greater than this', { to: 'lastEntry', ...when(0x0100) }),
    srhLastEntryLt: option(uint8, 'the index is less than this', { to: 'lastEntry', ...when(0x0200) }),
    srhTag: option(uint16, 'tag of the packet, 0 to 65535', { to: 'tag', ...when(0x0400) }),
    srhPsid: option(segment, 'address of the previous segment, or a network', {
      to: { address: 'previous', mask: 'previousMask' }, ...when(0x0800),
    }),
    srhNsid: option(segment, 'address of the next segment, or a network', {
      to: { address: 'next', mask: 'nextMask' }, ...when(0x1000),
    }),
    srhLsid: option(segment, 'address of the last segment, or a network', {
      to: { address: 'last', mask: 'lastMask' }, ...when(0x2000),
    }),
  },
  check(options) {
    for (const keys of SHARED) {
      const given = keys.filter((key) => options[key] !== undefined)
      const numbers = new Set(given.map((key) => plain(options[key])))
      if (numbers.size > 1) {
        throw new InputError(`${flagNames(given)} share one number in the kernel: it must be the same`)
      }
    }
  },
  list: (options) => ['srh', ...Object.entries(LISTED).flatMap(([key, name]) => {
    const value: number | string | Not<number | string> | undefined = options[key as keyof typeof LISTED]
    if (value === undefined) return []
    const one = isNot(value) ? value.not : value
    return typeof one === 'string'
      ? `${name} ${bang(value)} ${withPrefix(one)}`
      : `${name}:${bang(value)}${one}`
  })].join(' '),
})
