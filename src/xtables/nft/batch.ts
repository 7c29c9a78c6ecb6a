import { batchMessage, beginNfMessage, breathe, busy, finishMessage, messageType, NLM_F, SUBSYSTEM } from '../../netlink/index.js'
import { Writer } from '../../netlink/wire/cursor.js'
import { InputError } from '../../netlink/wire/error.js'
import { addressFamily } from '../context.js'
import type { RuleWriter } from './encode.js'
import { plan, type Step } from './plan.js'
import type { NftTable } from './table.js'

/** The steps of all tables, to be sent as one. */
export async function planAll(tables: readonly NftTable[], writerOf: (table: NftTable, chainName: (name: string) => string) => RuleWriter): Promise<Step[]> {
  const steps: Step[] = []
  for (const table of tables) {
    for (const step of plan(table, (chainName) => writerOf(table, chainName))) {
      if ((steps.push(step) & 255) === 0 && busy()) await breathe()
    }
  }
  return steps
}

/** Bytes that a step takes, and seldom more: memory that is not written to costs nothing, a batch that grows is copied. */
const STEP_SIZE = 1024
const LARGEST = 2 ** 28

/**
 * A batch as one datagram: its messages are numbered from `first`, the one that opens it included. One that does not end
 * (`test`) is checked by the kernel and then given up.
 */
export async function writeBatch(steps: readonly Step[], first: number, generation: number, test: boolean): Promise<Buffer> {
  const writer = new Writer(Math.min(256 + STEP_SIZE * steps.length, LARGEST))
  let sequence = first
  batchMessage(writer, 'begin', SUBSYSTEM.nftables, NLM_F.request, sequence, generation)
  for (let i = 0; i < steps.length; i++) {
    const { command, flags, table, write } = steps[i] as Step
    sequence = (sequence + 1) >>> 0
    const start = beginNfMessage(writer, messageType(SUBSYSTEM.nftables, command), NLM_F.request | flags, addressFamily(table.draft.family), sequence)
    try {
      write(writer)
    } catch (error) {
      throw InputError.is(error) ? named(steps[i] as Step, error) : error
    }
    finishMessage(writer, start)
    if ((i & 15) === 0 && busy()) await breathe()
  }
  if (!test) batchMessage(writer, 'end', SUBSYSTEM.nftables, NLM_F.request, (sequence + 1) >>> 0)
  return writer.written()
}

/** The error of a rule that cannot be written, with the place it stands at. */
function named({ table, chain, slot }: Step, error: InputError): InputError {
  return chain && slot ? error.within(`${table.draft.name} ${chain.name} rule ${chain.slots.indexOf(slot) + 1}`) : error
}
