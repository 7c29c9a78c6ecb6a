import { InputError, NetfilterError } from '../../netlink/index.js'
import { type Changes, type Family, openXtables, type Table as TableContent, type Xtables } from '../../xtables/index.js'
import { type ConnectionOptions, demandKnown, demandTable, namesPlace, placeOf, withXtables } from '../connection.js'
import { commitLedgers, Ledger } from '../ledger.js'
import type { Change, Seen } from '../plan.js'

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

/** Options of a call beside those of a connection. */
const OF_A_CALL = ['ipv6', 'raiseExc']

/** Calls that wait to be committed together. */
interface Batch {
  /** Where it goes to; calls over another connection are none of its business. */
  readonly place: unknown
  readonly xt: Promise<Xtables>
  /** It was opened for the batch alone. */
  readonly own: boolean
  readonly tables: Map<string, Ledger>
  /** Tables whose calls wait. */
  readonly only: Set<string>
  /** Whether calls for all other tables wait as well. */
  all: boolean
  /** Tables whose calls do not wait any more. */
  readonly ended: Set<string>
}

/** Where easy calls read and change tables: the kernel, or a batch that waits. */
export class Store {
  readonly #options: ConnectionOptions
  #batch: Batch | undefined

  constructor(options: ConnectionOptions) {
    demandKnown(options, [])
    this.#options = options
  }

  /** Of which family a call is. Throws an InputError for an option that is none: `{ family: 'ip6' }` would be the tables of IPv4. */
  family(options: EasyOptions): Family {
    demandKnown(options, OF_A_CALL)
    return options.ipv6 ? 'ip6' : 'ip'
  }

  /** Runs with a connection: the one of the call, the one of this store, or one opened for it. */
  connect<T>(options: EasyOptions, use: (xt: Xtables, family: Family) => Promise<T>): Promise<T> {
    const family = this.family(options)
    return withXtables(this.#connection(options), (xt) => use(xt, family))
  }

  /** Reads a table: with what waits for it. */
  async read<T>(table: string, options: EasyOptions, seen: Seen, use: (content: TableContent) => T): Promise<T> {
    demandTable(table)
    const ledger = this.#ledger(table, options)
    if (ledger) return ledger.look(seen, use)
    return this.connect(options, async (xt, family) => use(await xt[family].read(table)))
  }

  /** Makes a change of a table at once, or with the batch. */
  change(table: string, options: EasyOptions, change: Change): Promise<void> {
    try {
      demandTable(table)
      const ledger = this.#ledger(table, options)
      // What fails in a batch and nobody asks for is thrown by its end.
      if (ledger) return ledger.add(change)
      return this.connect(options, (xt, family) => xt.transaction((tx) => change(tx[family]), { wait: options.wait ?? this.#options.wait }))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Makes a change by what is given, which is read at once: it may be another when the change is made. */
  changeBy<T>(table: string, options: EasyOptions, given: (family: Family) => T, change: (changes: Changes, given: T, family: Family) => void | Promise<void>): Promise<void> {
    let made: Change
    try {
      const family = this.family(options)
      const value = given(family)
      made = (changes) => change(changes, value, family)
    } catch (error) {
      made = () => Promise.reject(error)
    }
    return this.change(table, options, made)
  }

  /** From now on calls wait: those for a table, or all of them. */
  begin(table: string | undefined, options: EasyOptions): void {
    if (table !== undefined) demandTable(table)
    demandKnown(options, OF_A_CALL)
    const { xt, ...rest } = this.#connection(options)
    const place = placeOf({ xt, ...rest })
    if (this.#batch && this.#batch.place !== place) throw new InputError('a batch over another connection has not ended: call batchEnd, or use an easyOn() of its own')
    if (!this.#batch) {
      const opened = xt ? Promise.resolve(xt) : openXtables(rest)
      opened.catch(() => {})
      this.#batch = { place, xt: opened, own: !xt, tables: new Map(), only: new Set(), all: false, ended: new Set() }
    }
    if (table === undefined) {
      this.#batch.all = true
      this.#batch.ended.clear()
    } else this.#batch.only.add(this.#key(table, options))
  }

  /** Commits what waits, in one transaction: of a table, or of all of them. */
  async end(table: string | undefined, options: EasyOptions): Promise<void> {
    const batch = this.#batch
    if (!batch) throw new InputError('there is no batch to end: call batchBegin first')
    const ended = table === undefined ? [...batch.tables.values()] : this.#endOne(batch, table, options)
    const last = table === undefined || (!batch.all && batch.only.size === 0)
    if (last) this.#batch = undefined
    try {
      await commitLedgers(() => batch.xt, ended, { wait: options.wait ?? this.#options.wait })
    } finally {
      if (last && batch.own) await batch.xt.then((xt) => xt.close(), () => {})
    }
  }

  #endOne(batch: Batch, table: string, options: EasyOptions): Ledger[] {
    demandTable(table)
    const key = this.#key(table, options)
    if (!waits(batch, key)) throw new InputError(`calls for table '${table}' do not wait: there is no batch of it to end`)
    const ledger = batch.tables.get(key)
    batch.tables.delete(key)
    batch.only.delete(key)
    batch.ended.add(key)
    return ledger ? [ledger] : []
  }

  /** The connection of a call: what it leaves open is that of this store, but the one that is lent to that where it says another place. */
  #connection({ ipv6, ...given }: EasyOptions): ConnectionOptions {
    const own: ConnectionOptions = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    return { ...this.#options, ...(namesPlace(own) ? { xt: undefined } : {}), ...own }
  }

  #key(table: string, options: EasyOptions): string {
    return `${this.family(options)} ${table}`
  }

  #ledger(table: string, options: EasyOptions): Ledger | undefined {
    const batch = this.#batch
    const key = this.#key(table, options)
    if (!batch || !waits(batch, key) || batch.place !== placeOf(this.#connection(options))) return undefined
    let ledger = batch.tables.get(key)
    if (!ledger) {
      ledger = new Ledger(this.family(options), table, () => batch.xt)
      batch.tables.set(key, ledger)
    }
    return ledger
  }
}

/** Whether calls for a table wait. */
function waits({ only, all, ended }: Batch, key: string): boolean {
  return only.has(key) || (all && !ended.has(key))
}

/** What comes of a call that may fail without an error. */
export function attempt<T, F>({ raiseExc = true }: TryOptions, failed: F, work: () => Promise<T>): Promise<T | F> {
  if (raiseExc) return work()
  return work().catch((error: unknown) => {
    if (NetfilterError.is(error)) return failed
    throw error
  })
}
