import { breathe, busy, type Libc, loadLibc, Namespace } from '../../netlink/index.js'
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

  private constructor(libc: Libc, netns: string | undefined) {
    this.#libc = libc
    this.#netns = netns
    this.#namespace = netns === undefined ? undefined : Namespace.open(libc, netns)
  }

  /** `netns`: a network namespace by name or path; the process's own unless given. */
  static async open({ netns }: { readonly netns?: string | undefined } = {}): Promise<LegacyBackend> {
    return new LegacyBackend(await loadLibc(), netns)
  }

  async read(family: Family, table: string): Promise<Table> {
    return (await this.#load(family, table)).content()
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
        const { draft } = await this.#load(family, name)
        counts[family][name] = [...draft.chains.values()].reduce((sum, { slots }) => sum + slots.length, 0)
      }
    }
    return counts
  }

  async inUse(): Promise<boolean> {
    for (const family of ['ip', 'ip6'] as const) {
      for (const name of this.tables(family)) {
        const { draft } = await this.#load(family, name)
        if ([...draft.chains.values()].some(({ hook, slots, policy }) => hook < 0 || slots.length > 0 || policy === 'DROP')) return true
      }
    }
    return false
  }

  /** The names of the tables that are there. */
  tables(family: Family): string[] {
    return this.#side(family).socket.tables()
  }

  async begin({ wait = WAIT, signal }: WaitOptions): Promise<Session> {
    const lock = await Lock.take(this.#libc, { wait, signal })
    // Promises, so that two readings at the same time give one draft.
    const tables = new Map<string, Promise<LegacyTable>>()
    return {
      table: async (family, name) => {
        const key = `${family} ${name}`
        const table = tables.get(key) ?? this.#load(family, name)
        tables.set(key, table)
        return (await table).draft
      },
      commit: async (test) => {
        const changed = (await Promise.all(tables.values())).filter(({ draft }) => draft.changed)
        for (const { draft } of changed) for (const _ of checking(draft)) if (busy()) await breathe()
        if (!test) await this.#commit(changed)
      },
      end: () => lock.release(),
    }
  }

  close(): void {
    for (const { socket, sets } of this.#sides.values()) {
      socket.close()
      sets.close()
    }
    this.#sides.clear()
    this.#namespace?.close()
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
      for (const commit of commits.reverse()) await commit.putBack()
      throw error
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
