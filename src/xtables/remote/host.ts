import { InputError } from '../../netlink/wire/error.js'
import { type Backend, type Session, Stale } from '../backend.js'
import { breathe, busy } from '../../netlink/index.js'
import { ConflictError } from '../error.js'
import type { Family } from '../context.js'
import type { Needs, TableDraft } from '../draft.js'
import type { Events, MonitorEvent, TraceEvent } from '../event.js'
import { namedSets } from '../named-sets.js'
import type { RuleInput } from '../rule.js'
import { LineWriter, tellDraft, tellTable } from './answer.js'
import { type Applied, applyPlan } from './apply.js'
import type { Lines } from './message.js'
import type { CommitAnswer, OpenAnswer, ReadAnswer, Request, SlotData, TableData, Version } from './request.js'
import { allows, readable, type Rights } from './rights.js'
import { readRuleLine } from './rule-line.js'
import { Shared } from './shared.js'
import { type CommitTold, told } from './told.js'
import { Turns } from './turns.js'
import { chainsDigest, rulesDigest } from './version.js'

/** How a request is to be dealt with. */
export interface Circumstances {
  readonly rights: Rights
  /** Aborts when nobody waits for the answer any more: what is not on its way to the kernel by then stays undone. */
  readonly signal: () => AbortSignal
  /** Is told what a commit is about to change, and that it has been allowed. */
  readonly committing?: (what: CommitTold) => void
}

/** An answer, and the rules that belong to it. */
export interface Answer {
  readonly result: unknown
  readonly lines: readonly Buffer[]
}

type Asked<M extends Request['method']> = Extract<Request, { readonly method: M }>

/** Times that a table is read again that others change under the reader, or a commit is made again that others were before. */
const ATTEMPTS = 100
const LONGEST_PAUSE = 20
/** So many chains are asked for one by one, more with all others. */
const FEW = 4

/** The daemon's side: what programs ask for is done on a backend, for as many of them as there are. */
export class TablesHost {
  readonly backend: Backend
  readonly #turns = new Turns()
  readonly #shared = new Shared<Answer>()
  readonly #longest: number

  /** `longest`: milliseconds that anybody may wait for the lock of other programs; meanwhile all wait. */
  constructor(backend: Backend, { longest }: { readonly longest: number }) {
    this.backend = backend
    this.#longest = longest
  }

  get #legacy(): boolean {
    return this.backend.name === 'legacy'
  }

  /** Does what a request asks for; `lines` are the rules behind it. */
  async answer(request: Exclude<Request, { readonly method: 'monitor' | 'trace' }>, lines: Lines, circumstances: Circumstances): Promise<Answer> {
    const { rights } = circumstances
    switch (request.method) {
      case 'read':
        rights.read(request.family, request.table)
        return this.#reading(`read ${request.family} ${request.table}`, (writer) => this.#read(request, writer))
      case 'open':
        rights.read(request.family, request.table)
        return this.#reading(openingKey(request), (writer) => this.#open(request, writer))
      case 'readAll': {
        const may = readable(rights, request.family)
        return this.#reading(`all ${request.family} ${[...may].join()}`, (writer) => this.#readAll(request, writer, may))
      }
      case 'count':
        return { result: await this.#count(rights), lines: [] }
      case 'inUse':
        return { result: await this.#inUse(rights), lines: [] }
      case 'commit':
        return { result: await this.#commit(request, lines, circumstances), lines: [] }
    }
  }

  /** Begins to tell what goes on. Throws where this backend tells nothing. */
  watch(request: Asked<'monitor' | 'trace'>, rights: Rights, signal: AbortSignal): Events<MonitorEvent | TraceEvent> {
    rights.watch()
    const options = { signal, receiveBuffer: request.receiveBuffer }
    const events = request.method === 'monitor' ? this.backend.monitor?.({ ...options, resync: request.resync }) : this.backend.trace?.(options)
    if (!events) throw new InputError('only nf_tables tells of what goes on, and this daemon has the legacy tables')
    return events
  }

  /** What is read is the same for all who ask for it at the same time. */
  #reading(key: string, read: (writer: LineWriter) => Promise<unknown>): Promise<Answer> {
    return this.#shared.get(key, async () => {
      const writer = new LineWriter()
      const result = await read(writer)
      return { result, lines: writer.end() }
    })
  }

  async #read({ family, table }: Asked<'read'>, writer: LineWriter): Promise<ReadAnswer> {
    return tellTable(table, await this.backend.read(family, table), writer)
  }

  /** All tables that may be read: of the others nothing is said. */
  async #readAll({ family }: Asked<'readAll'>, writer: LineWriter, may: ReadonlySet<string>): Promise<ReadAnswer[]> {
    const answers: ReadAnswer[] = []
    for (const [name, table] of Object.entries(await this.backend.readAll(family))) if (may.has(name)) answers.push(await tellTable(name, table, writer))
    return answers
  }

  async #count(rights: Rights): Promise<unknown> {
    const counts = await this.backend.count()
    const allowed = (family: Family) => {
      const may = readable(rights, family, false)
      return Object.fromEntries(Object.entries(counts[family]).filter(([name]) => may.has(name)))
    }
    if (readable(rights, 'ip', false).size === 0) readable(rights, 'ip6')
    return { ip: allowed('ip'), ip6: allowed('ip6') }
  }

  async #inUse(rights: Rights): Promise<boolean> {
    if (readable(rights, 'ip', false).size === 0) readable(rights, 'ip6')
    return this.backend.inUse()
  }

  #open({ family, table, needs, wait }: Asked<'open'>, writer: LineWriter): Promise<OpenAnswer> {
    const run = () => this.#session({ wait }, async (session) => tellDraft(await session.table(family, table, needs), needs, writer))
    // A session of the legacy tables holds the lock of all programs.
    return this.#legacy ? this.#turns.take(run) : run()
  }

  async #commit({ test, wait, tables }: Asked<'commit'>, lines: Lines, circumstances: Circumstances): Promise<CommitAnswer> {
    const { rights, committing } = circumstances
    const signal = circumstances.signal()
    for (const { family, table } of tables) rights.read(family, table)
    checkOnce(tables)
    const given = new Map<TableData, RuleInput[]>()
    for (const one of tables) given.set(one, await rulesOf(one, lines))
    if (lines.left) throw new InputError('there are more rules than the plan speaks of')
    // Who is overtaken all the time plans anew, as often as the client wants to: the daemon does not give up for it.
    const overtaken = (error: unknown): CommitAnswer => {
      if (ConflictError.is(error)) return { stale: error.message }
      throw error
    }
    return this.#turns.take(
      () =>
        this.#session({ wait, signal }, async (session) => {
          const drafts: TableDraft[] = []
          for (const { family, table, version } of tables) {
            const draft = await loaded(session, family, table, version)
            if (!(await isSame(draft, version))) return { stale: `table '${table}' was changed by another program` }
            drafts.push(draft)
          }
          const applied: Applied[] = []
          for (const [i, one] of tables.entries()) if (one.plan) applied.push(this.#apply(drafts[i] as TableDraft, one, given.get(one) as RuleInput[], rights))
          committing?.(told(tables, applied))
          signal.throwIfAborted()
          await session.commit(test)
          return {}
        }).catch(overtaken),
      signal,
    )
  }

  #apply(draft: TableDraft, { family, table, plan }: TableData, rules: readonly RuleInput[], rights: Rights): Applied {
    let next = 0
    const applied = applyPlan(draft, plan as NonNullable<TableData['plan']>, () => rules[next++] as RuleInput, { keepBuiltIn: this.#legacy, keepCounted: this.#legacy })
    for (const chain of applied.chains) rights.write(family, table, chain)
    for (const rule of rules) for (const { access, set } of namedSets(rule, family)) rights.set(access, set)
    // A plan that changes nothing still brings a table of nf_tables into being: that is for those who may write all of it.
    if (applied.chains.length === 0) draft.changed = allows(() => rights.write(family, table))
    return applied
  }

  /** A session of the backend, begun anew as long as others change the tables under it. */
  async #session<T>({ wait, signal }: { readonly wait: number | undefined; readonly signal?: AbortSignal }, body: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const session = await this.backend.begin({ wait: wait === undefined ? undefined : Math.min(wait, this.#longest), signal })
      try {
        return await body(session)
      } catch (error) {
        if (!(error instanceof Stale)) throw error
        if (attempt >= ATTEMPTS) throw new ConflictError(`${error.message}, ${attempt} times in a row: another program changes these tables all the time`, { attempts: attempt, cause: error })
      } finally {
        session.end()
      }
      signal?.throwIfAborted()
      if (attempt > 2) await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(attempt, LONGEST_PAUSE)))
    }
  }
}

/** Who waits longer for a lock is answered later. */
function openingKey({ family, table, needs, wait }: Asked<'open'>): string {
  return `open ${family} ${wait} ${JSON.stringify([table, needs])}`
}

function checkOnce(tables: readonly TableData[]): void {
  const names = tables.map(({ family, table }) => `${family} ${table}`)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new InputError(`table '${twice}' is named twice`, { path: 'tables' })
}

/** The new rules of a plan, in the order in which it speaks of them. */
async function rulesOf({ plan }: TableData, lines: Lines): Promise<RuleInput[]> {
  const news = (slot: SlotData) => (typeof slot === 'number' ? slot : typeof slot === 'object' && !Array.isArray(slot) && !('keep' in slot) ? 1 : 0)
  const rules: RuleInput[] = []
  for (const { slots } of plan?.chains ?? []) {
    for (const slot of slots) {
      for (let i = news(slot); i > 0; i--) {
        rules.push(readRuleLine(lines.next()))
        if ((rules.length & 31) === 0 && busy()) await breathe()
      }
    }
  }
  return rules
}

/** The draft of a table, read as far as the one that a plan was made on. */
async function loaded(session: Session, family: Family, table: string, { rules }: Version): Promise<TableDraft> {
  const needs: Needs[] = rules.length > FEW ? ['rules'] : rules.length === 0 ? ['chains'] : rules.map(([chain]) => ({ chain }))
  let draft: TableDraft | undefined
  for (const one of needs) draft = await session.table(family, table, one)
  return draft as TableDraft
}

async function isSame(draft: TableDraft, { chains, rules }: Version): Promise<boolean> {
  if (chainsDigest(draft) !== chains) return false
  for (const [name, digest] of rules) {
    const chain = draft.chains.get(name)
    if (!chain || (await rulesDigest(draft, chain)) !== digest) return false
  }
  return true
}
