import { InputError } from '../../netlink/wire/error.js'
import { checkChainWord } from '../change.js'
import { type ChainDraft, type Counting, newSlot, type Slot, type TableDraft, UNREAD } from '../draft.js'
import type { Counters, RuleInput } from '../rule.js'
import type { ChainData, CountingData, PlanData, SlotData } from './request.js'
import { readCounters } from './rule-line.js'

/** What a plan changes in a table. */
export interface Applied {
  /** The names of all chains that it changes: those before as well as those after. */
  readonly chains: readonly string[]
  /** How many rules it adds, and how many it takes out; those of a chain that nobody has read are not known. */
  readonly added: number
  readonly deleted: number
}

/** How a plan is taken by a backend. */
export interface ApplyOptions {
  /** Built-in chains cannot be deleted. */
  readonly keepBuiltIn: boolean
  /** What was counted since the plan was made outlives that counters are set to zero. */
  readonly keepCounted: boolean
}

/**
 * Makes the draft of a table what a plan says. Everything that the plan names has to be there, no rule may stand twice: a
 * program is not trusted to have planned well. Throws an InputError, and leaves the draft unfinished then.
 */
export function applyPlan(table: TableDraft, { chains, deleted, released }: PlanData, rules: () => RuleInput, { keepBuiltIn, keepCounted }: ApplyOptions): Applied {
  const before = new Map([...table.chains].map(([name, chain]) => [name, { chain, slots: chain.slots }]))
  const named = new Set<string>()
  const changed = new Set<string>()
  let [added, gone] = [0, 0]
  const origin = (name: string) => {
    const found = before.get(name)
    if (!found) throw new InputError(`there was no chain '${name}' in table '${table.name}'`)
    return found
  }
  for (const [name, first, count] of released) for (const slot of rowOf(origin(name).slots, first, count, name)) table.released.add(slot)
  for (const name of deleted) {
    const { chain, slots } = origin(name)
    if (chain.hook >= 0 && keepBuiltIn) throw new InputError(`'${name}' is built into table '${table.name}', it cannot be deleted`)
    once(named, name)
    table.chains.delete(name)
    changed.add(name)
    if (!slots.includes(UNREAD)) gone += slots.length
  }
  for (const data of chains) {
    if (data.from === undefined) continue
    once(named, data.from)
    const { chain } = origin(data.from)
    if (data.name !== data.from && chain.hook >= 0) throw new InputError(`'${data.from}' is built into table '${table.name}', it cannot be renamed`)
    if (data.name !== data.from) table.chains.delete(data.from)
  }
  for (const data of chains) {
    const known = data.from === undefined ? undefined : origin(data.from)
    const chain = known?.chain ?? made(data)
    const slots = new Filling(table, chain, known?.slots ?? [], rules, keepCounted)
    for (const slot of data.slots) slots.take(slot)
    if (touches(chain, data, known?.slots, slots.all)) for (const name of [data.name, data.from ?? data.name]) changed.add(name)
    added += slots.added
    gone += slots.missing
    change(table, chain, data, keepCounted)
    chain.slots = slots.all
  }
  follow(table, chains)
  table.changed = true
  return { chains: [...changed], added, deleted: gone }
}

function once(named: Set<string>, name: string): void {
  if (named.has(name)) throw new InputError(`chain '${name}' is named twice`)
  named.add(name)
}

/** A chain that was not there. */
function made({ name }: ChainData): ChainDraft {
  return { name, hook: -1, policy: undefined, counting: 'new', origin: undefined, slots: [] }
}

/** Whether anything of a chain is to be another than it was. */
function touches(chain: ChainDraft, { name, from, policy, counting, wanted }: ChainData, before: readonly Slot[] | undefined, after: readonly Slot[]): boolean {
  if (from !== name || policy !== chain.policy || counting !== 'keep' || (wanted && chain.origin === undefined)) return true
  return before?.length !== after.length || before.some((slot, i) => slot !== after[i])
}

function change(table: TableDraft, chain: ChainDraft, { name, from, policy, counting, seen, wanted }: ChainData, keepCounted: boolean): void {
  if (from !== name) {
    // It may be that of a target, as in an input of iptables-restore.
    checkChainWord(name)
    if (table.chains.has(name)) throw new InputError(`chain '${name}' exists already in table '${table.name}'`)
    chain.name = name
    table.chains.set(name, chain)
  }
  if (chain.hook >= 0 ? policy === undefined : policy !== undefined) throw new InputError(`built-in chains have a policy, and no others: not so '${name}'`)
  chain.policy = policy
  chain.counting = chain.hook >= 0 && keepCounted ? since(countingOf(counting), seen, table.reader.policyCounters(chain)) : countingOf(counting)
  if (wanted) chain.wanted = true
}

function countingOf(data: CountingData): Counting {
  return data === 'keep' || data === 'zero' || data === 'new' ? data : readCounters(data)
}

/** Zero, and what was counted since somebody has seen the counters. */
function since(counting: Counting, seen: string | undefined, now: Counters | undefined): Counting {
  if (counting !== 'zero' || seen === undefined || now === undefined) return counting
  const before = readCounters(seen)
  const more = { packets: now.packets - before.packets, bytes: now.bytes - before.bytes }
  // Others may have set them to zero, too.
  return (more.packets > 0n || more.bytes > 0n) && more.packets >= 0n && more.bytes >= 0n ? more : 'zero'
}

function rowOf(slots: readonly Slot[], first: number, count: number, chain: string): Slot[] {
  const row = slots.slice(first, first + count)
  if (row.length !== count || row.includes(UNREAD)) throw new InputError(`there was no rule ${first + count} in chain '${chain}', or it was not read`)
  return row
}

/** Puts the slots of a chain together. */
class Filling {
  readonly all: Slot[] = []
  added = 0
  readonly #table: TableDraft
  readonly #chain: ChainDraft
  readonly #before: readonly Slot[]
  readonly #rules: () => RuleInput
  readonly #keepCounted: boolean
  readonly #used = new Set<Slot>()

  constructor(table: TableDraft, chain: ChainDraft, before: readonly Slot[], rules: () => RuleInput, keepCounted: boolean) {
    this.#keepCounted = keepCounted
    this.#table = table
    this.#chain = chain
    this.#before = before
    this.#rules = rules
  }

  /** How many of the rules it had are in it no more. */
  get missing(): number {
    return this.#before.filter((slot) => slot !== UNREAD).length - this.#used.size + (this.#used.has(UNREAD) ? 1 : 0)
  }

  take(data: SlotData): void {
    // What was not read is all there was.
    if (data === 'unread') for (const slot of this.#before) this.#keep(slot, slot)
    else if (typeof data === 'number') for (let i = 0; i < data; i++) this.#add('new')
    else if ('keep' in data) {
      const [slot] = rowOf(this.#before, data.keep, 1, this.#chain.name) as [Slot]
      const { origin, jump } = slot
      if (data.counting === 'new') throw new InputError('only a new rule counts from the beginning')
      const counting = countingOf(data.counting)
      const now = this.#keepCounted && counting === 'zero' ? this.#table.reader.rule(slot).counters : undefined
      this.#keep(slot, { origin, given: undefined, jump, counting: since(counting, data.seen, now) })
    } else if ('counting' in data) this.#add(data.counting)
    else for (const slot of rowOf(this.#before, data[0], data[1], this.#chain.name)) this.#keep(slot, slot)
  }

  #keep(before: Slot, slot: Slot): void {
    if (this.#used.has(before)) throw new InputError(`a rule of chain '${this.#chain.name}' stands in the plan twice`, { path: this.#table.name })
    this.#used.add(before)
    this.all.push(slot)
  }

  #add(counting: CountingData): void {
    if (counting === 'keep' || counting === 'zero') throw new InputError('a new rule has counted nothing')
    const slot = newSlot(this.#rules())
    slot.counting = countingOf(counting)
    this.all.push(slot)
    this.added++
  }
}

/** Rules that jump to a chain jump to it still when it has a new name. */
function follow(table: TableDraft, chains: readonly ChainData[]): void {
  const names = new Map(chains.filter(({ name, from }) => from !== undefined && from !== name).map(({ name, from }) => [from as string, name]))
  if (names.size === 0) return
  for (const chain of table.chains.values()) {
    chain.slots = chain.slots.map((slot) => {
      const to = slot.given === undefined && slot.jump !== undefined ? names.get(slot.jump) : undefined
      return to === undefined ? slot : { origin: slot.origin, given: undefined, jump: to, counting: slot.counting }
    })
  }
}
