import { NetfilterError } from '../netlink/wire/error.js'

/** Somebody else changed the firewall in the meantime, more often than it was tried again. */
export class ConflictError extends NetfilterError {
  declare readonly name: 'ConflictError'
  /** How many times it was tried. */
  readonly attempts: number
  /** What stood in the way each time, where that is known. */
  readonly history: readonly Error[]

  constructor(message: string, options: { attempts: number; history?: readonly Error[]; cause?: unknown }) {
    super(message, { code: 'ERR_CONFLICT', ...('cause' in options ? { cause: options.cause } : {}) })
    this.attempts = options.attempts
    this.history = options.history ?? []
  }
}

/** The lock that all programs take before they change the legacy tables was not to be had. */
export class LockError extends NetfilterError {
  declare readonly name: 'LockError'
  /** The file that is locked. */
  readonly path: string
  /** Process that holds it, where that can be told. */
  readonly holder: { readonly pid: number; readonly command: string } | undefined

  constructor(message: string, options: { path: string; holder?: LockError['holder']; cause?: unknown }) {
    super(message, { code: 'ERR_LOCK', ...('cause' in options ? { cause: options.cause } : {}) })
    this.path = options.path
    this.holder = options.holder
  }
}
