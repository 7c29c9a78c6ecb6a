import { InputError } from '../../../src/netlink/index.js'

/** The InputError that something throws. Fails where it throws none, or another error. */
export function inputErrorOf(read: () => unknown): InputError {
  try {
    read()
  } catch (error) {
    if (InputError.is(error)) return error
    throw error
  }
  throw new Error('this should have thrown')
}

/** What something gives, or undefined where it throws an InputError. Any other error comes through. */
export function valueOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (InputError.is(error)) return undefined
    throw error
  }
}
