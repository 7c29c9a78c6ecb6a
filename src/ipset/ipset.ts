import { type CallOptions, type ConnectionCounters, type ConnectionOptions, InputError, inside, TransportError } from '../netlink/index.js'
import { type BulkOptions, type BulkTarget, type Progress, sendAll, testAll } from './bulk.js'
import { COMMAND, type Family, familyName, familyNumber, LIST_FLAG } from './command.js'
import { type CreateOptions, familyOf, readCreate } from './create.js'
import { demandSetName } from './dimension/others.js'
import type { Reading } from './dimension/dimension.js'
import { elementText, type EntryInput, type EntryWithOptions, readEntry, type SetEntry } from './element.js'
import { IPSET_ERR_EXIST, IPSetError, SetInUseError } from './error.js'
import type { SetHeader } from './header.js'
import { type Chunk, chunks, described, flatten, type RawChunk } from './listing.js'
import { assignOptions, type EntryOptions } from './option.js'
import { type EntryPlace, type Place, Places, readingFor } from './place.js'
import { createCheck } from './schema.js'
import { Session } from './session.js'
import { demandType, type SetType } from './type.js'

export interface IPSetOptions extends ConnectionOptions {
  /** Revision that `create` asks for, of every type; the newest both sides know when left out. */
  readonly attrRevision?: number | undefined
}

export interface AddOptions extends EntryOptions, EntryPlace {
  /** Refuse what is there already (default). With false its options are brought up to date. */
  exclusive?: boolean | undefined
  signal?: AbortSignal | undefined
}

export interface DeleteOptions extends Pick<EntryOptions, 'physdev' | 'nomatch' | 'wildcard' | 'before' | 'after'>, EntryPlace {
  /** Refuse what is not there (default). */
  exclusive?: boolean | undefined
  signal?: AbortSignal | undefined
}

export type TestOptions = Omit<DeleteOptions, 'exclusive'>

/** For `addAll`, `deleteAll` and `testAll`; entry options given here go for every entry that brings none of its own. */
export interface BulkCallOptions extends AddOptions {
  /** Called after each batch the kernel has taken. */
  onProgress?: ((progress: Progress) => void) | undefined
}

export interface ListOptions extends CallOptions {
  /** `all` (default): with entries; `headers`: what each set is, without them. */
  readonly content?: 'all' | 'headers' | undefined
}

/**
 * The kernel's IP sets. A socket is opened at the first call and closed by `close` or `await using`. Everything rejects
 * with InputError (nothing was sent), IPSetError (the kernel refused) or TransportError (it could not be reached).
 *
 * @example
 * await using ipset = new IPSet()
 * await ipset.create('ban', { stype: 'hash:net', timeout: 3600 })
 * await ipset.add('ban', '198.51.100.0/24', { comment: 'scanner' })
 */
export class IPSet {
  readonly #options: IPSetOptions
  readonly #places = new Places()
  #session: Promise<Session> | undefined
  #open: Session | undefined
  #closed = false

  constructor(options: IPSetOptions = {}) {
    this.#options = options
  }

  /** What the socket has left out; zeros before it is open. */
  get counters(): ConnectionCounters {
    return this.#open?.connection.counters ?? { stale: 0, foreign: 0, truncated: 0 }
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Makes a set. Rejects with AlreadyExists when one of that name is there (see `exclusive`). */
  async create(name: string, options: CreateOptions & { signal?: AbortSignal } = {}): Promise<void> {
    const { signal, ...rest } = options
    demandNewName(name, 'name')
    const given = inside('options', () => rest)
    const check = await createCheck()
    const { type, family, data } = inside('options', () => {
      const checked = check(given)
      const set = demandType(checked.stype ?? 'hash:ip')
      return { type: set, family: familyOf(set, checked.family), data: readCreate(set, checked) }
    })
    await this.#create(name, type, family, data, given, signal)
  }

  async #create(name: string, type: SetType, family: Family, data: object, options: CreateOptions, signal: AbortSignal | undefined): Promise<void> {
    const session = await this.#ready()
    const revision = options.revision ?? this.#options.attrRevision ?? (await this.#revision(type, family))
    this.#places.forget(name)
    const body = { name, typename: type.name, revision, family: familyNumber(family), data }
    await session.set(COMMAND.create, body, { command: 'create', set: name, group: type.group }, { signal, exclusive: options.exclusive })
    this.#places.set(name, { type, family })
  }

  /** The newest revision of a type that the kernel and this library share. */
  async #revision(type: SetType, family: Family): Promise<number> {
    const { min, max } = await this.getSupportedRevisions(type.name, family)
    const [oldest, newest] = type.revisions
    if (min > newest || max < oldest) {
      throw new TransportError(`${type.name}: the kernel has revisions ${min} to ${max}, this library ${oldest} to ${newest}`, { code: 'ERR_UNSUPPORTED' })
    }
    return Math.min(max, newest)
  }

  /** Removes a set, or all sets. Rejects with SetInUseError while a rule or a list refers to it. */
  async destroy(name?: string, options: CallOptions = {}): Promise<void> {
    const session = await this.#ready()
    this.#places.forget(name)
    try {
      await session.set(COMMAND.destroy, named(name), { command: 'destroy', set: name }, options)
    } catch (error) {
      if (SetInUseError.is(error) && name !== undefined) error.references = await this.#references(name)
      throw error
    }
  }

  async #references(name: string): Promise<number | undefined> {
    for await (const { header } of this.list(name, { content: 'headers' })) return header.references
    return undefined
  }

  /** Removes all entries of a set, or of all sets. */
  async flush(name?: string, options: CallOptions = {}): Promise<void> {
    const session = await this.#ready()
    await session.set(COMMAND.flush, named(name), { command: 'flush', set: name }, options)
  }

  /** Gives a set another name, which no other set may have. */
  async rename(from: string, to: string, options: CallOptions = {}): Promise<void> {
    demandNewName(to, 'to')
    await this.#pair(COMMAND.rename, from, to, options)
  }

  /** Swaps the contents of two sets of one type and family: what refers to one by name now gets the other's entries. */
  async swap(one: string, other: string, options: CallOptions = {}): Promise<void> {
    await this.#pair(COMMAND.swap, one, other, options)
  }

  async #pair(command: typeof COMMAND.swap | typeof COMMAND.rename, from: string, to: string, options: CallOptions): Promise<void> {
    const body = { name: demandSetName(from, 'from'), typename: demandSetName(to, 'to') }
    const session = await this.#ready()
    this.#places.forget(from)
    this.#places.forget(to)
    await session.set(command, body, { command: command.name, set: from }, options)
  }

  /** Adds an entry. Its form is that of the set's type, which the kernel is asked for once (see `EntryPlace`). */
  async add(name: string, entry: EntryInput | EntryWithOptions, options: AddOptions = {}): Promise<void> {
    await this.#entry('add', name, entry, options)
  }

  /** Deletes an entry. */
  async delete(name: string, entry: EntryInput | EntryWithOptions, options: DeleteOptions = {}): Promise<void> {
    await this.#entry('delete', name, entry, options)
  }

  /** Whether the set holds, or covers, an entry. */
  async test(name: string, entry: EntryInput | EntryWithOptions, options: TestOptions = {}): Promise<boolean> {
    try {
      await this.#entry('test', name, entry, options)
      return true
    } catch (error) {
      if (IPSetError.is(error) && error.errno === IPSET_ERR_EXIST) return false
      throw error
    }
  }

  async #entry(command: 'add' | 'delete' | 'test', name: string, value: EntryInput | EntryWithOptions, options: AddOptions): Promise<void> {
    const { etype, family, exclusive, signal, ...rest } = options
    demandSetName(name)
    const session = this.#open ?? (await this.#ready())
    const remembered = etype === undefined && this.#places.has(name)
    const place = await this.#places.find(session, name, { etype, family }, { signal })
    const send = (place: Place) => {
      const data = inside('entry', () => readEntry(place.type, value, readingFor(place, command)))
      inside('options', () => assignOptions(data, rest))
      const asked = { command, set: name, entry: elementText(value), group: place.type.group }
      return session.entry(COMMAND[command], { name, data }, asked, { exclusive, signal })
    }
    try {
      await send(place)
    } catch (error) {
      const settled = !remembered || TransportError.is(error) || (IPSetError.is(error) && error.errno === IPSET_ERR_EXIST)
      const now = settled ? undefined : await this.#places.changed(session, name, place)
      if (!now) throw error
      await send(now)
    }
  }

  /** Adds entries of any iterable at the speed of the kernel. Gives their number; errors say how far it came. */
  addAll(name: string, entries: Iterable<EntryInput | EntryWithOptions> | AsyncIterable<EntryInput | EntryWithOptions>, options: BulkCallOptions = {}): Promise<number> {
    return this.#bulk('add', name, options, (session, target, bulk) => sendAll(session, 'add', target, entries, bulk))
  }

  /** Deletes entries of any iterable at the speed of the kernel. */
  deleteAll(name: string, entries: Iterable<EntryInput | EntryWithOptions> | AsyncIterable<EntryInput | EntryWithOptions>, options: BulkCallOptions = {}): Promise<number> {
    return this.#bulk('delete', name, options, (session, target, bulk) => sendAll(session, 'delete', target, entries, bulk))
  }

  /** Tests entries of any iterable; for each in turn whether the set holds it. */
  testAll(name: string, entries: Iterable<EntryInput | EntryWithOptions> | AsyncIterable<EntryInput | EntryWithOptions>, options: BulkCallOptions = {}): Promise<boolean[]> {
    return this.#bulk('test', name, options, (session, target, bulk) => testAll(session, target, entries, bulk))
  }

  async #bulk<T>(command: Reading['purpose'], name: string, options: BulkCallOptions, run: (session: Session, target: BulkTarget, options: BulkOptions) => Promise<T>): Promise<T> {
    const { etype, family, exclusive = true, signal, onProgress, ...rest } = options
    demandSetName(name)
    inside('options', () => assignOptions({}, rest))
    const session = await this.#ready()
    const place = await this.#places.find(session, name, { etype, family }, { signal })
    const defaults = Object.keys(rest).length > 0 ? (rest as Record<string, unknown>) : undefined
    try {
      return await run(session, { set: name, type: place.type, reading: readingFor(place, command) }, { exclusive, signal, onProgress, defaults })
    } catch (error) {
      this.#places.forget(name)
      throw error
    }
  }

  /** Streams sets, a datagram's worth of entries at a time, as they arrive. All sets when no name is given. */
  list(name?: string, options: ListOptions = {}): AsyncGenerator<Chunk, void, undefined> {
    return described(this.raw(name, options))
  }

  /** Streams sets with their entries as the kernel's attributes: for printers, and for what needs every field. */
  async *raw(name?: string, options: ListOptions = {}): AsyncGenerator<RawChunk, void, undefined> {
    const { content = 'all', ...call } = options
    if (content !== 'all' && content !== 'headers') {
      throw new InputError(`'${String(content)}' is neither 'all' nor 'headers'`, { path: 'options.content' })
    }
    const session = await this.#ready()
    const body = { ...named(name), ...(content === 'headers' ? { flags: LIST_FLAG.headers } : {}) }
    yield* chunks(session.list(body, { command: 'list', set: name }, call))
  }

  /** Streams the entries of a set, one at a time, in memory that does not grow with the set. */
  entries(name: string, options: CallOptions = {}): AsyncIterableIterator<SetEntry> {
    return flatten(entriesOf(this.list(name, options)))
  }

  /** The names of all sets. */
  async names(options: CallOptions = {}): Promise<string[]> {
    const session = await this.#ready()
    const names: string[] = []
    const messages = session.list({ flags: LIST_FLAG.names }, { command: 'list' }, options)
    for await (const { name } of messages) if (name !== undefined) names.push(name)
    return names
  }

  /** What a set is: its type, family and revision. Rejects with NoSuchObject when there is none of that name. */
  async headers(name: string, options: CallOptions = {}): Promise<Pick<SetHeader, 'name' | 'type' | 'family' | 'revision'>> {
    const session = await this.#ready()
    const answer = await session.set(COMMAND.header, { name: demandSetName(name) }, { command: 'header', set: name }, options)
    const { typename = '', family = 0, revision = 0 } = answer
    return { name, type: typename, family: familyName(family), revision }
  }

  /** Highest and lowest version of the ipset protocol that the kernel speaks. */
  async getProtocolVersion(options: CallOptions = {}): Promise<{ version: number; minimum: number }> {
    const { highest, lowest } = await (await this.#ready()).versions(options)
    return { version: highest, minimum: lowest }
  }

  /** The number of a set in the kernel, which rules refer to. Kernels before 4.19 cannot say (ERR_UNSUPPORTED). */
  async getSetByName(name: string, options: CallOptions = {}): Promise<{ index: number; family: Family }> {
    const session = await this.#indexed()
    const answer = await session.set(COMMAND.getByName, { name: demandSetName(name) }, { command: 'getByName', set: name }, options)
    return { index: answer.index ?? 0, family: familyName(answer.family ?? 0) }
  }

  /** The name of the set with this number in the kernel. */
  async getSetByIndex(index: number, options: CallOptions = {}): Promise<{ name: string }> {
    const session = await this.#indexed()
    const answer = await session.set(COMMAND.getByIndex, { index }, { command: 'getByIndex', set: `#${index}` }, options)
    return { name: answer.name ?? '' }
  }

  async #indexed(): Promise<Session> {
    const session = await this.#ready()
    if (session.protocol >= 7) return session
    throw new TransportError('this kernel speaks version 6 of the ipset protocol, which cannot look up sets by index', { code: 'ERR_UNSUPPORTED' })
  }

  /** Oldest and newest revision of a type that the kernel has. Rejects with IPSET_ERR_FIND_TYPE when it has none. */
  async getSupportedRevisions(stype: string, family: CreateOptions['family'] = 'inet', options: CallOptions = {}): Promise<{ min: number; max: number }> {
    const type = demandType(stype)
    const session = await this.#ready()
    const body = { typename: type.name, family: familyNumber(familyOf(type, family)) }
    const { revision = 0, minimum } = await session.set(COMMAND.type, body, { command: 'type', group: type.group, entry: type.name }, options)
    return { min: minimum ?? revision, max: revision }
  }

  /** Closes the socket. What is under way rejects with ERR_CLOSED; a second call does nothing. */
  close(): void {
    this.#closed = true
    this.#open?.connection.close()
    this.#session?.then((session) => session.connection.close(), () => {})
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** The open socket; opened at the first call. */
  #ready(): Promise<Session> {
    if (this.#closed) return Promise.reject(new TransportError('this IPSet is closed', { code: 'ERR_CLOSED' }))
    this.#session ??= Session.open(this.#options).then(
      (session) => {
        if (this.#closed) session.connection.close()
        this.#open = session
        return session
      },
      (error: unknown) => {
        this.#session = undefined
        throw error
      },
    )
    return this.#session
  }
}

async function* entriesOf(list: AsyncIterable<Chunk>): AsyncGenerator<SetEntry[], void, undefined> {
  for await (const { entries } of list) yield entries
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name: demandSetName(name) }
}

/** A name for a set to come. Beyond what the kernel asks: nothing that would break the lines of a saved ruleset. */
function demandNewName(name: unknown, path: string): void {
  const text = demandSetName(name, path)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f"]/.test(text)) throw new InputError('a set name cannot hold quotes or control characters', { path })
}
