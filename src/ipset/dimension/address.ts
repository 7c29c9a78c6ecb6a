import { formatIPv4, parseIPv4, parseIPv6 } from '../../netlink/wire/address.js'
import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Entry } from '../attributes.js'
import type { Dimension, Reading } from './dimension.js'
import { wholeNumber } from './number.js'

/** Which of the entry's fields an address dimension fills. */
const FIRST = { address: 'ip', prefix: 'cidr', last: 'ipTo' } as const
const SECOND = { address: 'ip2', prefix: 'cidr2', last: 'ip2To' } as const

interface Shape {
  /** A `net` keeps its prefix; an `ip` with a prefix or a range stands for many entries; a `host` is one address. */
  readonly kind: 'ip' | 'net' | 'host'
  readonly fields: typeof FIRST | typeof SECOND
  /** The kernel takes /0 here. */
  readonly zero?: true
  /** Ranges and prefixes may be tested too, not only added and deleted. */
  readonly testMany?: true
}

function addressDimension(shape: Shape): Dimension {
  const { kind, fields } = shape
  return {
    word: kind === 'net' ? 'net' : 'ip',
    read(value, entry, reading) {
      if (typeof value !== 'string') throw new InputError(`${shown(value)} is no address: give it as text`)
      readAddress(value, entry, reading, shape)
    },
    print(entry, style) {
      const address = entry[fields.address]
      if (address === undefined) return undefined
      const prefix = entry[fields.prefix]
      const last = entry[fields.last]
      const whole = address.includes(':') ? 128 : 32
      const tail = last === undefined ? '' : `-${last}`
      return prefix === undefined || (prefix === whole && style === 'tool') ? address + tail : `${address}/${prefix}${tail}`
    },
  }
}

function readAddress(text: string, entry: Entry, reading: Reading, shape: Shape): void {
  const { fields } = shape
  const slash = text.indexOf('/')
  const dash = slash < 0 ? text.indexOf('-') : -1
  const end = slash >= 0 ? slash : dash >= 0 ? dash : text.length
  const address = written(end === text.length ? text : text.slice(0, end), reading)
  const number = demandAddress(address, reading)
  entry[fields.address] = address
  if (slash >= 0) readPrefix(text, slash, number, entry, reading, shape)
  else if (dash >= 0) readRange(text, dash, number, entry, reading, shape)
}

/** The address written out: the tool takes 10.1 for 10.0.0.1 and 0 for 0.0.0.0 (inet_aton(3)). */
function written(text: string, { lenient, family }: Reading): string {
  if (!lenient || family === 'inet6' || !/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){0,2}$/.test(text)) return text
  const parts = text.split('.').map(Number)
  const last = parts.pop() as number
  const room = 256 ** (4 - parts.length)
  if (last >= room || parts.some((part) => part > 255)) return text
  return formatIPv4(parts.reduce((sum, part, i) => sum + part * 256 ** (3 - i), last))
}

/** The address as a number (IPv4) or undefined (IPv6), of the family of the set. */
function demandAddress(text: string, { family }: Reading): number | undefined {
  if (family === 'inet6') {
    if (parseIPv6(text)) return undefined
  } else {
    const number = parseIPv4(text)
    if (number >= 0) return number
  }
  throw new InputError(`'${text}' is no ${family === 'inet6' ? 'IPv6' : 'IPv4'} address${hint(text, family)}`)
}

function hint(text: string, family: Reading['family']): string {
  if (text === '') return ''
  if (text.includes('%')) return ': an address with a zone cannot be stored'
  if (family === 'inet6' && parseIPv4(text) >= 0) return ': the set holds IPv6'
  if (family !== 'inet6' && parseIPv6(text)) return ': the set holds IPv4'
  if (/^[\d.]+$/.test(text) && /(^|\.)0\d/.test(text)) return ': leading zeros are read as octal by some, so write none'
  return ''
}

function readPrefix(text: string, slash: number, number: number | undefined, entry: Entry, reading: Reading, shape: Shape): void {
  const whole = reading.family === 'inet6' ? 128 : 32
  const prefix = wholeNumber(text.slice(slash + 1), 0, whole, 'prefix length', reading.lenient)
  const many = prefix < whole
  if (many && shape.kind === 'host') throw new InputError(`'${text}': one address is wanted here, not a network`)
  if (many && shape.kind === 'ip') {
    if (whole === 128) throw new InputError(`'${text}': this type takes single IPv6 addresses only`)
    demandMany(text, reading, shape)
  }
  if (!reading.lenient) {
    if (prefix === 0 && !shape.zero) throw new InputError(zeroText(text, whole))
    if (hasHostBits(entry[shape.fields.address] as string, number, prefix)) {
      throw new InputError(`'${text}' has bits set behind the prefix: write the network's own address, or a single host`)
    }
  }
  if (shape.kind !== 'host') entry[shape.fields.prefix] = prefix
}

function zeroText(text: string, whole: number): string {
  const halves = whole === 128 ? '::/1 and 8000::/1' : '0.0.0.0/1 and 128.0.0.0/1'
  return `'${text}': the kernel stores no /0 in this type; add ${halves}`
}

function hasHostBits(address: string, number: number | undefined, prefix: number): boolean {
  if (number !== undefined) return prefix < 32 && number << prefix !== 0
  const bytes = parseIPv6(address) as Uint8Array
  return bytes.some((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefix - index * 8))
    return (byte & (0xff >> bits)) !== 0
  })
}

function readRange(text: string, dash: number, first: number | undefined, entry: Entry, reading: Reading, shape: Shape): void {
  if (shape.kind === 'host') throw new InputError(`'${text}': one address is wanted here, not a range`)
  if (first === undefined) throw new InputError(`'${text}': the kernel takes ranges of IPv4 addresses only`)
  demandMany(text, reading, shape)
  const last = written(text.slice(dash + 1), reading)
  const end = demandAddress(last, reading) as number
  if (end < first && !reading.lenient) throw new InputError(`'${text}': the range ends before it begins`)
  entry[shape.fields.last] = last
}

function demandMany(text: string, { purpose }: Reading, shape: Shape): void {
  if (purpose === 'test' && !shape.testMany) throw new InputError(`'${text}' means many entries: test one`)
}

/** An address; IPv4 ranges and prefixes stand for every address in them. */
export const ip = addressDimension({ kind: 'ip', fields: FIRST })
/** The same where the kernel also tests ranges (hash:ip, hash:ip,mark). */
export const ipTested = addressDimension({ kind: 'ip', fields: FIRST, testMany: true })
/** One address. */
export const host = addressDimension({ kind: 'host', fields: FIRST })
/** One address, the second of the entry. */
export const host2 = addressDimension({ kind: 'host', fields: SECOND })
/** A network; IPv4 ranges are split into networks by the kernel. */
export const net = addressDimension({ kind: 'net', fields: FIRST })
/** A network, /0 included. */
export const netZero = addressDimension({ kind: 'net', fields: FIRST, zero: true })
/** A network, the second address of the entry. */
export const net2 = addressDimension({ kind: 'net', fields: SECOND })
/** A network, the second address of the entry, /0 included. */
export const net2Zero = addressDimension({ kind: 'net', fields: SECOND, zero: true })
