import { inspect } from 'node:util'
import { InputError } from '../../netlink/index.js'
import { ArgumentList } from './argument-list.js'
import { callable } from './callable.js'
import { demandText, type Endpoint } from './endpoint.js'
import { Hosts } from './hosts.js'
import { Origin } from './origin.js'
import { Zone } from './zone.js'

class LocationClass implements Endpoint {
  /** A Location for each of the Hosts of a text, in a zone or, with null, anywhere. Throws an InputError as `Hosts.fromIpList` does. */
  static fromIpList(name: string, zone: Zone | null | undefined, ips: string): Location[] {
    return Hosts.fromIpList(ips).map((hosts) => new Location(name, zone, hosts))
  }

  readonly name: string
  readonly zone: Zone | undefined
  readonly hosts: Hosts | undefined
  /** Where in the program it was made. */
  readonly origin: Origin

  constructor(name: string, zone: Zone | null | undefined, hosts?: Hosts | null) {
    this.name = demandText(name, 'name')
    this.zone = zone ?? undefined
    this.hosts = hosts ?? undefined
    if (this.zone && !(this.zone instanceof Zone)) throw new InputError('is no Zone', { path: 'zone' })
    if (this.hosts && !(this.hosts instanceof Hosts)) throw new InputError('is no Hosts', { path: 'hosts' })
    if (!this.zone && !this.hosts) throw new InputError(`the location '${name}' has neither a zone nor hosts: that would be everywhere`)
    this.origin = new Origin()
  }

  asInput(): ArgumentList {
    return new ArgumentList({ args: this.#parts().map((part) => part.asInput()) })
  }

  asOutput(): ArgumentList {
    return new ArgumentList({ args: this.#parts().map((part) => part.asOutput()) })
  }

  toString(): string {
    return this.hosts ? `${this.zone?.name ?? 'Anywhere'}: ${this.name}` : this.name
  }

  [inspect.custom](): string {
    return `Location <${this.name}, zone=${this.zone ?? 'any'}, hosts=${this.hosts ?? 'any'}>`
  }

  #parts(): readonly Endpoint[] {
    return [this.zone, this.hosts].filter((part) => part !== undefined)
  }
}

/** Hosts in a zone, all of a zone, or hosts anywhere: `new Location('printers', office, new HostList(['192.0.2.7']))`. */
export const Location = callable(LocationClass, 'Location')
export type Location = LocationClass
