// How much of the processors went elsewhere: to other programs, and to other machines on the same host. Numbers from a
// busy machine prove little, in either direction, so a run that was disturbed is taken again, whosever it was.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Share of the processors from which on a run counts as disturbed, and how often one is taken again. */
const DISTURBED = 0.08
const ATTEMPTS = 6
/** Milliseconds to wait for a calm machine, before one run and over all of them. */
const WAIT = 10_000
let patience = 15 * 60_000
let repeated = 0
let kept = 0

/** proc(5): the first line of /proc/stat, in clock ticks since the machine was started. */
function ticks() {
  const [user, nice, system, idle, waiting, irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/ +/)
    .slice(1)
    .map(Number)
  const busy = user + nice + system + irq + softirq
  return { busy, steal, all: busy + idle + waiting + steal, own: own() }
}

/** proc(5): what this process and those it has started and seen end have used, in the same ticks. */
function own() {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
  return fields[11] + fields[12] + fields[13] + fields[14]
}

/** Shares of all processor time since `before`: of other programs (the kernel's workers too), of the host. */
function since(before) {
  const now = ticks()
  const all = Math.max(1, now.all - before.all)
  const programs = now.busy - before.busy - (now.own - before.own)
  return { programs: Math.max(0, programs) / all, host: (now.steal - before.steal) / all }
}

/** Waits until nobody else uses the machine, while there is patience. */
async function calm() {
  const began = performance.now()
  for (const end = began + Math.min(WAIT, patience); performance.now() < end; ) {
    const before = ticks()
    await pause(250)
    if (since(before).programs < DISTURBED) break
  }
  patience -= performance.now() - began
}

/** For `undisturbed`, where there is nothing to prepare. */
export async function nothing() {}

/** What `measure` gives, after `prepare`, in the least disturbed of the runs this takes: the first that is not. */
export async function undisturbed(prepare, measure) {
  let best
  for (let attempt = 1; ; attempt++) {
    await prepare()
    await calm()
    const before = ticks()
    const value = await measure()
    const { programs, host } = since(before)
    const share = programs + host
    if (best === undefined || share < best.share) best = { share, value }
    if (best.share <= DISTURBED) return best.value
    if (attempt >= ATTEMPTS || patience <= 0) break
    repeated++
  }
  kept++
  return best.value
}

/** In words, for the report. */
export function disturbances() {
  return `${repeated} taken again, ${kept} kept (more than ${100 * DISTURBED} % of the processors went elsewhere)`
}
