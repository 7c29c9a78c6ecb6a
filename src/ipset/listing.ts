import { ProtocolError } from '../netlink/index.js'
import type { Create, Entry, SetCommand } from './attributes.js'
import { describeEntry, type SetEntry } from './element.js'
import { readHeader, type SetHeader, typeNamed } from './header.js'
import type { SetType } from './type.js'

/** One datagram's worth of a set, undecoded: what the printers and the content of a WiSet are made from. */
export interface RawChunk {
  readonly header: SetHeader
  readonly type: SetType
  readonly entries: readonly Entry[]
  /** The first chunk of its set, which alone has `data`: the parameters as the kernel's attributes. */
  readonly first: boolean
  readonly data: Create | undefined
}

/** One datagram's worth of a set. Large sets come in many; `header` is the same object in all of them. */
export interface Chunk {
  readonly header: SetHeader
  readonly entries: SetEntry[]
}

/** Puts the messages of a list together: only the first of a set says what the set is. */
export async function* chunks(messages: AsyncIterable<SetCommand>): AsyncGenerator<RawChunk, void, undefined> {
  let header: SetHeader | undefined
  let type: SetType | undefined
  for await (const message of messages) {
    const first = message.data !== undefined
    if (message.data !== undefined) {
      header = readHeader(message, message.data)
      type = typeNamed(header.type)
    }
    if (!header || !type || header.name !== message.name) {
      throw new ProtocolError(`entries of set '${message.name}' without a message that describes the set`)
    }
    yield { header, type, entries: message.adt ?? [], first, data: message.data }
  }
}

/** The same with entries as people read them. */
export async function* described(raw: AsyncIterable<RawChunk>): AsyncGenerator<Chunk, void, undefined> {
  for await (const { header, type, entries } of raw) {
    yield { header, entries: entries.map((entry) => describeEntry(type, entry)) }
  }
}

/** Single items of a stream of arrays. A plain loop costs one promise an item, which is all it can cost. */
export function flatten<T>(arrays: AsyncIterable<readonly T[]>): AsyncIterableIterator<T> {
  const source = arrays[Symbol.asyncIterator]()
  let items: readonly T[] = []
  let at = 0
  const refill = async (): Promise<IteratorResult<T>> => {
    for (;;) {
      const { value, done } = await source.next()
      if (done) return { value: undefined, done: true }
      items = value
      at = 0
      if (items.length > 0) return { value: items[at++] as T, done: false }
    }
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => (at < items.length ? Promise.resolve({ value: items[at++] as T, done: false }) : refill()),
    async return() {
      await source.return?.()
      return { value: undefined, done: true }
    },
  }
}
