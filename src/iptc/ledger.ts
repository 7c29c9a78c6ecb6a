import { InputError } from '../netlink/index.js'
import { Changes, ConflictError, contentOf, draftOf, type Family, formatRule, type Table as TableContent, type Xtables } from '../xtables/index.js'
import { Step } from './step.js'

/** What one operation does to the tables of a family. */
export type Change = (changes: Changes) => void | Promise<void>

/** What somebody has read of a table, and planned by. */
export type Seen = 'chains' | { readonly rules: string } | { readonly policy: string }

/** The table as it was read, and what it will be with the changes that wait. */
interface View {
  readonly base: TableContent
  readonly changes: Changes
  content(): TableContent
}

/**
 * Changes of a table that wait for a commit, and a view of the table with them. It keeps what was read through the view: the
 * commit is refused when somebody else has changed that meanwhile. What was not read is none of its business.
 */
export class Ledger {
  readonly family: Family
  readonly table: string
  readonly #connect: () => Promise<Xtables>
  #view: Promise<View> | undefined
  #changes: Change[] = []
  #steps: Step<void>[] = []
  #turn: Promise<unknown> = Promise.resolve()
  readonly #seen = new Map<string, Seen>()

  constructor(family: Family, table: string, connect: () => Promise<Xtables>) {
    this.family = family
    this.table = table
    this.#connect = connect
  }

  /** Whether there is anything to commit. */
  get isEmpty(): boolean {
    return this.#steps.length === 0
  }

  /** Plans a change. Rejects with an InputError where it cannot be made, and is not kept then. */
  add(change: Change, seen?: Seen): Promise<void> {
    const step = Step.of(
      this.#next(async (view) => {
        await change(view.changes)
        await view.changes.settle()
        if (seen) this.#see(seen)
        this.#changes.push(change)
      }),
    )
    this.#steps.push(step)
    return step
  }

  /** The table with everything that waits. */
  look<T>(seen: Seen, read: (content: TableContent) => T): Promise<T> {
    return this.#next(async (view) => {
      this.#see(seen)
      return read(view.content())
    })
  }

  /** Waits for what is planned. Throws what went wrong with it and nobody has asked for. */
  async settle(): Promise<void> {
    await this.#turn
    const failed = this.#steps.find((step) => step.unnoticed)
    if (failed) throw failed.unnoticed?.error
  }

  /** Makes the changes in a transaction. Throws a ConflictError where what they were planned by is not so any more. */
  async replay(changes: Changes): Promise<void> {
    const base = (await this.#view)?.base
    if (base) for (const seen of this.#seen.values()) await this.#verify(changes, base, seen)
    try {
      for (const change of this.#changes) {
        await change(changes)
        await changes.settle()
      }
    } catch (error) {
      throw InputError.is(error) ? this.#conflict(`what was planned cannot be made any more: ${error.message}`, error) : error
    }
  }

  /** Forgets the changes and what was read. */
  clear(): void {
    this.#changes = []
    this.#steps = []
    this.#view = undefined
    this.#seen.clear()
    this.#turn = Promise.resolve()
  }

  #next<T>(use: (view: View) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      this.#view ??= this.#read()
      return use(await this.#view)
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #read(): Promise<View> {
    const base = await (await this.#connect())[this.family].read(this.table)
    const draft = draftOf(this.family, this.table, base)
    const changes = new Changes(this.family, { table: async () => draft, commit: async () => {}, end: () => {} })
    return { base, changes, content: () => contentOf(draft) }
  }

  #see(seen: Seen): void {
    this.#seen.set(JSON.stringify(seen), seen)
  }

  async #verify(changes: Changes, base: TableContent, seen: Seen): Promise<void> {
    const draft = await changes.draft(this.table, seen === 'chains' || 'policy' in seen ? 'chains' : { chain: seen.rules })
    if (seen === 'chains') {
      if ([...draft.chains.keys()].sort().join(' ') !== Object.keys(base).sort().join(' ')) throw this.#conflict('its chains are not those that were read')
      return
    }
    const name = 'policy' in seen ? seen.policy : seen.rules
    const chain = draft.chains.get(name)
    if ((chain === undefined) !== (base[name] === undefined)) throw this.#conflict(`chain ${name} was ${chain ? 'made' : 'deleted'}`)
    if (!chain) return
    if ('policy' in seen) {
      if (chain.policy !== base[name]?.policy) throw this.#conflict(`the policy of ${name} was changed`)
      return
    }
    const now = (await changes.rules(this.table, name)).map((rule) => formatRule(rule, { family: this.family }))
    const then = base[name]?.rules.map((rule) => formatRule(rule, { family: this.family })) ?? []
    if (now.join('\n') !== then.join('\n')) throw this.#conflict(`the rules of ${name} were changed`)
  }

  #conflict(what: string, cause?: unknown): ConflictError {
    return new ConflictError(`somebody else has changed table '${this.table}' since it was read: ${what}. Refresh, and plan again`, { attempts: 1, cause })
  }
}

/** Makes the changes of several tables in one transaction: all of them or none. Nothing is sent where nothing waits. */
export async function commitLedgers(xt: Xtables, ledgers: readonly Ledger[], options: Parameters<Xtables['transaction']>[1] = {}): Promise<void> {
  for (const ledger of ledgers) await ledger.settle()
  const waiting = ledgers.filter((ledger) => !ledger.isEmpty)
  if (waiting.length === 0) return
  await xt.transaction(async (tx) => {
    for (const ledger of waiting) await ledger.replay(tx[ledger.family])
  }, options)
  for (const ledger of waiting) ledger.clear()
}
