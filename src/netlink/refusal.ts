import { type Acknowledgement, ExtendedAck, readAcknowledgement, readDone } from './acknowledge.js'
import { Header, HEADER_SIZE, NLM_F, NLMSG } from './header.js'
import { beginMessage, finishMessage, type Message } from './message.js'
import { encode } from './wire/codec.js'
import { Writer } from './wire/cursor.js'
import { s32 } from './wire/integers.js'

/** Most bytes of the words of a refusal: an extended acknowledgement takes no more. */
const LONGEST = 4000

/** What the kernel would answer to a message that it refuses, said by somebody who stands before it. `text` says why. */
export function refuse(message: Message, errno: number, text?: string): Buffer {
  const writer = new Writer(256)
  const start = beginMessage(writer, NLMSG.error, NLM_F.capped | (text === undefined ? 0 : NLM_F.ackTlvs), message.sequence)
  writer.setU32At(start + 12, message.port)
  s32.write(writer, -errno)
  writer.put(headerOf(message))
  if (text !== undefined) ExtendedAck.write(writer, { message: cut(text) })
  finishMessage(writer, start)
  return writer.written()
}

/**
 * What an answer says of the request it ends, errno 0 where it was done; undefined for one that brings data. Throws a
 * ProtocolError for one that is too short.
 */
export function outcomeOf(message: Message): Acknowledgement | undefined {
  if (message.type === NLMSG.error) return readAcknowledgement(message)
  return message.type === NLMSG.done ? readDone(message) : undefined
}

/** The header of a message again: all that a capped refusal gives back of it. */
function headerOf({ type, flags, sequence, port, body }: Message): Uint8Array {
  return encode(Header, { length: HEADER_SIZE + body.left, type, flags, sequence, port })
}

function cut(text: string): string {
  const clean = text.replaceAll('\0', '')
  if (Buffer.byteLength(clean) <= LONGEST) return clean
  return `${Buffer.from(clean).subarray(0, LONGEST - 3).toString('utf8').replace(/\ufffd+$/, '')}…`
}
