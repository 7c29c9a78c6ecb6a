import { InputError } from '../../netlink/index.js'
import { servicePort } from '../../netlink/wire/names.js'
import { ArgumentList, type Arguments, Match } from './argument-list.js'
import { callable } from './callable.js'

/** A value of several parts: one text with commas, a number, or a list. */
export type Parts = string | number | readonly (string | number)[]

/** What a Channel is made of: its protocol, and any more arguments. */
export interface ChannelArguments extends Arguments {
  readonly proto?: string | number | undefined
}

/** What a StatefulChannel is made of. */
export interface StatefulArguments extends ChannelArguments {
  /** States of the connection: `'NEW,ESTABLISHED'`, or a list. */
  readonly states?: Parts | undefined
}

/** What a PortChannel is made of. */
export interface PortArguments extends StatefulArguments {
  /** Source ports: `'22, 8000-8080'`, a number, or a list; 15 at most, a range counts as two. */
  readonly sports?: Parts | undefined
  /** Destination ports. */
  readonly dports?: Parts | undefined
}

/** What an ICMPChannel is made of. */
export interface IcmpArguments extends StatefulArguments {
  /** Name or number of the type. */
  readonly icmpType?: string | number | undefined
  /** `ip6` for ICMPv6; `ip` unless given. */
  readonly family?: 'ip' | 'ip6' | undefined
}

class ChannelClass extends ArgumentList {
  constructor(given: ChannelArguments = {}) {
    super(given as Arguments)
    if (!this.has('proto')) throw new InputError('a channel has a protocol', { path: 'proto' })
  }

  override toString(): string {
    return this.get('proto')?.toIptables().replace('-p ', '') ?? ''
  }
}

class StatefulChannelClass extends ChannelClass {
  constructor({ states, args = [], ...given }: StatefulArguments = {}) {
    super({ ...given, args: [...args, ...(states === undefined ? [] : [new Match('conntrack', { ctstate: joined(states, 'states') })])] })
  }

  override toString(): string {
    const states = this.get('ctstate')?.value
    return states === undefined ? super.toString() : `${super.toString()}, ${states}`
  }
}

class PortChannelClass extends StatefulChannelClass {
  constructor({ sports, dports, args = [], ...given }: PortArguments = {}) {
    const options = {
      ...(dports === undefined ? {} : { dports: ports(dports, 'dports') }),
      ...(sports === undefined ? {} : { sports: ports(sports, 'sports') }),
    }
    // Each in a match of its own: multiport looks at one of the two.
    super({ ...given, args: [...args, ...Object.entries(options).map(([name, value]) => new Match('multiport', { [name]: value }))] })
  }

  override toString(): string {
    return `${super.toString()}, ports ${this.get('sports')?.value ?? 'any'} -> ${this.get('dports')?.value ?? 'any'}`
  }
}

class TCPChannelClass extends PortChannelClass {
  constructor(given: PortArguments = {}) {
    super({ ...ownProtocol(given), proto: 'tcp' })
  }
}

class UDPChannelClass extends PortChannelClass {
  constructor(given: PortArguments = {}) {
    super({ ...ownProtocol(given), proto: 'udp' })
  }
}

class ICMPChannelClass extends StatefulChannelClass {
  constructor({ icmpType, family = 'ip', ...given }: IcmpArguments = {}) {
    if (family !== 'ip' && family !== 'ip6') throw new InputError(`'${String(family)}' is no family; there are ip and ip6`, { path: 'family' })
    const type = icmpType === undefined ? {} : family === 'ip' ? { icmpType } : { icmpv6Type: icmpType }
    super({ ...ownProtocol(given), proto: family === 'ip' ? 'icmp' : 'ipv6-icmp', ...type })
  }

  override toString(): string {
    return `${super.toString()}, type ${(this.get('icmpType') ?? this.get('icmpv6Type'))?.value ?? 'any'}`
  }
}

/** A protocol, and what else packets of it are like: `new Channel({ proto: 'gre' })`. For `channels` of a rule, or `args`. */
export const Channel = callable(ChannelClass, 'Channel')
export type Channel = ChannelClass
/** A protocol and states of its connections. */
export const StatefulChannel = callable(StatefulChannelClass, 'StatefulChannel')
export type StatefulChannel = StatefulChannelClass
/** A protocol with ports: `new PortChannel({ proto: 'sctp', dports: '5060-5061' })`. */
export const PortChannel = callable(PortChannelClass, 'PortChannel')
export type PortChannel = PortChannelClass
/** Ports and states of TCP: `new TCPChannel({ dports: '80, 443', states: 'NEW' })`. */
export const TCPChannel = callable(TCPChannelClass, 'TCPChannel')
export type TCPChannel = TCPChannelClass
/** Ports and states of UDP. */
export const UDPChannel = callable(UDPChannelClass, 'UDPChannel')
export type UDPChannel = UDPChannelClass
/** Messages of ICMP, of a type where it is given. */
export const ICMPChannel = callable(ICMPChannelClass, 'ICMPChannel')
export type ICMPChannel = ICMPChannelClass

/** Protocols whose services have ports. */
const WITH_PORTS = ['tcp', 'udp', 'sctp', 'dccp']

/** Ports, a range with `:` between its ends. A name such as ftp-data is one port. */
function ports(given: Parts, path: string): string {
  const isService = (name: string) => WITH_PORTS.some((protocol) => servicePort(name, protocol) !== undefined)
  return joined(given, path).split(',').map((part) => (isService(part) ? part : part.replaceAll('-', ':'))).join(',')
}

/** The parts with commas, without blanks. Throws an InputError for none: that would be any. */
function joined(given: Parts, path: string): string {
  const text = (Array.isArray(given) ? given : [given]).map(String).join(',').replaceAll(' ', '')
  if (text.split(',').includes('')) throw new InputError('says nothing in a place; leave it out for any', { path })
  return text
}

function ownProtocol<A extends ChannelArguments>(given: A): A {
  const name = ['proto', 'p', 'protocol'].find((one) => one in given)
  if (name !== undefined) throw new InputError('this channel has its own', { path: name })
  return given
}
