import { InputError } from '../netlink/index.js'

/**
 * Stands at the end of the prototype chain of what people configure by assigning to it: an assignment to a property that
 * is none (`rule.in_interfce = 'eth0'`) throws an InputError, where it would be kept and mean nothing.
 */
export abstract class Guarded {
  /** What to say to the name of a property that is none. */
  abstract unknownProperty(name: string): string
}

Object.setPrototypeOf(
  Guarded.prototype,
  new Proxy({}, {
    set(_target, name, _value, receiver: Guarded) {
      throw new InputError(receiver.unknownProperty(String(name)))
    },
  }),
)
