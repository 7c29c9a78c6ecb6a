import { type CallOptions, type ConnectionCounters, InputError, TransportError } from '../netlink/index.js'
import { COMMAND, type Family, familyName, LIST_FLAG } from './command.js'
import { type CreateOptions, familyOf } from './create.js'
import { demandSetName } from './dimension/others.js'
import type { SetEntry } from './element.js'
import type { SetHeader } from './header.js'
import { type Chunk, chunks, described, flatten, type RawChunk } from './listing.js'
import { kernelRevisions } from './revision.js'
import { Session, type SessionOptions } from './session.js'
import { print } from './text/print.js'
import { demandType } from './type.js'
import { inside } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'
import { demandOptions } from '../netlink/wire/suggestion.js'

/** Where the socket of an IPSet leads to, how long its calls may take, and what it asks of the kernel. */
export interface IPSetOptions extends SessionOptions {
  /** Revision that `create` asks for, of every type; the newest both sides know when left out. */
  readonly attrRevision?: number | undefined
}

const OPTIONS = {
  transport: true, timeout: true, protocol: true, netns: true, sendBuffer: true, receiveBuffer: true, groups: true, daemon: true, attrRevision: true,
} as const satisfies Record<keyof IPSetOptions, true>

/** What a list is to bring, and how long it may take. */
export interface ListOptions extends CallOptions {
  /** `all` (default): with entries; `headers`: what each set is, without them. */
  readonly content?: 'all' | 'headers' | undefined
}

/** What can be asked of the kernel about its sets. The socket is opened at the first call. */
export class IPSetReader {
  protected readonly options: IPSetOptions
  /** The session once it is open. */
  protected opened: Session | undefined
  #session: Promise<Session> | undefined
  #closed = false

  /** Opens nothing yet. Throws an InputError for an option that there is none of: what is misspelt might be the namespace. */
  constructor(options: IPSetOptions = {}) {
    inside('options', () => demandOptions(options, Object.keys(OPTIONS)))
    this.options = options
  }

  /** What the socket has left out; zeros before it is open. */
  get counters(): ConnectionCounters {
    return this.opened?.connection.counters ?? { stale: 0, foreign: 0, truncated: 0 }
  }

  /** Whether `close` was called: no other call is possible then. */
  get closed(): boolean {
    return this.#closed
  }

  /** The path of the daemon that it goes through; undefined where it has a socket of its own. */
  get daemon(): string | undefined {
    return this.options.daemon
  }

  /** The network namespace of its socket, as it was named; undefined for that of this process, or of the daemon. */
  get netns(): string | undefined {
    return this.options.netns
  }

  /** Streams sets, a datagram's worth of entries at a time, as they arrive. All sets when no name is given. */
  list(name?: string, options: ListOptions = {}): AsyncGenerator<Chunk, void, undefined> {
    return described(this.raw(name, options))
  }

  /** Streams sets with their entries as the kernel's attributes: for printers, and for what needs every field. */
  async *raw(name?: string, options: ListOptions = {}): AsyncGenerator<RawChunk, void, undefined> {
    const { content = 'all', ...call } = options
    if (content !== 'all' && content !== 'headers') {
      throw new InputError(`'${shown(content)}' is neither 'all' nor 'headers'`, { path: 'options.content' })
    }
    const session = await this.ready()
    const body = { ...named(name), ...(content === 'headers' ? { flags: LIST_FLAG.headers } : {}) }
    yield* chunks(session.list(body, { command: 'list', set: name }, call))
  }

  /** Streams the entries of a set, one at a time, in memory that does not grow with the set. */
  entries(name: string, options: CallOptions = {}): AsyncIterableIterator<SetEntry> {
    return flatten(entriesOf(this.list(name, options)))
  }

  /** Prints a set, or all sets, as `restore` and the ipset tool read them, a piece of text at a time. */
  save(name?: string, options: CallOptions & { sorted?: boolean } = {}): AsyncGenerator<string, void, undefined> {
    const { sorted, ...call } = options
    return print(this.raw(name, call), { output: 'save', sorted })
  }

  /** The names of all sets. */
  async names(options: CallOptions = {}): Promise<string[]> {
    const session = await this.ready()
    const names: string[] = []
    const messages = session.list({ flags: LIST_FLAG.names }, { command: 'list' }, options)
    for await (const { name } of messages) if (name !== undefined) names.push(name)
    return names
  }

  /** What a set is: its type, family and revision. Rejects with NoSuchObject when there is none of that name. */
  async headers(name: string, options: CallOptions = {}): Promise<Pick<SetHeader, 'name' | 'type' | 'family' | 'revision'>> {
    const session = await this.ready()
    const answer = await session.set(COMMAND.header, { name: demandSetName(name) }, { command: 'header', set: name }, options)
    const { typename = '', family = 0, revision = 0 } = answer
    return { name, type: typename, family: familyName(family), revision }
  }

  /** Highest and lowest version of the ipset protocol that the kernel speaks. */
  async getProtocolVersion(options: CallOptions = {}): Promise<{ version: number; minimum: number }> {
    const { highest, lowest } = await (await this.ready()).versions(options)
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
    const session = await this.ready()
    if (session.protocol >= 7) return session
    throw new TransportError('this kernel speaks version 6 of the ipset protocol, which cannot look up sets by index', { code: 'ERR_UNSUPPORTED' })
  }

  /** Oldest and newest revision of a type that the kernel has. Rejects with IPSET_ERR_FIND_TYPE when it has none. */
  async getSupportedRevisions(stype: string, family: CreateOptions['family'] = 'inet', options: CallOptions = {}): Promise<{ min: number; max: number }> {
    const type = demandType(stype)
    return kernelRevisions(await this.ready(), type, familyOf(type, family), options)
  }

  /** Closes the socket. What is under way rejects with ERR_CLOSED; a second call does nothing. */
  close(): void {
    this.#closed = true
    this.opened?.connection.close()
    this.#session?.then((session) => session.connection.close(), () => {})
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** The open socket; opened at the first call. */
  protected ready(): Promise<Session> {
    if (this.#closed) return Promise.reject(new TransportError('this IPSet is closed', { code: 'ERR_CLOSED' }))
    this.#session ??= Session.open(this.options).then(
      (session) => {
        if (this.#closed) session.connection.close()
        this.opened = session
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

/** A set's name as an attribute; none means all sets. */
export function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name: demandSetName(name) }
}
