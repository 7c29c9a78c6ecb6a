// Watches the thread that tries the inputs: one that takes too long or too much memory is a finding, too.
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

/** No input may take longer, in milliseconds. Processors that others use too need a second look: see `#slow`. */
const LONGEST = 1000
const LOOK = 50
/** MB of values that the thread may hold, and bytes of the whole process that make a finding. */
const HEAP = 512
const RESIDENT = 1.5 * 2 ** 30
/** More targets than there are. */
const ROOM = 128

export class Supervisor {
  #options
  #clock = new SharedArrayBuffer(12)
  #positions = new SharedArrayBuffer(8 * ROOM)
  #totals = new SharedArrayBuffer(8 * 4 * ROOM)
  #findings = new Map()
  #names = []
  #worker
  /** Whether the thread has loaded its modules. */
  #ready = false
  #over = false
  #ended
  #stopped
  /** The input that the thread was ended for: a finding when that happens twice. */
  #suspect = ''

  constructor(options) {
    this.#options = options
  }

  /** Runs for so many seconds, or until the one input has been tried; `told` hears how far it is, about once a second. */
  async run(seconds, told) {
    const ended = new Promise((resolve, reject) => {
      this.#ended = resolve
      this.#stopped = reject
    })
    this.#start()
    const memory = { first: 0, most: 0, last: 0 }
    const watching = this.#watch(seconds, memory, told)
    await Promise.race([ended, watching.then(() => this.#ended())])
    await ended
    this.#over = true
    await this.#worker.terminate()
    return { names: this.#names, counts: [...new Float64Array(this.#totals)], findings: [...this.#findings.values()], memory }
  }

  /** Begins with the target of an index; where a number is given, behind that input of it, and it says what that was. */
  #start(from) {
    const { built, file, seed, only, input } = this.#options
    const workerData = { built, file, seed, only, input, from, clock: this.#clock, positions: this.#positions, totals: this.#totals }
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP } })
    this.#worker = worker
    this.#ready = false
    worker.on('message', (message) => this.#hear(message))
    worker.on('error', (error) => {
      if (worker !== this.#worker) return
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#blame('memory: the values of an input do not fit', error)
      else if (this.#names.length === 0) this.#stopped(error)
      else this.#blame(`thrown where nobody waits: ${error.message}`, error)
    })
  }

  #hear({ names, found, input, done }) {
    if (names) {
      this.#names = names
      this.#ready = true
    }
    if (input !== undefined) {
      const [last] = [...this.#findings.values()].slice(-1)
      if (last) last.input = input
    }
    if (found) this.#keep(found)
    if (done) this.#ended()
  }

  #keep({ kind, ...rest }) {
    const before = this.#findings.get(kind)
    if (before) before.times++
    else this.#findings.set(kind, { kind, times: 1, ...rest })
  }

  get #current() {
    const [, index, number] = new Int32Array(this.#clock)
    return { index, number }
  }

  /** A finding that ended the thread, or had it ended; the next thread goes on behind it, and says what it was. */
  #blame(what, error) {
    const { index, number } = this.#current
    const target = this.#names[index]
    this.#keep({ kind: `${target}: ${what}`, target, number, input: '(see below)', error: String(error?.stack ?? error) })
    if (!this.#over) this.#start({ index, number })
  }

  async #slow() {
    const { index, number } = this.#current
    const key = `${index}/${number}`
    const worker = this.#worker
    this.#worker = undefined
    await worker.terminate()
    if (this.#suspect === key) this.#blame(`no end within ${LONGEST} ms`, new Error(`input ${number} was given up twice`))
    else this.#start({ index })
    this.#suspect = key
  }

  async #watch(seconds, memory, told) {
    const now = new Int32Array(this.#clock)
    const end = performance.now() + 1000 * seconds
    let [last, since, shown] = [-1, performance.now(), 0]
    while (!this.#over && (performance.now() < end || this.#options.input !== undefined)) {
      await pause(LOOK)
      const count = Atomics.load(now, 0)
      if (count !== last || !this.#ready) [last, since] = [count, performance.now()]
      else if (performance.now() - since > LONGEST) await this.#slow()
      if (performance.now() - shown < 1000) continue
      shown = performance.now()
      this.#weigh(memory, end - performance.now() < 1000 * (seconds - 2))
      const inputs = new Float64Array(this.#totals)
        .subarray(0, 3 * this.#names.length)
        .filter((_, i) => i % 3 === 0)
        .reduce((a, b) => a + b, 0)
      told({ inputs, found: this.#findings.size, memory: Math.round(memory.last / 2 ** 20) })
    }
  }

  #weigh(memory, warm) {
    const resident = process.memoryUsage.rss()
    memory.last = resident
    memory.most = Math.max(memory.most, resident)
    if (warm && memory.first === 0) memory.first = resident
    if (resident > RESIDENT) this.#blameMemory(resident)
  }

  #blameMemory(resident) {
    const { index, number } = this.#current
    this.#keep({
      kind: 'memory',
      target: this.#names[index] ?? '',
      number,
      input: '(any of those before)',
      error: `${Math.round(resident / 2 ** 20)} MB are taken`,
    })
  }
}
