import { NetfilterError } from '../netlink/index.js'
import { type Family, openXtables, type Table as TableContent, type TransactionOptions, type Xtables } from '../xtables/index.js'
import { type ConnectionOptions, demandKnown, demandTable, placeOf } from './connection.js'
import { commitLedgers, Ledger } from './ledger.js'
import type { Change, Seen } from './plan.js'

/** How a table is used, and over which connection: its own, opened at first use, unless `xt` lends one. */
export interface TableOptions extends ConnectionOptions {
  /** Commits each change at once (default). Without it changes wait for `commit()`, which makes all of them or none. */
  readonly autocommit?: boolean | undefined
}

const abandoned = new FinalizationRegistry((connection: Promise<Xtables>) => {
  connection.then((xt) => xt.close(), () => {})
})

/** The connection of a table, and the changes of it that wait for a commit. */
export abstract class TableHandle {
  readonly name: string
  readonly #options: ConnectionOptions
  #ledger: Ledger | undefined
  #autocommit: boolean
  #own: Promise<Xtables> | undefined
  #lastError: NetfilterError | undefined

  /** `options`: how it is used, or `autocommit` alone. Throws an InputError for a table that no kernel has, and for an option that is none. */
  constructor(name: string, options: TableOptions | boolean = {}) {
    demandTable(name)
    const { autocommit = true, ...connection } = typeof options === 'boolean' ? { autocommit: options } : options
    demandKnown(connection, ['autocommit'])
    this.name = name
    this.#autocommit = autocommit
    this.#options = connection
  }

  abstract get family(): Family

  /** Whether each change is committed at once. What waits when it is switched on waits for `commit()` still. */
  get autocommit(): boolean {
    return this.#autocommit
  }
  set autocommit(autocommit: boolean) {
    this.#autocommit = autocommit
  }

  /** The connection that the table uses; its own is opened. */
  connection(): Promise<Xtables> {
    const { xt, ...options } = this.#options
    if (xt) return Promise.resolve(xt)
    if (!this.#own) {
      const own = openXtables(options)
      own.catch(() => {
        if (this.#own === own) this.#own = undefined
      })
      this.#own = own
      abandoned.register(this, own, this)
    }
    return this.#own
  }

  /** Whether a connection of its own is open. */
  get isOpen(): boolean {
    return this.#own !== undefined
  }

  /** What tables of the same make can share a transaction by. */
  get target(): unknown {
    return placeOf(this.#options)
  }

  /** Gives up its own connection, and what waits for a commit. It may be used again. */
  async close(): Promise<void> {
    this.#ledger?.clear(true)
    const own = this.#own
    this.#own = undefined
    abandoned.unregister(this)
    await own?.then((xt) => xt.close(), () => {})
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Makes all changes that wait, or none. Rejects with what the kernel has against them, and with a ConflictError when
   * somebody else has changed what was read here since: `refresh()`, and plan again.
   */
  async commit(options: TransactionOptions = {}): Promise<void> {
    await this.#noted(() => commitLedgers(() => this.connection(), [this.ledger], { wait: this.#options.wait, ...options }))
  }

  /** Forgets what waits and what was read: the next look reads the kernel. */
  async refresh(): Promise<void> {
    this.ledger.clear()
    await this.connection()
  }

  /** What waits for a commit. */
  get ledger(): Ledger {
    this.#ledger ??= new Ledger(this.family, this.name, () => this.connection())
    return this.#ledger
  }

  /** The text of the last error; '' when there was none. */
  strerror(): string {
    return this.#lastError?.message ?? ''
  }

  /** Makes a change, or plans it. `seen`: what its caller must have read to ask for it. */
  protected change(change: Change, seen?: Seen): Promise<void> {
    if (!this.#autocommit) return this.ledger.add(change, seen)
    return this.#noted(async () => {
      const xt = await this.connection()
      await xt.transaction((tx) => change(tx[this.family]), { wait: this.#options.wait })
    })
  }

  /** The table as it is; with changes that wait as it will be. */
  protected look<T>(seen: Seen, read: (content: TableContent) => T): Promise<T> {
    if (!this.#autocommit || !this.ledger.isEmpty) return this.ledger.look(seen, read)
    return this.#noted(async () => read(await (await this.connection())[this.family].read(this.name)))
  }

  async #noted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (NetfilterError.is(error)) this.#lastError = error
      throw error
    }
  }
}
