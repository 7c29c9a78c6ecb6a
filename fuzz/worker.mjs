// Tries inputs, in a thread of its own: the program beside it sees when one takes too long, and ends the thread.
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { loader } from './library.mjs'
import { kindOf, shown } from './oracle.mjs'
import { Random } from './random.mjs'
import { shrink } from './shrink.mjs'

/** Milliseconds for which a target is tried before the next one has its turn. */
const TURN = 40

const { built, file, seed, only, clock, positions, totals, from, input } = workerData
const now = new Int32Array(clock)
const next = new Float64Array(positions)
const counts = new Float64Array(totals)
const { allTargets } = await import(pathToFileURL(file).href)
const targets = await allTargets(loader(built))

const inputOf = (target, number) => target.make(new Random(`${seed}/${target.name}/${number}`))

/** Says which input is being tried, for the watch. */
function begin(index, number) {
  Atomics.store(now, 1, index)
  Atomics.store(now, 2, number)
  Atomics.add(now, 0, 1)
}

async function faultOf(target, value) {
  try {
    await target.check(value)
  } catch (error) {
    return error ?? new Error('nothing was thrown')
  }
  return undefined
}

const seen = new Set()

async function tell(index, number, error) {
  const target = targets[index]
  const kind = `${target.name}: ${kindOf(error)}`
  const first = !seen.has(kind)
  seen.add(kind)
  if (!first) return parentPort.postMessage({ found: { kind } })
  const value = inputOf(target, number)
  const small = await shrink(value, async (one) => {
    begin(index, number)
    const fault = await faultOf(target, one)
    return fault !== undefined && `${target.name}: ${kindOf(fault)}` === kind
  })
  parentPort.postMessage({
    found: {
      kind,
      target: target.name,
      number,
      input: shown(value),
      small: small === value ? undefined : shown(small),
      error: String(error?.stack ?? error),
    },
  })
}

async function one(index, number) {
  const target = targets[index]
  begin(index, number)
  const value = inputOf(target, number)
  let error
  try {
    const taken = await target.check(value)
    counts[3 * index + (taken ? 1 : 2)]++
  } catch (thrown) {
    error = thrown ?? new Error('nothing was thrown')
  }
  counts[3 * index]++
  next[index] = number + 1
  if (error) await tell(index, number, error)
}

if (from?.number !== undefined) {
  // The thread before this one was ended for it.
  next[from.index] = from.number + 1
  parentPort.postMessage({ input: shown(inputOf(targets[from.index], from.number)) })
}
parentPort.postMessage({ names: targets.map(({ name }) => name) })
const wanted = targets.flatMap(({ name }, index) => (name.includes(only) ? [index] : []))
if (input !== undefined) {
  for (const index of wanted) {
    process.stdout.write(`${targets[index].name} ${input}: ${shown(inputOf(targets[index], input))}\n`)
    await one(index, input)
  }
  parentPort.postMessage({ done: true })
} else {
  // Behind the target that the last thread was ended for, so that all have their turn; with it, where that is to be seen again.
  for (let turn = wanted.indexOf(from?.index) + (from?.number === undefined && from ? 0 : 1); ; turn = 0) {
    for (const index of wanted.slice(turn)) {
      const end = performance.now() + TURN
      const began = performance.now()
      while (performance.now() < end) await one(index, next[index])
      counts[3 * targets.length + index] += performance.now() - began
      // Turns of the event loop, for timers and what else waits.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
