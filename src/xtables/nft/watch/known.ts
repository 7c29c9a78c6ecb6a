import type { CallOptions } from '../../../netlink/index.js'
import type { Family } from '../../context.js'
import type { Policy } from '../../ruleset.js'
import type { Link } from '../link.js'

/** What there is to tell of a chain. */
export interface KnownChain {
  readonly chain: string
  readonly policy?: Policy
}

/** The tables and chains that are there: the kernel tells of one that was made and of one that was changed in the same words. */
export class Known {
  readonly #tables = new Map<string, Map<bigint, KnownChain>>()

  /** Those of a generation. Throws a Stale when that is over. */
  static async read(link: Link, generation: number, options: CallOptions): Promise<Known> {
    const known = new Known()
    for (const family of ['ip', 'ip6'] as const) {
      for (const table of await link.tables(family, generation, options)) known.putTable(family, table)
      for (const { table, name, handle, policy } of await link.chains(family, generation, options)) {
        known.putChain(family, table, handle, { chain: name, ...(policy ? { policy } : {}) })
      }
    }
    return known
  }

  /** Notes a table; whether it was not there before. */
  putTable(family: Family, table: string): boolean {
    const key = `${family} ${table}`
    if (this.#tables.has(key)) return false
    this.#tables.set(key, new Map())
    return true
  }

  deleteTable(family: Family, table: string): void {
    this.#tables.delete(`${family} ${table}`)
  }

  /** Notes a chain; what it was before. */
  putChain(family: Family, table: string, handle: bigint, chain: KnownChain): KnownChain | undefined {
    this.putTable(family, table)
    const chains = this.#tables.get(`${family} ${table}`)
    const before = chains?.get(handle)
    chains?.set(handle, chain)
    return before
  }

  /** Forgets a chain; what it was. */
  deleteChain(family: Family, table: string, handle: bigint): KnownChain | undefined {
    const chains = this.#tables.get(`${family} ${table}`)
    const before = chains?.get(handle)
    chains?.delete(handle)
    return before
  }
}
