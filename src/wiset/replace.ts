import { AlreadyExists, type CreateOptions, type EntryInput, type EntryWithOptions, type IPSet, IPSetError, NoSuchObject, type Progress, SetFullError, type SetHeader, sizeOf } from '../ipset/index.js'
import { isAbandoned, patiently, removeTemporary, temporaryName } from './temporary.js'

/** Entries from anywhere: text, arrays, or objects with options such as `{ entry, comment }`. */
export type NewEntries = Iterable<EntryInput | EntryWithOptions> | AsyncIterable<EntryInput | EntryWithOptions>

/** How all entries of a set are replaced. */
export interface ReplaceOptions {
  /** Raise maxelem (or the size of a list) when the new entries need more room than the set has. */
  readonly grow?: boolean | undefined
  /** Called after each batch the kernel has taken. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** include/uapi/linux/netfilter/ipset: hashsize and maxelem are 32 bits wide. */
const MAX = 0xffff_ffff
/** Names to try for a temporary set. */
const ATTEMPTS = 100

/**
 * Replaces all entries of a set at once: fills a set of the same kind under another name, swaps the two and removes the
 * old one. Whoever looks at the set sees the old entries or the new ones. On any failure nothing has changed.
 */
export async function replaceEntries(sock: IPSet, name: string, entries: NewEntries, options: ReplaceOptions = {}): Promise<number> {
  const { grow = false, ...bulk } = options
  const given = grow ? await collect(entries) : entries
  const expected = sizeOf(given)
  const header = await headerOf(sock, name)
  for (const other of await sock.names()) if (isAbandoned(other, name)) await removeTemporary(sock, other)
  let like = copyOf(header, expected)
  if (grow && expected !== undefined) like = roomFor(like, expected)
  for (;;) {
    const temporary = await makeTemporary(sock, name, like)
    try {
      const count = await sock.addAll(temporary, given, { ...bulk, exclusive: false })
      await patiently(() => sock.swap(temporary, name))
      return count
    } catch (error) {
      const larger = grow && SetFullError.is(error) ? roomFor(like, 2 * (like.maxelem ?? like.size ?? MAX)) : like
      if (larger.maxelem === like.maxelem && larger.size === like.size) throw retold(error, name)
      like = larger
    } finally {
      await removeTemporary(sock, temporary)
    }
  }
}

/** Makes a set to be filled. Threads of one process do not know each other's names: one that is taken is no fault. */
async function makeTemporary(sock: IPSet, name: string, like: CreateOptions): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const temporary = temporaryName(name)
    try {
      await sock.create(temporary, { ...like, exclusive: true })
      return temporary
    } catch (error) {
      if (!AlreadyExists.is(error) || attempt >= ATTEMPTS) throw error
    }
  }
}

/** Errors are about the set people know, not about the one that was to take its place. */
function retold(error: unknown, name: string): unknown {
  if (SetFullError.is(error)) {
    return error.retold(name, `${error.sentence}: ${error.inserted} of the new entries fit; { grow: true } makes room`)
  }
  return IPSetError.is(error) ? error.retold(name) : error
}

async function headerOf(sock: IPSet, name: string): Promise<SetHeader> {
  for await (const { header } of sock.list(name, { content: 'headers' })) return header
  throw new NoSuchObject({ errno: 2 }, { command: 'list', set: name }, 'The set with the given name does not exist')
}

/** What a set is made of, for another of its kind; the hash large enough for `expected` entries from the start. */
function copyOf(header: SetHeader, expected: number | undefined): CreateOptions {
  const { name: _, type, index: _index, elements: _elements, references: _references, memsize: _memsize, hashsize, bitmask, ...same } = header
  const wanted = expected === undefined || expected < 2 ? 0 : 2 ** Math.ceil(Math.log2(expected / 2))
  return {
    ...same,
    stype: type,
    // A netmask is a bitmask to the kernel, which names both: one of them makes the same set.
    ...(bitmask === undefined || same.netmask !== undefined ? {} : { bitmask }),
    ...(hashsize === undefined ? {} : { hashsize: Math.min(Math.max(hashsize, wanted), 2 ** 31) }),
  }
}

function roomFor(like: CreateOptions, count: number): CreateOptions {
  const { maxelem, size } = like
  if (maxelem !== undefined && maxelem < count) return { ...like, maxelem: Math.min(count, MAX) }
  return size !== undefined && size < count ? { ...like, size: Math.min(count, MAX) } : like
}

async function collect(entries: NewEntries): Promise<NewEntries> {
  if (sizeOf(entries) !== undefined) return entries
  const all: (EntryInput | EntryWithOptions)[] = []
  for await (const entry of entries) all.push(entry)
  return all
}
