import { inspect } from 'node:util'
import { ArgumentList, Match } from './argument-list.js'
import { callable } from './callable.js'
import { demandText, type Endpoint } from './endpoint.js'
import { Origin } from './origin.js'

class ZoneClass implements Endpoint {
  readonly name: string
  readonly interface: string
  readonly physdev: string | undefined
  /** Where in the program it was made. */
  readonly origin: Origin

  constructor(name: string, netInterface: string, physdev?: string) {
    this.name = demandText(name, 'name')
    this.interface = demandText(netInterface, 'interface')
    this.physdev = physdev === undefined || physdev === null ? undefined : demandText(physdev, 'physdev')
    this.origin = new Origin()
  }

  asInput(): ArgumentList {
    return new ArgumentList({ inInterface: this.interface, args: this.#port((physdevIn) => new Match('physdev', { physdevIn })) })
  }

  asOutput(): ArgumentList {
    return new ArgumentList({ outInterface: this.interface, args: this.#port((physdevOut) => new Match('physdev', { physdevOut })) })
  }

  toString(): string {
    return this.name
  }

  [inspect.custom](): string {
    return `Zone <${this.name}: ${this.interface}${this.physdev === undefined ? '' : `, ${this.physdev}`}>`
  }

  #port(match: (physdev: string) => Match): readonly Match[] {
    return this.physdev === undefined ? [] : [match(this.physdev)]
  }
}

/** A network, by the interface it is at, and the port of a bridge: `new Zone('office', 'br0', 'eth1')`. */
export const Zone = callable(ZoneClass, 'Zone')
export type Zone = ZoneClass
