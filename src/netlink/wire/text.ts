import type { Codec } from './codec.js'
import { InputError, ProtocolError } from './error.js'
import { shown } from './shown.js'

/** Text ended by a NUL, in UTF-8, of fewer than `size` bytes. Holds no NUL itself. */
export function cstring(size: number): Codec<string> {
  return {
    name: `char[${size}]`,
    write(writer, value) {
      if (typeof value !== 'string') throw new InputError(`${shown(value)} is not text`)
      const length = checkText(value, size - 1)
      const at = writer.reserve(length + 1)
      if (length === value.length) for (let i = 0; i < length; i++) writer.bytes[at + i] = value.charCodeAt(i)
      else writer.bytes.set(encodeText(value), at)
      writer.bytes[at + length] = 0
    },
    read(reader) {
      const at = reader.at
      const bytes = reader.rest()
      const nul = bytes.indexOf(0)
      if (nul < 0) throw new ProtocolError('text without its closing NUL', { offset: at })
      if (nul >= size) throw new ProtocolError(`text of ${nul} bytes where ${size - 1} fit`, { offset: at })
      return readText(bytes, nul)
    },
  }
}

/** Text in a field of exactly `size` bytes, the rest of them NUL: `char name[16]` in a struct. */
export function chars(size: number): Codec<string> {
  return {
    name: `char[${size}]`,
    size,
    align: 1,
    write(writer, value) {
      const length = checkText(value, size - 1)
      const at = writer.reserve(size)
      writer.bytes.fill(0, at + length, at + size)
      if (length === value.length) for (let i = 0; i < length; i++) writer.bytes[at + i] = value.charCodeAt(i)
      else writer.bytes.set(encodeText(value), at)
    },
    read(reader) {
      const bytes = reader.take(size)
      const nul = bytes.indexOf(0)
      return readText(bytes, nul < 0 ? size : nul)
    },
  }
}

/** The byte length of `value` in UTF-8; an InputError if that is over `max`, or a NUL or half of a character is inside. */
export function checkText(value: string, max: number): number {
  if (typeof value !== 'string') throw new InputError(`${shown(value)} is not text`)
  if (value.includes('\0')) throw new InputError('a NUL character cannot be sent')
  const length = value.length * 3 <= max ? utf8Length(value) : encodeText(value).length
  if (length > max) throw new InputError(`${length} bytes long, at most ${max} fit`)
  return length
}

function utf8Length(value: string): number {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return encodeText(value).length
  return value.length
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The text of the first `length` bytes. The kernel takes any bytes for a name: those that are no UTF-8 become lone
 * surrogates (U+DC80 to U+DCFF), which `putText` turns back, so that every name can be given back to the kernel.
 */
function readText(bytes: Uint8Array, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number
    if (byte > 0x7f) return decodeUtf8(bytes.subarray(0, length))
    text += String.fromCharCode(byte)
  }
  return text
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return String.fromCharCode(...Array.from(bytes, (byte) => (byte > 0x7f ? 0xdc00 + byte : byte)))
  }
}

const ESCAPED = /(?<![\ud800-\udbff])[\udc80-\udcff]/
/** Half of a character that stands for no byte: UTF-8 has no bytes for it. */
const HALF = /(?<![\ud800-\udbff])[\udc00-\udc7f\udd00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/

/** The bytes of a text; lone surrogates that stand for bytes become those. */
function encodeText(value: string): Buffer {
  if (HALF.test(value)) throw new InputError('it is no well-formed text: half of a character cannot be sent')
  if (!ESCAPED.test(value)) return Buffer.from(value, 'utf8')
  return Buffer.concat(value.split(/((?<![\ud800-\udbff])[\udc80-\udcff])/).map((part) => {
    const byte = part.charCodeAt(0) - 0xdc00
    return part.length === 1 && byte >= 0x80 && byte <= 0xff ? Buffer.of(byte) : Buffer.from(part, 'utf8')
  }))
}

/** Bytes as they are, however many. The value read is a copy: it outlives the datagram. */
export const bytes: Codec<Uint8Array> = {
  name: 'bytes',
  write: (writer, value) => writer.put(value),
  read: (reader) => new Uint8Array(reader.rest()),
}
