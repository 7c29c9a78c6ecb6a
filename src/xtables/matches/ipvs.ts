import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { be16, u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import { kindOf } from '../kind.js'
import { atLeastOne } from '../kinds/exclusive.js'
import { hostMask } from '../kinds/host-mask.js'
import { ipProtocol } from '../kinds/ip-protocol.js'
import { loosePorts } from '../kinds/loose-ports.js'
import { choice } from '../kinds/names.js'
import { uint16 } from '../kinds/number.js'
import { bang, line, plain } from '../list.js'
import { type Bag, flag, type Memory, option } from '../option.js'
import { listAddress } from './conntrack.js'

/** include/uapi/linux/netfilter/xt_ipvs.h */
const XtIpvsMtinfo = struct('xt_ipvs_mtinfo', {
  address: field(blob(16, 4), 'vaddr', 'virtual address'),
  mask: field(blob(16, 4), 'vmask', 'bits of it that count'),
  port: field(be16, 'vport', 'virtual port'),
  protocol: field(u8, 'l4proto', 'IP protocol'),
  method: field(u8, 'fwd_method', 'IP_VS_CONN_F_*'),
  controlPort: field(be16, 'vportctl', 'virtual port of the controlling connection'),
  inverted: field(u8, 'invert', 'XT_IPVS_* that are negated'),
  given: field(u8, 'bitmask', 'XT_IPVS_* that are asked for'),
})

/** XT_IPVS_IPVS_PROPERTY, which every other bit brings along. */
const PROPERTY = 0x01
const DIRECTION = 0x10

const OTHERS = ['vproto', 'vaddr', 'vport', 'vdir', 'vmethod', 'vportctl']

const place = <const B extends number>(bit: B) => ({ set: { given: bit | PROPERTY }, not: { inverted: bit } })

const DIRECTIONS = choice({ ORIGINAL: 0, REPLY: 1 }, { anyCase: true })
/** IP_VS_CONN_F_*, include/uapi/linux/ip_vs.h */
const METHODS = choice({ MASQ: 0, IPIP: 2, GATE: 3 }, { anyCase: true })

const port = kindOf<number, number>({
  ...uint16,
  name: 'port',
  parse(text, context) {
    const value = loosePorts.parse(text, context, '')
    if (typeof value !== 'number' || text.includes(':')) throw new InputError(`'${text}' is not one port`)
    return value
  },
})

export const ipvs = match('ipvs', {
  doc: 'The connection of the load balancer IPVS that the packet belongs to.',
  revisions: { 0: XtIpvsMtinfo },
  options: {
    ipvs: flag('belongs to one; any of the other options says so, too', {
      negatable: true,
      pack(memory: Memory, _value: boolean, _context: Context, negated: boolean) {
        memory.raise('given', PROPERTY)
        if (negated) memory.raise('inverted', PROPERTY)
      },
      unpack: (memory: Memory) => (memory.get('given') === PROPERTY ? !memory.has('inverted', PROPERTY) : undefined),
    }),
    vproto: option(ipProtocol, 'protocol of the virtual service, by name or number', { to: 'protocol', ...place(0x02) }),
    vaddr: option(hostMask, 'address of the virtual service', { to: { address: 'address', mask: 'mask' }, ...place(0x04) }),
    vport: option(port, 'port of the virtual service', { to: 'port', ...place(0x08) }),
    vdir: option(DIRECTIONS, 'whether it goes to the service or is an answer', {
      pack(memory: Memory, value: string) {
        memory.raise('given', DIRECTION | PROPERTY)
        if (value === 'REPLY') memory.raise('inverted', DIRECTION)
      },
      unpack(memory: Memory) {
        if (!memory.has('given', DIRECTION | PROPERTY)) return undefined
        return memory.has('inverted', DIRECTION) ? 'REPLY' : 'ORIGINAL'
      },
    }),
    vmethod: option(METHODS, 'how packets are forwarded to the servers: routed, in a tunnel, or with NAT', { to: 'method', ...place(0x20) }),
    vportctl: option(port, 'virtual port of the connection that controls it, such as 21 for FTP', { to: 'controlPort', ...place(0x40) }),
  },
  check(options) {
    const given = options as Bag
    atLeastOne(given, ['ipvs', ...OTHERS])
    if (given.ipvs === false && OTHERS.some((key) => given[key] !== undefined)) throw new InputError('! --ipvs cannot be used with other options')
  },
  list({ ipvs, vproto, vaddr, vport, vdir, vmethod, vportctl }, context) {
    const one = (label: string, value: unknown) => value !== undefined && line(bang(value), label, String(plain<unknown>(value)))
    const address = vaddr !== undefined && line(bang(vaddr), 'vaddr', listAddress(plain<string>(vaddr), context))
    return line(
      ipvs !== undefined && line(bang(ipvs), 'ipvs'), one('vproto', vproto), address, one('vport', vport),
      one('vdir', vdir), one('vmethod', vmethod), one('vportctl', vportctl),
    )
  },
})
