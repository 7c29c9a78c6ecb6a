import { InputError } from '../../netlink/index.js'

/** What a daemon puts up with. Times in milliseconds. */
export interface Limits {
  /** Bytes of a request. 16 MiB unless given. */
  readonly request: number
  /** For a request to arrive whole, once it has begun. 10,000 unless given. */
  readonly arrival: number
  /** For a program to say what it wants, once it has connected. 5,000 unless given. */
  readonly greeting: number
  /** For a request to be dealt with. 60,000 unless given. */
  readonly work: number
  /** For a program to take an answer. 60,000 unless given. */
  readonly taking: number
  /** Bytes that may wait for a program when there is more to be sent to it. 32 MiB unless given. */
  readonly waiting: number
  /** Connections at the same time. 256 unless given. */
  readonly connections: number
  /** Connections of one user at the same time. 64 unless given. */
  readonly perUser: number
  /** For requests that are under way when the daemon is closed. 10,000 unless given. */
  readonly closing: number
}

const DEFAULTS: Limits = {
  request: 16 * 2 ** 20,
  arrival: 10_000,
  greeting: 5_000,
  work: 60_000,
  taking: 60_000,
  waiting: 32 * 2 ** 20,
  connections: 256,
  perUser: 64,
  closing: 10_000,
}
const MOST = 2 ** 31 - 1

/** Limits with all that is not given filled in. Throws an InputError for what is no limit, or no number that a timer takes. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new InputError(`there is no such limit; there are ${Object.keys(DEFAULTS).join(', ')}`, { path: `limits.${name}` })
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= MOST)) throw new InputError(`is no whole number from 1 to ${MOST}`, { path: `limits.${name}` })
  }
  return { ...DEFAULTS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}
