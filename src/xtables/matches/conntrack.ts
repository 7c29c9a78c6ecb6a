import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { be16, u8, u16, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { type ListContext, match } from '../extension.js'
import type { Not } from '../kind.js'
import { hostMask, shortHostMask } from '../kinds/host-mask.js'
import { ipProtocol } from '../kinds/ip-protocol.js'
import { loosePorts } from '../kinds/loose-ports.js'
import { choice, names } from '../kinds/names.js'
import { type Range, range } from '../kinds/range.js'
import { bang, line, plain } from '../list.js'
import { type Memory, option } from '../option.js'

/** union nf_inet_addr in include/uapi/linux/netfilter.h */
const inet = blob(16, 4)

const addresses = {
  originalSource: field(inet, 'origsrc_addr', 'source address of the first packet'),
  originalSourceMask: field(inet, 'origsrc_mask', 'bits of it that count'),
  originalDestination: field(inet, 'origdst_addr', 'destination address of the first packet'),
  originalDestinationMask: field(inet, 'origdst_mask', 'bits of it that count'),
  replySource: field(inet, 'replsrc_addr', 'source address of replies'),
  replySourceMask: field(inet, 'replsrc_mask', 'bits of it that count'),
  replyDestination: field(inet, 'repldst_addr', 'destination address of replies'),
  replyDestinationMask: field(inet, 'repldst_mask', 'bits of it that count'),
  expires: field(u32, 'expires_min', 'least time left, in seconds'),
  expiresTo: field(u32, 'expires_max', 'longest time left, in seconds'),
  protocol: field(u16, 'l4proto', 'number of the protocol'),
} as const

const ports = <C extends typeof u16>(codec: C) => ({
  originalSourcePort: field(codec, 'origsrc_port', 'source port of the first packet'),
  originalDestinationPort: field(codec, 'origdst_port', 'destination port of the first packet'),
  replySourcePort: field(codec, 'replsrc_port', 'source port of replies'),
  replyDestinationPort: field(codec, 'repldst_port', 'destination port of replies'),
})

const flags = {
  matched: field(u16, 'match_flags', 'what is looked at, XT_CONNTRACK_*'),
  inverted: field(u16, 'invert_flags', 'what is negated, XT_CONNTRACK_*'),
} as const

const masks = <C extends typeof u16>(codec: C) => ({
  states: field(codec, 'state_mask', 'states, XT_CONNTRACK_STATE_*'),
  statuses: field(codec, 'status_mask', 'IPS_*'),
})

/** include/uapi/linux/netfilter/xt_conntrack.h: revision 2 brought room for UNTRACKED, 3 ranges of ports. */
export const CONNTRACK = {
  3: struct('xt_conntrack_mtinfo3', {
    ...addresses, ...ports(u16), ...flags, ...masks(u16),
    originalSourcePortTo: field(u16, 'origsrc_port_high', 'last source port of the first packet'),
    originalDestinationPortTo: field(u16, 'origdst_port_high', 'last destination port of the first packet'),
    replySourcePortTo: field(u16, 'replsrc_port_high', 'last source port of replies'),
    replyDestinationPortTo: field(u16, 'repldst_port_high', 'last destination port of replies'),
  }),
  2: struct('xt_conntrack_mtinfo2', { ...addresses, ...ports(be16), ...flags, ...masks(u16) }),
  1: struct('xt_conntrack_mtinfo1', { ...addresses, ...ports(be16), ...flags, ...masks(u8) }),
} as const

/** XT_CONNTRACK_STATE_*, in the order in which they are printed. */
export const STATES = { INVALID: 0x01, NEW: 0x08, RELATED: 0x04, ESTABLISHED: 0x02, UNTRACKED: 0x100 } as const
const ALL_STATES = { ...STATES, SNAT: 0x40, DNAT: 0x80 } as const
/** IPS_* (nf_conntrack_common.h). */
const STATUSES = { EXPECTED: 0x1, SEEN_REPLY: 0x2, ASSURED: 0x4, CONFIRMED: 0x8 } as const
const statuses = names(STATUSES, { alias: { NONE: 0 }, anyCase: true, none: 'NONE', prefix: true })
/** XT_CONNTRACK_DIRECTION; among the inverted it stands for replies. */
const DIRECTION = 0x1000

/** No text says that a connection has no state at all. */
export function someState(states: readonly string[] | Not<readonly string[]> | undefined): void {
  if (states && plain(states).length === 0) throw new InputError('give at least one state, such as NEW')
}

const bits = (bit: number) => ({ set: { matched: bit }, not: { inverted: bit } }) as const

/** A range in two members of the struct, as far as its revision has both. */
function rangePlace(member: string, bit: number) {
  return {
    negatable: true,
    pack(memory: Memory, value: Range, _: unknown, negated: boolean) {
      const [from, to] = typeof value === 'number' ? [value, value] : value
      memory.set(member, from)
      if (memory.knows(`${member}To`)) memory.set(`${member}To`, to)
      else if (from !== to) throw new InputError('this kernel takes one port alone, no range')
      memory.raise('matched', bit)
      if (negated) memory.raise('inverted', bit)
    },
    unpack(memory: Memory) {
      if (!memory.has('matched', bit)) return undefined
      const from = memory.get(member)
      const to = memory.knows(`${member}To`) ? memory.get(`${member}To`) : from
      const value = from === to ? from : [from, to]
      return memory.has('inverted', bit) ? { not: value } : value
    },
  } as const
}

function said(name: string, value: unknown, text: (value: never) => string = String): string {
  return value === undefined ? '' : line(bang(value), name, text(plain(value) as never))
}

const listRange = (value: Range) => (typeof value === 'number' ? String(value) : value.join(':'))
const listPorts = (name: string, value: Range | Not<Range> | undefined) => said(name, value, listRange)

/** An address as `iptables -L` shows it. */
export function listAddress(value: string, { family, numeric }: ListContext): string {
  return !numeric && /^(?:0\.0\.0\.0|::)(?:\/|$)/.test(value) ? 'anywhere' : shortHostMask(value, family)
}

export const conntrack = match('conntrack', {
  doc: 'What the kernel knows of the connection that a packet belongs to.',
  revisions: CONNTRACK,
  options: {
    ctstate: option(names(ALL_STATES, { anyCase: true, prefix: true }), 'its state, one of these', {
      to: 'states', ...bits(0x001),
    }),
    ctproto: option(ipProtocol, 'protocol, a name or a number from 0 to 255', { to: 'protocol', ...bits(0x002) }),
    ctorigsrc: option(hostMask, 'source address of the packet that opened it', {
      to: { address: 'originalSource', mask: 'originalSourceMask' }, ...bits(0x004),
    }),
    ctorigdst: option(hostMask, 'destination address of the packet that opened it', {
      to: { address: 'originalDestination', mask: 'originalDestinationMask' }, ...bits(0x008),
    }),
    ctreplsrc: option(hostMask, 'source address of replies', {
      to: { address: 'replySource', mask: 'replySourceMask' }, ...bits(0x010),
    }),
    ctrepldst: option(hostMask, 'destination address of replies', {
      to: { address: 'replyDestination', mask: 'replyDestinationMask' }, ...bits(0x020),
    }),
    ctorigsrcport: option(loosePorts, 'source port of the packet that opened it', {
      ...rangePlace('originalSourcePort', 0x100),
    }),
    ctorigdstport: option(loosePorts, 'destination port of the packet that opened it', {
      ...rangePlace('originalDestinationPort', 0x200),
    }),
    ctreplsrcport: option(loosePorts, 'source port of replies', rangePlace('replySourcePort', 0x400)),
    ctrepldstport: option(loosePorts, 'destination port of replies', rangePlace('replyDestinationPort', 0x800)),
    ctstatus: option(statuses, 'what has become of it, one of these; NONE: none of them', {
      to: 'statuses', ...bits(0x040),
    }),
    ctexpire: option(range({ max: 0xffff_ffff, backwards: true }), 'seconds until it is forgotten', {
      ...rangePlace('expires', 0x080),
    }),
    ctdir: option(choice({ ORIGINAL: 0, REPLY: DIRECTION }, { anyCase: true }), 'direction of the packet', {
      pack(memory, value: 'ORIGINAL' | 'REPLY') {
        memory.raise('matched', DIRECTION)
        if (value === 'REPLY') memory.raise('inverted', DIRECTION)
      },
      unpack(memory) {
        if (!memory.has('matched', DIRECTION)) return undefined
        return memory.has('inverted', DIRECTION) ? 'REPLY' : 'ORIGINAL'
      },
    }),
  },
  check(options) {
    if (Object.keys(options).length === 0) throw new InputError('give at least one option, such as ctstate')
    someState(options.ctstate)
  },
  list(options, context) {
    const list = (names: readonly string[]) => names.join(',') || 'NONE'
    const address = (value: string) => listAddress(value, context)
    return line(
      said('ctstate', options.ctstate, list), said('ctproto', options.ctproto),
      said('ctorigsrc', options.ctorigsrc, address), said('ctorigdst', options.ctorigdst, address),
      said('ctreplsrc', options.ctreplsrc, address), said('ctrepldst', options.ctrepldst, address),
      listPorts('ctorigsrcport', options.ctorigsrcport), listPorts('ctorigdstport', options.ctorigdstport),
      listPorts('ctreplsrcport', options.ctreplsrcport), listPorts('ctrepldstport', options.ctrepldstport),
      said('ctstatus', options.ctstatus, list), said('ctexpire', options.ctexpire, listRange),
      said('ctdir', options.ctdir),
    )
  },
})
