import { InputError } from '../netlink/index.js'
import { type Family, parameterNames, parameterRow } from '../xtables/index.js'
import type { Part } from './part.js'
import type { ParameterInput } from './value.js'

/** By the prototype that they are made over, which may be that of a class somebody has derived. */
const prototypes = new WeakMap<Part, Map<string, object>>()

/** The prototype of a part with its options as properties; those whose names are taken by members are left to `setParameter`. */
export function withProperties(base: Part, type: 'match' | 'target', name: string, family: Family): object {
  const known = prototypes.get(base) ?? new Map<string, object>()
  prototypes.set(base, known)
  const key = `${type} ${name} ${family}`
  let prototype = known.get(key)
  if (!prototype) {
    prototype = Object.create(base) as object
    for (const option of parameterNames(type, name, family)) {
      if (option in base) {
        guard(prototype, base, option)
        continue
      }
      const row = parameterRow(type, name, option, family)
      Object.defineProperty(prototype, option, {
        enumerable: false,
        get(this: Part) {
          return this.property(row)
        },
        set(this: Part, value: ParameterInput | undefined) {
          this.setParameter(option, value)
        },
      })
    }
    known.set(key, prototype)
  }
  return prototype
}

/** An option whose name is that of a member: assigning to it says how it is set, where it would fail or take the member's place. */
function guard(prototype: object, base: Part, name: string): void {
  for (let holder: object | null = base; holder; holder = Object.getPrototypeOf(holder)) {
    const member = Object.getOwnPropertyDescriptor(holder, name)
    if (!member) continue
    if (member.set) return
    Object.defineProperty(prototype, name, {
      enumerable: false,
      get(this: Part) {
        return Reflect.get(base, name, this)
      },
      set(this: Part) {
        throw new InputError(this.unknownProperty(name))
      },
    })
    return
  }
}
