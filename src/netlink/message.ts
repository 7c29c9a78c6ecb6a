import { HEADER_SIZE } from './header.js'
import { littleEndian, Reader, type Writer } from './wire/cursor.js'
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
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  const end = datagram.length
  let at = 0
  while (at < end) {
    if (end - at < HEADER_SIZE) {
      if (end - at < 4) return
      throw new ProtocolError(`a message header of ${HEADER_SIZE} bytes cut to ${end - at}`, { offset: at })
    }
    const length = view.getUint32(at, littleEndian)
    if (length < HEADER_SIZE || length > end - at) {
      throw new ProtocolError(`a message of ${length} bytes where ${end - at} are left`, { offset: at })
    }
    yield {
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      sequence: view.getUint32(at + 8, littleEndian),
      port: view.getUint32(at + 12, littleEndian),
      body: new Reader(datagram, at + HEADER_SIZE, at + length),
    }
    at += (length + 3) & -4
  }
}

/** Begins a message in `writer`; `finishMessage` with what this gives fills in its length. */
export function beginMessage(writer: Writer, type: number, flags: number, sequence = 0): number {
  const at = writer.reserve(HEADER_SIZE)
  const { view } = writer
  view.setUint32(at, 0, littleEndian)
  view.setUint16(at + 4, type, littleEndian)
  view.setUint16(at + 6, flags, littleEndian)
  view.setUint32(at + 8, sequence, littleEndian)
  view.setUint32(at + 12, 0, littleEndian)
  return at
}

/** Ends the message begun at `start`: its length, and padding to four bytes. */
export function finishMessage(writer: Writer, start: number): void {
  const length = writer.at - start
  writer.view.setUint32(start, length, littleEndian)
  const padding = -length & 3
  if (padding > 0) {
    const at = writer.reserve(padding)
    writer.bytes.fill(0, at, at + padding)
  }
}

/** Puts a sequence number into the message that begins at `start`. */
export function setSequence(bytes: Buffer, start: number, sequence: number): void {
  if (littleEndian) bytes.writeUInt32LE(sequence, start + 8)
  else bytes.writeUInt32BE(sequence, start + 8)
}
