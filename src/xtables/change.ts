import { atOnce } from '../netlink/index.js'
import { InputError } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'
import { checkCounters } from './counters.js'
import { finding, keeping } from './same.js'
import { type ChainDraft, newSlot, type Slot, type TableDraft } from './draft.js'
import type { Family } from './context.js'
import { EXTENSION_NAME_SIZE } from './layout.js'
import { withJump } from './read-slot.js'
import { findExtension } from './registry.js'
import type { Counters, RuleInput } from './rule.js'
import { checkRules, givenChains, type Policy, type TableInput } from './ruleset.js'
import { BLANK } from './kinds/text.js'
import { VERDICTS } from './verdict.js'

/** Changes of a table, each a function on its draft. They throw an InputError and leave the draft alone when they cannot. */

/** Puts a rule at the end of a chain. */
export function append(table: TableDraft, name: string, rule: RuleInput): void {
  table.chain(name).slots.push(newSlot(rule))
  table.changed = true
}

/** Puts a rule before the one of a number, counted from 1; one more than there are rules appends. */
export function insert(table: TableDraft, name: string, rule: RuleInput, number = 1): void {
  const { slots } = table.chain(name)
  checkNumber(table, name, number, slots.length + 1)
  slots.splice(number - 1, 0, newSlot(rule))
  table.changed = true
}

/** Puts a rule in the place of another. */
export function replace(table: TableDraft, name: string, number: number, rule: RuleInput): void {
  const { slots } = table.chain(name)
  checkNumber(table, name, number, slots.length)
  for (const slot of slots.splice(number - 1, 1, newSlot(rule))) table.released.add(slot)
  table.changed = true
}

/** Takes a rule out: the one of a number, or the first that says the same. */
export function remove(table: TableDraft, name: string, which: number | RuleInput): void {
  atOnce(removing(table, name, which))
}

/** As `remove`, in steps. */
export function* removing(table: TableDraft, name: string, which: number | RuleInput): Generator<void> {
  const chain = table.chain(name)
  let at: number
  if (typeof which === 'number') {
    checkNumber(table, name, which, chain.slots.length)
    at = which - 1
  } else {
    at = yield* finding(table, chain, which)
    if (at < 0) throw new InputError(`no rule in ${table.name} ${name} says the same; was it changed, or deleted before?`)
  }
  for (const slot of chain.slots.splice(at, 1)) table.released.add(slot)
  table.changed = true
}

/** Makes a chain. */
export function newChain(table: TableDraft, name: string): void {
  checkChainName(table.family, name)
  createChain(table, name)
}

/** Makes a chain whose name has been checked; it may be that of a target, as in an input of iptables-restore. */
export function createChain(table: TableDraft, name: string): void {
  if (table.chains.has(name)) throw new InputError(`chain '${name}' exists already in table '${table.name}'`)
  table.chains.set(name, { name, hook: -1, policy: undefined, counting: 'new', origin: undefined, slots: [] })
  table.changed = true
}

/** Removes all chains of the user's, whatever is in them. */
export function removeAllChains(table: TableDraft): void {
  for (const [name, { hook }] of table.chains) if (hook < 0) table.chains.delete(name)
  table.changed = true
}

/** Removes a chain of the user's that is empty and that no rule jumps to. */
export function deleteChain(table: TableDraft, name: string): void {
  const chain = table.chain(name)
  if (chain.hook >= 0) throw new InputError(`'${name}' is built into table '${table.name}', it cannot be deleted`)
  const references = table.references(name)
  if (references > 0) throw new InputError(`chain '${name}' cannot be deleted, rules that jump to it: ${references}`, { path: `${table.name} ${name}` })
  if (chain.slots.length > 0) throw new InputError(`chain '${name}' cannot be deleted, rules in it: ${chain.slots.length}; flush it first`, { path: `${table.name} ${name}` })
  table.chains.delete(name)
  table.changed = true
}

/** Gives a chain of the user's another name; rules that jump to it still do. */
export function renameChain(table: TableDraft, name: string, to: string): void {
  const chain = table.chain(name)
  if (chain.hook >= 0) throw new InputError(`'${name}' is built into table '${table.name}', it cannot be renamed`)
  checkChainName(table.family, to)
  if (table.chains.has(to)) throw new InputError(`chain '${to}' exists already in table '${table.name}'`)
  table.chains.delete(name)
  chain.name = to
  table.chains.set(to, chain)
  for (const other of table.chains.values()) {
    other.slots = other.slots.map((slot) => (slot.jump === name ? { ...slot, jump: to, given: slot.given && withJump(slot.given, to) } : slot))
  }
  table.changed = true
}

/** Takes all rules out of a chain, or of all chains. */
export function flush(table: TableDraft, name?: string): void {
  for (const chain of chainsOf(table, name)) chain.slots = []
  table.changed = true
}

/** Sets counters to zero: of a rule, of a chain and its policy, or of all chains. */
export function zero(table: TableDraft, name?: string, number?: number): void {
  if (number !== undefined) {
    const { slots } = table.chain(name as string)
    checkNumber(table, name as string, number, slots.length)
    zeroSlot(slots[number - 1] as Slot)
  } else {
    for (const chain of chainsOf(table, name)) {
      if (chain.hook >= 0) chain.counting = 'zero'
      for (const slot of chain.slots) zeroSlot(slot)
    }
  }
  table.changed = true
}

/** Sets the policy of a built-in chain, and its counters where they are given. */
export function setPolicy(table: TableDraft, name: string, policy: Policy, counters?: Counters): void {
  const chain = table.chain(name)
  if (chain.hook < 0) throw new InputError(`only built-in chains have a policy, '${name}' is none`)
  if (policy !== 'ACCEPT' && policy !== 'DROP') throw new InputError(`'${shown(policy)}' is no policy: ACCEPT and DROP are`)
  const counting = counters && checkCounters(counters)
  chain.policy = policy
  chain.wanted = true
  if (counting) chain.counting = counting
  table.changed = true
}

/** Gives a chain these rules and no others, and makes it where it is missing. Rules it has already keep their counters. */
export function* replaceChain(table: TableDraft, name: string, rules: readonly RuleInput[]): Generator<void> {
  checkRules(table.name, name, rules)
  if (!table.chains.has(name)) newChain(table, name)
  const chain = table.chain(name)
  chain.slots = yield* keeping(table, chain, rules)
  table.changed = true
}

/** Gives a table these chains and no others. Built-in chains that are not named are emptied, their policy is ACCEPT. */
export function* replaceTable(table: TableDraft, chains: TableInput): Generator<void> {
  const wanted = new Map(givenChains(table.name, chains))
  for (const [name, chain] of table.chains) {
    if (wanted.has(name)) continue
    if (chain.hook < 0) table.chains.delete(name)
    else {
      chain.slots = []
      chain.policy = 'ACCEPT'
    }
  }
  for (const name of wanted.keys()) if (!table.chains.has(name)) newChain(table, name)
  for (const [name, { policy, counters, rules }] of wanted) {
    yield* replaceChain(table, name, rules)
    if (policy !== undefined) setPolicy(table, name, policy)
    if (counters) table.chain(name).counting = checkCounters(counters)
  }
  table.changed = true
}

/** Adds the rules of these chains to those that a table has, and sets the policies that are given. Chains that are missing are made. */
export function mergeTable(table: TableDraft, chains: TableInput): void {
  const more = givenChains(table.name, chains)
  for (const [name] of more) if (!table.chains.has(name)) newChain(table, name)
  for (const [name, { policy, counters, rules }] of more) {
    for (const rule of rules) append(table, name, rule)
    if (policy !== undefined) setPolicy(table, name, policy)
    if (counters) table.chain(name).counting = checkCounters(counters)
  }
}

function chainsOf(table: TableDraft, name: string | undefined): Iterable<ChainDraft> {
  return name === undefined ? table.chains.values() : [table.chain(name)]
}

function zeroSlot(slot: Slot): void {
  slot.counting = slot.origin === undefined ? 'new' : 'zero'
}

function checkNumber(table: TableDraft, name: string, number: number, last: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= last) return
  throw new InputError(`there is no rule ${number} in ${table.name} ${name}: numbers go from 1 to ${last}`)
}

/** Refuses what no chain can be called: iptables keeps names below 29 bytes. */
export function checkChainWord(name: string): void {
  if (typeof name !== 'string' || name === '') throw new InputError('a chain needs a name')
  const length = Buffer.byteLength(name)
  if (length >= EXTENSION_NAME_SIZE) {
    throw new InputError(`chain name '${name}' is too long: ${length} bytes, at most ${EXTENSION_NAME_SIZE - 1} fit`)
  }
  if (BLANK.test(name) || name.includes('\0')) throw new InputError(`chain name '${name}' holds a blank`)
}

/** Refuses what is no name for a new chain, by the rules of iptables: also what looks like an option, and names of targets. */
export function checkChainName(family: Family, name: string): void {
  checkChainWord(name)
  if (/^[-!]/.test(name)) throw new InputError(`chain name '${name}' may not begin with '${name[0]}'`)
  if (Object.hasOwn(VERDICTS, name) || name === 'standard' || findExtension('target', name, family)) {
    throw new InputError(`chain name '${name}' is that of a target`)
  }
}
