import { printedRate, RATE_UNITS, ratePeriod, type RateUnit } from '../../kinds/rate.js'
import type { Expression } from '../expression/expression.js'

/** The members of struct xt_rateinfo that count (include/uapi/linux/netfilter/xt_limit.h). */
export interface Limit {
  readonly average: number
  readonly burst: number
}

/** XT_LIMIT_SCALE */
const SCALE = 10_000

/** A limit in the unit of time that the C tool would print; undefined for one that is longer than a day. */
export function writeLimit({ average, burst }: Limit): Expression[] | undefined {
  if (average === 0) return undefined
  const { packets, per } = printedRate(average, SCALE)
  if (packets === 0) return undefined
  return [{ expr: 'limit', rate: BigInt(packets), unit: BigInt(RATE_UNITS[per]), burst, type: 0, flags: 0 }]
}

/** What a limit expression says. */
export interface LimitExpression {
  readonly rate: bigint
  readonly unit: bigint
  readonly burst: number
  readonly type: number
  readonly flags: number
}

/** The struct of a limit expression; undefined for one that the extension cannot say. */
export function readLimit({ rate, unit, burst, type, flags }: LimitExpression): Limit | undefined {
  const per = Object.keys(RATE_UNITS).find((name) => BigInt(RATE_UNITS[name as RateUnit]) === unit) as RateUnit | undefined
  if (per === undefined || type !== 0 || flags !== 0 || rate <= 0n || rate > BigInt(SCALE * RATE_UNITS[per])) return undefined
  return { average: ratePeriod({ packets: Number(rate), per }, SCALE), burst }
}
