import { encode } from '../../netlink/wire/codec.js'
import { errnoName, errnoText, KernelError, type Libc, type Reserved } from '../../netlink/index.js'
import { Stale } from '../backend.js'
import { placeOf } from '../check.js'
import { explain } from '../explain.js'
import { type ChainDraft, type Slot, TableDraft } from '../draft.js'
import { TableReplace } from '../layout.js'
import { COUNTERS_SIZE, countersBefore, countersToAdd } from './counters.js'
import { type Joined, join } from './join.js'
import type { TableSocket } from './sockopt.js'
import type { LegacyTable, Surroundings } from './table.js'
import { unclearTimeout } from '../timeout.js'

/** One table on its way to the kernel. */
export class TableCommit {
  readonly #libc: Libc
  readonly #socket: TableSocket
  readonly #table: LegacyTable
  readonly #surroundings: Surroundings
  readonly #memory: Reserved
  readonly #joined: Joined
  /** The counters of the table that was replaced, once it is. */
  #old: Buffer | undefined

  private constructor(libc: Libc, socket: TableSocket, table: LegacyTable, surroundings: Surroundings, memory: Reserved, joined: Joined) {
    this.#libc = libc
    this.#socket = socket
    this.#table = table
    this.#surroundings = surroundings
    this.#memory = memory
    this.#joined = joined
  }

  /** Puts a table together for the kernel; nothing is sent. Throws an InputError that names the rule. */
  static async prepare(libc: Libc, socket: TableSocket, table: LegacyTable, surroundings: Surroundings): Promise<TableCommit> {
    const { draft, info, map, unclear } = table
    if (unclear.size > 0) checkClear(table)
    const memory = libc.reserve(COUNTERS_SIZE * info.entries)
    try {
      const replaced = { validHooks: info.validHooks, entries: info.entries, bytes: map.bytes, counters: memory.address }
      return new TableCommit(libc, socket, table, surroundings, memory, await join(draft, replaced, surroundings))
    } catch (error) {
      memory.free()
      throw error
    }
  }

  /**
   * Replaces the table, counters kept. Throws a KernelError that names the rule, and has then changed nothing; a Stale
   * where the table is not the one that was read.
   */
  async send(): Promise<void> {
    const { draft, map } = this.#table
    const errno = await this.#socket.replace(this.#joined.bytes)
    if (errnoName(errno) === 'EAGAIN') throw new Stale(`table '${draft.name}' was changed by another program`)
    if (errno !== 0) throw await refusal(this.#socket, this.#table, this.#surroundings, errno)
    this.#old = this.#memory.copy()
    await this.#socket.addCounters(draft.name, countersToAdd(this.#joined.counting, this.#old, map))
  }

  /**
   * Makes the table again what it was before, if it was replaced: with the counters it had, and what was counted since. `cause`:
   * why. Throws a KernelError where it cannot be: it stays as the transaction has made it.
   */
  async putBack(cause: unknown): Promise<void> {
    const { info, map } = this.#table
    if (!this.#old) return
    const { counting } = this.#joined
    const memory = this.#libc.reserve(COUNTERS_SIZE * counting.length)
    try {
      const { name, validHooks, entries, size, hookEntry, underflow } = info
      const fields = { name, validHooks, entries, size, hookEntry, underflow, oldEntries: counting.length, counters: memory.address }
      const errno = await this.#socket.replace(Buffer.concat([encode(TableReplace, fields), map.bytes]))
      if (errno !== 0) {
        const why = cause instanceof Error ? `, which failed: ${cause.message}` : ''
        throw new KernelError(`table '${name}' cannot be put back (${errnoText(errno)}): it stays as the transaction has made it${why}`, { errno, cause })
      }
      await this.#socket.addCounters(name, countersBefore(counting, this.#old, memory.copy()))
    } finally {
      memory.free()
    }
  }

  free(): void {
    this.#memory.free()
  }
}

function checkClear({ draft, unclear }: LegacyTable): void {
  for (const chain of draft.chains.values()) {
    for (const slot of chain.slots) {
      const why = unclear.get(slot)
      if (why !== undefined) throw unclearTimeout(placeOf(draft, chain, slot), why)
    }
  }
}

/** The error for a table that the kernel refuses: which rule it is, and what it may have against it. */
async function refusal(socket: TableSocket, table: LegacyTable, surroundings: Surroundings, errno: number): Promise<KernelError> {
  const found = await findRefused(socket, table, surroundings)
  const { draft } = table
  const sentence = `${errnoText(errno)} (${errnoName(errno)})`
  if (!found) return new KernelError(`the kernel refuses table '${draft.name}': ${sentence}`, { errno, request: `replace ${draft.name}` })
  const rule = found.slot.given ?? table.rule(found.slot)
  const why = explain(rule, draft.family, errno, ({ type, name, kernel = name }, revision) => socket.hasRevision(type, kernel, revision))
  const path = placeOf(draft, found.chain, found.slot)
  const message = `${path}: the kernel refuses it: ${sentence}${why === '' ? '' : `; ${why}`}`
  return new KernelError(message, { errno, request: `replace ${draft.name}`, path })
}

interface Candidate {
  readonly chain: ChainDraft
  readonly slot: Slot
}

/**
 * The rule that the kernel refuses, found by asking it about fewer and fewer of the rules. Nothing is changed by that: a
 * replacement that tells a wrong number of old entries is checked to the end, and then fails with EAGAIN.
 */
async function findRefused(socket: TableSocket, table: LegacyTable, surroundings: Surroundings): Promise<Candidate | undefined> {
  const { draft } = table
  const all = draft.inOrder().flatMap((chain) => chain.slots.map((slot) => ({ chain, slot })))
  const kept = all.filter(({ slot }) => slot.given === undefined)
  const given = all.filter(({ slot }) => slot.given !== undefined)
  const accepted = (some: readonly Candidate[]) => probe(socket, table, surroundings, new Set(some.map(({ slot }) => slot)))
  const sound = await accepted(kept)
  const [base, suspects] = sound ? [kept, given] : [[], kept]
  let [low, high] = [0, suspects.length]
  if (await accepted([...base, ...suspects])) return undefined
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (await accepted([...base, ...suspects.slice(0, middle)])) low = middle
    else high = middle
  }
  return suspects[low]
}

/** Whether the kernel would take the table with these rules alone. */
async function probe(socket: TableSocket, { draft, info, map }: LegacyTable, surroundings: Surroundings, some: ReadonlySet<Slot>): Promise<boolean> {
  const copy = new TableDraft(draft.family, draft.name, draft.reader)
  for (const [name, chain] of draft.chains) copy.chains.set(name, { ...chain, slots: chain.slots.filter((slot) => some.has(slot)) })
  // No table has but one entry, so that this can never be the right number.
  const replaced = { validHooks: info.validHooks, entries: 1, bytes: map.bytes, counters: 0n }
  const { bytes } = await join(copy, replaced, surroundings)
  return errnoName(await socket.replace(bytes)) === 'EAGAIN'
}
