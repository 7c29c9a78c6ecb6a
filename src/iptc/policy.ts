import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import { VERDICTS } from './verdict.js'

const policies = new Map<string, Policy>()

/** What happens to a packet that no rule of a built-in chain decides on. There is one object for each name. */
export class Policy {
  static readonly ACCEPT = 'ACCEPT'
  static readonly DROP = 'DROP'
  static readonly QUEUE = 'QUEUE'
  static readonly RETURN = 'RETURN'

  readonly name: string

  /** Of these names the kernel takes ACCEPT and DROP. Throws an InputError for any other. */
  constructor(name: string) {
    this.name = name
    const known = policies.get(name)
    // biome-ignore lint/correctness/noConstructorReturn: there is one object for each name
    if (known) return known
    if (!VERDICTS.includes(name)) throw new InputError(`there is no policy '${name}'; there are ${VERDICTS.join(', ')}`)
    policies.set(name, Object.freeze(this))
  }

  toString(): string {
    return this.name
  }

  [inspect.custom](): string {
    return `<Policy ${this.name}>`
  }
}
