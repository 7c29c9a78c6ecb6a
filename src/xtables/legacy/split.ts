import { Reader } from '../../netlink/wire/cursor.js'
import { ProtocolError } from '../../netlink/wire/error.js'
import { breathe, busy } from '../../netlink/index.js'
import type { Family } from '../context.js'
import type { ChainDraft, Slot, TableDraft } from '../draft.js'
import { GOTO, HEADER_OFFSETS, HEADER_SIZE } from '../header.js'
import { HOOK_CHAINS } from '../hooks.js'
import { CHAIN_NAME_SIZE, EXTENSION_HEADER } from '../layout.js'
import type { Policy } from '../ruleset.js'
import type { Info } from './sockopt.js'
import { VERDICTS } from '../verdict.js'

/** How a standard target of an entry leads on. */
export type Link = 'next' | 'chain' | 'none'

/** Where the kernel's bytes of a rule stand. */
export interface Entry {
  /** In bytes from the start of the table. */
  readonly at: number
  readonly size: number
  /** The place among all entries, heads and policies counted: that of its counters. */
  readonly index: number
  readonly link: Link
}

const FUNCTION_TARGET = Buffer.from('ERROR\0')
const POLICIES = new Map<number, Policy>([[VERDICTS.ACCEPT as number, 'ACCEPT'], [VERDICTS.DROP as number, 'DROP']])

/** Reads where things stand in the entries of a table. */
export class EntryMap {
  readonly bytes: Buffer
  readonly #reader: Reader
  readonly #family: Family
  /** The entry that was looked at last, and where its target begins: it is asked for several times. */
  #lastAt = -1
  #lastTarget = 0

  constructor(bytes: Buffer, family: Family) {
    this.bytes = bytes
    this.#reader = new Reader(bytes)
    this.#family = family
  }

  /** Bytes of the entry at a place, checked. */
  size(at: number): number {
    const least = HEADER_SIZE[this.#family] + EXTENSION_HEADER
    const size = at + least <= this.bytes.length ? this.#reader.u16At(at + HEADER_OFFSETS[this.#family].nextOffset) : 0
    const target = size === 0 ? 0 : this.#reader.u16At(at + HEADER_OFFSETS[this.#family].targetOffset)
    if (size < least || at + size > this.bytes.length || target < HEADER_SIZE[this.#family] || target + EXTENSION_HEADER > size) {
      throw new ProtocolError('an entry does not end where it says', { offset: at })
    }
    return size
  }

  /** Where the target of an entry begins. */
  target(at: number): number {
    if (at === this.#lastAt) return this.#lastTarget
    this.#lastAt = at
    this.#lastTarget = at + this.#reader.u16At(at + HEADER_OFFSETS[this.#family].targetOffset)
    return this.#lastTarget
  }

  /** The name of the chain whose head the entry is; undefined where it is none, or is cut: `size` says so of that. */
  head(at: number): string | undefined {
    if (at + HEADER_SIZE[this.#family] > this.bytes.length) return undefined
    const target = this.target(at)
    if (target + EXTENSION_HEADER + CHAIN_NAME_SIZE > this.bytes.length) return undefined
    // Most targets begin with another letter: a look at one byte tells.
    if (this.bytes[target + 2] !== FUNCTION_TARGET[0]) return undefined
    if (this.bytes.compare(FUNCTION_TARGET, 0, 6, target + 2, target + 8) !== 0) return undefined
    const from = target + EXTENSION_HEADER
    const nul = this.bytes.indexOf(0, from)
    return this.bytes.toString('utf8', from, Math.min(nul, from + CHAIN_NAME_SIZE))
  }

  /** The verdict of a standard target; undefined for another one. */
  verdict(at: number): number | undefined {
    const target = this.target(at)
    return this.bytes[target + 2] === 0 ? this.#reader.u32At(target + EXTENSION_HEADER) | 0 : undefined
  }

  isGoto(at: number): boolean {
    return ((this.bytes[at + HEADER_OFFSETS[this.#family].flags] as number) & GOTO[this.#family]) !== 0
  }

  counters(at: number): { packets: bigint; bytes: bigint } {
    const { packets, bytes } = HEADER_OFFSETS[this.#family]
    return { packets: this.#reader.u64At(at + packets), bytes: this.#reader.u64At(at + bytes) }
  }
}

/** Takes the entries of a table apart into the chains of a draft. */
export async function split(table: TableDraft, info: Info, map: EntryMap): Promise<void> {
  const builtIn = new Map<number, number>()
  for (const hook of HOOK_CHAINS.keys()) if (info.validHooks & (1 << hook)) builtIn.set(info.hookEntry[hook] as number, hook)
  const places = new Map([...builtIn].map(([at, hook]) => [at, HOOK_CHAINS[hook] as string]))
  const jumps: { readonly slot: Slot; readonly to: number }[] = []
  let chain: ChainDraft | undefined
  let index = 0
  let work = 0
  for (let at = 0; at < map.bytes.length; index++) {
    const size = map.size(at)
    const hook = builtIn.get(at)
    if (hook !== undefined) {
      chain = { name: HOOK_CHAINS[hook] as string, hook, policy: undefined, counting: 'keep', origin: undefined, slots: [] }
    }
    const head = map.head(at)
    if (head !== undefined && at + size === map.bytes.length) break
    if (head !== undefined) {
      chain = { name: head, hook: -1, policy: undefined, counting: 'keep', origin: undefined, slots: [] }
      table.chains.set(head, chain)
      places.set(at + size, head)
    } else if (!chain) throw new ProtocolError('an entry stands before every chain', { offset: at })
    else if (chain.hook >= 0 && at === info.underflow[chain.hook]) {
      const policy = POLICIES.get(map.verdict(at) ?? 0)
      if (!policy) throw new ProtocolError('a chain without a policy', { offset: at })
      table.chains.set(chain.name, { ...chain, policy, origin: { at, size, index, link: 'none' } satisfies Entry })
      chain = undefined
    } else if (chain.hook >= 0 || !endsChain(map, at, size)) chain.slots.push(slotOf(map, { at, size, index }, jumps))
    at += size
    if ((++work & 255) === 0 && busy()) await breathe()
  }
  for (const { slot, to } of jumps) {
    slot.jump = places.get(to)
    if (slot.jump === undefined) throw new ProtocolError(`a jump to ${to}, where no chain begins`, { offset: (slot.origin as Entry).at })
  }
}

/** Whether an entry is the RETURN that the kernel wants at the end of a chain of the user's: a head comes behind it. */
function endsChain(map: EntryMap, at: number, size: number): boolean {
  return at + size < map.bytes.length && map.head(at + size) !== undefined
}

/** The slot of an entry; one that leads to a chain joins `jumps`, until the places of all chains are known. */
function slotOf(map: EntryMap, { at, size, index }: Omit<Entry, 'link'>, jumps: { slot: Slot; to: number }[]): Slot {
  const verdict = map.verdict(at)
  const falls = verdict === at + size && !map.isGoto(at)
  const link: Link = verdict === undefined || verdict < 0 ? 'none' : falls ? 'next' : 'chain'
  const slot: Slot = { origin: { at, size, index, link } satisfies Entry, given: undefined, jump: undefined, counting: 'keep' }
  if (link === 'chain') jumps.push({ slot, to: verdict as number })
  return slot
}
