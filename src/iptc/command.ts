import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../netlink/index.js'
import { ConflictError } from '../xtables/index.js'
import { commitLedgers } from './ledger.js'
import { TableHandle } from './table-handle.js'

/** Who is told what becomes of a transaction; each method may be missing. */
export interface CommandLogger {
  debug?(text: string): void
  warning?(text: string): void
  warn?(text: string): void
  error?(text: string): void
}

/** How a transaction is run. */
export interface CommandOptions {
  readonly logger?: CommandLogger | (() => CommandLogger) | undefined
  /** How many times it is begun at most, when others change what it has read. 5 unless given. */
  readonly maxRetry?: number | undefined
}

/** Asks for a commit when it is yielded. */
export class IptcCommit {
  readonly tables: readonly TableHandle[]

  constructor(tables: readonly TableHandle[]) {
    this.tables = tables
  }
}

class Abort extends Error {}

class Return extends Error {
  readonly value: unknown

  constructor(value: unknown) {
    super('the transaction ends with a value')
    this.value = value
  }
}

/** What a transaction may yield: a table that joins it, a commit, or a promise that is waited for. */
export type Yielded = TableHandle | IptcCommit | PromiseLike<unknown>

/** The body of a transaction. What a yielded promise resolves with, and a yielded table itself, come back from `yield`. */
// biome-ignore lint/suspicious/noExplicitAny: what `yield` gives depends on what was yielded, which no type says
export type CommandBody<A extends readonly unknown[], R> = (...args: A) => Generator<Yielded, R, any> | AsyncGenerator<Yielded, R, any>

/** Yielded, it commits the changes of all tables that have joined, and of these, in one transaction: all of them or none. */
export function iptcCommit(...tables: readonly TableHandle[]): IptcCommit {
  return new IptcCommit(tables)
}

/** Ends the transaction: what has not been committed is dropped, and the function gives undefined. */
export function iptcAbort(): never {
  throw new Abort('the transaction is given up')
}

/** Ends the transaction with a last commit; the function gives the value. */
export function iptcReturn(value?: unknown): never {
  throw new Return(value)
}

const MAX_RETRY = 5
/** Milliseconds. */
const LONGEST_PAUSE = 50

/**
 * Makes a transaction of a generator. A table it yields joins: its changes wait, `yield iptcCommit()` commits, its
 * end commits once more. When somebody else has changed what it has read, everything is read again and it begins anew, at
 * most `maxRetry` times; then it rejects with a ConflictError whose `history` has all of them. A table is in one transaction
 * at a time; a connection that it opens there is closed at the end.
 *
 * @example
 * const openPort = iptcCommand({ maxRetry: 5 })(function* (port: number) {
 *   const table: Table = yield new Table('filter', { autocommit: false })
 *   const rules: Rule[] = yield new Chain(table, 'INPUT').rules
 *   if (rules.some((rule) => String(rule).includes(`--dport ${port} `))) iptcAbort()
 *   yield new Chain(table, 'INPUT').insertRule(parseRule(`-p tcp --dport ${port} -j ACCEPT`))
 *   return true
 * })
 * await openPort(8080)
 */
export function iptcCommand({ logger, maxRetry = MAX_RETRY }: CommandOptions = {}) {
  if (!Number.isInteger(maxRetry) || maxRetry < 1) throw new InputError(`'${maxRetry}' is no number of attempts: at least 1`, { path: 'maxRetry' })
  return <A extends readonly unknown[], R>(body: CommandBody<A, R>) =>
    async (...args: A): Promise<R | undefined> => {
      const log = typeof logger === 'function' ? logger() : (logger ?? {})
      const history: ConflictError[] = []
      for (;;) {
        const attempt = new Attempt()
        try {
          return (await attempt.run(generatorOf(body(...args)))) as R
        } catch (error) {
          if (error instanceof Abort) {
            log.debug?.(`transaction ${nameOf(body)} was given up by itself`)
            return undefined
          }
          if (!ConflictError.is(error)) throw error
          history.push(error)
          if (history.length >= maxRetry) {
            log.error?.(`transaction ${nameOf(body)}: ${maxRetry} conflicts in a row, given up`)
            throw new ConflictError(`others changed what the transaction had read, ${maxRetry} times in a row: ${error.message}`, { attempts: maxRetry, history, cause: error })
          }
          log.debug?.(`transaction ${nameOf(body)}: ${error.message}; it begins anew`)
          await sleep(Math.random() * LONGEST_PAUSE)
        } finally {
          await attempt.end()
          if (attempt.isEmpty) (log.warning ?? log.warn)?.call(log, `transaction ${nameOf(body)} ended without a table: nothing was committed`)
        }
      }
    }
}

function generatorOf<G extends object>(given: G): G {
  // It may be anything where nobody has checked the types.
  const { next, throw: thrown } = (given ?? {}) as Partial<Record<'next' | 'throw', unknown>>
  if (typeof next === 'function' && typeof thrown === 'function') return given
  throw new InputError('the body of a transaction is a generator: function* () { ... }, or async function* () { ... }')
}

function nameOf({ name }: { readonly name: string }): string {
  return name === '' ? 'without a name' : name
}

/** Tables that are in a transaction. */
const taken = new WeakSet<TableHandle>()

/** One run of the generator. */
class Attempt {
  /** Those that have joined, and what they were before. */
  readonly #joined = new Map<TableHandle, { readonly autocommit: boolean; readonly isOpen: boolean }>()

  get tables(): Iterable<TableHandle> {
    return this.#joined.keys()
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async run(generator: Generator<Yielded, unknown, any> | AsyncGenerator<Yielded, unknown, any>): Promise<unknown> {
    let resume = () => generator.next(undefined)
    try {
      for (;;) {
        const { done, value } = await resume()
        if (done) {
          await this.#commit()
          return value
        }
        let answer: unknown
        try {
          answer = await this.#take(value as Yielded)
        } catch (error) {
          // A conflict begins everything anew; all else the body may see to.
          if (ConflictError.is(error)) throw error
          resume = () => generator.throw(error)
          continue
        }
        resume = () => generator.next(answer)
      }
    } catch (error) {
      if (!(error instanceof Return)) {
        await generator.return(undefined)
        throw error
      }
      await this.#commit()
      return error.value
    }
  }

  /** Whether no table has joined. */
  get isEmpty(): boolean {
    return this.#joined.size === 0
  }

  /** Drops what has not been committed, and leaves the tables as they were: a connection that was opened here is closed. */
  async end(): Promise<void> {
    for (const [table, { autocommit, isOpen }] of this.#joined) {
      table.ledger.clear()
      table.autocommit = autocommit
      if (!isOpen) await table.close()
      taken.delete(table)
    }
  }

  /** Whether it is new here. */
  #join(table: TableHandle): boolean {
    if (this.#joined.has(table)) return false
    if (taken.has(table)) throw new InputError(`this table '${table.name}' is in another transaction, which has not ended: make one of its own for each`)
    taken.add(table)
    this.#joined.set(table, { autocommit: table.autocommit, isOpen: table.isOpen })
    table.autocommit = false
    return true
  }

  async #take(step: Yielded): Promise<unknown> {
    if (step instanceof TableHandle) {
      if (this.#join(step)) await step.refresh()
      return step
    }
    if (step instanceof IptcCommit) {
      for (const table of step.tables) this.#join(table)
      return this.#commit()
    }
    if (typeof step === 'object' && step !== null && 'then' in step) return step
    throw new InputError('a transaction yields tables, iptcCommit() and promises, and nothing else')
  }

  /** Tables of the same make are committed together. */
  async #commit(): Promise<void> {
    for (const tables of byTarget(this.tables).values()) {
      await commitLedgers(() => (tables[0] as TableHandle).connection(), tables.map(({ ledger }) => ledger))
    }
  }
}

function byTarget(tables: Iterable<TableHandle>): Map<unknown, TableHandle[]> {
  const groups = new Map<unknown, TableHandle[]>()
  for (const table of tables) groups.set(table.target, [...(groups.get(table.target) ?? []), table])
  return groups
}
