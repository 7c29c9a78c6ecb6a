import {
  type AddOptions,
  type CreateOptions,
  type DeleteOptions,
  type EntryInput,
  type EntryWithOptions,
  type IPSet,
  NoSuchObject,
  type TestOptions,
} from '../ipset/index.js'
import { addToContent, type Content } from './content.js'
import { needIpsetSocket } from './need-socket.js'
import { WiSet } from './wiset.js'

interface Sock {
  readonly sock: IPSet
}

interface LoadOptions extends Sock {
  /** Read the entries too. */
  readonly content?: boolean
  /** Give `sock` to the WiSet, which otherwise opens its own, in the same network namespace, or through the same daemon. Nothing to give when no socket was given. */
  readonly inheritSock?: boolean
}

async function load(name: string | undefined, { sock, content = false, inheritSock = false }: LoadOptions): Promise<Map<string, WiSet>> {
  const sets = new Map<string, WiSet>()
  let entries: Content = new Map()
  for await (const chunk of sock.raw(name, { content: content ? 'all' : 'headers' })) {
    if (chunk.first) {
      entries = new Map()
      const options = { sock: inheritSock ? sock : undefined, netns: sock.netns, daemon: sock.daemon, content: content ? entries : undefined }
      sets.set(chunk.header.name, WiSet.fromHeader(chunk.header, options))
    }
    addToContent(entries, chunk)
  }
  return sets
}

/** The set of that name, or undefined when there is none. */
export const loadIpset = needIpsetSocket(async (name: string, options: LoadOptions): Promise<WiSet | undefined> => {
  try {
    return (await load(name, options)).get(name)
  } catch (error) {
    if (NoSuchObject.is(error)) return undefined
    throw error
  }
})

/** All sets by name; with `prefix` those whose names begin so. */
export const loadAllIpsets = needIpsetSocket(
  async (options: LoadOptions & { readonly prefix?: string }): Promise<Map<string, WiSet>> => {
    const { prefix = '' } = options
    const sets = await load(undefined, options)
    return new Map([...sets].filter(([name]) => name.startsWith(prefix)))
  },
)

/** Makes a set. One that is there already is left as it is if it is the same, unless `exclusive`. */
export const createIpset = needIpsetSocket(async (name: string, { sock, ...options }: CreateOptions & Sock): Promise<void> => {
  await sock.create(name, { exclusive: false, ...options })
})

/** Removes a set. */
export const destroyIpset = needIpsetSocket(async (name: string, { sock }: Sock): Promise<void> => {
  await sock.destroy(name)
})

/** Adds an entry to a set. */
export const addIpsetEntry = needIpsetSocket(
  async (name: string, entry: EntryInput | EntryWithOptions, { sock, ...options }: AddOptions & Sock): Promise<void> => {
    await sock.add(name, entry, options)
  },
)

/** Deletes an entry from a set. */
export const deleteIpsetEntry = needIpsetSocket(
  async (name: string, entry: EntryInput | EntryWithOptions, { sock, ...options }: DeleteOptions & Sock): Promise<void> => {
    await sock.delete(name, entry, options)
  },
)

/** Whether there is a set of that name. */
export const testIpsetExist = needIpsetSocket(async (name: string, { sock }: Sock): Promise<boolean> => {
  try {
    await sock.headers(name)
    return true
  } catch (error) {
    if (NoSuchObject.is(error)) return false
    throw error
  }
})

/** Whether a set holds, or covers, an entry. */
export const testIpsetEntry = needIpsetSocket(
  async (name: string, entry: EntryInput | EntryWithOptions, { sock, ...options }: TestOptions & Sock): Promise<boolean> =>
    sock.test(name, entry, options),
)

/** Those of the entries that a set holds or covers. */
export const testIpsetEntries = needIpsetSocket(
  async (name: string, entries: Iterable<EntryInput>, { sock, ...options }: TestOptions & Sock): Promise<Set<EntryInput>> =>
    new WiSet({ name, sock }).testList(entries, options),
)

/** Removes all entries of a set. */
export const flushIpset = needIpsetSocket(async (name: string, { sock }: Sock): Promise<void> => {
  await sock.flush(name)
})

/** Swaps the contents of two sets. */
export const swapIpsets = needIpsetSocket(async (one: string, other: string, { sock }: Sock): Promise<void> => {
  await sock.swap(one, other)
})

/** Reads the entries of a WiSet anew. */
export const updateWisetContent = needIpsetSocket(async (wiset: WiSet, { sock }: Sock): Promise<void> => {
  await wiset.updateContent(sock)
})
