import { type CallOptions, InputError, inside, TransportError } from '../netlink/index.js'
import type { Create, EntryCommand } from './attributes.js'
import { type BulkOptions, type BulkTarget, type Progress, sendAll } from './bulk.js'
import { COMMAND, type Family, familyNumber } from './command.js'
import { type CreateOptions, familyOf, readCreate } from './create.js'
import { differences } from './differences.js'
import type { Reading } from './dimension/dimension.js'
import { demandSetName } from './dimension/others.js'
import { type EntryInput, type EntryWithOptions, elementText, readEntry } from './element.js'
import { AlreadyExists, type Asked, IPSET_ERR_EXIST, IPSetError, SetInUseError } from './error.js'
import { assignOptions, type EntryOptions } from './option.js'
import { type EntryPlace, type Place, Places, readingFor } from './place.js'
import { IPSetReader, named } from './reader.js'
import { newestRevision } from './revision.js'
import { createCheck } from './schema.js'
import type { SendOptions, Session } from './session.js'
import { testAll } from './test-all.js'
import { environment } from './text/command-line.js'
import { linesOf } from './text/lines.js'
import { restoreLines } from './text/restore.js'
import { Runner } from './text/runner.js'
import { demandType, type SetType } from './type.js'
import { whenFree } from './when-free.js'

/** How an entry is added: what is kept with it, and what of one that is there already. */
export interface AddOptions extends EntryOptions, EntryPlace {
  /** Refuse what is there already (default). With false its options are brought up to date. */
  exclusive?: boolean | undefined
  signal?: AbortSignal | undefined
}

/** How an entry is deleted: which one is meant, and what of one that is not there. */
export interface DeleteOptions extends Pick<EntryOptions, 'physdev' | 'nomatch' | 'wildcard' | 'before' | 'after'>, EntryPlace {
  /** Refuse what is not there (default). */
  exclusive?: boolean | undefined
  signal?: AbortSignal | undefined
}

/** Which entry is asked for, where its text alone does not say. */
export type TestOptions = Omit<DeleteOptions, 'exclusive'>

/** For `addAll`, `deleteAll` and `testAll`; entry options given here go for every entry that brings none of its own. */
export interface BulkCallOptions extends AddOptions {
  /** Called after each batch the kernel has taken. */
  onProgress?: ((progress: Progress) => void) | undefined
}

/** How saved text is restored. */
export interface RestoreOptions extends CallOptions {
  /** What is there, or gone, already is no error. */
  readonly exist?: boolean | undefined
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
export class IPSet extends IPSetReader {
  readonly #places = new Places()

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

  async #create(name: string, type: SetType, family: Family, data: Create, options: CreateOptions, signal: AbortSignal | undefined): Promise<void> {
    const session = await this.ready()
    const revision = options.revision ?? this.options.attrRevision ?? (await newestRevision(session, type, family))
    this.#places.forget(name)
    const body = { name, typename: type.name, revision, family: familyNumber(family), data }
    try {
      await session.set(COMMAND.create, body, { command: 'create', set: name, group: type.group }, { signal, exclusive: options.exclusive })
    } catch (error) {
      throw AlreadyExists.is(error) && options.exclusive === false ? await this.#explain(error, name, type, family, data) : error
    }
    if (options.exclusive === false) await this.#demandFamily(session, name, family)
    this.#places.set(name, { type, family })
  }

  /** The kernel takes a set of the other family for the same; people do not. */
  async #demandFamily(session: Session, name: string, family: Family): Promise<void> {
    const there = await this.#places.find(session, name)
    if (there.family === family) return
    throw AlreadyExists.another(name, [`its family is ${there.family}, not ${family}`])
  }

  /** A set that was to be left as it is, if it were the same: says in what it is not. */
  async #explain(error: AlreadyExists, name: string, type: SetType, family: Family, data: Create): Promise<Error> {
    for await (const existing of this.raw(name, { content: 'headers' })) {
      const found = differences(existing, type, family, data)
      if (found.length > 0) return AlreadyExists.another(name, found)
    }
    return error
  }

  /** Removes a set, or all sets. Rejects with SetInUseError when a rule or a list refers to it, 62 ms later: a rule just deleted may. */
  async destroy(name?: string, options: CallOptions = {}): Promise<void> {
    const session = await this.ready()
    this.#places.forget(name)
    try {
      await whenFree(() => session.set(COMMAND.destroy, named(name), { command: 'destroy', set: name }, options))
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
    const session = await this.ready()
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
    const session = await this.ready()
    this.#places.forget(from)
    this.#places.forget(to)
    await session.set(command, body, { command: command.name, set: from }, options)
  }

  /** Adds an entry. Its form is that of the set's type, which the kernel is asked for once (see `EntryPlace`). */
  add(name: string, entry: EntryInput | EntryWithOptions, options: AddOptions = {}): Promise<void> {
    return this.#entry('add', name, entry, options, (session, ...rest) => session.entry(COMMAND.add, ...rest))
  }

  /** Deletes an entry. */
  delete(name: string, entry: EntryInput | EntryWithOptions, options: DeleteOptions = {}): Promise<void> {
    return this.#entry('delete', name, entry, options, (session, ...rest) => session.entry(COMMAND.delete, ...rest))
  }

  /** Whether the set holds, or covers, an entry. */
  test(name: string, entry: EntryInput | EntryWithOptions, options: TestOptions = {}): Promise<boolean> {
    return this.#entry('test', name, entry, options, (session, ...rest) => session.test(...rest))
  }

  /** Makes the message about an entry and sends it; again, if the set has become one of another type meanwhile. */
  async #entry<T>(command: Reading['purpose'], name: string, value: EntryInput | EntryWithOptions, options: AddOptions, deliver: (session: Session, body: EntryCommand, asked: Asked, options: SendOptions) => Promise<T>): Promise<T> {
    const { etype, family, exclusive, signal, ...rest } = options
    demandSetName(name)
    inside('options', () => assignOptions({}, rest))
    const session = this.opened ?? (await this.ready())
    const known = etype === undefined ? this.#places.known(name) : undefined
    const place = known ?? (await this.#places.find(session, name, { etype, family }, { signal }))
    const send = (place: Place) => {
      const data = inside('entry', () => readEntry(place.type, value, readingFor(place, command), rest))
      const asked = { command, set: name, entry: elementText(value), group: place.type.group }
      return deliver(session, { name, data }, asked, { exclusive, signal })
    }
    try {
      return await send(place)
    } catch (error) {
      const settled = !known || TransportError.is(error) || (IPSetError.is(error) && error.errno === IPSET_ERR_EXIST)
      const now = settled ? undefined : await this.#places.changed(session, name, place)
      if (!now) throw error
      return send(now)
    }
  }

  /** Adds entries of any iterable at the speed of the kernel. Gives their number; errors say how far it came. */
  addAll(name: string, entries: Entries, options: BulkCallOptions = {}): Promise<number> {
    return this.#bulk('add', name, options, (session, target, bulk) => sendAll(session, 'add', target, entries, bulk))
  }

  /** Deletes entries of any iterable at the speed of the kernel. */
  deleteAll(name: string, entries: Entries, options: BulkCallOptions = {}): Promise<number> {
    return this.#bulk('delete', name, options, (session, target, bulk) => sendAll(session, 'delete', target, entries, bulk))
  }

  /** Tests entries of any iterable; for each in turn whether the set holds it. */
  testAll(name: string, entries: Entries, options: BulkCallOptions = {}): Promise<boolean[]> {
    return this.#bulk('test', name, options, (session, target, bulk) => testAll(session, target, entries, bulk))
  }

  /**
   * Carries out a saved ruleset: text, or pieces of it from anywhere. Gives the number of its lines. The first line that
   * fails ends it with a RestoreError; what came before stays done, what comes behind it is not done.
   */
  async restore(text: string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>, options: RestoreOptions = {}): Promise<number> {
    const { exist = false, ...call } = options
    const session = await this.ready()
    this.#places.forget()
    const env = { ...environment(), exist }
    const runner = new Runner(session, env, { out() {}, note() {} }, call)
    try {
      return await restoreLines(runner, linesOf(text), env)
    } catch (error) {
      // A line that makes no sense: what the lines before it have gathered is still to be sent.
      await runner.finish()
      throw error
    }
  }

  async #bulk<T>(command: Reading['purpose'], name: string, options: BulkCallOptions, run: (session: Session, target: BulkTarget, options: BulkOptions) => Promise<T>): Promise<T> {
    const { etype, family, exclusive = true, signal, onProgress, ...rest } = options
    demandSetName(name)
    inside('options', () => assignOptions({}, rest))
    const session = await this.ready()
    const place = await this.#places.find(session, name, { etype, family }, { signal })
    const defaults = Object.keys(rest).length > 0 ? (rest as Record<string, unknown>) : undefined
    try {
      return await run(session, { set: name, type: place.type, reading: readingFor(place, command) }, { exclusive, signal, onProgress, defaults })
    } catch (error) {
      this.#places.forget(name)
      throw error
    }
  }
}

type Entries = Iterable<EntryInput | EntryWithOptions> | AsyncIterable<EntryInput | EntryWithOptions>

/** A name for a set to come. Beyond what the kernel asks: nothing that would break the lines of a saved ruleset. */
function demandNewName(name: unknown, path: string): void {
  const text = demandSetName(name, path)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f"]/.test(text)) throw new InputError('a set name cannot hold quotes or control characters', { path })
}
