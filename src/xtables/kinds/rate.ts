import { InputError } from '../../netlink/wire/error.js'
import { type Kind, kindOf } from '../kind.js'

/** Seconds of the units of time in a rate, the longest first. */
export const RATE_UNITS = { day: 86_400, hour: 3_600, min: 60, sec: 1 } as const
export type RateUnit = keyof typeof RATE_UNITS

/** So many packets in a unit of time: `{ packets: 5, per: 'min' }`. */
export interface Rate {
  readonly packets: number
  readonly per: RateUnit
}

const RATE = /^(\d+)(?:\/([a-z]+))?$/i
const NAMES: Readonly<Record<string, RateUnit>> = { second: 'sec', minute: 'min', hour: 'hour', day: 'day' }

/** The rate in `5/minute`; any beginning of the unit will do, without one it is seconds. */
export function parseRate(text: string): Rate {
  const [, packets, unit = 's'] = RATE.exec(text) ?? []
  const name = Object.keys(NAMES).find((name) => name.startsWith(unit.toLowerCase()))
  if (packets === undefined || name === undefined) {
    throw new InputError(`bad rate '${text}': give a number and a unit, second, minute, hour or day, such as 5/minute`)
  }
  return { packets: Number(packets), per: NAMES[name] as RateUnit }
}

/** The text of a rate as iptables-save prints it. */
export function formatRate(rate: Rate, scale: number): string {
  const { packets, per } = printedRate(ratePeriod(rate, scale), scale)
  return `${packets}/${per}`
}

/** The time between two packets of a rate, `scale` of them to the second. */
export function ratePeriod(rate: Rate, scale: number): number {
  const { packets, per } = typeof rate === 'object' && rate !== null ? rate : ({} as Rate)
  if (!(Number.isInteger(packets) && packets > 0) || typeof per !== 'string' || !Object.hasOwn(RATE_UNITS, per)) {
    throw new InputError("bad rate: give { packets, per }, at least one packet per 'sec', 'min', 'hour' or 'day'")
  }
  const period = Math.floor((scale * RATE_UNITS[per]) / packets)
  if (period === 0) throw new InputError(`rate too fast: at most ${scale * RATE_UNITS[per]}/${per}`)
  return period
}

/** The rate of a time between two packets: in the shortest unit that says it exactly, else in days. */
export function rateOf(period: number, scale: number): Rate {
  return inUnit(period, scale, (packets, rest) => packets > rest)
}

/** As rateOf, in the unit that the C tool prints: a shorter one at times, which says it almost. */
export function printedRate(period: number, scale: number): Rate {
  return inUnit(period, scale, (packets, rest) => packets >= rest)
}

function inUnit(period: number, scale: number, fits: (packets: number, rest: number) => boolean): Rate {
  let per: RateUnit = 'day'
  for (const unit of ['hour', 'min', 'sec'] as const) {
    const span = scale * RATE_UNITS[unit]
    if (!fits(Math.floor(span / period), span % period)) break
    per = unit
  }
  return { packets: Math.floor((scale * RATE_UNITS[per]) / period), per }
}

/** A rate of packets; the time between two of them in the struct. */
export function rate(scale: number): Kind<Rate, number> {
  const known = new Map<number, Rate>()
  const unpack = (period: number): Rate => {
    let found = known.get(period)
    if (!found) {
      if (period === 0) throw new InputError('a rate without end has no text')
      found = Object.freeze(rateOf(period, scale))
      if (known.size < 4096) known.set(period, found)
    }
    return found
  }
  return kindOf({
    name: 'packets[/second|/minute|/hour|/day]',
    // As it is read from the kernel, which holds the time between two packets: 60/min is 1/sec.
    parse: (text) => unpack(ratePeriod(parseRate(text), scale)),
    format: (value) => formatRate(value, scale),
    pack: (value) => ratePeriod(value, scale),
    unpack,
  })
}
