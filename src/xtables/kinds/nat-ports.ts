import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Context } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import { outOfRange, parseUint } from './number.js'
import { isPort, parsePort } from './port.js'
import type { Range } from './range.js'

/** Ports that a packet may get, and the port of the packet that becomes the first of them. */
export interface NatPorts {
  readonly ports: Range
  readonly basePort?: number
}

const NUMBERS = /^(0[xX][0-9a-fA-F]+|\d+)(?:-(0[xX][0-9a-fA-F]+|\d+)(?:\/(.*))?)?$/

/** TCP, UDP, SCTP, DCCP; and ICMP, whose identifier stands in for a port. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132, 33, 1])

/** `80`, `http`, `8000-8010`, or `8000-8010/80` where a base port may follow. */
export function parseNatPorts(text: string, { protocol }: Context): NatPorts {
  if (!WITH_PORTS.has(protocol)) {
    throw new InputError('ports need a rule for TCP, UDP, SCTP or DCCP: add -p tcp or the like')
  }
  const [, first, last, base] = NUMBERS.exec(text) ?? []
  if (first === undefined) {
    if (/^\d+:/.test(text)) throw new InputError(`'${text}' is not a range of ports: write it with a dash, as 80-90`)
    return { ports: parsePort(text) }
  }
  const from = portNumber(first)
  const ports = last === undefined ? from : checkPorts([from, portNumber(last)])
  return base === undefined ? { ports } : { ports, basePort: basePort(base) }
}

function portNumber(text: string): number {
  const port = parseUint(text, 0, 0xffff)
  if (port < 0) throw outOfRange(text, 0, 0xffff)
  return port
}

function basePort(text: string): number {
  const port = parseUint(text, 1, 0xffff)
  return port < 0 ? checkBasePort(parsePort(text)) : port
}

export function checkBasePort(port: unknown): number {
  if (isPort(port) && port > 0) return port
  throw new InputError(`'${shown(port)}' is not a port from 1 to 65535`)
}

/** The ports, one number where both ends are the same. */
export function checkPorts(ports: unknown): Range {
  const [from, to] = Array.isArray(ports) && ports.length === 2 ? ports : [ports, ports]
  for (const port of [from, to]) {
    if (!isPort(port)) throw new InputError(`'${shown(port)}' is not a port from 0 to 65535: give a number or [from, to]`)
  }
  if (from > to) throw new InputError(`the range of ports from ${from} to ${to} runs backwards`)
  return from === to ? from : [from, to]
}

/** A base port is understood behind a range alone, so that one is written even for a single port. */
export function formatNatPorts({ ports, basePort }: NatPorts): string {
  const [from, to] = typeof ports === 'number' ? [ports, ports] : ports
  if (basePort !== undefined) return `${from}-${to}/${basePort}`
  return from === to ? String(from) : `${from}-${to}`
}

/** A port or a range of ports that a packet may get. */
export const natPorts: Kind<Range, { readonly from: number; readonly to: number }> = kindOf({
  name: 'port[-port]',
  parse(text, context) {
    const { ports, basePort } = parseNatPorts(text, context)
    if (basePort !== undefined) throw new InputError('a base port (behind a slash) is for DNAT alone')
    return ports
  },
  format: (ports) => formatNatPorts({ ports }),
  pack(value) {
    const ports = checkPorts(value)
    return typeof ports === 'number' ? { from: ports, to: ports } : { from: ports[0], to: ports[1] }
  },
  unpack: ({ from, to }) => (from === to ? from : [from, to]),
})
