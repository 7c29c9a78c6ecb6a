import { DeniedError } from '../../netlink/index.js'
import type { Family } from '../context.js'
import { TABLE_CHAINS } from '../hooks.js'

/** What somebody may do who is at the other end. Each throws where that is not allowed. */
export interface Rights {
  read(family: Family, table: string): void
  /** Without a chain: the table as a whole. */
  write(family: Family, table: string, chain?: string): void
  /** What a rule does with a set; without a name: with any. */
  set(access: 'read' | 'write', name?: string): void
  watch(): void
}

/** Whether a right is there. */
export function allows(right: () => void): boolean {
  try {
    right()
    return true
  } catch (error) {
    if (DeniedError.is(error)) return false
    throw error
  }
}

/** The tables of a family that may be read. Throws where there are none, unless told otherwise. */
export function readable(rights: Rights, family: Family, demand = true): Set<string> {
  const found = new Set<string>()
  let refusal: unknown
  for (const table of Object.keys(TABLE_CHAINS)) {
    try {
      rights.read(family, table)
      found.add(table)
    } catch (error) {
      refusal ??= error
    }
  }
  if (found.size === 0 && demand) throw refusal
  return found
}
