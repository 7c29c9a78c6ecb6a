// Work done several times in one process, as in a service, and the rows of what that took.
import { setTimeout as pause } from 'node:timers/promises'
import { settle } from './data.mjs'
import { nothing } from './others.mjs'
import { median, stallRow, timeRow } from './rows.mjs'
import { watchLoop } from './stall.mjs'

export const ROUNDS = 15

/**
 * How long the work took the first time, before V8 has compiled anything, and the median of the others; the longest stall
 * of those. `prepare` comes before each and does not count.
 */
export async function timed(work, prepare = nothing, rounds = ROUNDS) {
  const times = []
  const stalls = []
  settle()
  for (let round = 0; round < rounds; round++) {
    await prepare()
    // V8 compiles what is used often on another thread: a service that changes rules now and then gives it time.
    await pause(100)
    const stalled = await watchLoop()
    const began = performance.now()
    await work()
    times.push((performance.now() - began) / 1000)
    stalls.push(await stalled())
  }
  const [first, ...others] = times
  return { first, took: median(others), stall: median(stalls.slice(1)) }
}

/** All of one measure of what `timed` gave. */
export const all = (ours, key) => ours.map((one) => one[key])

/** Rows of what `timed` gave, beside a tool. */
export function timedRows(what, ours, tool, theirs, budget) {
  return [
    timeRow(what, all(ours, 'took'), tool, theirs, budget),
    timeRow(`${what}, the first time in a process`, all(ours, 'first'), tool, theirs),
    stallRow(what, all(ours, 'stall')),
  ]
}
