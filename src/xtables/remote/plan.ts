import { breathe, busy } from '../../netlink/index.js'
import { inside } from '../../netlink/wire/error.js'
import { type ChainDraft, type Counting, type Slot, UNREAD } from '../draft.js'
import type { RuleInput } from '../rule.js'
import type { LineWriter } from './answer.js'
import type { ChainAnswer, ChainData, CountingData, PlanData, SlotData } from './request.js'
import { givenJson } from './rule-line.js'
import { RemoteRule } from './slot.js'
import type { RemoteTable } from './table.js'

/** What is to become of a table, as the daemon is told; the new rules go to `lines`. */
export async function tellPlan(table: RemoteTable, lines: LineWriter): Promise<PlanData> {
  const { draft } = table
  const chains: ChainData[] = []
  const left = new Set(table.chains.keys())
  for (const chain of draft.chains.values()) {
    const from = nameBefore(table, chain)
    if (from !== undefined) left.delete(from)
    if (from === undefined || !untouched(table, chain, from)) chains.push(await tellChain(table, chain, from, lines))
  }
  return { chains, deleted: [...left], released: releasedOf(table) }
}

/** What a chain was called when it was read; undefined for a new one. */
function nameBefore({ chains }: RemoteTable, { origin, hook, name }: ChainDraft): string | undefined {
  if (origin !== undefined) return (origin as ChainAnswer).name
  // A built-in chain that the kernel does not have yet.
  return hook >= 0 && chains.has(name) ? name : undefined
}

function untouched({ chains, counts }: RemoteTable, { name, policy, counting, wanted, slots, origin }: ChainDraft, from: string): boolean {
  if (name !== from || policy !== chains.get(from)?.policy || counting !== 'keep' || (wanted && origin === undefined)) return false
  if (slots.length === 1 && slots[0] === UNREAD) return true
  // Rules that nobody has asked for are gone where nothing stands for them.
  const count = counts.get(from) ?? (origin === undefined ? 0 : -1)
  return slots.length === count && slots.every((slot, i) => slot.counting === 'keep' && slot.origin instanceof RemoteRule && slot.origin.index === i)
}

async function tellChain({ draft }: RemoteTable, chain: ChainDraft, from: string | undefined, lines: LineWriter): Promise<ChainData> {
  const { name, policy, counting, wanted } = chain
  const slots = new SlotList()
  for (let i = 0; i < chain.slots.length; i++) {
    const slot = chain.slots[i] as Slot
    if (slot.given === undefined) {
      slots.keep(slot)
      continue
    }
    slots.add(slot)
    if (lines.add(lineOf(slot.given, draft.name, name, i, draft.family)) && busy()) await breathe()
  }
  const seen = counting === 'zero' ? countingData(draft.reader.policyCounters(chain)) : undefined
  return { name, from, policy, counting: countingData(counting), seen, wanted, slots: slots.all }
}

function lineOf(rule: RuleInput, table: string, chain: string, index: number, family: 'ip' | 'ip6'): string {
  try {
    return givenJson(rule, family)
  } catch (error) {
    return inside(`${table} ${chain} rule ${index + 1}`, () => {
      throw error
    })
  }
}

function countingData(counting: Counting): CountingData {
  return typeof counting === 'string' ? counting : `${counting.packets}:${counting.bytes}`
}

/** Slots, those of a kind that follow each other in one item. */
class SlotList {
  readonly all: SlotData[] = []

  keep(slot: Slot): void {
    if (slot === UNREAD) {
      this.all.push('unread')
      return
    }
    const { index, counters } = slot.origin as RemoteRule
    if (slot.counting !== 'keep') {
      this.all.push({ keep: index, counting: countingData(slot.counting), seen: slot.counting === 'zero' && counters ? countingData(counters) : undefined })
      return
    }
    const last = this.all.at(-1)
    if (Array.isArray(last) && (last[0] as number) + (last[1] as number) === index) this.all[this.all.length - 1] = [last[0], last[1] + 1]
    else this.all.push([index, 1])
  }

  add({ counting }: Slot): void {
    if (counting !== 'new') {
      this.all.push({ counting: countingData(counting) })
      return
    }
    const last = this.all.at(-1)
    if (typeof last === 'number') this.all[this.all.length - 1] = last + 1
    else this.all.push(1)
  }
}

/** Rules that were taken out by name or number, as rows of those that follow each other. */
function releasedOf({ draft }: RemoteTable): PlanData['released'] {
  const byChain = new Map<string, Set<number>>()
  for (const { origin } of draft.released) {
    if (!(origin instanceof RemoteRule)) continue
    const indexes = byChain.get(origin.chain)
    if (indexes) indexes.add(origin.index)
    else byChain.set(origin.chain, new Set([origin.index]))
  }
  const rows: [string, number, number][] = []
  for (const [chain, indexes] of byChain) {
    for (const index of [...indexes].sort((a, b) => a - b)) {
      const last = rows.at(-1)
      if (last && last[0] === chain && last[1] + last[2] === index) last[2]++
      else rows.push([chain, index, 1])
    }
  }
  return rows
}
