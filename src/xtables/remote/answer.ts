import { breathe, busy } from '../../netlink/index.js'
import type { ChainDraft, Needs, Slot, TableDraft } from '../draft.js'
import { hookOf } from '../hooks.js'
import type { Counters, Rule } from '../rule.js'
import { type Chain, dictionary, type Table } from '../ruleset.js'
import type { Lines } from './message.js'
import type { ChainAnswer, OpenAnswer, ReadAnswer, Version } from './request.js'
import { readCounters, readRuleLine, ruleLine, unreadableLine } from './rule-line.js'
import { chainsDigest, rulesDigest } from './version.js'

/** Rules that are made a piece of memory at once. */
const PIECE = 64

/** Gathers lines into pieces of a frame. */
export class LineWriter {
  readonly pieces: Buffer[] = []
  #text = ''
  #count = 0

  /** Whether this was the last of a piece, so that there may be time for something else. */
  add(line: string): boolean {
    this.#text += `\n${line}`
    if (++this.#count < PIECE) return false
    this.end()
    return true
  }

  end(): readonly Buffer[] {
    if (this.#text !== '') this.pieces.push(Buffer.from(this.#text))
    this.#text = ''
    this.#count = 0
    return this.pieces
  }
}

function countersText({ packets, bytes }: Counters): string {
  return `${packets}:${bytes}`
}

/** A table as it was read. */
export async function tellTable(name: string, table: Table, lines: LineWriter): Promise<ReadAnswer> {
  const chains: ChainAnswer[] = []
  for (const [chain, { policy, counters, rules }] of Object.entries(table)) {
    chains.push({ name: chain, hook: hookOf(chain), policy, counters: counters && countersText(counters), exists: true, rules: rules.length })
    for (const rule of rules) if (lines.add(ruleLine(rule)) && busy()) await breathe()
  }
  return { name, chains }
}

/** The table that such an answer tells of. */
export async function readTable({ chains }: ReadAnswer, lines: Lines): Promise<Table> {
  const read: [string, Chain][] = []
  for (const { name, policy, counters, rules: count = 0 } of chains) {
    const rules: Rule[] = []
    for (let i = 0; i < count; i++) {
      rules.push(readRuleLine(lines.next()))
      if ((i & 31) === 31 && busy()) await breathe()
    }
    read.push([name, policy === undefined ? { rules } : { policy, counters: readCounters(counters ?? '0:0'), rules }])
  }
  return dictionary(read)
}

/** The chains of a table whose rules were asked for. */
function askedFor(table: TableDraft, needs: Needs): ChainDraft[] {
  if (needs === 'chains') return []
  const chains = [...table.chains.values()]
  return needs === 'rules' ? chains : chains.filter(({ name }) => name === needs.chain)
}

/** A draft that nothing has been changed in, as far as it was asked for. */
export async function tellDraft(table: TableDraft, needs: Needs, lines: LineWriter): Promise<OpenAnswer> {
  const told = new Set(askedFor(table, needs))
  const chains: ChainAnswer[] = []
  const rules: Version['rules'][number][] = []
  for (const chain of table.chains.values()) {
    const { name, hook, policy, origin, slots } = chain
    // A built-in chain of nf_tables is there as soon as somebody has used it.
    const exists = origin !== undefined || hook < 0
    const counters = hook < 0 ? undefined : countersText(table.reader.policyCounters(chain))
    const whole = told.has(chain)
    chains.push({ name, hook, policy, counters, exists, rules: whole ? slots.length : undefined })
    if (!whole) continue
    rules.push([name, await rulesDigest(table, chain)])
    for (const slot of slots) if (lines.add(lineOf(table, slot)) && busy()) await breathe()
  }
  return { chains, version: { chains: chainsDigest(table), rules } }
}

function lineOf({ reader }: TableDraft, slot: Slot): string {
  try {
    return ruleLine(reader.rule(slot))
  } catch (error) {
    return unreadableLine(error)
  }
}
