import { type CallOptions, HEADER_SIZE, InputError, NfGenMsg } from '../netlink/index.js'
import { attr, attributes } from '../netlink/wire/attributes.js'
import { Reader } from '../netlink/wire/cursor.js'
import { be32 } from '../netlink/wire/integers.js'
import type { Entry } from './attributes.js'
import { Batch } from './batch.js'
import type { Reading } from './dimension/dimension.js'
import { elementText, readEntry } from './element.js'
import { each, type Entries, sizeOf } from './entries.js'
import { IPSetError, ipsetError } from './error.js'
import { type PlainWriter, plainWriter } from './plain.js'
import type { Session } from './session.js'
import type { SetType } from './type.js'

/** Where the attributes of an ipset message begin. */
const BODY = HEADER_SIZE + NfGenMsg.size

/** How a bulk operation reports on its way. */
export interface Progress {
  /** Entries the kernel has taken so far. */
  readonly done: number
  /** Entries in all, where that is known beforehand. */
  readonly total: number | undefined
}

export interface BulkTarget {
  readonly set: string
  readonly type: SetType
  readonly reading: Reading
}

export interface BulkOptions extends Pick<CallOptions, 'signal'> {
  readonly exclusive: boolean
  readonly onProgress: ((progress: Progress) => void) | undefined
  /** Options of every entry, unless it brings its own. */
  readonly defaults: Readonly<Record<string, unknown>> | undefined
  /** Entries in all, for `onProgress`. */
  readonly total?: number | undefined
}

type Command = 'add' | 'delete'

/**
 * Collects entries into messages of up to 64 KB and sends them. While the kernel works on one, on another thread, the
 * next is written; no more than these two are in memory.
 */
export class BulkSender {
  /** Entries the kernel has taken. */
  done = 0
  readonly #session: Session
  readonly #command: Command
  readonly #target: BulkTarget
  readonly #options: BulkOptions
  readonly #plain: PlainWriter | undefined
  readonly #batches = [new Batch(), new Batch()] as const
  #batch: Batch
  #count = 0
  #flight: Promise<void> | undefined

  constructor(session: Session, command: Command, target: BulkTarget, options: BulkOptions) {
    this.#session = session
    this.#command = command
    this.#target = target
    this.#options = options
    this.#plain = options.defaults ? undefined : plainWriter(target.type, target.reading)
    this.#batch = this.#batches[0]
    this.#begin()
  }

  /** Entries put in so far. */
  get count(): number {
    return this.#count
  }

  /** Puts in an entry as a user gives it. What comes back has to be waited for before the next. */
  put(value: unknown): Promise<void> | undefined {
    if (typeof value === 'string' && this.putPlain(value, value)) return this.next()
    const { type, reading } = this.#target
    return this.putEntry(readEntry(type, value, reading, this.#options.defaults), value)
  }

  /** Puts in the text of an entry by the short cut, if that takes it. Call `next` afterwards. */
  putPlain(text: string, label: unknown): boolean {
    return this.#plain !== undefined && this.#batch.putPlain(this.#plain, text, label)
  }

  /** Puts in an entry's fields. `label` is what an error about it shall name. */
  putEntry(entry: Entry, label: unknown): Promise<void> | undefined {
    this.#batch.put(entry, label)
    return this.next()
  }

  /** Counts the entry just put, and sends the batch when it is full. */
  next(): Promise<void> | undefined {
    this.#count++
    return this.#batch.full ? this.#launch() : undefined
  }

  /** Sends what is left and waits until the kernel has taken everything. */
  async finish(): Promise<void> {
    if (this.#batch.count > 0) await this.#launch()
    await this.#land()
  }

  /** Waits for what is on its way: it counts even when nothing more is to be sent. The error of it, if any. */
  async settle(): Promise<unknown> {
    try {
      await this.#land()
      return undefined
    } catch (error) {
      return error
    }
  }

  #begin(): void {
    const { set } = this.#target
    this.#batch.begin(this.#command, set, this.#session.protocol, this.#options.exclusive, this.#count)
  }

  async #launch(): Promise<void> {
    await this.#land()
    const batch = this.#batch
    const { count } = batch
    this.#flight = sendBatch(this.#session, this.#command, this.#target, batch, this.#options).then(() => {
      this.done += count
    })
    this.#flight.catch(() => {})
    this.#batch = batch === this.#batches[0] ? this.#batches[1] : this.#batches[0]
    this.#begin()
  }

  async #land(): Promise<void> {
    const flight = this.#flight
    if (!flight) return
    this.#flight = undefined
    await flight
    this.#options.onProgress?.({ done: this.done, total: this.#options.total })
  }
}

/** Adds or deletes entries; gives their number. Errors say how many the kernel had taken. */
export async function sendAll(session: Session, command: Command, target: BulkTarget, entries: Entries, options: BulkOptions): Promise<number> {
  const sender = new BulkSender(session, command, target, { ...options, total: sizeOf(entries) })
  try {
    await each(entries, (value) => {
      try {
        return sender.put(value)
      } catch (error) {
        throw InputError.is(error) ? error.within(`entries[${sender.count}]`) : error
      }
    })
    await sender.finish()
  } catch (error) {
    const failure = (await sender.settle()) ?? error
    if (InputError.is(failure)) failure.applied = sender.done
    throw failure
  }
  return sender.done
}

async function sendBatch(session: Session, command: Command, { set, type }: BulkTarget, batch: Batch, { signal }: BulkOptions): Promise<void> {
  const { connection } = session
  const sequence = connection.sequence()
  let refusal: Error | undefined
  await connection.exchange(command, batch.finish(sequence), sequence, 1, {
    acknowledged(ack) {
      if (ack.errno === 0) return
      const line = failedLine(ack.request) - 1
      const known = line >= batch.first && line < batch.first + batch.count
      const index = known ? line : batch.first
      const label = batch.labels[index - batch.first]
      const error = ipsetError(ack, { command, set, group: type.group, ...(known ? { entry: elementText(label) } : {}) })
      if (IPSetError.is(error)) error.batch = { index, entry: label, applied: index }
      refusal = error
    },
  }, { signal, background: true })
  if (refusal) throw refusal
}

const Failed = attributes('IPSET_ATTR', { lineno: attr(9, be32, 'LINENO', 'number of the entry that failed') })

/** The number of the entry that the kernel stopped at, from 1: it stands in the request it gives back; 0 when not. */
function failedLine(request: Uint8Array): number {
  if (request.length <= BODY) return 0
  try {
    return Failed.read(new Reader(request, BODY)).lineno ?? 0
  } catch {
    return 0
  }
}
