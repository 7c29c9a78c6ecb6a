import { DumpInterruptedError, KernelError, TransportError, type TransportFault } from '../error.js'
import { InputError, NetfilterError, ProtocolError } from '../wire/error.js'
import { DeniedError } from './denied.js'

/** An error as data that JSON can hold. */
export interface Failure {
  /** The name of its class. */
  readonly name: string
  readonly message: string
  readonly code?: string
  /** What else the class keeps: `errno`, `path`, … */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: Failure
}

/** Makes an error of a class anew. */
export type Remake = (message: string, details: Readonly<Record<string, unknown>>, cause: { readonly cause?: unknown }) => Error

/** Causes of causes that are told. */
const DEEPEST = 4
const BASIC = new Set(['name', 'message', 'code', 'stack', 'cause'])

/** An error as data. What is no error of this library's is named by its message alone. */
export function tellFailure(error: unknown, depth = 0): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, cause } = error
  const deeper = cause === undefined || depth >= DEEPEST ? {} : { cause: tellFailure(cause, depth + 1) }
  if (!NetfilterError.is(error)) return { name: 'Error', message, ...deeper }
  const details: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(error)) if (!BASIC.has(key) && value !== undefined && isPlain(value)) details[key] = value
  return { name, message, code: error.code, details, ...deeper }
}

/** Whether JSON says a value as it is. */
function isPlain(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > 3 || value instanceof Error) return false
  return Object.values(value).every((one) => isPlain(one, depth + 1))
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : [])
const only = <T>(key: string, value: T | undefined): Record<string, T> => (value === undefined ? {} : { [key]: value })

/** `path: reason`, without the path. */
export function reasonOf(message: string, path: string): string {
  return path !== '' && message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message
}

/** The classes of this room. */
const CLASSES: Readonly<Record<string, Remake>> = {
  InputError: (message, { path, applied }, cause) => {
    const error = new InputError(reasonOf(message, text(path)), { path: text(path), ...cause })
    if (typeof applied === 'number') error.applied = applied
    return error
  },
  ProtocolError: (message, { offset }, cause) => {
    if (typeof offset !== 'number') return new ProtocolError(message, cause)
    const place = ` (at byte ${offset})`
    return new ProtocolError(message.endsWith(place) ? message.slice(0, -place.length) : message, { offset, ...cause })
  },
  TransportError: (message, { code, errno }, cause) =>
    new TransportError(message, { code: text(code) as TransportFault, ...only('errno', typeof errno === 'number' ? errno : undefined), ...cause }),
  KernelError: (message, { errno, errnoName, request, path, kernelMessage, attributePath }, cause) =>
    new KernelError(message, {
      errno: number(errno),
      errnoName: text(errnoName),
      path: text(path),
      attributePath: texts(attributePath),
      ...only('request', typeof request === 'string' ? request : undefined),
      ...only('kernelMessage', typeof kernelMessage === 'string' ? kernelMessage : undefined),
      ...cause,
    }),
  DumpInterruptedError: (_, { attempts, partial }) => new DumpInterruptedError(number(attempts), Array.isArray(partial) ? partial : []),
  DeniedError: (message, _, cause) => new DeniedError(message, cause),
}

/** The error that data tell of: of the same class, with the same members. `more`: classes of other rooms. */
export function remakeFailure(told: unknown, more: Readonly<Record<string, Remake>> = {}, depth = 0): Error {
  const { name, message, code, details, cause } = (typeof told === 'object' && told !== null ? told : {}) as Record<string, unknown>
  const known = { ...(typeof details === 'object' ? details : {}), code } as Readonly<Record<string, unknown>>
  const deeper = cause === undefined || depth > DEEPEST ? {} : { cause: remakeFailure(cause, more, depth + 1) }
  const remake = typeof name !== 'string' ? undefined : Object.hasOwn(more, name) ? more[name] : Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined
  const sentence = text(message) || 'the daemon gives no reason'
  if (remake) return remake(sentence, known, deeper)
  if (typeof code === 'string') return new NetfilterError(sentence, { code, ...deeper })
  return new Error(sentence, deeper)
}
