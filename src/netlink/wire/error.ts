const BRAND = Symbol.for('netfilter-kit.error')

/** The name of a class; bundlers put a `_` before that of one that speaks of itself. */
function nameOf(one: { readonly name: string }): string {
  return one.name.replace(/^_+/, '')
}

/**
 * The base of every error this library throws. `instanceof` fails when a program holds both the ESM and the CommonJS
 * build; the static `is()` of each class does not.
 */
export class NetfilterError extends Error {
  /** What kind of fault this is, for programs; the message is for people. */
  readonly code: string
  declare readonly [BRAND]: readonly string[]

  constructor(message: string, options: { code: string; cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = options.code
    const names: string[] = []
    for (let proto = new.target; proto?.name && proto !== (Error as unknown); proto = Object.getPrototypeOf(proto)) {
      names.push(nameOf(proto))
    }
    this.name = names[0] ?? 'NetfilterError'
    Object.defineProperty(this, BRAND, { value: names })
  }

  /** Whether `error` is one of this class, whichever build of the library made it. */
  static is<T extends NetfilterError>(this: abstract new (...args: never[]) => T, error: unknown): error is T {
    const brand = (error as { [BRAND]?: readonly string[] } | null | undefined)?.[BRAND]
    return Array.isArray(brand) && brand.includes(nameOf(this))
  }
}

/** The caller's mistake: a value that cannot be sent. Nothing was sent. */
export class InputError extends NetfilterError {
  /** Where the value stands, such as `options.timeout` or `rules[3].tcp.dport`; empty for the value itself. */
  readonly path: string
  /** What is wrong with it, without the path. */
  readonly reason: string
  /** For a bulk operation that found it under way: how many entries the kernel had taken before. */
  applied: number | undefined

  constructor(reason: string, options: { path?: string; cause?: unknown } = {}) {
    const path = options.path ?? ''
    super(path === '' ? reason : `${path}: ${reason}`, { ...options, code: 'ERR_INPUT' })
    this.path = path
    this.reason = reason
  }

  /** The same mistake seen from one level further out: `port` inside of `options` becomes `options.port`. */
  within(outer: string): InputError {
    const path = this.path === '' || this.path.startsWith('[') ? outer + this.path : `${outer}.${this.path}`
    return new InputError(this.reason, { path, cause: this.cause })
  }
}

/** Bytes that make no sense: a malformed or cut datagram, capture or file. */
export class ProtocolError extends NetfilterError {
  /** Bytes from the start of the datagram to where it went wrong; undefined where no single place is at fault. */
  readonly offset: number | undefined

  constructor(reason: string, options: { offset?: number; cause?: unknown } = {}) {
    super(options.offset === undefined ? reason : `${reason} (at byte ${options.offset})`, {
      ...options,
      code: 'ERR_PROTOCOL',
    })
    this.offset = options.offset
  }
}

/** Runs `read`; an InputError in it gets `path` put before its own. */
export function inside<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw InputError.is(error) ? error.within(path) : error
  }
}
