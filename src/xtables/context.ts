import { InputError } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'

/** IPv4 (`iptables`) or IPv6 (`ip6tables`). */
export type Family = 'ip' | 'ip6'

/** The kernel knows a set in a rule by its index, people by its name. */
export interface SetNames {
  /** The index of a set. Throws an InputError when there is none of that name. */
  index(name: string): number
  /** The name of a set, or undefined when there is none of that index. */
  name(index: number): string | undefined
}

/** What the meaning of an option may depend on. */
export interface Context {
  readonly family: Family
  /** The number of the protocol that the rule asks for with `-p`; 0 where it asks for none, or for all but one. */
  readonly protocol: number
  readonly sets: SetNames
}

/** Refuses what is no family, such as `inet6`: it would be taken for the other one. */
export function checkFamily(family: Family): void {
  if (family !== 'ip' && family !== 'ip6') throw new InputError(`'${shown(family)}' is no family: give ip or ip6`, { path: 'family' })
}

const AF_INET = 2
const AF_INET6 = 10

/** What the kernel calls a family. */
export function addressFamily(family: Family): number {
  return family === 'ip' ? AF_INET : AF_INET6
}

/** For rules that name no set. */
export const NO_SETS: SetNames = {
  index(name) {
    throw new InputError(`the kernel knows set '${name}' by an index: give the names of the sets`)
  },
  name: () => undefined,
}

/** Sets by a list of their names, in the order of their indexes; or as somebody else finds them. */
export function setNames(sets: SetNames | readonly string[] | undefined): SetNames {
  if (sets === undefined) return NO_SETS
  if (!Array.isArray(sets)) return sets as SetNames
  return {
    index(name) {
      const index = sets.indexOf(name)
      if (index < 0) throw new InputError(`there is no set '${name}'`)
      return index
    },
    name: (index) => sets[index] as string | undefined,
  }
}

/** Sets whose indexes nobody knows: each name gets one of its own, for as long as a rule is read or printed. */
export class AnySets implements SetNames {
  readonly #names: string[] = []

  index(name: string): number {
    return this.#names.push(name) - 1
  }
  name(index: number): string | undefined {
    return this.#names[index]
  }
}
