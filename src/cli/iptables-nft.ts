import { readFileSync } from 'node:fs'
import { InputError } from '../netlink/index.js'
import { type Changes, type Command, type Family, type Rule, TextError } from '../xtables/index.js'
import { throughDaemon } from './daemon-path.js'
import type { Tool } from './iptables-tool.js'

/** A table that is being changed. */
export type Draft = Awaited<ReturnType<Changes['draft']>>

const NAMES = { tcp: 6, udp: 17 } as const

/**
 * Refuses ports and flags of TCP and UDP in rules for another protocol, as iptables-nft does: on nf_tables no extension in
 * the kernel would look after that.
 */
export function checkTransport(rules: readonly Rule[], line?: number): void {
  for (const { protocol, matches = [] } of rules) {
    const asked = typeof protocol === 'object' ? protocol.not : protocol
    for (const match of matches) {
      if ((match.match !== 'tcp' && match.match !== 'udp') || Object.keys(match).length === 1 || 'tcpOption' in match) continue
      if (asked === match.match || asked === NAMES[match.match]) continue
      throw new TextError(`the match ${match.match} needs -p ${match.match}`, { line, column: 1 })
    }
  }
}

/**
 * `-X` of built-in chains, which are the kernel's own only in the legacy tables: one that is named goes if it is empty, and
 * without a name all that are empty and let everything through. Whether there is nothing more to do.
 */
export function deleteBuiltIn(draft: Draft, { chain: name, table = 'filter' }: Command): boolean {
  const builtIn = [...draft.chains.values()].filter(({ hook }) => hook >= 0)
  const gone = name === undefined ? builtIn.filter(({ origin, slots, policy }) => origin && slots.length === 0 && policy === 'ACCEPT') : builtIn.filter((chain) => chain.name === name)
  for (const { name: chain, origin, slots, policy } of gone) {
    if (!origin) throw new InputError(`there is no chain '${chain}' in table '${table}'`)
    if (policy === 'DROP') throw new InputError(`chain '${chain}' cannot be deleted, its policy is DROP`)
    if (slots.length > 0) throw new InputError(`chain '${chain}' cannot be deleted, rules in it: ${slots.length}; flush it first`, { path: `${table} ${chain}` })
    draft.chains.delete(chain)
    draft.changed = true
  }
  return name !== undefined && gone.length > 0
}

/** A command as `-v` tells of it: `-i +` asks for nothing, and nothing is said of it. */
export function asTold(command: Command): Command {
  const needed = ([key, value]: [string, unknown]) => value !== '+' || (key !== 'inInterface' && key !== 'outInterface')
  return { ...command, rules: command.rules.map((rule) => Object.fromEntries(Object.entries(rule).filter(needed))) }
}

/** What stands before a text that is put in the place of a table: a text names policies, or there are none. */
export function resetPolicies(draft: Draft): void {
  for (const chain of draft.chains.values()) {
    if (chain.hook < 0) continue
    chain.policy = 'ACCEPT'
    chain.counting = 'zero'
  }
}

/** Takes out the built-in chains that a text has put nothing into, and has not named. */
export function dropUnnamed(draft: Draft): void {
  for (const { name, hook, slots, wanted } of draft.chains.values()) if (hook >= 0 && slots.length === 0 && !wanted) draft.chains.delete(name)
}

/** Says on standard error that there are legacy tables as well, of which this command shows nothing. */
export function warnOfLegacy({ backend, family }: Tool): void {
  // The tables of a daemon may be those of another network namespace.
  if (backend !== 'nft' || throughDaemon().daemon !== undefined || !hasLegacyTables(family)) return
  process.stderr.write(`# Warning: there are legacy tables as well, ${family === 'ip' ? 'iptables' : 'ip6tables'}-legacy-save shows them\n`)
}

/** Whether anybody has used a legacy table of a family; asking for its names brings none into being. */
function hasLegacyTables(family: Family): boolean {
  try {
    return readFileSync(`/proc/net/${family}_tables_names`, 'utf8') !== ''
  } catch {
    return false
  }
}
