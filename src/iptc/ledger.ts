import { InputError } from '../netlink/index.js'
import { Changes, contentOf, draftOf, type Family, type Table as TableContent, type Xtables } from '../xtables/index.js'
import { type Change, makePlan, type Plan, type Seen, verifyPlan } from './plan.js'
import { Step } from './step.js'

type Draft = ReturnType<typeof draftOf>

/** The table as it was read, and what it will be with the changes that wait. */
interface View {
  readonly base: TableContent
  readonly draft: Draft
}

/** A ledger while it is committed: nothing else is planned in it until it is let go. */
interface Held {
  readonly plan: Plan
  /** How a change failed without anybody having asked. */
  readonly failed: { readonly error: unknown } | undefined
  /** Forgets what has been committed. */
  done(): void
  release(): void
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
  #seen = new Map<string, Seen>()
  /** How many changes wait for their turn. */
  #waiting = 0
  /** How often everything was dropped: what was asked for before that is not made behind it. */
  #age = 0
  /** Until when nothing more is read: the table was closed. */
  #closed = -1

  constructor(family: Family, table: string, connect: () => Promise<Xtables>) {
    this.family = family
    this.table = table
    this.#connect = connect
  }

  /** Whether there is nothing to commit. */
  get isEmpty(): boolean {
    return this.#changes.length === 0 && this.#waiting === 0
  }

  /** Plans a change. Rejects with an InputError where it cannot be made, and is not kept then. */
  add(change: Change, seen?: Seen): Promise<void> {
    const age = this.#age
    this.#waiting++
    const step = Step.of(
      this.#next(async (view) => {
        view.draft.changed = false
        try {
          await this.#make(change, view.draft)
        } catch (error) {
          // A part of it may have been made: the view is made anew without it.
          if (view.draft.changed && age === this.#age) this.#view = this.#again(view.base, this.#changes)
          throw error
        }
        if (age !== this.#age) return
        if (seen) this.#see(seen)
        this.#changes.push(change)
      }, true).finally(() => {
        this.#waiting--
      }),
    )
    this.#steps.push(step)
    return step
  }

  /** The table with everything that waits. */
  look<T>(seen: Seen, read: (content: TableContent) => T): Promise<T> {
    return this.#next(async ({ draft }) => {
      this.#see(seen)
      return read(contentOf(draft))
    })
  }

  /** Waits for what is planned, and keeps what comes after it waiting until it is let go. */
  async hold(): Promise<Held> {
    const [before, steps, age] = [this.#turn, [...this.#steps], this.#age]
    let release = () => {}
    this.#turn = new Promise<void>((resolve) => {
      release = resolve
    })
    await before
    await Promise.all(steps.map((step) => step.over))
    const base = (await this.#view?.catch(() => undefined))?.base
    return {
      plan: { family: this.family, table: this.table, base, seen: [...this.#seen.values()], changes: [...this.#changes] },
      failed: age === this.#age ? steps.find((step) => step.unnoticed)?.unnoticed : undefined,
      done: () => {
        if (age !== this.#age) return
        const over = new Set(steps)
        this.#steps = this.#steps.filter((step) => !over.has(step))
        this.#forget()
      },
      release,
    }
  }

  /** Drops the changes, also those that wait for their turn, and what was read; `closed`: nothing asked for before is read any more. */
  clear(closed = false): void {
    if (closed) this.#closed = this.#age
    this.#age++
    this.#steps = []
    this.#forget()
  }

  #forget(): void {
    this.#changes = []
    this.#view = undefined
    this.#seen = new Map()
  }

  /** Uses the view when all that was asked for before is done. `dropping`: not when everything is dropped meanwhile. */
  #next<T>(use: (view: View) => Promise<T>): Promise<T>
  #next(use: (view: View) => Promise<void>, dropping: true): Promise<void>
  #next<T>(use: (view: View) => Promise<T>, dropping = false): Promise<T | undefined> {
    const age = this.#age
    const turn = this.#turn.then(async () => {
      for (;;) {
        if (dropping && age !== this.#age) return undefined
        if (age <= this.#closed) throw new InputError(`table '${this.table}' was closed before it was read`)
        this.#view ??= this.#read()
        const reading = this.#view
        const view = await reading.catch((error: unknown) => {
          if (this.#view === reading) this.#view = undefined
          throw error
        })
        // It may have been dropped while it was read.
        if (this.#view === reading) return use(view)
      }
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #read(): Promise<View> {
    const base = await (await this.#connect())[this.family].read(this.table)
    return { base, draft: draftOf(this.family, this.table, base) }
  }

  /** The view anew, with the changes that wait. */
  async #again(base: TableContent, changes: readonly Change[]): Promise<View> {
    const draft = draftOf(this.family, this.table, base)
    for (const change of changes) await this.#make(change, draft)
    return { base, draft }
  }

  async #make(change: Change, draft: Draft): Promise<void> {
    const changes = new Changes(this.family, { table: async () => draft, commit: async () => {}, end: () => {} })
    await change(changes)
    await changes.settle()
  }

  #see(seen: Seen): void {
    this.#seen.set(JSON.stringify(seen), seen)
  }
}

/**
 * Makes the changes of several tables in one transaction: all of them or none. What is asked for after the call comes with the
 * next. Nothing is sent where nothing waits.
 */
export async function commitLedgers(connect: () => Promise<Xtables>, ledgers: readonly Ledger[], options: Parameters<Xtables['transaction']>[1] = {}): Promise<void> {
  const held = await Promise.all([...new Set(ledgers)].map((ledger) => ledger.hold()))
  try {
    const failed = held.find((one) => one.failed)?.failed
    if (failed) throw failed.error
    const plans = held.map(({ plan }) => plan)
    if (plans.every(({ changes }) => changes.length === 0)) return
    const xt = await connect()
    await xt.transaction(async (tx) => {
      // Before any of the changes: two of the tables may be one.
      for (const plan of plans) await verifyPlan(plan, tx[plan.family])
      for (const plan of plans) await makePlan(plan, tx[plan.family])
    }, options)
    if (!options.test) for (const one of held) one.done()
  } finally {
    for (const one of held) one.release()
  }
}
