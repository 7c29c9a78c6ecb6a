import { inspect } from 'node:util'
import { InputError } from '../../netlink/index.js'
import { ArgumentList, Match } from './argument-list.js'
import { callable } from './callable.js'
import { demandText, type Endpoint } from './endpoint.js'
import { Origin } from './origin.js'

/** Addresses of hosts, as sources or destinations. */
export abstract class Hosts implements Endpoint {
  /** Where in the program it was made. */
  readonly origin: Origin = new Origin()

  abstract asInput(): ArgumentList
  abstract asOutput(): ArgumentList

  /**
   * The hosts of a text such as `192.0.2.1, 198.51.100.0/24, 203.0.113.5-203.0.113.9`: a HostList of its addresses and
   * networks, and a HostRange for each of its ranges. Throws an InputError for a text without addresses: rules without
   * sources are for all of them.
   */
  static fromIpList(text: string): (HostList | HostRange)[] {
    const parts = demandText(text, 'hosts').split(',').map((part) => part.trim())
    if (parts.includes('')) throw new InputError(`an address is missing in '${text}'`, { path: 'hosts' })
    const singles = parts.filter((part) => !part.includes('-'))
    const ranges = parts.filter((part) => part.includes('-'))
    return [...(singles.length > 0 ? [new HostList(singles)] : []), ...ranges.map((range) => new HostRange(range))]
  }

  [inspect.custom](): string {
    return `${this.constructor.name} <${this.toString()}>`
  }
}

class HostListClass extends Hosts {
  readonly hosts: readonly string[]

  constructor(hosts: Iterable<string>) {
    super()
    if (typeof hosts === 'string') throw new InputError('is a list of addresses; Hosts.fromIpList reads text', { path: 'hosts' })
    this.hosts = [...hosts].map((host, index) => demandText(host, `hosts[${index}]`))
    if (this.hosts.length === 0) throw new InputError('is empty: that would be every host', { path: 'hosts' })
  }

  override asInput(): ArgumentList {
    return new ArgumentList({ source: this.hosts })
  }

  override asOutput(): ArgumentList {
    return new ArgumentList({ destination: this.hosts })
  }

  override toString(): string {
    return this.hosts.join(',')
  }
}

/** Addresses and networks: `new HostList(['192.0.2.1', '198.51.100.0/24'])`. Each becomes a rule of its own when it is loaded. */
export const HostList = callable(HostListClass, 'HostList')
export type HostList = HostListClass

class HostRangeClass extends Hosts {
  readonly range: string

  constructor(range: string) {
    super()
    this.range = demandText(range, 'range').replace(/\s*-\s*/, '-')
  }

  override asInput(): ArgumentList {
    return new Match('iprange', { srcRange: this.range })
  }

  override asOutput(): ArgumentList {
    return new Match('iprange', { dstRange: this.range })
  }

  override toString(): string {
    return this.range
  }
}

/** Addresses from one to another: `new HostRange('192.0.2.1-192.0.2.9')`. */
export const HostRange = callable(HostRangeClass, 'HostRange')
export type HostRange = HostRangeClass
