// Reading a large set entry by entry, in memory that does not grow with it.
import { fill } from '../data.mjs'
import { nothing, undisturbed } from '../others.mjs'
import { clear, kernelLimit, library, seconds, subject } from '../programs.mjs'
import { boundRow, stallRow, timeRow } from '../rows.mjs'
import { watchLoop } from '../stall.mjs'

const COUNT = 1_000_000
const SET = 'bench'
const MEGABYTE = 1024 * 1024
/** Entries between two looks at the memory. */
const STRIDE = 50_000

async function read(visit) {
  const { IPSet } = await library()
  const ipset = new IPSet()
  await ipset.names()
  const stalled = await watchLoop()
  const began = performance.now()
  let count = 0
  for await (const { entry } of ipset.entries(SET)) {
    if (entry.length < 8) throw new Error(`'${entry}' is no entry`)
    if (++count % STRIDE === 0) visit()
  }
  const seconds = (performance.now() - began) / 1000
  if (count !== COUNT) throw new Error(`${count} entries read, not ${COUNT}`)
  const stall = await stalled()
  ipset.close()
  return { seconds, stall }
}

function iterateCase(type) {
  const what = `iterate 1,000,000 entries of ${type}`
  return {
    name: type,
    what,
    ours: () => read(() => {}),
    async run({ directory, runs, tick }) {
      await clear()
      fill(SET, type, COUNT, directory)
      const kernel = []
      const tool = []
      const ours = []
      for (let i = 0; i < runs; i++) {
        kernel.push(await undisturbed(nothing, () => kernelLimit(directory, 'dump', SET)))
        tool.push(await undisturbed(nothing, () => seconds('ipset', ['list', SET])))
        ours.push(await undisturbed(nothing, () => subject('iterate.mjs', type)))
        tick()
      }
      await clear()
      const times = ours.map((one) => one.seconds)
      return [
        timeRow(what, times, 'ipset list > /dev/null', tool, { within: 1.5 }),
        timeRow(what, times, 'the kernel alone', kernel),
        stallRow(what, ours.map((one) => one.stall)),
      ]
    },
  }
}

/** What is still held after a collection at each stride, and what the process takes: both must stay where they were. */
const memory = {
  name: 'memory',
  what: 'memory while 1,000,000 entries are iterated',
  async ours() {
    const looks = []
    await read(() => {
      const { rss } = process.memoryUsage()
      globalThis.gc()
      looks.push({ rss, held: process.memoryUsage().heapUsed })
    })
    // The first strides fill the young generation of the heap, whatever is read.
    const [first, ...later] = looks.slice(3)
    const growth = (key) => Math.max(0, ...later.map((look) => look[key] - first[key])) / MEGABYTE
    return { held: growth('held'), rss: growth('rss') }
  },
  async run({ directory, runs, tick }) {
    await clear()
    fill(SET, 'hash:ip', COUNT, directory)
    const ours = []
    for (let i = 0; i < runs; i++) {
      ours.push(subject('iterate.mjs', 'memory', ['--expose-gc']))
      tick()
    }
    await clear()
    const what = 'from entry 200,000 to 1,000,000'
    return [
      boundRow(`growth of the heap ${what}`, ours.map((one) => one.held), 'MB', { most: 1 }),
      boundRow(`growth of the process ${what}`, ours.map((one) => one.rss), 'MB', { most: 16 }),
    ]
  },
}

export const cases = [iterateCase('hash:ip'), iterateCase('hash:net'), memory]
