import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ScriptedTransport } from '../support/scripted-transport.js'
import { commandOf, isQuery, messagesIn, queryKey } from './messages.js'

/** What the ipset tool sent and received for one command: fixtures/ipset/capture.mjs. */
export interface Fixture {
  readonly setup: readonly string[]
  /** The kernel lacks this set type; fixtures/ipset/played-kernel.c has answered in its stead. */
  readonly played?: { readonly type: string; readonly revision: number; readonly family: string }
  readonly command: readonly string[]
  /** Lines on standard input, of `restore`. */
  readonly input?: readonly string[]
  readonly exit: number
  readonly sent: readonly string[]
  readonly received: readonly string[]
}

const FILE = join(__dirname, '../../fixtures/ipset/messages.json')

export const FIXTURES: readonly Fixture[] = (JSON.parse(readFileSync(FILE, 'utf8')) as { fixtures: Fixture[] }).fixtures

export function bytesOf(hex: readonly string[]): Buffer[] {
  return hex.map((one) => Buffer.from(one, 'hex'))
}

const NLMSG_ERROR = 2

/**
 * The kernel of a fixture: what is sent gets the answers that the tool got, numbered anew. A query has to be one the
 * tool sent too (see `queryKey`), any number of times; another command gets the answers of the tool's next of the same
 * name.
 */
export function replay(fixture: Fixture): ScriptedTransport {
  const asked = bytesOf(fixture.sent)
  const received = bytesOf(fixture.received)

  function answers(message: Buffer): Buffer[] {
    const index = isQuery(message)
      ? asked.findIndex((one) => queryKey(one) === queryKey(message))
      : asked.findIndex((one) => commandOf(one) === commandOf(message))
    const same = asked[index]
    if (!same) throw new Error(`the tool sent no such ${commandOf(message)}: ${message.toString('hex')}`)
    if (!isQuery(message)) asked.splice(index, 1)
    const sequence = same.readUInt32LE(8)
    return received
      .filter((one) => one.readUInt32LE(8) === sequence)
      .map((one) => renumbered(one, message.readUInt32LE(8)))
  }

  return new ScriptedTransport((datagram) => messagesIn([datagram]).flatMap(answers))
}

/** A datagram with another nlmsg_seq in each of its messages, and in the request an error gives back. */
function renumbered(datagram: Buffer, sequence: number): Buffer {
  const bytes = Buffer.from(datagram)
  for (let at = 0; at < bytes.length; at += (bytes.readUInt32LE(at) + 3) & -4) {
    bytes.writeUInt32LE(sequence, at + 8)
    if (bytes.readUInt16LE(at + 4) === NLMSG_ERROR) bytes.writeUInt32LE(sequence, at + 20 + 8)
  }
  return bytes
}
