import { inside } from '../netlink/wire/error.js'
import { checkCounters } from './counters.js'
import { type ChainDraft, newSlot, type Slot, type TableDraft } from './draft.js'
import type { RuleInput } from './rule.js'

/** Rules that are looked at between two steps. */
const STEP = 32

/** Where a rule stands in a chain, counted from 0; -1 where it does not. In steps: a chain may be long. */
export function* finding({ reader }: TableDraft, { slots }: ChainDraft, rule: RuleInput): Generator<void, number> {
  const wanted = reader.keyOf(rule)
  for (let i = 0; i < slots.length; i++) {
    if (reader.key(slots[i] as Slot) === wanted) return i
    if (i % STEP === STEP - 1) yield
  }
  return -1
}

/** Slots for rules, in steps: of those that say what a rule of the chain says that one, in its order, and new ones. */
export function* keeping(table: TableDraft, chain: ChainDraft, rules: readonly RuleInput[]): Generator<void, Slot[]> {
  const found: (Slot | undefined)[] = new Array(rules.length)
  if (chain.slots.length > 0) {
    const { reader } = table
    const left = new Set(chain.slots)
    // What is the same to the byte is found first, since that costs little.
    const place = (index: number) => `${table.name} ${chain.name} rule ${index + 1}`
    const quick = { of: (slot: Slot) => reader.quickKey?.(slot), ofRule: (rule: RuleInput, index: number) => inside(place(index), () => reader.quickKeyOf?.(rule)) }
    if (reader.quickKey) yield* pair(rules, found, left, quick)
    yield* pair(rules, found, left, { of: (slot) => reader.key(slot), ofRule: (rule, index) => inside(place(index), () => reader.keyOf(rule)) })
  }
  const slots: Slot[] = []
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as RuleInput
    const slot = found[i]
    slots.push(slot ? counted(table, slot, rule) : newSlot(rule))
    if (i % STEP === STEP - 1) yield
  }
  return slots
}

/** A slot with the counters of a rule: the same one where the rule gives none, or those it has. */
function counted({ reader }: TableDraft, slot: Slot, { counters }: RuleInput): Slot {
  if (counters === undefined) return slot
  const counting = checkCounters(counters)
  if (slot.origin !== undefined && slot.counting === 'keep') {
    const had = reader.rule(slot).counters
    if (counting.packets === (had?.packets ?? 0n) && counting.bytes === (had?.bytes ?? 0n)) return slot
  }
  return { origin: slot.origin, given: slot.given, jump: slot.jump, counting }
}

interface Keys {
  of(slot: Slot): string | undefined
  ofRule(rule: RuleInput, index: number): string | undefined
}

/** Gives each rule that has no slot yet the first one left with the same key. */
function* pair(rules: readonly RuleInput[], found: (Slot | undefined)[], left: Set<Slot>, keys: Keys): Generator<void> {
  const open = (index: number) => !found[index]
  if (left.size === 0 || !rules.some((_, index) => open(index))) return
  let work = 0
  const byKey = new Map<string, Slot[]>()
  for (const slot of [...left].reverse()) {
    const key = keys.of(slot)
    const same = key === undefined ? undefined : byKey.get(key)
    if (same) same.push(slot)
    else if (key !== undefined) byKey.set(key, [slot])
    if (++work % STEP === 0) yield
  }
  for (let i = 0; i < rules.length; i++) {
    if (++work % STEP === 0) yield
    const key = open(i) ? keys.ofRule(rules[i] as RuleInput, i) : undefined
    const slot = key === undefined ? undefined : byKey.get(key)?.pop()
    if (!slot) continue
    found[i] = slot
    left.delete(slot)
  }
}
