import { HEADER_SIZE } from './header.js'
import { putU32, Reader, type Writer } from './wire/cursor.js'
import { ProtocolError } from './wire/error.js'

/** One message of a datagram. The body is a view on the datagram: read it before the next one is received. */
export interface Message {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly port: number
  readonly body: Reader
}

/**
 * The messages of a datagram, in order. A length that is too small or too large is a ProtocolError with its place;
 * a tail of fewer than four bytes is padding.
 */
export function* messages(datagram: Uint8Array): Generator<Message> {
  const reader = new Reader(datagram)
  const end = datagram.length
  let at = 0
  while (at < end) {
    if (end - at < HEADER_SIZE) {
      if (end - at < 4) return
      throw new ProtocolError(`a message header of ${HEADER_SIZE} bytes cut to ${end - at}`, { offset: at })
    }
    const length = reader.u32At(at)
    if (length < HEADER_SIZE || length > end - at) {
      throw new ProtocolError(`a message of ${length} bytes where ${end - at} are left`, { offset: at })
    }
    yield {
      type: reader.u16At(at + 4),
      flags: reader.u16At(at + 6),
      sequence: reader.u32At(at + 8),
      port: reader.u32At(at + 12),
      body: new Reader(datagram, at + HEADER_SIZE, at + length, reader.view),
    }
    at += (length + 3) & -4
  }
}

/** Begins a message in `writer`; `finishMessage` with what this gives fills in its length. */
export function beginMessage(writer: Writer, type: number, flags: number, sequence = 0): number {
  const at = writer.reserve(HEADER_SIZE)
  writer.setU32At(at, 0)
  writer.setU16At(at + 4, type)
  writer.setU16At(at + 6, flags)
  writer.setU32At(at + 8, sequence)
  writer.setU32At(at + 12, 0)
  return at
}

/** Ends the message begun at `start`: its length, and padding to four bytes. */
export function finishMessage(writer: Writer, start: number): void {
  const length = writer.at - start
  writer.setU32At(start, length)
  const padding = -length & 3
  if (padding > 0) {
    const at = writer.reserve(padding)
    writer.bytes.fill(0, at, at + padding)
  }
}

/** Puts a sequence number into the message that begins at `start`. */
export function setSequence(bytes: Uint8Array, start: number, sequence: number): void {
  putU32(bytes, start + 8, sequence)
}

/** Where each message of a datagram begins, and its sequence number, as far as the lengths make sense. */
export function numbered(datagram: Uint8Array): { readonly at: number; readonly sequence: number }[] {
  const reader = new Reader(datagram)
  const found: { at: number; sequence: number }[] = []
  for (let at = 0; at + HEADER_SIZE <= datagram.length; ) {
    const length = reader.u32At(at)
    found.push({ at, sequence: reader.u32At(at + 8) })
    if (length < HEADER_SIZE) break
    at += (length + 3) & -4
  }
  return found
}
