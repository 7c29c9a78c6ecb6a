import type { Codec } from './codec.js'
import { InputError } from './error.js'

/**
 * The IPv4 address in `text` from `at` to `end`, as a number from 0 to 2^32-1; -1 where it is none. Four decimal
 * numbers, no leading zeros: what reads `010.0.0.1` as octal elsewhere is refused here.
 */
export function parseIPv4(text: string, at = 0, end = text.length): number {
  let address = 0
  for (let part = 0; part < 4; part++) {
    let value = text.charCodeAt(at) - 48
    if (!(value >= 0 && value <= 9) || at >= end) return -1
    at++
    if (value > 0) {
      for (; at < end; at++) {
        const digit = text.charCodeAt(at) - 48
        if (!(digit >= 0 && digit <= 9)) break
        value = value * 10 + digit
        if (value > 255) return -1
      }
    }
    address = address * 256 + value
    if (part < 3 && (at >= end || text.charCodeAt(at++) !== 46)) return -1
  }
  return at === end ? address : -1
}

const OCTETS = Array.from({ length: 256 }, (_, octet) => String(octet))
const DOTTED = Array.from({ length: 256 }, (_, octet) => `.${octet}`)

/** Dotted decimal of a number from 0 to 2^32-1. */
export function formatIPv4(address: number): string {
  return (
    (OCTETS[address >>> 24] as string) +
    (DOTTED[(address >>> 16) & 255] as string) +
    (DOTTED[(address >>> 8) & 255] as string) +
    (DOTTED[address & 255] as string)
  )
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** The 16 bytes of the IPv6 address in `text` (RFC 4291, section 2.2), or undefined where it is none. No zone id. */
export function parseIPv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16)
  let filled = 0
  let gap = -1
  let at = 0
  const end = text.length
  if (text.charCodeAt(0) === 58) {
    if (text.charCodeAt(1) !== 58) return undefined
    at = 2
    gap = 0
  }
  while (at < end) {
    if (filled > 14) return undefined
    const start = at
    let group = 0
    for (; at < end; at++) {
      const digit = hexDigit(text.charCodeAt(at))
      if (digit < 0) break
      group = group * 16 + digit
    }
    if (text.charCodeAt(at) === 46) {
      const tail = filled <= 12 ? parseIPv4(text, start, end) : -1
      if (tail < 0) return undefined
      new DataView(bytes.buffer).setUint32(filled, tail)
      filled += 4
      at = end
      break
    }
    if (at === start || at - start > 4) return undefined
    bytes[filled++] = group >> 8
    bytes[filled++] = group & 255
    if (at === end) break
    if (text.charCodeAt(at++) !== 58) return undefined
    if (text.charCodeAt(at) === 58) {
      if (gap >= 0) return undefined
      gap = filled
      at++
    } else if (at === end) return undefined
  }
  if (gap < 0) return filled === 16 ? bytes : undefined
  if (filled > 14) return undefined
  bytes.copyWithin(16 - (filled - gap), gap, filled)
  bytes.fill(0, gap, 16 - (filled - gap))
  return bytes
}

/** The text of 16 bytes as RFC 5952 wants it, and as inet_ntop(3) and the C tools print it. */
export function formatIPv6(bytes: Uint8Array, at = 0): string {
  const group = (i: number) => ((bytes[at + 2 * i] as number) << 8) | (bytes[at + 2 * i + 1] as number)
  let gap = -1
  let gapLength = 1
  for (let i = 0; i < 8; ) {
    let run = 0
    while (i + run < 8 && group(i + run) === 0) run++
    if (run > gapLength) {
      gap = i
      gapLength = run
    }
    i += run || 1
  }
  const dotted = gap === 0 && (gapLength === 6 || (gapLength === 5 && group(5) === 0xffff))
  const groups = dotted ? 6 : 8
  let text = ''
  for (let i = 0; i < groups; ) {
    if (i === gap) {
      text += '::'
      i += gapLength
      continue
    }
    if (text !== '' && !text.endsWith(':')) text += ':'
    text += group(i++).toString(16)
  }
  if (!dotted) return text
  if (!text.endsWith(':')) text += ':'
  return text + formatIPv4(((group(6) << 16) | group(7)) >>> 0)
}

/** Four bytes of address, as dotted decimal. */
export const ipv4: Codec<string> = {
  name: 'in_addr',
  size: 4,
  align: 4,
  order: 'big',
  write(writer, value) {
    const address = typeof value === 'string' ? parseIPv4(value) : -1
    if (address < 0) throw new InputError(`'${value}' is not an IPv4 address`)
    const at = writer.reserve(4)
    writer.view.setUint32(at, address)
  },
  read: (reader) => formatIPv4(reader.view.getUint32(reader.skip(4))),
}

/** Sixteen bytes of address, as RFC 5952 text. */
export const ipv6: Codec<string> = {
  name: 'in6_addr',
  size: 16,
  align: 4,
  order: 'big',
  write(writer, value) {
    const address = typeof value === 'string' ? parseIPv6(value) : undefined
    if (!address) throw new InputError(`'${value}' is not an IPv6 address`)
    writer.put(address)
  },
  read: (reader) => formatIPv6(reader.bytes, reader.skip(16)),
}

/** The six bytes of a hardware address written as hexadecimal pairs (`02:00:5e:10:00:01`), or undefined. */
export function parseMac(text: string): Uint8Array | undefined {
  const parts = text.split(':')
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) return undefined
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16))
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0').toUpperCase())

/** Six bytes of hardware address, upper-case as the C tools print it. */
export const mac: Codec<string> = {
  name: 'ether_addr',
  size: 6,
  align: 1,
  write(writer, value) {
    const address = typeof value === 'string' ? parseMac(value) : undefined
    if (!address) throw new InputError(`'${value}' is not a hardware address such as 02:00:5E:10:00:01`)
    writer.put(address)
  },
  read(reader) {
    const at = reader.skip(6)
    let text = HEX[reader.bytes[at] as number] as string
    for (let i = 1; i < 6; i++) text += `:${HEX[reader.bytes[at + i] as number]}`
    return text
  },
}
