import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'

/**
 * Rates of bytes as include/uapi/linux/netfilter/xt_hashlimit.h has them: the struct holds a cost, the greater the
 * slower, for steps of 16 bytes (XT_HASHLIMIT_BYTE_SHIFT).
 */
const MAX_COST = 0xffff_ffff
const STEP = 16
const FASTEST = (MAX_COST - 1) * STEP + STEP - 1

/** The cost of so many bytes per second. Throws an InputError where the struct cannot hold it. */
export function byteCost(bytes: unknown): number {
  if (typeof bytes === 'number' && Number.isInteger(bytes) && bytes > 0 && bytes <= FASTEST) {
    return Math.floor(MAX_COST / (Math.floor(bytes / STEP) + 1))
  }
  throw new InputError(`'${shown(bytes)}' is not a rate from 1 to ${FASTEST} bytes per second`)
}

/** Bytes per second of a cost, as the kernel counts them: a multiple of 16. */
export function costBytes(cost: number): number {
  return (Math.floor(MAX_COST / cost) - 1) * STEP
}

const MEGA = 1024 * 1024
const KILO = 1024

/** `4mb`, `4kb` or `4b`: the greatest unit that says it exactly. */
export function formatBytes(bytes: number): string {
  if (bytes > 0 && bytes % MEGA === 0) return `${bytes / MEGA}mb`
  return bytes > 0 && bytes % KILO === 0 ? `${bytes / KILO}kb` : `${bytes}b`
}

/** What `m` or `k` before a `b` multiply by. */
export function byteFactor(unit: string): number {
  if (unit.startsWith('m')) return MEGA
  return unit.startsWith('k') ? KILO : 1
}

/** Rounds down to whole megabytes, or kilobytes, where what comes out is as good as the number: the first that is. */
export function roundest(bytes: number, asGood: (bytes: number) => boolean): number {
  for (const unit of [MEGA, KILO]) {
    const round = bytes - (bytes % unit)
    if (round > 0 && asGood(round)) return round
  }
  return bytes
}
