import { decode, encode } from '../../netlink/wire/codec.js'
import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { chars, checkText } from '../../netlink/wire/text.js'
import { type Kind, kindOf } from '../kind.js'

/** Bytes that a pattern may have (XT_STRING_MAX_PATTERN_SIZE). */
export const PATTERN_SIZE = 128

const BAR = 0x7c
const BACKSLASH = 0x5c
const SPACE = 0x20

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not text`)
  if (text.includes('\0')) throw new InputError('a NUL character cannot stand here: give it in hexadecimal, |00|')
  return encode(chars(8 * PATTERN_SIZE), text).subarray(0, checkText(text, 8 * PATTERN_SIZE - 1))
}

function limited(bytes: Uint8Array): Uint8Array {
  if (bytes.length > PATTERN_SIZE) throw new InputError(`${bytes.length} bytes long, at most ${PATTERN_SIZE} fit`)
  return bytes
}

/** Whether bytes can be told as text: all of them printable ASCII, no backslash at the end. */
export function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= SPACE && byte < 0x7f) && bytes.at(-1) !== BACKSLASH
}

function hexDigit(byte: number | undefined): number {
  const digit = byte === undefined ? Number.NaN : Number.parseInt(String.fromCharCode(byte), 16)
  if (Number.isNaN(digit)) throw new InputError(`'${String.fromCharCode(byte ?? BAR)}' is not a hexadecimal digit`)
  return digit
}

/**
 * Text with bytes in hexadecimal between bars, `GET|20 2f|`; outside of them a backslash makes the next character text.
 * What follows a bar is no bar and no backslash of this notation: behind a block it is text, in one a digit.
 */
function readNotation(text: string): Uint8Array {
  const input = bytesOf(text)
  if (input.length === 0) throw new InputError('at least one character is needed')
  const bytes: number[] = []
  let inside = false
  for (let at = 0; at < input.length; ) {
    let byte = input[at] as number
    const escaped = byte === BACKSLASH
    if (byte === BAR) {
      inside = !inside
      at++
      if (inside) while (input[at] === SPACE) at++
      if (at >= input.length) break
      byte = input[at] as number
    } else if (escaped && inside) throw new InputError('no backslash may stand between two bars')
    if (inside) {
      if (at + 2 >= input.length) throw new InputError('hexadecimal digits or the closing bar are missing at the end')
      bytes.push(16 * hexDigit(input[at]) + hexDigit(input[at + 1]))
      at += input[at + 2] === SPACE ? 3 : 2
    } else if (escaped) {
      if (at + 1 >= input.length) throw new InputError('nothing follows the backslash')
      bytes.push(input[at + 1] as number)
      at += 2
    } else {
      bytes.push(byte)
      at++
    }
  }
  return limited(Uint8Array.from(bytes))
}

/** A single bar is a block without bytes. */
function notation(bytes: Uint8Array): string {
  return bytes.length === 0 ? '|' : `|${Buffer.from(bytes).toString('hex')}|`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Text that is searched for. */
export const textPattern: Kind<string, Uint8Array> = kindOf({
  name: 'text',
  parse(text) {
    limited(bytesOf(text))
    return text
  },
  format: quoted,
  pack: (value) => limited(bytesOf(value)),
  unpack: (raw) => decode(chars(raw.length), raw),
})

/** Bytes that are searched for: `|0d0a|`, or in a rule also the bytes themselves. */
export const bytePattern: Kind<string, Uint8Array, string | Uint8Array> = kindOf({
  name: 'text|hex|text',
  parse: (text) => notation(readNotation(text)),
  format: quoted,
  pack(value) {
    if (value instanceof Uint8Array) return limited(value)
    if (typeof value !== 'string') throw new InputError(`'${shown(value)}' is neither bytes nor text such as |0d0a|`)
    return readNotation(value)
  },
  unpack: notation,
})
