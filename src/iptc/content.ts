import { InputError } from '../netlink/index.js'
import { type Changes, TABLE_CHAINS, type Table as TableContent } from '../xtables/index.js'

/** A chain of a table that was read. Throws an InputError where there is none of that name. */
export function demandChain(content: TableContent, table: string, chain: string): TableContent[string] {
  const found = content[chain]
  if (found) return found
  throw new InputError(`there is no chain '${chain}' in table '${table}'`)
}

/** Takes all rules out of a table and deletes the chains of the user's; policies stay. */
export async function emptyTable(changes: Changes, table: string): Promise<void> {
  changes.flush(table)
  const builtIn = TABLE_CHAINS[table] ?? []
  for (const chain of await changes.chains(table)) if (!builtIn.includes(chain)) changes.deleteChain(table, chain)
}
