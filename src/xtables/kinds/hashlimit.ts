import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Context } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import type { Memory } from '../option.js'
import { WIDTH } from './address.js'
import { byteCost, byteFactor, costBytes, formatBytes, roundest } from './byte-rate.js'
import { parseUint } from './number.js'
import { formatRate, parseRate, RATE_UNITS, type Rate, rateOf, ratePeriod } from './rate.js'

/** XT_HASHLIMIT_* in `mode`, after the four of what is counted apart. */
export const MODE = { above: 0x10, bytes: 0x20, rateMatch: 0x40 } as const

/** Bytes per second, or bytes at once. */
export interface Bytes {
  readonly bytes: number
}
export type HashlimitRate = Rate | Bytes

const BURST = 5
/** XT_HASHLIMIT_SCALE_v2: parts of a second that a rate is counted in. */
export const SCALE = 1_000_000
const BYTES_EXPIRE = 15_000
const BYTES_BURST_EXPIRE = 60_000
const MAX_U32 = 0xffff_ffff

export function isBytes(value: unknown): value is Bytes {
  return typeof value === 'object' && value !== null && 'bytes' in value
}

/** Parts of a second in which the average stands: 1/10000 in revision 1, 1/1000000 in later ones. */
export function scaleOf(memory: Memory): number {
  return memory.knows('average1') ? 10_000 : SCALE
}

function averageOf(memory: Memory): number {
  return memory.get(memory.knows('average1') ? 'average1' : 'average')
}

function setAverage(memory: Memory, value: number): void {
  memory.set(memory.knows('average1') ? 'average1' : 'average', value)
}

/** `5/sec`, or `4kb/s` for bytes. */
export const hashlimitRate: Kind<HashlimitRate, HashlimitRate> = kindOf({
  name: 'packets[/unit]|bytes(b|kb|mb)/s',
  parse(text) {
    const [, number, unit = ''] = /^(\d+)(b|kb|mb)\/s(?:ec|econd)?$/.exec(text) ?? []
    return number === undefined ? parseRate(text) : { bytes: Number(number) * byteFactor(unit) }
  },
  format: (value) => (isBytes(value) ? `${formatBytes(value.bytes)}/s` : formatRate(value, SCALE)),
  pack(value) {
    if (isBytes(value)) byteCost(value.bytes)
    else ratePeriod(value, SCALE)
    return value
  },
  unpack: (raw) => raw,
})

/** Puts the rate into the struct, and with it all that stands there while nothing else is given. */
export function packRate(memory: Memory, value: HashlimitRate, { family }: Context): void {
  const bytes = isBytes(value)
  const seconds = bytes ? 1 : RATE_UNITS[value.per]
  if (bytes) memory.raise('mode', MODE.bytes)
  setAverage(memory, bytes ? byteCost(value.bytes) : ratePeriod(value, scaleOf(memory)))
  memory.set('burst', bytes ? 0 : BURST)
  memory.set('expire', bytes ? BYTES_EXPIRE : seconds * 1000)
  memory.set('sourceMask', 8 * WIDTH[family])
  memory.set('destinationMask', 8 * WIDTH[family])
  if (memory.knows('interval')) memory.set('interval', seconds)
}

export function unpackRate(memory: Memory): HashlimitRate {
  const average = averageOf(memory)
  if (average === 0) throw new InputError('a rate without end has no text')
  if (!memory.has('mode', MODE.bytes)) return rateOf(average, scaleOf(memory))
  const bytes = costBytes(average)
  // Less than 16 bytes per second count as none, which no option says.
  return { bytes: bytes === 0 ? 1 : roundest(bytes, (round) => byteCost(round) === average) }
}

/** Turns the time between packets into one that counts the packets of each second. */
export function packRateMatch(memory: Memory): void {
  memory.raise('mode', MODE.rateMatch)
  if (!memory.has('mode', MODE.bytes)) setAverage(memory, Math.floor(averageOf(memory) / memory.get('interval')))
}

/** `20`, or `400kb` where the rate is one of bytes. */
export const hashlimitBurst: Kind<number | Bytes, number | Bytes> = kindOf({
  name: 'packets|bytes(b|kb|mb)',
  parse(text) {
    const [, number = '', unit = ''] = /^(0[xX][0-9a-fA-F]+|\d+)((?:[km]b?|b)?)$/.exec(text) ?? []
    const value = parseUint(number, 1, Number.MAX_SAFE_INTEGER)
    if (value < 0) throw new InputError(`bad burst '${text}': give a number, or bytes such as 400kb`)
    return unit === '' ? value : { bytes: value * byteFactor(unit) }
  },
  format: (value) => (isBytes(value) ? formatBytes(value.bytes) : String(value)),
  // The range depends on the rate: packBurst checks it.
  pack: (value) => value,
  unpack: (raw) => raw,
})

/** The burst of packets, or in bytes: so many times the bytes of a second. */
export function packBurst(memory: Memory, value: number | Bytes): void {
  const amount = isBytes(value) ? value.bytes : value
  const most = memory.knows('average1') ? 10_000 : 1_000_000
  const bytes = memory.has('mode', MODE.bytes)
  const greatest = bytes && isBytes(value) ? MAX_U32 : most
  if (!(Number.isInteger(amount) && amount >= 1 && amount <= greatest)) {
    throw new InputError(`'${shown(amount)}' is not a burst from 1 to ${greatest}`)
  }
  if (!bytes) return memory.set('burst', amount)
  const second = costBytes(averageOf(memory))
  if (second === 0) throw new InputError('a rate of less than 16 bytes per second allows no burst')
  if (amount < second) throw new InputError(`burst cannot be smaller than ${second}b`)
  memory.set('burst', Math.ceil(amount / second))
  memory.set('expire', BYTES_BURST_EXPIRE)
}

export function unpackBurst(memory: Memory): number | Bytes | undefined {
  const burst: number = memory.get('burst')
  if (!memory.has('mode', MODE.bytes)) return burst
  if (burst === 0) return undefined
  const second = costBytes(averageOf(memory))
  const asGood = (bytes: number) => bytes >= second && Math.ceil(bytes / second) === burst
  return { bytes: roundest(Math.min(second * burst, MAX_U32), asGood) }
}

/** Milliseconds after which entries expire when nothing else is said. */
export function usualExpire(rate: HashlimitRate, burst: unknown): number {
  if (!isBytes(rate)) return RATE_UNITS[rate.per] * 1000
  return burst === undefined ? BYTES_EXPIRE : BYTES_BURST_EXPIRE
}
