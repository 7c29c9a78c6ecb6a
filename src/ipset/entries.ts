import { InputError } from '../netlink/index.js'

/** Entries from anywhere. */
export type Entries = Iterable<unknown> | AsyncIterable<unknown>

/** How many there are, where that is known without looking at them. What is no list of entries is an InputError. */
export function sizeOf(entries: Entries): number | undefined {
  if (typeof entries !== 'object' || entries === null || !(Symbol.iterator in entries || Symbol.asyncIterator in entries)) {
    throw new InputError('a list is wanted: an array, a Set, or anything else that can be iterated', { path: 'entries' })
  }
  if ('length' in entries && typeof entries.length === 'number') return entries.length
  return 'size' in entries && typeof entries.size === 'number' ? entries.size : undefined
}

/** Visits each item, waiting only where `visit` asks to. */
export async function each(items: Entries, visit: (item: unknown) => Promise<void> | undefined): Promise<void> {
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
