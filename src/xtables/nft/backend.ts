import { setMaxListeners } from 'node:events'
import { breathe, busy, Connection, interfaceNames, KernelError, type Libc, loadLibc, Namespace, Subscription, type Transport, TransportError } from '../../netlink/index.js'
import { type Backend, type Session, Stale, type WaitOptions } from '../backend.js'
import { checking } from '../check.js'
import type { Family, SetNames } from '../context.js'
import type { Needs, TableDraft } from '../draft.js'
import type { Events, ListenOptions, MonitorEvent, MonitorOptions, TraceEvent } from '../event.js'
import type { Extension } from '../extension.js'
import { newest } from '../face.js'
import { TABLE_CHAINS } from '../hooks.js'
import { dictionary, type Ruleset, type Table } from '../ruleset.js'
import { KernelSets } from '../sets.js'
import { timeoutPolicies } from '../timeout.js'
import { checkForeign, commit, numbered } from './commit.js'
import { RuleWriter } from './encode.js'
import { Link } from './link.js'
import { isCompat } from './native/index.js'
import { monitor } from './watch/monitor.js'
import { NftTable } from './table.js'
import { trace, type Tracing } from './watch/trace.js'

/** Times that tables are read again which change under the reader. */
const ATTEMPTS = 20
const ENOENT = 2
/** The tables in the order in which iptables-nft-save prints them. */
const IN_ORDER = ['mangle', 'security', 'raw', 'filter', 'nat']
/** Room for what the kernel has against every rule of a large batch. */
const RECEIVE_BUFFER = 32 * 1024 * 1024
/** Room for what 20,000 rules are told in while nobody reads. */
const LISTEN_BUFFER = 16 * 1024 * 1024

export interface NftOptions {
  /** A network namespace by name or path; the process's own unless given. */
  readonly netns?: string | undefined
  /** A transport of your own: a recorder, or a replayer. */
  readonly transport?: Transport | undefined
}

/** The tables of iptables-nft: nf_tables by netlink, one batch for all that changes. */
export class NftBackend implements Backend {
  readonly name = 'nft'
  readonly #link: Link
  readonly #sets: Readonly<Record<Family, SetNames & { close(): void }>>
  readonly #options: NftOptions
  readonly #closing = new AbortController()
  /** Extensions of which the kernel has no highest revision. */
  readonly #revisions = new Map<Extension, number>()

  private constructor(link: Link, sets: Readonly<Record<Family, SetNames & { close(): void }>>, options: NftOptions) {
    this.#options = options
    setMaxListeners(0, this.#closing.signal)
    this.#link = link
    this.#sets = sets
  }

  /** Opens a socket. Throws a TransportError where that cannot be; nothing is asked yet. */
  static async open(options: NftOptions = {}): Promise<NftBackend> {
    const { netns, transport } = options
    const libc = await loadLibc()
    const connection = await Connection.open({ netns, receiveBuffer: RECEIVE_BUFFER, ...(transport ? { transport } : {}) })
    const sets = { ip: new LateSets(libc, 'ip', netns), ip6: new LateSets(libc, 'ip6', netns) }
    return new NftBackend(new Link(connection), sets, options)
  }

  get link(): Link {
    return this.#link
  }

  async read(family: Family, table: string): Promise<Table> {
    return this.#steady(async (generation) => (await this.#open(family, table, generation)).content())
  }

  async readAll(family: Family): Promise<Ruleset> {
    return this.#steady((generation) => this.#readAll(family, generation))
  }

  async count(): Promise<Record<Family, Record<string, number>>> {
    return this.#steady(async (generation) => {
      const counts: Record<Family, Record<string, number>> = { ip: {}, ip6: {} }
      for (const family of ['ip', 'ip6'] as const) {
        for (const name of await this.#link.tables(family, generation)) {
          if (Object.hasOwn(TABLE_CHAINS, name)) counts[family][name] = (await this.#link.rules(family, generation, name)).length
        }
      }
      return counts
    })
  }

  async inUse(): Promise<boolean> {
    return this.#steady(async (generation) => {
      const chains = [...(await this.#link.chains('ip', generation)), ...(await this.#link.chains('ip6', generation))]
      return chains.some(({ table, hook, use, policy }) => Object.hasOwn(TABLE_CHAINS, table) && (hook === undefined || use > 0 || policy === 'DROP'))
    })
  }

  async begin({ signal }: WaitOptions): Promise<Session> {
    const generation = await this.#link.generation({ signal })
    const tables = new Map<string, Promise<NftTable>>()
    return {
      table: async (family, name, needs: Needs = 'rules'): Promise<TableDraft> => {
        const key = `${family} ${name}`
        const opening = tables.get(key) ?? this.#open(family, name, generation)
        tables.set(key, opening)
        const table = await opening
        await table.load(needs, { signal })
        return table.draft
      },
      commit: async (test) => {
        const changed = (await Promise.all(tables.values())).filter(({ draft }) => draft.changed)
        for (const table of changed) {
          await numbered([table], async () => {
            for (const _ of checking(table.draft, isCompat)) if (busy()) await breathe()
          })
          await checkForeign(table)
        }
        await this.#commit(changed, generation, test)
      },
      end: () => {},
    }
  }

  monitor(options: MonitorOptions): Events<MonitorEvent> {
    return monitor(this.#listening(options), options)
  }

  trace(options: ListenOptions): Events<TraceEvent> {
    return trace(this.#listening(options), options)
  }

  close(): void {
    this.#closing.abort()
    this.#link.connection.close()
    this.#sets.ip.close()
    this.#sets.ip6.close()
  }

  async #commit(tables: readonly NftTable[], generation: number, test: boolean): Promise<void> {
    await commit(this.#link, tables, {
      generation,
      test,
      revisions: this.#revisions,
      writerOf: ({ draft: { family } }, chain) =>
        new RuleWriter({ family, chain, sets: this.#sets[family], revision: (extension) => this.#revisions.get(extension) ?? newest(extension) }),
    })
  }

  /** Reads what is all of one generation; anew when somebody commits meanwhile. */
  async #steady<T>(read: (generation: number) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(await this.#link.generation())
      } catch (error) {
        if (!(error instanceof Stale) || attempt >= ATTEMPTS) throw error
      }
    }
  }

  async #readAll(family: Family, generation: number): Promise<Ruleset> {
    const tables: [string, Table][] = []
    const there = await this.#link.tables(family, generation)
    for (const name of IN_ORDER) {
      if (there.includes(name)) tables.push([name, await (await this.#open(family, name, generation)).content()])
    }
    return dictionary(tables)
  }

  #listening({ receiveBuffer = LISTEN_BUFFER }: ListenOptions): Tracing {
    const { netns, transport } = this.#options
    return {
      link: this.#link,
      sets: this.#sets,
      closing: this.#closing.signal,
      read: (family, generation) => this.#readAll(family, generation),
      subscribe: async (group, signal) => {
        if (transport) throw new TransportError('a transport of your own hears nothing but answers', { code: 'ERR_UNSUPPORTED' })
        return Subscription.open({ groups: [group], netns, receiveBuffer, signal })
      },
      interfaces: () => interfaceNames({ netns }),
    }
  }

  #open(family: Family, name: string, generation: number): Promise<NftTable> {
    if (!Object.hasOwn(TABLE_CHAINS, name)) {
      throw new KernelError(`reading table '${name}': there is no such table; there are ${Object.keys(TABLE_CHAINS).join(', ')}`, { errno: ENOENT, request: `reading ${name}` })
    }
    return NftTable.open(this.#link, family, name, generation, { sets: this.#sets[family], timeouts: () => timeoutPolicies(this.#options.netns) })
  }
}

/** The sets of the kernel; asked only when a rule names one. */
class LateSets implements SetNames {
  readonly #open: () => KernelSets
  #sets: KernelSets | undefined
  #closed = false

  constructor(libc: Libc, family: Family, netns: string | undefined) {
    this.#open = () => {
      const namespace = netns === undefined ? undefined : Namespace.open(libc, netns)
      try {
        return new KernelSets(libc, family, namespace)
      } finally {
        namespace?.close()
      }
    }
  }

  index(name: string): number {
    return this.#kernel().index(name)
  }
  name(index: number): string | undefined {
    return this.#kernel().name(index)
  }
  close(): void {
    if (!this.#closed) this.#sets?.close()
    this.#closed = true
  }

  #kernel(): KernelSets {
    if (this.#closed) throw new TransportError('the connection to the tables is closed', { code: 'ERR_CLOSED' })
    this.#sets ??= this.#open()
    return this.#sets
  }
}
