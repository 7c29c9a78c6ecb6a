import { IPSet } from '../../../src/index.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeKernel } from '../../support/kernel.js'
import { removeAllSets } from '../../support/sets.js'

interface Report {
  /** Entries seen. */
  readonly entries: number
  /** MB that the process and its heap grew beyond what they were before. */
  readonly rss: number
  readonly heap: number
  /**
   * The longest stretch in which the event loop had no turn, in ms of this thread's own time on a processor: what other
   * programs take from it meanwhile does not count.
   */
  readonly stall: number
  /** How many turns it had. */
  readonly ticks: number
}

/** Runs `work` in a process of its own, with a million entries in `big`, and measures it. */
async function measured(work: string): Promise<Report> {
  const script = startScript(
    `import { openSync, readSync } from 'node:fs'
    import { IPSet } from '${builtModule()}'
    const schedstat = openSync('/proc/self/task/' + process.pid + '/schedstat', 'r') // ns on a processor, proc(5)
    const buffer = Buffer.alloc(64)
    const processorTime = () => parseInt(buffer.latin1Slice(0, readSync(schedstat, buffer, 0, 64, 0))) / 1e6
    const ipset = new IPSet()
    function* million() {
      for (let i = 0; i < 1_000_000; i++) yield '10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255)
    }
    const work = async () => { ${work} }
    await ipset.getProtocolVersion()
    global.gc()
    const before = process.memoryUsage()
    let rss = before.rss, heap = before.heapUsed, last = processorTime(), stall = 0, ticks = 0
    const clock = setInterval(() => {
      const now = processorTime()
      stall = Math.max(stall, now - last)
      if (ticks++ % 8 === 0) {
        const memory = process.memoryUsage()
        rss = Math.max(rss, memory.rss)
        heap = Math.max(heap, memory.heapUsed)
      }
      last = processorTime()
    }, 1)
    const entries = await work()
    stall = Math.max(stall, processorTime() - last)
    clearInterval(clock)
    ipset.close()
    console.log(JSON.stringify({ entries, rss: (rss - before.rss) / 1e6, heap: (heap - before.heapUsed) / 1e6, stall, ticks }))`,
    [],
    ['--expose-gc'],
  )
  const { code, output, errors } = await script.ended
  if (code !== 0) throw new Error(errors)
  return JSON.parse(output) as Report
}

describeKernel('38. a set of a million entries', () => {
  beforeAll(async () => {
    await removeAllSets()
    await using ipset = new IPSet()
    await ipset.create('big', { maxelem: 1_000_000, hashsize: 524_288 })
  })
  afterAll(removeAllSets)

  test('is filled in flat memory, and the event loop has its turns', async () => {
    const report = await measured(`return await ipset.addAll('big', million())`)
    expect(report.entries).toBe(1_000_000)
    expect(report.ticks).toBeGreaterThan(20)
    expect(Math.max(report.rss, report.heap)).toBeLessThan(60)
    expect(report.stall).toBeLessThan(50)
  }, 60_000)

  test.each([
    [
      'in chunks',
      `let count = 0; for await (const { entries } of ipset.list('big')) count += entries.length; return count`,
    ],
    ['entry by entry', `let count = 0; for await (const _ of ipset.entries('big')) count++; return count`],
    [
      'as text',
      `let count = 0; for await (const text of ipset.save('big')) count += text.split('\\n').length - 1; return count - 1`,
    ],
    [
      'entry by entry, the reader slower than the kernel',
      `
      let count = 0
      for await (const _ of ipset.entries('big')) if (++count % 50_000 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      return count`,
    ],
  ])(
    'is listed %s in flat memory, and the event loop has its turns',
    async (_, work) => {
      const report = await measured(work)
      expect(report.entries).toBe(1_000_000)
      expect(report.ticks).toBeGreaterThan(20)
      expect(Math.max(report.rss, report.heap)).toBeLessThan(60)
      expect(report.stall).toBeLessThan(50)
    },
    60_000,
  )

  test('is left after the first entry at no cost', async () => {
    const report = await measured(`for await (const _ of ipset.entries('big')) return 1`)
    expect(report.rss).toBeLessThan(30)
    expect(report.stall).toBeLessThan(50)
  }, 60_000)
})
