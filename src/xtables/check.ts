import { InputError } from '../netlink/wire/error.js'
import type { ChainDraft, Slot, TableDraft } from './draft.js'
import type { Extension } from './extension.js'
import { checkJumpAlone } from './jump.js'
import { findExtension } from './registry.js'
import type { RuleInput } from './rule.js'
import { formatRule } from './text/print.js'

/** Whether an extension may stand in its own tables only: one that nf_tables has an expression for may stand in all. */
type Bound = (extension: Extension) => boolean
const always: Bound = () => true

/** Where a rule stands, for people: `filter INPUT rule 3 (-p tcp -j web)`. */
export function placeOf(table: TableDraft, chain: ChainDraft, slot: Slot): string {
  return `${numberOf(table, chain, slot)} (${formatRule(slot.given ?? table.reader.rule(slot), { family: table.family })})`
}

function numberOf(table: TableDraft, chain: ChainDraft, slot: Slot): string {
  return `${table.name} ${chain.name} rule ${chain.slots.indexOf(slot) + 1}`
}

/**
 * Checks what the kernel would refuse without saying where: jumps to chains that are not there, rules that call
 * each other in a circle, extensions in a table that may not have them, and what stands beside a jump. Throws an InputError that
 * names the rule.
 */
export function checkTable(table: TableDraft, isBound: Bound = always): void {
  Array.from(checking(table, isBound))
}

/** As checkTable, in steps: what checks a large table may do something else in between. */
export function* checking(table: TableDraft, isBound: Bound = always): Generator<void> {
  let work = 0
  for (const chain of table.chains.values()) {
    for (const slot of chain.slots) {
      if (slot.given) checkGiven(table, chain, slot, slot.given, isBound)
      if (slot.jump !== undefined) checkJump(table, chain, slot)
      if ((++work & 255) === 0) yield
    }
  }
  checkLoops(table)
}

function checkJump(table: TableDraft, chain: ChainDraft, slot: Slot): void {
  const to = table.chains.get(slot.jump as string)
  if (!to) throw new InputError(`there is no chain '${slot.jump}' in table '${table.name}'`, { path: placeOf(table, chain, slot) })
  if (to.hook >= 0 && slot.given) throw new InputError(`'${slot.jump}' is built in, no rule can jump there`, { path: placeOf(table, chain, slot) })
}

function checkGiven(table: TableDraft, chain: ChainDraft, slot: Slot, { matches, target }: RuleInput, isBound: Bound): void {
  if (target && ('jump' in target || 'goto' in target)) {
    try {
      checkJumpAlone(target)
    } catch (error) {
      throw InputError.is(error) ? error.within(`${numberOf(table, chain, slot)}.target`) : error
    }
  }
  if (matches) for (let i = 0; i < matches.length; i++) checkPart(table, chain, slot, 'match', matches[i]?.match, isBound)
  if (target && 'target' in target) checkPart(table, chain, slot, 'target', target.target, isBound)
}

function checkPart(table: TableDraft, chain: ChainDraft, slot: Slot, type: 'match' | 'target', name: string | undefined, isBound: Bound): void {
  const extension = name === undefined ? undefined : findExtension(type, name, table.family)
  const allowed = extension?.tables
  if (allowed === undefined || allowed.includes(table.name) || !isBound(extension as Extension)) return
  throw new InputError(`the ${type} ${name} may only stand in table ${allowed.join(' and ')}`, { path: placeOf(table, chain, slot) })
}

/** A circle of jumps that starts in a built-in chain is what the kernel refuses with ELOOP. */
function checkLoops(table: TableDraft): void {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (chain: ChainDraft) => {
    path.push(chain.name)
    for (const slot of chain.slots) {
      if (slot.jump === undefined || done.has(slot.jump)) continue
      if (path.includes(slot.jump)) {
        const circle = [...path.slice(path.indexOf(slot.jump)), slot.jump].join(' -> ')
        throw new InputError(`chains call each other in a circle: ${circle}`, { path: placeOf(table, chain, slot) })
      }
      visit(table.chains.get(slot.jump) as ChainDraft)
    }
    path.pop()
    done.add(chain.name)
  }
  for (const chain of table.chains.values()) if (chain.hook >= 0) visit(chain)
}
