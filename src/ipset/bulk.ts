import { beginNfMessage, type CallOptions, FAMILY, finishMessage, HEADER_SIZE, InputError, inside, messageType, NfGenMsg, SUBSYSTEM } from '../netlink/index.js'
import { attr, attributes } from '../netlink/wire/attributes.js'
import { Reader, Writer } from '../netlink/wire/cursor.js'
import { be32 } from '../netlink/wire/integers.js'
import { EntryCommand } from './attributes.js'
import { Batch } from './batch.js'
import { COMMAND } from './command.js'
import type { Reading } from './dimension/dimension.js'
import { elementText, readEntry } from './element.js'
import { IPSET_ERR_EXIST, IPSetError, ipsetError } from './error.js'
import { plainWriter } from './plain.js'
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
}

/**
 * Adds or deletes entries, a message of up to 64 KB at a time. While the kernel works on one, on another thread, the
 * next is written; no more than these two are in memory. Gives the number of entries.
 */
export async function sendAll(session: Session, command: 'add' | 'delete', target: BulkTarget, entries: Iterable<unknown> | AsyncIterable<unknown>, options: BulkOptions): Promise<number> {
  const { type, reading, set } = target
  const { exclusive, onProgress, defaults } = options
  const total = sizeOf(entries)
  const batches = [new Batch(), new Batch()] as const
  let turn = 0
  let batch: Batch = batches[0]
  let index = 0
  let done = 0
  let flight: Promise<void> | undefined
  batch.begin(command, set, session.protocol, exclusive, 0)

  const land = async () => {
    if (!flight) return
    await flight
    flight = undefined
    onProgress?.({ done, total })
  }
  const launch = async () => {
    await land()
    const { count } = batch
    flight = sendBatch(session, command, target, batch, options).then(() => {
      done += count
    })
    flight.catch(() => {})
    turn ^= 1
    batch = batches[turn] as Batch
    batch.begin(command, set, session.protocol, exclusive, index)
  }
  const plain = defaults ? undefined : plainWriter(type, reading)
  const put = (value: unknown) => {
    if (plain && typeof value === 'string' && batch.putPlain(plain, value)) {
      index++
      return
    }
    try {
      batch.put(readEntry(type, value, reading, defaults), value)
      index++
    } catch (error) {
      throw InputError.is(error) ? error.within(`entries[${index}]`) : error
    }
  }

  try {
    await each(entries, (value) => {
      put(value)
      return batch.full ? launch() : undefined
    })
    if (batch.count > 0) await launch()
    await land()
  } catch (error) {
    // What is on its way still counts: wait for it before saying how much was applied.
    const failure = await (flight ?? Promise.resolve()).then(() => error, (earlier: unknown) => earlier)
    if (InputError.is(failure)) failure.applied = done
    throw failure
  }
  return done
}

async function sendBatch(session: Session, command: 'add' | 'delete', { set, type }: BulkTarget, batch: Batch, { signal }: BulkOptions): Promise<void> {
  const { connection } = session
  const sequence = connection.sequence()
  let refusal: Error | undefined
  await connection.exchange(command, batch.finish(sequence), sequence, 1, {
    acknowledged(ack) {
      if (ack.errno === 0) return
      const index = failedLine(ack.request) - 1
      const given = batch.given[index - batch.first]
      const known = index >= batch.first && index < batch.first + batch.count
      const error = ipsetError(ack, { command, set, group: type.group, ...(known ? { entry: elementText(given) } : {}) })
      if (IPSetError.is(error)) {
        error.batch = { index: known ? index : batch.first, entry: given, applied: known ? index : batch.first }
      }
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

/** Messages in one datagram of tests: their answers have to fit the receive buffer. */
const TESTS = 128

/** Tests entries, many to a datagram; gives for each in turn whether it is in the set. */
export async function testAll(session: Session, target: BulkTarget, entries: Iterable<unknown> | AsyncIterable<unknown>, options: BulkOptions): Promise<boolean[]> {
  const { set, type, reading } = target
  const results: boolean[] = []
  const total = sizeOf(entries)
  const writer = new Writer(16 * 1024)
  let given: unknown[] = []
  const flush = async () => {
    const base = results.length
    const asked = given
    given = []
    const { connection, protocol } = session
    const first = connection.sequence(asked.length)
    writer.at = 0
    asked.forEach((value, i) => {
      const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, COMMAND.test.number), COMMAND.test.flags, FAMILY.inet, first + i)
      inside(`entries[${base + i}]`, () => {
        EntryCommand.write(writer, { protocol, name: set, data: readEntry(type, value, reading, options.defaults) })
      })
      finishMessage(writer, start)
    })
    let refusal: Error | undefined
    await connection.exchange('test', writer.written(), first, asked.length, {
      acknowledged(ack, index) {
        results[base + index] = ack.errno === 0
        if (ack.errno === 0 || ack.errno === IPSET_ERR_EXIST) return
        refusal ??= ipsetError(ack, { command: 'test', set, group: type.group, entry: elementText(asked[index]) })
      },
    }, { signal: options.signal })
    if (refusal) throw refusal
    options.onProgress?.({ done: results.length, total })
  }
  await each(entries, (value) => {
    given.push(value)
    return given.length >= TESTS ? flush() : undefined
  })
  if (given.length > 0) await flush()
  return results
}

/** Visits each item, waiting only where `visit` asks to. */
async function each(items: Iterable<unknown> | AsyncIterable<unknown>, visit: (item: unknown) => Promise<void> | undefined): Promise<void> {
  if (Symbol.iterator in items) {
    for (const item of items) {
      const wait = visit(item)
      if (wait) await wait
    }
  } else {
    for await (const item of items) {
      const wait = visit(item)
      if (wait) await wait
    }
  }
}

function sizeOf(entries: object): number | undefined {
  if ('length' in entries && typeof entries.length === 'number') return entries.length
  return 'size' in entries && typeof entries.size === 'number' ? entries.size : undefined
}
