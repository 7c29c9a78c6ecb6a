import { IPSet, type IPSetOptions } from '../ipset/index.js'

/** Options that may bring a socket; without one, a socket is opened for the call. */
export interface Socketed {
  /** The socket to use. It stays open. */
  readonly sock?: IPSet | undefined
}

/** A new IPSet, for several calls to share. Close it when done: `await using sock = getIpsetSocket()`. */
export function getIpsetSocket(options?: IPSetOptions): IPSet {
  return new IPSet(options)
}

/**
 * Turns a function that needs a socket in its last argument, an object, into one that may be given it: with
 * `{ sock }` that one is used and stays open, without it one is opened and closed afterwards, also when the function
 * throws. What the function calls in turn gets the same socket by handing on `sock`.
 *
 * @example
 * const typeOf = needIpsetSocket(async (name: string, { sock }: { sock: IPSet }) => (await loadIpset(name, { sock }))?.attrType)
 * await typeOf('ban')
 */
export function needIpsetSocket<A extends readonly unknown[], O extends { readonly sock: IPSet }, R>(
  fn: (...args: [...A, O]) => Promise<R>,
): (...args: [...A, (Omit<O, 'sock'> & Socketed)?]) => Promise<R> {
  const last = Math.max(fn.length - 1, 0)
  return async (...args) => {
    const before = Array.from({ length: last }, (_, i) => args[i]) as unknown as A
    const given = (args[last] ?? {}) as Omit<O, 'sock'> & Socketed
    if (given.sock !== undefined) return fn(...before, given as unknown as O)
    const sock = getIpsetSocket()
    try {
      return await fn(...before, { ...given, sock } as unknown as O)
    } finally {
      sock.close()
    }
  }
}
