import { atOnce } from '../netlink/index.js'
import { InputError } from '../netlink/wire/error.js'
import { append, deleteChain, flush, insert, newChain, remove, renameChain, replace, setPolicy, zero } from './change.js'
import type { Needs, TableDraft } from './draft.js'
import { jumpOf } from './jump.js'
import { finding } from './same.js'
import type { Rule } from './rule.js'
import type { Policy } from './ruleset.js'
import type { Command } from './text/command.js'
import { TextError } from './text/error.js'

/** What has to be read of the table before a command. */
export function needsOf({ letter, chain, number = 1, newName }: Command): Needs {
  switch (letter) {
    case 'A':
    case 'N':
    case 'P':
    case 'F':
      return 'chains'
    case 'I':
      return number === 1 ? 'chains' : { chain: chain as string }
    case 'C':
    case 'D':
    case 'R':
      return { chain: chain as string }
    default:
      return chain === undefined || newName !== undefined || letter === 'X' ? 'rules' : { chain }
  }
}

/** Makes the change of a command in a draft. What lists or checks changes nothing, and `-C` throws where no rule is. */
export function applyCommand(table: TableDraft, command: Command): void {
  const { letter, number, rules } = command
  const chain = command.chain as string
  checkJumps(table, command)
  switch (letter) {
    case 'A':
      for (const rule of rules) append(table, chain, rule)
      return
    case 'I':
      // Each is put before the one before it, as the C tool does.
      for (const rule of rules) insert(table, chain, rule, number)
      return
    case 'D':
      if (number !== undefined) return remove(table, chain, number)
      for (const rule of rules) remove(table, chain, rule)
      return
    case 'R':
      return replace(table, chain, number as number, rules[0] as Rule)
    case 'C':
      for (const rule of rules) {
        if (atOnce(finding(table, table.chain(chain), rule)) < 0) throw new InputError(`no rule in ${table.name} ${chain} says the same`)
      }
      return
    case 'N':
      return newChain(table, chain)
    case 'X':
      return command.chain === undefined ? deleteAllChains(table) : deleteChain(table, chain)
    case 'E':
      return renameChain(table, chain, command.newName as string)
    case 'P':
      return setPolicy(table, chain, command.policy as Policy, rules[0]?.counters)
    case 'F':
      return flushAll(table, command.chain)
    case 'Z':
      return zero(table, command.chain, number)
    case 'L':
    case 'S':
      if (command.zero) zero(table, command.chain, command.zero === 'rule' ? number : undefined)
  }
}

/** Refuses a jump to a chain that is not there; the C tool takes its name for that of a target that is not there. */
function checkJumps(table: TableDraft, { rules }: Command): void {
  for (const { target } of rules) {
    const to = jumpOf(target)
    if (to === undefined || table.chains.has(to)) continue
    throw new TextError(`there is neither a target '${to}' nor a chain of that name in table '${table.name}'`, { column: 1 })
  }
}

/** Empties chains as the C tool does, whoever has made the rules in them. */
function flushAll(table: TableDraft, name: string | undefined): void {
  for (const chain of name === undefined ? table.chains.values() : [table.chain(name)]) for (const slot of chain.slots) table.released.add(slot)
  flush(table, name)
}

/** Deletes every chain of the user's, one after the other, as `-X` without a chain does. */
function deleteAllChains(table: TableDraft): void {
  for (const chain of table.inOrder()) if (chain.hook < 0) deleteChain(table, chain.name)
}
