import { getSystemErrorMap } from 'node:util'
import { NetfilterError } from './wire/error.js'

export { InputError, inside, NetfilterError, ProtocolError } from './wire/error.js'

/** Names and sentences of errnos. Node makes the map anew at each call, which takes longer than a round trip. */
let known: ReturnType<typeof getSystemErrorMap> | undefined

function lookup(errno: number): [name: string, text: string] | undefined {
  known ??= getSystemErrorMap()
  return known.get(-errno)
}

/** `EPERM` for 1, as the C library names it; `errno 4711` where it has no name. */
export function errnoName(errno: number): string {
  return lookup(errno)?.[0] ?? `errno ${errno}`
}

/** The C library's sentence for an errno. */
export function errnoText(errno: number): string {
  return lookup(errno)?.[1] ?? `unknown error ${errno}`
}

/** What is known of a refusal by the kernel. */
export interface KernelErrorDetails {
  readonly errno: number
  /** Symbolic name; found from `errno` when left out. */
  readonly errnoName?: string
  /** What was asked of the kernel, such as `add`. */
  readonly request?: string
  /** Where the kernel's reason stands, such as `filter INPUT rule 3 (-j LOG)`. */
  readonly path?: string
  /** The kernel's own words (NLMSGERR_ATTR_MSG). */
  readonly kernelMessage?: string | undefined
  /** Names of the attributes the kernel objects to, outermost first. */
  readonly attributePath?: readonly string[]
  readonly cause?: unknown
}

/** The kernel refused a request. What it says is kept apart from the sentence made of it. */
export class KernelError extends NetfilterError {
  /** The positive number the kernel gave: an errno, or a subsystem's own code from 4096 up. */
  readonly errno: number
  /** `EPERM`, `ENOENT`, `IPSET_ERR_EXIST`, … */
  readonly errnoName: string
  readonly request: string | undefined
  /** What the kernel objects to, where that is one of many: `filter INPUT rule 3 (-j LOG)`; '' elsewhere. */
  readonly path: string
  readonly kernelMessage: string | undefined
  readonly attributePath: readonly string[]

  constructor(message: string, details: KernelErrorDetails) {
    super(message, { ...('cause' in details ? { cause: details.cause } : {}), code: 'ERR_KERNEL' })
    this.errno = details.errno
    this.errnoName = details.errnoName ?? errnoName(details.errno)
    this.request = details.request
    this.path = details.path ?? ''
    this.kernelMessage = details.kernelMessage
    this.attributePath = details.attributePath ?? []
  }
}

/** Why the kernel could not be reached: the `code` of a TransportError. */
export type TransportFault =
  | 'ERR_PERMISSION'
  | 'ERR_CLOSED'
  | 'ERR_TIMEOUT'
  | 'ERR_ABORTED'
  | 'ERR_UNSUPPORTED'
  | 'ERR_INTERRUPTED'
  | 'ERR_OVERRUN'
  | 'ERR_SYSTEM'

/** The request could not be carried to the kernel, or its answer back. `code` says which way it failed. */
export class TransportError extends NetfilterError {
  declare readonly code: TransportFault
  /** The system's error number, where a system call failed. */
  readonly errno: number | undefined

  constructor(message: string, options: { code: TransportFault; errno?: number; cause?: unknown }) {
    super(message, options)
    this.errno = options.errno
  }

  /** The error for a system call that failed with `errno`. */
  static system(call: string, errno: number): TransportError {
    const name = errnoName(errno)
    if (name === 'EPERM' || name === 'EACCES') {
      return new TransportError(`${call}: ${errnoText(errno)}; run as root or with CAP_NET_ADMIN`, {
        code: 'ERR_PERMISSION',
        errno,
      })
    }
    const unsupported = name === 'EPROTONOSUPPORT' || name === 'EAFNOSUPPORT' || name === 'ENOSYS'
    const code = unsupported ? 'ERR_UNSUPPORTED' : name === 'ENOBUFS' ? 'ERR_OVERRUN' : 'ERR_SYSTEM'
    return new TransportError(`${call}: ${errnoText(errno)} (${name})`, { code, errno })
  }
}

/** The error for what is asked of a socket that was closed, or was under way then. */
export function closedError(): TransportError {
  return new TransportError('the socket is closed', { code: 'ERR_CLOSED' })
}

/** A dump changed under the reader more often than it could be read again (NLM_F_DUMP_INTR). */
export class DumpInterruptedError extends TransportError {
  /** How many times it was read. */
  readonly attempts: number
  /** What the last reading gave: some of it may be missing or stand twice. */
  readonly partial: readonly unknown[]

  constructor(attempts: number, partial: readonly unknown[]) {
    super(`the list changed while it was read, ${attempts} times in a row; try again when less is being changed`, {
      code: 'ERR_INTERRUPTED',
    })
    this.attempts = attempts
    this.partial = partial
  }
}
