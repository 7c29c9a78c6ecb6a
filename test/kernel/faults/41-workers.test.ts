import { IPSet } from '../../../src/index.js'
import { DirectSocket } from '../../../src/netlink/socket/direct.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeKernel } from '../../support/kernel.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'

/** Runs a script in a process of its own; what it prints, as JSON. A crash of the process is a failure. */
async function told(source: string): Promise<unknown> {
  const { code, signal, output, errors } = await startScript(source).ended
  if (code !== 0) throw new Error(`it ended with ${code ?? signal}: ${errors}`)
  return JSON.parse(output)
}

/** A script whose workers each run `work`; `main` runs when all have reported, with what they told. */
const inWorkers = (count: number, work: string, main: string) => `
  import { Worker } from 'node:worker_threads'
  import { IPSet } from '${builtModule()}'
  import { openTransport } from '${builtModule('netlink/index.js')}'
  const source = \`(async () => {
    const { parentPort, workerData: n } = require('node:worker_threads')
    const { IPSet } = await import('${builtModule()}')
    const { openTransport } = await import('${builtModule('netlink/index.js')}')
    ${work}
  })()\`
  const workers = Array.from({ length: ${count} }, (_, n) => new Worker(source, { eval: true, workerData: n }))
  const told = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
    worker.on('message', resolve)
    worker.on('error', reject)
  })))
  ${main}`

describeKernel('41. worker threads', () => {
  beforeEach(removeAllSets)

  test('each have a socket of their own, and work at the same time', async () => {
    await using ipset = new IPSet()
    // Large enough from the start: Linux 6.18 loses entries, or holds some twice, when several add while a hash grows.
    await ipset.create('ban', { maxelem: 200_000, hashsize: 65_536 })
    const counts = await told(
      inWorkers(
        4,
        `
      const ipset = new IPSet()
      const done = await ipset.addAll('ban', Array.from({ length: 10_000 }, (_, i) => '10.' + n + '.' + (i >> 8) + '.' + (i & 255)))
      let seen = 0
      for await (const { entries } of ipset.list('ban')) seen += entries.length
      ipset.close()
      parentPort.postMessage([done, seen >= 10_000])`,
        'console.log(JSON.stringify(told))',
      ),
    )
    expect(counts).toEqual(Array.from({ length: 4 }, () => [10_000, true]))
    expect(await entriesIn(ipset, 'ban')).toHaveLength(40_000)
  })

  test('get addresses of their own, also beside those of the main thread', async () => {
    const ports = (await told(
      inWorkers(
        4,
        `
      const transports = [await openTransport(), await openTransport()]
      parentPort.postMessage(transports.map(({ port }) => port))`,
        `
      const mine = await openTransport()
      console.log(JSON.stringify([mine.port, ...told.flat()]))
      process.exit(0)`,
      ),
    )) as number[]
    expect(ports).toHaveLength(9)
    expect(new Set(ports).size).toBe(9)
    expect(ports.every((port) => port > 0)).toBe(true)
  })

  test('are refused the loop transport, which a worker’s end would make crash', async () => {
    const codes = await told(
      inWorkers(
        2,
        `
      const error = await openTransport('loop').catch((reason) => reason)
      const auto = await openTransport('auto')
      parentPort.postMessage([error.code, auto.constructor.name])
      auto.close()`,
        'console.log(JSON.stringify(told))',
      ),
    )
    expect(codes).toEqual([
      ['ERR_UNSUPPORTED', 'DirectSocket'],
      ['ERR_UNSUPPORTED', 'DirectSocket'],
    ])
  })

  test('may end with a socket open and a request under way: the process goes on', async () => {
    const result = await told(
      inWorkers(
        4,
        `
      const idle = new IPSet()
      await idle.getProtocolVersion()
      const waiting = await openTransport()
      waiting.wait()
      parentPort.postMessage('waits')`,
        `
      await Promise.all(workers.map((worker) => worker.terminate()))
      const ipset = new IPSet()
      const { version } = await ipset.getProtocolVersion()
      ipset.close()
      console.log(JSON.stringify([told, version]))
      setTimeout(() => process.exit(0), 200)`,
      ),
    )
    expect(result).toEqual([['waits', 'waits', 'waits', 'waits'], 7])
  })
})

describeKernel('41. addresses of sockets', () => {
  test('are chosen by the kernel: many in one process, and one whose usual address is taken', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => DirectSocket.open()))
    expect(new Set(sockets.map(({ port }) => port)).size).toBe(200)
    for (const socket of sockets) socket.close()
  })

  test('are not shared by a child process that has the same number in another pid namespace, nor by a fork', async () => {
    const source = `import { openTransport } from '${builtModule('netlink/index.js')}'
      const transport = await openTransport()
      console.log(JSON.stringify(transport.port))
      setTimeout(() => process.exit(0), 300)`
    const ports = await Promise.all(Array.from({ length: 3 }, () => told(source)))
    const mine = await DirectSocket.open()
    expect(new Set([...ports, mine.port]).size).toBe(4)
    mine.close()
  })
})
