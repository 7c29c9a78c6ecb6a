import { InputError } from '../../netlink/wire/error.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { names } from '../kinds/names.js'
import { bang, line, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_ipv6header.h */
const Ip6tIpv6headerInfo = struct('ip6t_ipv6header_info', {
  headers: field(u8, 'matchflags', 'MASK_*: the headers'),
  inverted: field(u8, 'invflags', '255: matches packets with other headers'),
  soft: field(u8, 'modeflag', '255: there may be more headers'),
})

const HEADERS = {
  'hop-by-hop': 128, 'ipv6-opts': 64, 'ipv6-route': 32, 'ipv6-frag': 16, ah: 8, esp: 4, 'ipv6-nonxt': 2, protocol: 1,
} as const

/** The short names and numbers of iptables, and what Debian's /etc/protocols calls the same. */
const ALIASES = {
  hop: 128, hopopt: 128, HOPOPT: 128, ip: 128, IP: 128, 0: 128, dst: 64, 'IPv6-Opts': 64, 60: 64,
  route: 32, 'IPv6-Route': 32, 43: 32, frag: 16, 'IPv6-Frag': 16, 44: 16, auth: 8, 'IPSEC-AH': 8, 51: 8,
  'IPSEC-ESP': 4, 50: 4, none: 2, 'IPv6-NoNxt': 2, 59: 2, prot: 1, 255: 1,
} as const

const list = names(HEADERS, { alias: ALIASES })

const headers = {
  ...list,
  name: 'header[,header…]',
  parse: (text: string, ...rest: [never, string]) => list.parse(text.split(',').filter(Boolean).join(','), ...rest),
} as typeof list

export const ipv6header = match('ipv6header', {
  doc: 'The extension headers that a packet has.',
  families: ['ip6'],
  revisions: { 0: Ip6tIpv6headerInfo },
  options: {
    header: option(headers, 'the headers, all of them and no others: hop, dst, route, frag, auth, esp, '
      + 'none (no next header), prot (a protocol such as tcp)', {
      to: 'headers', not: { inverted: 0xff }, required: true,
    }),
    soft: flag('there may be more headers', { set: { soft: 0xff } }),
  },
  check({ header }) {
    if (header !== undefined && plain(header).length === 0) {
      throw new InputError('--header needs the name of at least one header')
    }
  },
  list({ header = [], soft }, { numeric, ...context }) {
    const hex = headers.pack(plain(header), context).toString(16).toUpperCase().padStart(2, '0')
    return line('ipv6header', `flags:${bang(header)}${numeric ? `0x${hex}` : plain(header).join(',')}`, soft && 'soft')
  },
})
