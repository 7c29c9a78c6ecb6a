import { inspect } from 'node:util'
import { type ArgumentList, Match } from './argument-list.js'
import { callable } from './callable.js'
import { demandText, type Endpoint } from './endpoint.js'
import { Origin } from './origin.js'

class IPSetClass implements Endpoint {
  readonly name: string
  /** Where in the program it was made. */
  readonly origin: Origin

  constructor(name: string) {
    this.name = demandText(name, 'name')
    this.origin = new Origin()
  }

  asInput(): ArgumentList {
    return new Match('set', { matchSet: [this.name, 'src'] })
  }

  asOutput(): ArgumentList {
    return new Match('set', { matchSet: [this.name, 'dst'] })
  }

  toString(): string {
    return this.name
  }

  [inspect.custom](): string {
    return `IPSet <${this.name}>`
  }
}

/** The addresses of a set of the kernel's, by its name. The set must be there when the rules are loaded. */
export const IPSet = callable(IPSetClass, 'IPSet')
export type IPSet = IPSetClass
