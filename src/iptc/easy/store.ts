import { InputError, NetfilterError } from '../../netlink/index.js'
import { type Family, openXtables, type Table as TableContent, type Xtables } from '../../xtables/index.js'
import { type ConnectionOptions, withXtables } from '../connection.js'
import { type Change, commitLedgers, Ledger, type Seen } from '../ledger.js'

/** Of which family, and over which connection. */
export interface EasyOptions extends ConnectionOptions {
  /** The tables of IPv6. */
  readonly ipv6?: boolean | undefined
}

/** What may fail without an error. */
export interface TryOptions extends EasyOptions {
  /** With false a failure is no error: undefined or false comes back. */
  readonly raiseExc?: boolean | undefined
}

/** Calls that wait to be committed together. */
interface Batch {
  readonly xt: Promise<Xtables>
  /** It was opened for the batch alone. */
  readonly own: boolean
  readonly tables: Map<string, Ledger>
  /** Tables whose calls wait; all of them where there is none. */
  readonly only: Set<string>
}

/** Where easy calls read and change tables: the kernel, or a batch that waits. */
export class Store {
  readonly #options: ConnectionOptions
  #batch: Batch | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  family({ ipv6 = false }: EasyOptions): Family {
    return ipv6 ? 'ip6' : 'ip'
  }

  /** Runs with a connection: the one of the call, the one of this store, or one opened for it. */
  connect<T>(options: EasyOptions, use: (xt: Xtables) => Promise<T>): Promise<T> {
    const { ipv6, ...own } = options
    return withXtables({ ...this.#options, ...own }, use)
  }

  /** Reads a table: with what waits for it. */
  async read<T>(table: string, options: EasyOptions, seen: Seen, use: (content: TableContent) => T): Promise<T> {
    const ledger = this.#ledger(table, options)
    if (ledger) return ledger.look(seen, use)
    return this.connect(options, async (xt) => use(await xt[this.family(options)].read(table)))
  }

  /** Makes a change of a table at once, or with the batch. */
  async change(table: string, options: EasyOptions, change: Change): Promise<void> {
    const ledger = this.#ledger(table, options)
    if (ledger) return ledger.add(change)
    const family = this.family(options)
    await this.connect(options, (xt) => xt.transaction((tx) => change(tx[family])))
  }

  /** From now on calls wait: those for a table, or all of them. */
  begin(table: string | undefined, options: EasyOptions): void {
    if (!this.#batch) {
      const { ipv6, ...own } = options
      const { xt, ...rest } = { ...this.#options, ...own }
      const opened = xt ? Promise.resolve(xt) : openXtables(rest)
      opened.catch(() => {})
      this.#batch = { xt: opened, own: !xt, tables: new Map(), only: new Set() }
    }
    if (table !== undefined) this.#batch.only.add(`${this.family(options)} ${table}`)
  }

  /** Commits what waits, in one transaction: of a table, or of all of them. */
  async end(table: string | undefined, options: EasyOptions): Promise<void> {
    const batch = this.#batch
    if (!batch) throw new InputError('there is no batch to end: call batchBegin first')
    const key = table === undefined ? undefined : `${this.family(options)} ${table}`
    const ended = key === undefined ? [...batch.tables.values()] : [batch.tables.get(key)].filter((one) => one !== undefined)
    if (key !== undefined) {
      batch.tables.delete(key)
      batch.only.delete(key)
    }
    const last = key === undefined || batch.only.size === 0
    if (last) this.#batch = undefined
    try {
      await commitLedgers(await batch.xt, ended)
    } finally {
      if (last && batch.own) await batch.xt.then((xt) => xt.close(), () => {})
    }
  }

  #ledger(table: string, options: EasyOptions): Ledger | undefined {
    const batch = this.#batch
    const key = `${this.family(options)} ${table}`
    if (!batch || (batch.only.size > 0 && !batch.only.has(key))) return undefined
    let ledger = batch.tables.get(key)
    if (!ledger) {
      ledger = new Ledger(this.family(options), table, () => batch.xt)
      batch.tables.set(key, ledger)
    }
    return ledger
  }
}

/** What comes of a call that may fail without an error. */
export async function attempt<T, F>({ raiseExc = true }: TryOptions, failed: F, work: () => Promise<T>): Promise<T | F> {
  try {
    return await work()
  } catch (error) {
    if (raiseExc || !NetfilterError.is(error)) throw error
    return failed
  }
}
