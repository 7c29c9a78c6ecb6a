import { InputError } from '../../netlink/wire/error.js'
import { protocolName, protocolNumber, servicePort } from '../../netlink/wire/names.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Entry } from '../attributes.js'
import type { Dimension, Reading } from './dimension.js'
import { ICMP, ICMPV6, icmpCode, icmpName } from './icmp.js'
import { looksNumeric, wholeNumber } from './number.js'

const TCP = 6
const UDP = 17
const ICMP_PROTOCOL = 1
const ICMPV6_PROTOCOL = 58
/** Protocols whose packets carry ports that a set can hold: tcp, udp, sctp, udplite. */
const WITH_PORTS = new Set([TCP, UDP, 132, 136])

/** Ports from `begin` to `end`, of a protocol (name or number; tcp where a set needs one and none is given). */
export class PortRange {
  begin: number
  end: number
  protocol: string | number | undefined
  constructor(begin: number, end: number, protocol?: string | number) {
    this.begin = begin
    this.end = end
    this.protocol = protocol
  }
}

/** One port of a protocol (name or number). For ICMP the port is type * 256 + code; other protocols have port 0. */
export class PortEntry {
  port: number
  protocol: string | number | undefined
  constructor(port: number, protocol?: string | number) {
    this.port = port
    this.protocol = protocol
  }
}

/** A protocol and a port, such as `tcp:80`, `udp:1000-2000`, `icmp:echo-request`, `vrrp:0`, `https`. */
export const port: Dimension = {
  word: 'port',
  read: (value, entry, reading) => readPort(value, entry, reading),
  print({ port: number, portTo, protocol }) {
    if (number === undefined) return undefined
    const last = portTo === undefined ? '' : `-${portTo}`
    if (protocol === undefined) return `${number}${last}`
    const known = protocol === ICMP_PROTOCOL ? ICMP : protocol === ICMPV6_PROTOCOL ? ICMPV6 : undefined
    return `${protocolName(protocol)}:${known ? icmpName(known, number) : `${number}${last}`}`
  },
}

/** A port without a protocol (bitmap:port). `tcp:` or `udp:` only say where a service name is looked up. */
export const plainPort: Dimension = {
  word: 'port',
  read(value, entry, reading) {
    readPort(value, entry, reading)
    const { protocol } = entry
    if (protocol !== TCP && protocol !== UDP) {
      throw new InputError(`${protocolName(protocol as number)}: this type takes tcp and udp ports only`)
    }
    delete entry.protocol
  },
  print: port.print,
}

function readPort(value: unknown, entry: Entry, reading: Reading): void {
  if (typeof value === 'string') readText(value, entry, reading)
  else if (typeof value === 'number') set(entry, TCP, demandPort(value))
  else if (value instanceof PortRange || isLike<PortRange>(value, 'begin', 'end')) {
    set(entry, readProtocol(value.protocol), demandPort(value.begin), demandPort(value.end))
    demandProtocol(entry, reading)
    demandOrder(entry, reading)
  } else if (value instanceof PortEntry || isLike<PortEntry>(value, 'port')) {
    set(entry, readProtocol(value.protocol), demandPort(value.port))
    demandProtocol(entry, reading)
  } else throw new InputError(`${shown(value)} is no port: give a number, text such as 'tcp:80', a PortRange or a PortEntry`)
}

/** The classes of the other build of this library are not ours, but look like them. */
function isLike<T>(value: unknown, ...keys: (keyof T & string)[]): value is T {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value)
}

function set(entry: Entry, protocol: number, first: number, last?: number): void {
  entry.protocol = protocol
  entry.port = first
  if (last !== undefined && last !== first) entry.portTo = last
}

function readText(text: string, entry: Entry, reading: Reading): void {
  const colon = text.indexOf(':')
  const protocol = colon > 0 ? readProtocol(text.slice(0, colon)) : TCP
  const rest = colon > 0 ? text.slice(colon + 1) : text
  entry.protocol = protocol
  if (WITH_PORTS.has(protocol)) {
    readPorts(rest, protocol, entry, reading)
  } else if (protocol === ICMP_PROTOCOL || protocol === ICMPV6_PROTOCOL) {
    demandFamily(protocol, reading)
    entry.port = icmpCode(protocol === ICMPV6_PROTOCOL ? ICMPV6 : ICMP, rest)
  } else if (rest === '0') {
    entry.port = 0
  } else {
    throw new InputError(`${protocolName(protocol)} has no ports: write ${text.slice(0, colon)}:0`)
  }
}

/** What the words of an entry cannot say wrongly, but an object can: ports of what has none, the other family's ICMP. */
function demandProtocol({ protocol = TCP, port: first, portTo }: Entry, reading: Reading): void {
  if (WITH_PORTS.has(protocol)) return
  const icmp = protocol === ICMP_PROTOCOL || protocol === ICMPV6_PROTOCOL
  if (icmp) demandFamily(protocol, reading)
  if (portTo !== undefined) throw new InputError(`${protocolName(protocol)} has no ranges of ports`)
  if (!icmp && first !== 0) throw new InputError(`${protocolName(protocol)} has no ports: give port 0`)
}

function demandFamily(protocol: number, { family }: Reading): void {
  const [name, wanted] = protocol === ICMPV6_PROTOCOL ? ['ICMPv6', 'inet6'] : ['ICMP', 'inet']
  if (family !== wanted) throw new InputError(`${name} goes with family ${wanted} only`)
}

function readPorts(text: string, protocol: number, entry: Entry, reading: Reading): void {
  const [first, last] = splitRange(text)
  entry.port = onePort(first, protocol, reading)
  if (last === undefined) return
  entry.portTo = onePort(last, protocol, reading)
  demandOrder(entry, reading)
}

/** `80-90`; `[ftp-data]-[http-alt]`, brackets around names that hold a dash themselves. */
function splitRange(text: string): [string, string?] {
  const bracketed = /^\[([^\]]*)\](?:-(.*))?$/.exec(text)
  if (bracketed) return bracketed[2] === undefined ? [bracketed[1]!] : [bracketed[1]!, unbracket(bracketed[2])]
  const dash = text.indexOf('-', 1)
  if (dash < 0 || dash === text.length - 1) return [text]
  return [text.slice(0, dash), unbracket(text.slice(dash + 1))]
}

function unbracket(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
}

function onePort(text: string, protocol: number, { lenient }: Reading): number {
  if (looksNumeric(text)) return wholeNumber(text, 0, 65535, 'port', lenient)
  const found = servicePort(text, protocolName(protocol))
  if (found === undefined) {
    throw new InputError(`'${text}' is no port, nor a ${protocolName(protocol)} service in /etc/services`)
  }
  return found
}

function demandOrder({ port: first = 0, portTo }: Entry, { lenient, purpose }: Reading): void {
  if (portTo === undefined) return
  if (purpose === 'test') throw new InputError(`ports ${first}-${portTo} mean many entries: test one`)
  if (portTo < first && !lenient) throw new InputError(`ports ${first}-${portTo}: the range ends before it begins`)
}

function demandPort(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535) return value as number
  throw new InputError(`${shown(value)} is no port: ports are whole numbers from 0 to 65535`)
}

function readProtocol(value: unknown): number {
  if (value === undefined) return TCP
  const number = typeof value !== 'string' ? value : looksNumeric(value) ? Number(value) : protocolNumber(value)
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > 255) {
    throw new InputError(`'${shown(value)}' is no protocol: give a number, or a name that stands in /etc/protocols`)
  }
  if (number === 0) throw new InputError(`protocol '${shown(value)}' cannot be stored`)
  return number
}
