import { type Acknowledgement, beginNfMessage, breathe, busy, errnoName, errnoText, finishMessage, InputError, KernelError, messageType, NLM_F, SUBSYSTEM, TransportError } from '../../netlink/index.js'
import type { Writer } from '../../netlink/wire/cursor.js'
import { Stale } from '../backend.js'
import { checkTable, placeOf } from '../check.js'
import type { Slot } from '../draft.js'
import type { Extension } from '../extension.js'
import { explain, lowered } from './explain.js'
import { planAll, writeBatch } from './batch.js'
import type { RuleWriter } from './encode.js'
import { type Link, refusal } from './link.js'
import { MESSAGE } from './messages.js'
import { isCompat } from './native/index.js'
import type { Step } from './plan.js'
import type { NftTable } from './table.js'

/** The generation is another by now (include/uapi/asm-generic/errno.h); no program gets to see it elsewhere, and Node has no name for it. */
const ERESTART = 85

const ENOBUFS = 105

/** What a commit is made with. */
export interface CommitOptions {
  readonly generation: number
  /** Lets the kernel check everything, and then changes nothing. */
  readonly test: boolean
  readonly writerOf: (table: NftTable, chainName: (name: string) => string) => RuleWriter
  /** The revisions to write extensions in of which the kernel has no highest one; what is found out is added. */
  readonly revisions: Map<Extension, number>
}

/**
 * Makes all tables what their drafts say, in one batch: all of it or nothing. Throws a Stale when somebody else has
 * committed since `generation`, a KernelError that names the rule when the kernel refuses one.
 */
export function commit(link: Link, tables: readonly NftTable[], options: CommitOptions): Promise<void> {
  return numbered(tables, () => commitOnce(link, tables, options))
}

/** An InputError names a rule by its number, which counts those that nobody has asked for, too: they are read for it, and it is tried again. */
export async function numbered<T>(tables: readonly NftTable[], body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (!InputError.is(error)) throw error
    for (const table of tables) await table.load('rules')
    return body()
  }
}

async function commitOnce(link: Link, tables: readonly NftTable[], options: CommitOptions): Promise<void> {
  const steps = await planAll(tables, options.writerOf)
  if (steps.length === 0) return
  const { generation, test, revisions } = options
  const refused = await sendSteps(link, steps, generation, test).catch((error: unknown) => {
    // Nothing is said of a batch that went well: what runs over is refusals.
    if (!TransportError.is(error) || error.code !== 'ERR_OVERRUN' || error.errno === undefined) throw error
    return firstRefused(link, steps, generation, error)
  })
  if (refused) throw await failure(link, steps, refused.index, refused.ack, revisions)
}

/** What the kernel has against a message of a batch, the one that opens it being message 0. */
interface Refused {
  readonly index: number
  readonly ack: Acknowledgement
}

/** Sends steps as one batch: the first that the kernel refuses. One that changes nothing (a flush of an empty chain) makes no generation. */
async function sendSteps(link: Link, steps: readonly Step[], generation: number, test: boolean): Promise<Refused | undefined> {
  const count = steps.length + (test ? 1 : 2)
  const first = link.connection.sequence(count + 1)
  const datagram = await writeBatch(steps, first, generation, test)
  let failed: Refused | undefined
  await link.connection.batch('committing', datagram, first, count, askGeneration, {
    acknowledged(ack, index) {
      if (ack.errno !== 0 && (!failed || index < failed.index)) failed = { index, ack }
    },
  })
  return failed
}

/** Refusals that fit the smallest receive buffer. */
const FEW = 200

/** The first step that is refused, where so many are that the kernel could not say it: asked for a few more each time. */
async function firstRefused(link: Link, steps: readonly Step[], generation: number, cause: TransportError): Promise<Refused> {
  for (let end = FEW; end < steps.length + FEW; end += FEW) {
    const failed = await sendSteps(link, steps.slice(0, end), generation, true)
    if (failed) return failed
  }
  throw new KernelError('the kernel refuses this change, and has no room to say why; nothing was changed', { errno: ENOBUFS, request: 'commit', cause })
}

function askGeneration(writer: Writer, sequence: number): void {
  finishMessage(writer, beginNfMessage(writer, messageType(SUBSYSTEM.nftables, MESSAGE.getGeneration), NLM_F.request, 0, sequence))
}

/** The error for what the kernel has against message `index` of a batch. */
async function failure(link: Link, steps: readonly Step[], index: number, ack: Acknowledgement, revisions: Map<Extension, number>): Promise<Error> {
  const { errno, message } = ack
  const name = errnoName(errno)
  if (errno === ERESTART) return new Stale('the tables were changed by another program')
  const step = steps[index - 1]
  if (!step) return refusal('committing', ack)
  const { table, emptied, chain, slot } = step
  const { draft } = table
  const sentence = `${errnoText(errno)} (${name})${message === undefined ? '' : `: ${message}`}`
  if (!chain || !slot) {
    const of = chain?.name ?? emptied
    const what = of === undefined ? `table '${draft.name}'` : `chain '${of}' of table '${draft.name}'`
    return new KernelError(`the kernel refuses ${VERBS[step.command] ?? 'to change'} ${what}: ${sentence}`, { errno, request: `commit ${draft.name}`, path: of === undefined ? draft.name : `${draft.name} ${of}`, kernelMessage: message })
  }
  const rule = slot.given ?? table.rule(slot)
  if (name === 'ENOENT' && (await lowered(link, draft.family, rule, revisions))) return new Stale('this kernel has older extensions')
  if (name === 'EMLINK' || name === 'ELOOP') {
    // Chains may call each other in a circle by rules that have not been read.
    await table.load('rules')
    checkTable(draft, isCompat)
  } else await table.load({ chain: chain.name })
  const path = placeOf(draft, chain, slot)
  const why = await explain(link, draft, rule, errno)
  return new KernelError(`${path}: the kernel refuses it: ${sentence}${why === '' ? '' : `; ${why}`}`, { errno, request: `commit ${draft.name}`, path, kernelMessage: message })
}

const VERBS: Readonly<Record<number, string>> = {
  [MESSAGE.newTable]: 'to make',
  [MESSAGE.newChain]: 'to make or change',
  [MESSAGE.deleteChain]: 'to delete',
  [MESSAGE.deleteRule]: 'to empty',
}

/** Refuses a change that would lose rules that only their owner can make anew. */
export async function checkForeign(table: NftTable): Promise<void> {
  const { draft } = table
  const origins = (slots: Iterable<Slot>) => Array.from(slots, ({ origin }) => origin)
  const safe = new Set([...[...draft.chains.values()].flatMap(({ slots }) => origins(slots)), ...origins(draft.released)])
  for (const [chain, slots] of table.rules) {
    for (const [index, slot] of slots.entries()) {
      if ((index & 63) === 63 && busy()) await breathe()
      if (safe.has(slot.origin) || !table.isForeign(slot)) continue
      const path = `${draft.name} ${chain.name} rule ${index + 1}`
      throw new InputError('this rule is of nft, or another program, and cannot be written by iptables: it would be lost; delete it by its number if you mean to', { path })
    }
  }
}
