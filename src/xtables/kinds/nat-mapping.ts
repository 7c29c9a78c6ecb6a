import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Context, Family } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import type { Memory } from '../option.js'
import { formatInet } from './address.js'
import { getInet, parseHost, setInet } from './host.js'
import { checkBasePort, checkPorts, formatNatPorts, type NatPorts, parseNatPorts } from './nat-ports.js'
import { NAT } from './nat-range.js'

/** What a packet gets in the place of its own: an address or one of several, a port or one of several, or both. */
export interface NatMapping extends Partial<NatPorts> {
  readonly address?: string | readonly [from: string, to: string]
}

function parse(text: string, context: Context): NatMapping {
  const { addresses, ports } = split(text, context.family)
  const port = ports === undefined ? {} : parseNatPorts(ports, context)
  if (addresses === '' && ports !== undefined) return port
  const dash = addresses.indexOf('-')
  const one = (address: string) => formatInet(parseHost(address, context.family), context.family)
  if (dash < 0) return { address: one(addresses), ...port }
  return { address: ends(one(addresses.slice(0, dash)), one(addresses.slice(dash + 1))), ...port }
}

/** Two colons or more without brackets are an IPv6 address. */
function split(text: string, family: Family): { addresses: string; ports: string | undefined } {
  if (text.includes('[')) {
    const [, addresses, ports] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? []
    if (addresses === undefined || family === 'ip') {
      throw new InputError(`'${text}': brackets stand around IPv6 addresses, as in [fd00::1]:80`)
    }
    return { addresses, ports }
  }
  const colon = text.indexOf(':')
  if (colon < 0 || text.includes(':', colon + 1)) return { addresses: text, ports: undefined }
  return { addresses: text.slice(0, colon), ports: text.slice(colon + 1) }
}

function ends(from: string, to: string): string | readonly [string, string] {
  return from === to ? from : [from, to]
}

function format({ address, ports, basePort }: NatMapping, { family }: Pick<Context, 'family'>): string {
  const addresses = address === undefined ? '' : typeof address === 'string' ? address : `${address[0]}-${address[1]}`
  if (ports === undefined) return addresses
  const port = formatNatPorts(basePort === undefined ? { ports } : { ports, basePort })
  return family === 'ip6' && addresses !== '' ? `[${addresses}]:${port}` : `${addresses}:${port}`
}

function check(value: NatMapping, { family }: Context): NatMapping {
  if (typeof value !== 'object' || value === null) {
    throw new InputError(`'${shown(value)}' is neither text nor { address, ports }`)
  }
  const unknown = Object.keys(value).find((key) => key !== 'address' && key !== 'ports' && key !== 'basePort')
  if (unknown !== undefined) {
    throw new InputError(`there is no '${unknown}' in a mapping; there are address, ports, basePort`)
  }
  const { address, ports, basePort } = value
  if (address === undefined && ports === undefined) throw new InputError('an address, ports, or both are needed')
  if (basePort !== undefined && ports === undefined) throw new InputError('basePort goes with ports')
  return {
    ...(address === undefined ? {} : { address: checkAddresses(address, family) }),
    ...(ports === undefined ? {} : { ports: checkPorts(ports) }),
    ...(basePort === undefined ? {} : { basePort: checkBasePort(basePort) }),
  }
}

function checkAddresses(address: unknown, family: Family): string | readonly [string, string] {
  const [from, to, ...more] = Array.isArray(address) ? address : [address, address]
  if (more.length > 0) throw new InputError(`'${shown(address)}' is neither an address nor [from, to]`)
  return ends(formatInet(parseHost(from, family), family), formatInet(parseHost(to, family), family))
}

/** Addresses, ports, or both, as an object in a rule. */
export const natMapping: Kind<NatMapping, NatMapping> = kindOf({
  name: '[address[-address]][:port[-port]]',
  parse,
  format,
  pack: check,
  unpack: (raw) => raw,
})

/** The same with a base port, which DNAT alone knows. */
export const shiftedNatMapping: Kind<NatMapping, NatMapping> = {
  ...natMapping, name: '[address[-address]][:port[-port[/port]]]',
}

/** Where a mapping stands in the structs of nf_nat.h. */
export const MAPPING = {
  required: true,
  pack(memory: Memory, { address, ports, basePort }: NatMapping, { family }: Context): void {
    if (address !== undefined) {
      const [from, to] = typeof address === 'string' ? [address, address] : address
      memory.raise('flags', NAT.address)
      setInet(memory, 'minAddress', parseHost(from, family))
      setInet(memory, 'maxAddress', parseHost(to, family))
    }
    if (ports !== undefined) {
      const [from, to] = typeof ports === 'number' ? [ports, ports] : ports
      memory.raise('flags', NAT.ports)
      memory.set('minPort', from)
      memory.set('maxPort', to)
    }
    if (basePort !== undefined) {
      if (!memory.knows('basePort')) throw new InputError('a base port (behind a slash) needs DNAT of revision 2')
      memory.raise('flags', NAT.basePort)
      memory.set('basePort', basePort)
    }
  },
  unpack(memory: Memory, { family }: Context): NatMapping | undefined {
    const address = memory.has('flags', NAT.address)
    const ports = memory.has('flags', NAT.ports)
    const basePort = memory.knows('basePort') && memory.has('flags', NAT.basePort)
    if (!address && !ports) return undefined
    const inet = (member: string) => getInet(memory, member, family)
    return {
      ...(address ? { address: ends(inet('minAddress'), inet('maxAddress')) } : {}),
      ...(ports ? { ports: checkPorts([memory.get('minPort'), memory.get('maxPort')]) } : {}),
      ...(basePort ? { basePort: memory.get('basePort') as number } : {}),
    }
  },
} as const

/** `to:10.0.0.1:80`. */
export function listMapping(mapping: NatMapping | undefined, context: Pick<Context, 'family'>): string {
  return mapping === undefined ? '' : `to:${format(mapping, context)}`
}
