import type { EntryCounting } from './join.js'
import type { Entry, EntryMap } from './split.js'

/** Bytes of a pair of counters (x_tables.h: struct xt_counters). */
export const COUNTERS_SIZE = 16

/**
 * What to add to the counters of a new table, whose own all begin at zero: as libiptc keeps them. `old`: the counters
 * that the kernel gave when the table was replaced; `map`: the table as it was read.
 */
export function countersToAdd(counting: readonly EntryCounting[], old: Buffer, map: EntryMap): BigUint64Array {
  const before = new BigUint64Array(old.buffer, old.byteOffset, old.byteLength / 8)
  const words = new Uint32Array(old.buffer, old.byteOffset, old.byteLength / 4)
  const sum = new BigUint64Array(counting.length * 2)
  const sums = new Uint32Array(sum.buffer)
  for (let i = 0; i < counting.length; i++) {
    const { how, entry } = counting[i] as EntryCounting
    if (how === 'new') continue
    if (typeof how === 'object') {
      sum[2 * i] = how.packets
      sum[2 * i + 1] = how.bytes
      continue
    }
    const { at, index } = entry as Entry
    if (how === 'keep') for (let word = 0; word < 4; word++) sums[4 * i + word] = words[4 * index + word] as number
    else {
      // What has been counted since the table was read stays: nobody has seen that yet.
      const seen = map.counters(at)
      sum[2 * i] = (before[2 * index] as bigint) - seen.packets
      sum[2 * i + 1] = (before[2 * index + 1] as bigint) - seen.bytes
    }
  }
  return sum
}

/**
 * What to add to the counters of a table that is put back: what they were when it was replaced (`old`), and what the entries
 * that were kept have counted since. `since`: the counters of the table that stood in its place.
 */
export function countersBefore(counting: readonly EntryCounting[], old: Buffer, since: Buffer): BigUint64Array {
  const sum = BigUint64Array.from(new BigUint64Array(old.buffer, old.byteOffset, old.byteLength / 8))
  const counted = new BigUint64Array(since.buffer, since.byteOffset, since.byteLength / 8)
  for (const [i, { how, entry }] of counting.entries()) {
    if (how !== 'keep' || !entry) continue
    // The replacement went on from the old counters.
    for (const at of [0, 1]) {
      const now = counted[2 * i + at] as bigint
      if (now > (sum[2 * entry.index + at] as bigint)) sum[2 * entry.index + at] = now
    }
  }
  return sum
}
