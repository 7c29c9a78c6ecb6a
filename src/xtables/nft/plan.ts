import { close, NESTED, open } from '../../netlink/wire/attributes.js'
import type { Writer } from '../../netlink/wire/cursor.js'
import { NLM_F } from '../../netlink/index.js'
import { type ChainDraft, type Slot, UNREAD } from '../draft.js'
import type { Counters, RuleInput } from '../rule.js'
import { placeOf } from '../check.js'
import { unclearTimeout } from '../timeout.js'
import { baseOf } from './base.js'
import { compatOf, type RuleWriter, withCounters } from './encode.js'
import { kept } from './kept.js'
import type { KernelChain } from './link.js'
import { expressionsOf, type KernelRule } from './rules.js'
import { split } from './expression/split.js'
import { ChainAttributes, MESSAGE, RuleAttributes, TableAttributes } from './messages.js'
import type { NftTable } from './table.js'

/** NLM_F_REPLACE, NLM_F_APPEND, NLM_F_NONREC (include/uapi/linux/netlink.h) */
const REPLACE = 0x100
const APPEND = 0x800
const ONLY_EMPTY = 0x100

/** One message of a batch. */
export interface Step {
  readonly table: NftTable
  readonly command: number
  /** NLM_F_* beside NLM_F_REQUEST. */
  readonly flags: number
  readonly write: (writer: Writer) => void
  /** What is changed: for errors. `emptied`: a chain that the kernel has, and the draft perhaps no more. */
  readonly emptied?: string
  readonly chain?: ChainDraft
  readonly slot?: Slot
}

const NOTHING: Counters = { packets: 0n, bytes: 0n }
/** NF_DROP, NF_ACCEPT */
const POLICIES = { DROP: 0, ACCEPT: 1 } as const

/**
 * The steps that make a table what its draft says, and no others. Chains come before the rules that jump to them, rules
 * go before their chains, names change last: until then the kernel knows chains by the names they had.
 */
export function* plan(table: NftTable, writerOf: (chainName: (name: string) => string) => RuleWriter): Generator<Step> {
  const { draft } = table
  const chains = [...draft.chains.values()]
  const before = new Set(table.chains)
  const reused = reuse(chains, before)
  const nameNow = (chain: ChainDraft) => ((chain.origin as KernelChain | undefined) ?? reused.get(chain))?.name ?? chain.name
  const rules = writerOf((name) => nameNow(draft.chains.get(name) ?? ({ name } as ChainDraft)))

  if (!table.exists) yield { table, command: MESSAGE.newTable, flags: NLM_F.create, write: (writer) => TableAttributes.write(writer, { name: draft.name }) }
  for (const chain of chains) yield* planChain(table, chain, reused.get(chain))
  const lost = [...before].filter((origin) => !chains.some((chain) => chain.origin === origin || reused.get(chain) === origin))
  for (const origin of lost) yield flushed(table, origin.name)
  for (const chain of chains) yield* planRemovals(table, chain, reused.get(chain))
  for (const chain of chains) yield* planRules(table, chain, nameNow(chain), rules)
  for (const { name } of lost) {
    yield { table, emptied: name, command: MESSAGE.deleteChain, flags: ONLY_EMPTY, write: (writer) => ChainAttributes.write(writer, { table: draft.name, name }) }
  }
  for (const chain of chains) {
    const origin = chain.origin as KernelChain | undefined
    if (!origin || origin.name === chain.name) continue
    const renamed = { table: draft.name, handle: origin.handle, name: chain.name }
    yield { table, command: MESSAGE.newChain, flags: 0, write: (writer) => ChainAttributes.write(writer, renamed), chain }
  }
}

/** Chains that are new in the draft and take the place of one of the same name that is gone from it. */
function reuse(chains: readonly ChainDraft[], before: ReadonlySet<KernelChain>): ReadonlyMap<ChainDraft, KernelChain> {
  const staying = new Set(chains.map(({ origin }) => origin))
  const gone = new Map([...before].filter((chain) => !staying.has(chain)).map((chain) => [chain.name, chain]))
  const found = new Map<ChainDraft, KernelChain>()
  for (const chain of chains) {
    const old = chain.origin === undefined && chain.hook < 0 ? gone.get(chain.name) : undefined
    if (old) found.set(chain, old)
  }
  return found
}

function* planChain(table: NftTable, chain: ChainDraft, reused: KernelChain | undefined): Generator<Step> {
  const { draft } = table
  const { name, policy, hook, counting } = chain
  const origin = chain.origin as KernelChain | undefined
  if (hook < 0) {
    if (origin || reused) return
    yield { table, command: MESSAGE.newChain, flags: NLM_F.create | NLM_F.exclusive, write: (writer) => ChainAttributes.write(writer, { table: draft.name, name }), chain }
    return
  }
  const counted = counting === 'zero' ? NOTHING : typeof counting === 'object' ? counting : undefined
  if (origin ? origin.policy === policy && counted === undefined : chain.slots.length === 0 && !chain.wanted && typeof counting !== 'object') return
  const base = baseOf(draft.name, name)
  const attributes = {
    table: draft.name,
    name,
    ...(base && !origin ? { hook: { number: base.hook, priority: base.priority >>> 0 }, type: base.type } : {}),
    policy: POLICIES[policy ?? 'ACCEPT'],
    ...(counted ? { counters: counted } : {}),
  }
  yield { table, command: MESSAGE.newChain, flags: NLM_F.create, write: (writer) => ChainAttributes.write(writer, attributes), chain }
}

function flushed(table: NftTable, chain: string): Step {
  return { table, emptied: chain, command: MESSAGE.deleteRule, flags: 0, write: (writer) => RuleAttributes.write(writer, { table: table.draft.name, chain }) }
}

/**
 * From so many rules on a chain is emptied and filled again where each of them would be replaced: the kernel finds a handle by
 * going through the chain.
 */
const MANY = 64

/** The slots that stay where they are in the kernel. */
function stayingOf(had: readonly Slot[] | undefined, { slots }: ChainDraft): ReadonlySet<Slot> {
  if (slots.includes(UNREAD)) return new Set([UNREAD])
  const staying = kept(had ?? [], slots)
  const anew = staying.length >= MANY && staying.every(({ counting }) => counting !== 'keep')
  return new Set(anew ? [] : staying)
}

function* planRemovals(table: NftTable, chain: ChainDraft, reused: KernelChain | undefined): Generator<Step> {
  const origin = (chain.origin as KernelChain | undefined) ?? reused
  if (!origin || chain.slots.includes(UNREAD)) return
  const had = chain.origin === undefined ? undefined : table.rules.get(chain)
  const staying = new Set([...stayingOf(had, chain)].map(({ origin }) => origin))
  if (staying.size === 0) {
    if (had === undefined || had.length > 0) yield flushed(table, origin.name)
    return
  }
  for (const slot of had ?? []) {
    if (staying.has(slot.origin)) continue
    const gone = { table: table.draft.name, chain: origin.name, handle: (slot.origin as KernelRule).handle }
    yield { table, command: MESSAGE.deleteRule, flags: 0, write: (writer) => RuleAttributes.write(writer, gone), chain, slot }
  }
}

function* planRules(table: NftTable, chain: ChainDraft, name: string, rules: RuleWriter): Generator<Step> {
  const { slots } = chain
  const staying = stayingOf(table.rules.get(chain), chain)
  const place = { table: table.draft.name, chain: name }
  // What goes before all rules of the kernel's that have not been read is put in front, the last of it first.
  const unread = slots.indexOf(UNREAD)
  for (let i = unread - 1; i >= 0; i--) yield added(table, chain, slots[i] as Slot, rules, 0, place)
  let next: (KernelRule | undefined)[] | undefined
  if (staying.size > 0 && unread < 0) next = following(slots, staying)
  for (let i = unread + 1; i < slots.length; i++) {
    const slot = slots[i] as Slot
    if (staying.has(slot)) {
      if (slot.counting !== 'keep' && counts(slot)) yield recounted(table, chain, slot, place)
      continue
    }
    const before = next?.[i]
    if (before) yield added(table, chain, slot, rules, 0, { ...place, position: before.handle })
    else yield added(table, chain, slot, rules, APPEND, place)
  }
}

/** For each place the next rule of the kernel's behind it. */
function following(slots: readonly Slot[], staying: ReadonlySet<Slot>): (KernelRule | undefined)[] {
  const next = new Array<KernelRule | undefined>(slots.length)
  let found: KernelRule | undefined
  for (let i = slots.length - 1; i >= 0; i--) {
    next[i] = found
    const slot = slots[i] as Slot
    if (staying.has(slot)) found = slot.origin as KernelRule
  }
  return next
}

interface Place {
  readonly table: string
  readonly chain: string
  readonly handle?: bigint
  readonly position?: bigint
}

type Compat = ReturnType<typeof compatOf>

function added(table: NftTable, chain: ChainDraft, slot: Slot, rules: RuleWriter, flags: number, place: Place): Step {
  return {
    table,
    command: MESSAGE.newRule,
    flags: NLM_F.create | flags,
    chain,
    slot,
    write(writer) {
      if (slot.given) writeRule(writer, place, (writer) => rules.write(writer, slot.given as RuleInput, countedBy(slot)), compatOf(slot.given), undefined)
      else {
        checkClear(table, chain, slot)
        const origin = slot.origin as KernelRule
        const expressions = expressionsOf(origin)
        const bytes = slot.counting === 'keep' ? expressions : withCounters(expressions, countedBy(slot))
        writeRule(writer, place, (writer) => writer.put(bytes), compatOf(table.rule(slot)), origin.userdata)
      }
    },
  }
}

/** Whether a rule has other counters than it is to have. Those of nft may have none, and some can be made but once. */
function counts(slot: Slot): boolean {
  const { packets, bytes } = countedBy(slot)
  for (const one of split(expressionsOf(slot.origin as KernelRule))) {
    if (one.expr === 'counter' && (one.packets !== packets || one.bytes !== bytes)) return true
  }
  return false
}

/** The same rule, with other counters. */
function recounted(table: NftTable, chain: ChainDraft, slot: Slot, place: Place): Step {
  const origin = slot.origin as KernelRule
  const { handle, userdata } = origin
  const expressions = expressionsOf(origin)
  checkClear(table, chain, slot)
  return {
    table,
    command: MESSAGE.newRule,
    flags: REPLACE,
    chain,
    slot,
    write: (writer) => writeRule(writer, { ...place, handle }, (writer) => writer.put(withCounters(expressions, countedBy(slot))), compatOf(table.rule(slot)), userdata),
  }
}

/** Refuses to send a rule again that the kernel has given back cut. */
function checkClear({ draft, unclear }: NftTable, chain: ChainDraft, slot: Slot): void {
  const why = unclear.get(slot)
  if (why !== undefined) throw unclearTimeout(placeOf(draft, chain, slot), why)
}

function countedBy({ counting }: Slot): Counters {
  return typeof counting === 'object' ? counting : NOTHING
}

function writeRule(writer: Writer, place: Place, expressions: (writer: Writer) => void, compat: Compat, userdata: Uint8Array | undefined): void {
  const { position, ...where } = place
  RuleAttributes.write(writer, where)
  const list = open(writer, RuleAttributes.rows.expressions.type | NESTED)
  expressions(writer)
  close(writer, list)
  RuleAttributes.write(writer, { compat, ...(position === undefined ? {} : { position }), ...(userdata ? { userdata } : {}) })
}
