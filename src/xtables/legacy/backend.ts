import { breathe, busy, type Libc, loadLibc, Namespace, TransportError } from '../../netlink/index.js'
import type { Backend, Session, WaitOptions } from '../backend.js'
import { checking } from '../check.js'
import type { Family } from '../context.js'
import type { Extension } from '../extension.js'
import { newest } from '../face.js'
import { dictionary, type Ruleset, type Table } from '../ruleset.js'
import { TableCommit } from './commit.js'
import { Lock } from './lock.js'
import { KernelSets } from '../sets.js'
import { TableSocket } from './sockopt.js'
import { LegacyTable, type Surroundings } from './table.js'
import { timeoutPolicies } from '../timeout.js'

/** Milliseconds to wait for the lock, unless somebody says otherwise. */
const WAIT = 5_000
/** Where pointers and longs have 32 bits: tables, and extensions such as limit, are laid out in another way for such a program. */
const NARROW: readonly string[] = ['arm', 'ia32', 'mips', 'mipsel']

/** What there is of one family, opened at first use. */
interface Side {
  readonly socket: TableSocket
  readonly sets: KernelSets
  readonly surroundings: Surroundings
}

/** The legacy tables: get- and setsockopt, whole tables at a time, under the lock that iptables takes. */
export class LegacyBackend implements Backend {
  readonly name = 'legacy'
  readonly #libc: Libc
  readonly #netns: string | undefined
  readonly #namespace: Namespace | undefined
  readonly #sides = new Map<Family, Side>()
  #closed = false
  /** Readings and transactions under way: their sockets stay open to their end, another thread may be using them. */
  #busy = 0

  private constructor(libc: Libc, netns: string | undefined) {
    this.#libc = libc
    this.#netns = netns
    this.#namespace = netns === undefined ? undefined : Namespace.open(libc, netns)
  }

  /** `netns`: a network namespace by name or path; the process's own unless given. Throws a TransportError in a program of 32 bits. */
  static async open({ netns }: { readonly netns?: string | undefined } = {}): Promise<LegacyBackend> {
    if (NARROW.includes(process.arch)) {
      const text = `the legacy tables are not supported in a program of 32 bits (${process.arch}): use the nf_tables backend, or Node.js of 64 bits`
      throw new TransportError(text, { code: 'ERR_UNSUPPORTED' })
    }
    return new LegacyBackend(await loadLibc(), netns)
  }

  async read(family: Family, table: string): Promise<Table> {
    return this.#during(async () => (await this.#load(family, table)).content())
  }

  async readAll(family: Family): Promise<Ruleset> {
    const tables: [string, Table][] = []
    for (const name of this.tables(family)) tables.push([name, await this.read(family, name)])
    return dictionary(tables)
  }

  async count(): Promise<Record<Family, Record<string, number>>> {
    const counts: Record<Family, Record<string, number>> = { ip: {}, ip6: {} }
    for (const family of ['ip', 'ip6'] as const) {
      for (const name of this.tables(family)) {
        const { draft } = await this.#during(() => this.#load(family, name))
        counts[family][name] = [...draft.chains.values()].reduce((sum, { slots }) => sum + slots.length, 0)
      }
    }
    return counts
  }

  async inUse(): Promise<boolean> {
    for (const family of ['ip', 'ip6'] as const) {
      for (const name of this.tables(family)) {
        const { draft } = await this.#during(() => this.#load(family, name))
        if ([...draft.chains.values()].some(({ hook, slots, policy }) => hook < 0 || slots.length > 0 || policy === 'DROP')) return true
      }
    }
    return false
  }

  /** The names of the tables that are there. */
  tables(family: Family): string[] {
    this.#demandOpen()
    return this.#side(family).socket.tables()
  }

  async begin({ wait = WAIT, signal }: WaitOptions): Promise<Session> {
    this.#demandOpen()
    const lock = await Lock.take(this.#libc, { wait, signal })
    this.#busy++
    // Promises, so that two readings at the same time give one draft.
    const tables = new Map<string, Promise<LegacyTable>>()
    return {
      table: async (family, name) => {
        this.#demandOpen()
        const key = `${family} ${name}`
        const table = tables.get(key) ?? this.#load(family, name)
        tables.set(key, table)
        return (await table).draft
      },
      commit: async (test) => {
        const changed = (await Promise.all(tables.values())).filter(({ draft }) => draft.changed)
        for (const { draft } of changed) for (const _ of checking(draft)) if (busy()) await breathe()
        this.#demandOpen()
        if (!test) await this.#commit(changed)
      },
      end: () => {
        lock.release()
        this.#busy--
        this.#release()
      },
    }
  }

  /** What is under way rejects with ERR_CLOSED; a commit that has begun is made to its end. */
  close(): void {
    this.#closed = true
    this.#release()
  }

  /** Closes the sockets of a backend that is closed, once nobody uses them. */
  #release(): void {
    if (!this.#closed || this.#busy > 0) return
    for (const { socket, sets } of this.#sides.values()) {
      socket.close()
      sets.close()
    }
    this.#sides.clear()
    this.#namespace?.close()
  }

  #demandOpen(): void {
    if (this.#closed) throw new TransportError('the connection to the tables is closed', { code: 'ERR_CLOSED' })
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    this.#demandOpen()
    this.#busy++
    try {
      return await work()
    } finally {
      this.#busy--
      this.#release()
    }
  }

  async #commit(tables: readonly LegacyTable[]): Promise<void> {
    const commits: TableCommit[] = []
    try {
      // All of them are put together before the first one is sent.
      for (const table of tables) {
        const { socket, surroundings } = this.#side(table.draft.family)
        commits.push(await TableCommit.prepare(this.#libc, socket, table, surroundings))
      }
      for (const commit of commits) await commit.send()
    } catch (error) {
      // Each of them, also where another cannot be.
      let failure: unknown
      for (const commit of commits.reverse()) await commit.putBack(error).catch((one: unknown) => (failure ??= one))
      throw failure ?? error
    } finally {
      for (const commit of commits) commit.free()
    }
  }

  #load(family: Family, name: string): Promise<LegacyTable> {
    const { socket, surroundings } = this.#side(family)
    return LegacyTable.read(socket, name, surroundings)
  }

  #side(family: Family): Side {
    let side = this.#sides.get(family)
    if (!side) {
      const socket = new TableSocket(this.#libc, family, this.#namespace)
      const sets = new KernelSets(this.#libc, family, this.#namespace)
      side = { socket, sets, surroundings: { sets, revision: revisionsOf(socket), timeouts: () => timeoutPolicies(this.#netns) } }
      this.#sides.set(family, side)
    }
    return side
  }
}

/** The highest revision of an extension that the kernel has; the highest of all where it knows none. */
function revisionsOf(socket: TableSocket): (extension: Extension) => number {
  const known = new Map<Extension, number>()
  return (extension) => {
    let revision = known.get(extension)
    if (revision === undefined) {
      const { type, name, kernel = name } = extension
      const all = Object.keys(extension.revisions).map(Number).sort((a, b) => b - a)
      revision = all.length === 1 ? all[0] : all.find((one) => socket.hasRevision(type, kernel, one))
      revision ??= newest(extension)
      known.set(extension, revision)
    }
    return revision
  }
}
