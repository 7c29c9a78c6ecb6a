import { InputError } from '../netlink/wire/error.js'
import { breathe, busy } from '../netlink/index.js'
import { applyCommand, needsOf } from './apply.js'
import { createChain, flush, removeAllChains, setPolicy } from './change.js'
import type { Needs, TableDraft } from './draft.js'
import { TextError } from './text/error.js'
import type { RestoreLine } from './text/restore.js'

/** Puts lines of a restore input into drafts, which `open` gives by the table's name, read as far as is needed. */
export async function restoreInto(
  lines: Iterable<RestoreLine>,
  open: (table: string, needs: Needs) => Promise<TableDraft>,
  { noflush = false }: { readonly noflush?: boolean } = {},
): Promise<void> {
  let table: TableDraft | undefined
  for (const line of lines) {
    if (line.kind === 'table') {
      table = await open(line.table, noflush ? 'chains' : 'rules')
      if (!noflush) {
        flush(table)
        removeAllChains(table)
      }
      table.changed = true
    } else if (table && line.kind !== 'comment' && line.kind !== 'commit') {
      const needs = line.kind === 'command' ? needsOf(line.command) : 'chains'
      if (needs !== 'chains') await open(table.name, needs)
      applyLine(table, line, noflush)
    }
    if (busy()) await breathe()
  }
}

/** Makes the change of one line in the draft of its table. Throws a TextError that names the line. */
export function applyLine(table: TableDraft, line: RestoreLine & { readonly kind: 'chain' | 'command' }, noflush: boolean): void {
  try {
    if (line.kind === 'command') applyCommand(table, line.command)
    else {
      const known = table.chains.get(line.chain)
      if (!known) createChain(table, line.chain)
      else if (known.hook < 0 && noflush) flush(table, line.chain)
      else if (known.hook < 0) throw new InputError(`chain '${line.chain}' is there twice`)
      if (line.policy !== undefined) setPolicy(table, line.chain, line.policy as 'ACCEPT', line.counters)
    }
  } catch (error) {
    if (!InputError.is(error)) throw error
    const reason = TextError.is(error) ? error.reason : error.message
    throw new TextError(reason, { line: line.line, column: TextError.is(error) ? error.column : 1, cause: error })
  }
}
