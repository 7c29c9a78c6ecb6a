import { HEADER_SIZE, messages } from '../netlink/index.js'
import { NESTED, TYPE_MASK } from '../netlink/wire/attributes.js'
import type { Codec } from '../netlink/wire/codec.js'
import { Reader } from '../netlink/wire/cursor.js'
import { isAttributeSet } from '../netlink/wire/describe.js'

/** How deep attributes may be nested before the rest is shown as bytes. */
const DEPTH = 16

/**
 * The messages of a datagram, a line for each header and attribute, with names where `codec` has them. `skip` is the
 * size of the fixed part between header and attributes: 4 for nfgenmsg. What cannot be read is shown as bytes;
 * what is no datagram of messages throws a ProtocolError.
 */
export function dissect(datagram: Uint8Array, codec?: Codec<unknown>, skip = 4): string[] {
  const lines: string[] = []
  for (const { type, flags, body } of messages(datagram)) {
    lines.push(`message type 0x${hexNumber(type, 4)} flags 0x${hexNumber(flags, 3)} length ${body.left + HEADER_SIZE}`)
    const bytes = body.rest()
    lines.push(`  fixed ${hex(bytes.subarray(0, skip))}`)
    attributeLines(bytes.subarray(skip), codec, '  ', 0, lines)
  }
  return lines
}

/** Where two datagrams differ, as lines that begin with `-` (expected) and `+` (actual); empty when they are equal. Throws as dissect. */
export function difference(expected: Uint8Array, actual: Uint8Array, codec?: Codec<unknown>, skip = 4): string[] {
  const left = dissect(expected, codec, skip)
  const right = dissect(actual, codec, skip)
  const lines: string[] = []
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    if (left[i] === right[i]) continue
    if (left[i] !== undefined) lines.push(`- ${left[i]}`)
    if (right[i] !== undefined) lines.push(`+ ${right[i]}`)
  }
  return lines
}

function attributeLines(bytes: Uint8Array, codec: Codec<unknown> | undefined, indent: string, depth: number, lines: string[]): void {
  const reader = new Reader(bytes)
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.length - at < 4 ? 0 : reader.u16At(at)
    if (size < 4 || size > bytes.length - at) {
      lines.push(`${indent}malformed ${hex(bytes.subarray(at))}`)
      return
    }
    const type = reader.u16At(at + 2)
    const row = isAttributeSet(codec) ? codec.byType[type & TYPE_MASK]?.[1] : undefined
    const name = row ? `${codec?.name}_${row.kernel}(${type & TYPE_MASK})` : `attribute ${type & TYPE_MASK}`
    const flags = type & ~TYPE_MASK ? ` flags 0x${hexNumber(type & ~TYPE_MASK, 4)}` : ''
    const payload = bytes.subarray(at + 4, at + size)
    const nested = (type & NESTED) !== 0 && depth < DEPTH
    lines.push(`${indent}${name}${flags}${nested ? '' : ` ${hex(payload)}`}`)
    if (nested) attributeLines(payload, row?.codec, `${indent}  `, depth + 1, lines)
    at += (size + 3) & -4
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function hexNumber(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
