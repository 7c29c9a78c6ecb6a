import type { Session, WaitOptions } from '../backend.js'
import { Stale } from '../backend.js'
import type { Family } from '../context.js'
import type { Needs, TableDraft } from '../draft.js'
import { LineWriter } from './answer.js'
import type { DaemonLink } from './link.js'
import { tellPlan } from './plan.js'
import type { CommitAnswer, OpenAnswer, TableData } from './request.js'
import { RemoteTable } from './table.js'

/** One attempt at changing tables through a daemon. It holds no lock: what has changed meanwhile is found out by the commit. */
export class RemoteSession implements Session {
  readonly #link: DaemonLink
  readonly #backend: 'legacy' | 'nft'
  readonly #options: WaitOptions
  readonly #tables = new Map<string, Promise<RemoteTable>>()

  constructor(link: DaemonLink, backend: 'legacy' | 'nft', options: WaitOptions) {
    this.#link = link
    this.#backend = backend
    this.#options = options
  }

  async table(family: Family, name: string, needs: Needs = 'rules'): Promise<TableDraft> {
    const key = `${family} ${name}`
    // One after the other: two readings at the same time give one draft.
    const table = (this.#tables.get(key) ?? this.#first(family, name, needs)).then((table) => this.#load(table, needs))
    this.#tables.set(key, table)
    return (await table).draft
  }

  async commit(test: boolean): Promise<void> {
    const tables = await Promise.all(this.#tables.values())
    if (!tables.some(({ draft }) => draft.changed)) return
    const lines = new LineWriter()
    const data: TableData[] = []
    for (const table of tables) {
      const { family, name, changed } = table.draft
      data.push({ family, table: name, version: table.version, plan: changed ? await tellPlan(table, lines) : undefined })
    }
    const { result } = await this.#link.ask({ method: 'commit', test, wait: this.#wait, tables: data }, lines.end(), { changes: true })
    const { stale } = result as CommitAnswer
    if (stale !== undefined) throw new Stale(stale)
  }

  end(): void {}

  /** JSON has no word for eternity. */
  get #wait(): number | undefined {
    const { wait } = this.#options
    return wait === undefined ? undefined : Math.min(Math.max(wait, 0), 2 ** 31 - 1)
  }

  async #first(family: Family, name: string, needs: Needs): Promise<RemoteTable> {
    const { result, lines } = await this.#ask(family, name, needs)
    const answer = result as OpenAnswer
    const table = new RemoteTable(this.#backend, family, name, answer)
    table.load(answer, lines)
    return table
  }

  async #load(table: RemoteTable, needs: Needs): Promise<RemoteTable> {
    if (table.has(needs)) return table
    const { family, name } = table.draft
    const { result, lines } = await this.#ask(family, name, table.wanted(needs))
    table.load(result as OpenAnswer, lines)
    return table
  }

  #ask(family: Family, table: string, needs: Needs) {
    return this.#link.ask({ method: 'open', family, table, needs, wait: this.#wait }, [], { signal: this.#options.signal })
  }
}
