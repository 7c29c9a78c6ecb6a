import {
  type AddOptions,
  CREATE_OPTIONS,
  type CreateOptions,
  type DeleteOptions,
  type EntryInput,
  type EntryWithOptions,
  type IPSet,
  type IPSetOptions,
  type SetHeader,
  type TestOptions,
} from '../ipset/index.js'
import { inside } from '../netlink/wire/error.js'
import { demandOptions } from '../netlink/wire/suggestion.js'
import { addToContent, type Content } from './content.js'
import { getIpsetSocket } from './need-socket.js'
import { type NewEntries, type ReplaceOptions, replaceEntries } from './replace.js'

/** What a set is, or is to be. */
export interface WiSetOptions extends Omit<CreateOptions, 'stype' | 'exclusive'> {
  /** 31 bytes at most. */
  readonly name: string
  /** Type of the set, `hash:ip` when left out. */
  readonly attrType?: CreateOptions['stype']
  /** A socket to use. It stays open; without one, the set opens its own at the first call. */
  readonly sock?: IPSet | undefined
  /** Network namespace of its own socket. */
  readonly netns?: string | undefined
  /** Path of the socket of `nfkit serve`, to go through it instead of a socket of its own. */
  readonly daemon?: string | undefined
}

const OPTIONS: readonly string[] = ['name', 'attrType', 'sock', 'netns', 'daemon', 'revision', 'bitmapPortsRange', ...Object.keys(CREATE_OPTIONS)]

/**
 * A set as an object. It may exist already (`loadIpset`) or be made with `create`. Everything that talks to the kernel
 * rejects as IPSet does.
 *
 * @example
 * await using ban = new WiSet({ name: 'ban', attrType: 'hash:net', timeout: 3600 })
 * await ban.create()
 * await ban.replaceEntries(networks)
 */
export class WiSet {
  /** Its name in the kernel. */
  readonly name: string
  /** What `create` is to make of it, besides its type. */
  readonly options: Readonly<Omit<CreateOptions, 'stype' | 'exclusive'>>
  /** Type of the set, such as `hash:net,port`. */
  attrType: NonNullable<CreateOptions['stype']>
  /** Number of the set in the kernel; undefined until it has been loaded. */
  index: number | undefined
  #sock: IPSet | undefined
  #lent: boolean
  readonly #way: IPSetOptions
  #content: Promise<Content> | undefined

  /** Opens nothing yet. Throws an InputError for an option that there is none of: what is misspelt might be the namespace. */
  constructor(options: WiSetOptions) {
    inside('options', () => demandOptions(options, OPTIONS))
    const { name, attrType = 'hash:ip', sock, netns, daemon, ...rest } = options
    this.name = name
    this.attrType = attrType
    this.options = rest
    this.#sock = sock
    this.#lent = sock !== undefined
    this.#way = { netns: netns ?? sock?.netns, daemon: daemon ?? sock?.daemon }
  }

  /** The set that a header from `IPSet.list` describes. */
  static fromHeader(header: SetHeader, options: Pick<WiSetOptions, 'sock' | 'netns' | 'daemon'> & { content?: Content | undefined } = {}): WiSet {
    const { name, type, index, elements: _, references: _references, memsize: _memsize, ...rest } = header
    const { content, ...way } = options
    const set = new WiSet({ ...rest, name, attrType: type, ...way })
    set.index = index
    if (content) set.#content = Promise.resolve(content)
    return set
  }

  /** What entries look like: `net,port` for `hash:net,port`. */
  get entryType(): string {
    return this.attrType.slice(this.attrType.indexOf(':') + 1)
  }

  /** Family of its addresses: `inet` or `inet6`. */
  get family(): CreateOptions['family'] {
    return this.options.family ?? 'inet'
  }
  /** Seconds an entry lives unless it says otherwise; undefined where entries do not expire. */
  get timeout(): number | undefined {
    return this.options.timeout
  }
  /** Buckets of the hash, as it is made or was read; undefined where the kernel chooses. */
  get hashsize(): number | undefined {
    return this.options.hashsize
  }
  /** Revision of its type; undefined for the newest that both sides know. */
  get revision(): number | undefined {
    return this.options.revision
  }
  /** Whether entries count packets and bytes. */
  get counters(): boolean {
    return this.options.counters ?? false
  }
  /** Whether entries may have a comment. */
  get comment(): boolean {
    return this.options.comment ?? false
  }
  /** Whether entries may have a mark, a priority and a queue. */
  get skbinfo(): boolean {
    return this.options.skbinfo ?? false
  }

  /** The socket; opened at the first call unless one was given. */
  get sock(): IPSet {
    if (this.#sock?.closed) this.#forget()
    this.#sock ??= getIpsetSocket(this.#way)
    return this.#sock
  }

  /** A socket that was closed, whoever lent it, is of no more use: the next call opens another that leads to the same place. */
  #forget(): void {
    this.#sock = undefined
    this.#lent = false
  }

  /** Opens the set's own socket, if none was given. The first call that needs it does so too. */
  openNetlink(): void {
    void this.sock
  }

  /** Closes the set's own socket. One that was given stays open. A later call opens another. */
  closeNetlink(): void {
    if (this.#lent) return
    this.#sock?.close()
    this.#sock = undefined
  }

  [Symbol.dispose](): void {
    this.closeNetlink()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeNetlink()
  }

  /** Makes the set. One that is there already is left as it is if it is the same (see `exclusive`). */
  async create(options: Omit<CreateOptions, 'stype'> = {}): Promise<void> {
    await this.sock.create(this.name, { exclusive: false, ...this.options, ...options, stype: this.attrType })
  }

  /** Removes the set. */
  async destroy(): Promise<void> {
    await this.sock.destroy(this.name)
  }

  /** Removes all entries. */
  async flush(): Promise<void> {
    await this.sock.flush(this.name)
  }

  /** Adds an entry. In a set with counters they begin at 0 unless given, also when the entry was there before. */
  async add(entry: EntryInput | EntryWithOptions, options: AddOptions = {}): Promise<void> {
    await this.sock.add(this.name, entry, this.counters ? { packets: 0, bytes: 0, ...withoutUndefined(options) } : options)
  }

  /** Takes an entry out. One that is not there is an error unless `exclusive` is false. */
  async delete(entry: EntryInput | EntryWithOptions, options: DeleteOptions = {}): Promise<void> {
    await this.sock.delete(this.name, entry, options)
  }

  /** Whether the set holds, or covers, an entry. */
  async test(entry: EntryInput | EntryWithOptions, options: TestOptions = {}): Promise<boolean> {
    return this.sock.test(this.name, entry, options)
  }

  /** Those of the entries that the set holds or covers. */
  async testList<T extends EntryInput | EntryWithOptions>(entries: Iterable<T>, options: TestOptions = {}): Promise<Set<T>> {
    const all = [...entries]
    const found = await this.sock.testAll(this.name, all, options)
    return new Set(all.filter((_, i) => found[i]))
  }

  /** Adds many entries. The first that is there already is an error (see `exclusive`). Gives their number. */
  async insertList(entries: NewEntries, options: AddOptions & Pick<ReplaceOptions, 'onProgress'> = {}): Promise<number> {
    return this.sock.addAll(this.name, entries, options)
  }

  /**
   * Replaces all entries at once: readers see the old ones or the new ones. What the set is made of stays; duplicates
   * count once. Rejects, with nothing changed, when they do not fit (see `grow`). Gives the number of entries given.
   */
  async replaceEntries(entries: NewEntries, options: ReplaceOptions = {}): Promise<number> {
    return replaceEntries(this.sock, this.name, entries, options)
  }

  /** The entries, read at first use and then kept until `updateContent`. */
  get content(): Promise<Content> {
    this.#content ??= this.#load()
    return this.#content
  }

  /** Reads the entries anew, and with them the type and the number of the set; through `sock` when one is given. */
  async updateContent(sock = this.sock): Promise<Content> {
    this.#content = this.#load(sock)
    return this.#content
  }

  async #load(sock = this.sock): Promise<Content> {
    const content: Content = new Map()
    try {
      for await (const chunk of sock.raw(this.name)) {
        this.attrType = chunk.header.type
        this.index = chunk.header.index
        addToContent(content, chunk)
      }
    } catch (error) {
      this.#content = undefined
      throw error
    }
    return content
  }
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
