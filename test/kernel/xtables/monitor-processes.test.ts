import { builtModule, scriptFile, startScript } from '../../support/build.js'
import { describeOracle, run } from '../../support/kernel.js'

/** Runs a script in a process of its own, in this network namespace; it has to end by itself. */
async function ending(body: string): Promise<unknown> {
  return startScript(`import { execFileSync } from 'node:child_process'
    import { openXtables } from '${builtModule('xtables/index.js')}'
    ${body}`).ended
}

/** A script for a worker; it posts what it hears. */
const WORKER = () => scriptFile(`import { parentPort } from 'node:worker_threads'
  import { openXtables } from '${builtModule('xtables/index.js')}'
  const xt = await openXtables({ backend: 'nft' })
  const events = xt.monitor()
  await events.ready
  parentPort.postMessage('ready')
  for await (const event of events) parentPort.postMessage(event.type)`)

const NAME = `monitor-test-${process.pid}`

describeOracle('iptables-nft', 'a process that listens', () => {
  beforeEach(() => run('nft', ['flush', 'ruleset']))

  test('ends though it listens, where nobody waits for an event', async () => {
    const end = await ending(`const xt = await openXtables({ backend: 'nft' })
      const [monitor, trace] = [xt.monitor(), xt.trace()]
      await Promise.all([monitor.ready, trace.ready])
      execFileSync('iptables-nft', ['-N', 'web'])
      console.log('done')`)
    expect(end).toMatchObject({ code: 0, output: 'done\n', errors: '' })
  })

  test('stays while it waits for an event', async () => {
    const end = await ending(`import { spawn } from 'node:child_process'
      const xt = await openXtables({ backend: 'nft' })
      const events = xt.monitor()
      await events.ready
      spawn('bash', ['-c', 'sleep 0.5; iptables-nft -N web'], { stdio: 'ignore' }).unref()
      console.log((await events.next()).value.type)`)
    expect(end).toMatchObject({ code: 0, output: 'table-added\n', errors: '' })
  })

  test.each([['on the loop', ''], ['by direct calls', ", netns: '/proc/self/ns/net'"]])('ends with the error of its loop, and is not aborted (%s)', async (_, place) => {
    const end = await ending(`const xt = await openXtables({ backend: 'nft'${place} })
      const events = xt.monitor()
      await events.ready
      setTimeout(() => execFileSync('iptables-nft', ['-N', 'web']), 20)
      for await (const event of events) throw new Error('of the reader')`)
    expect(end).toMatchObject({ code: 1, signal: null, errors: expect.stringContaining('Error: of the reader') })
  })

  test('may exit in the middle of it', async () => {
    const end = await ending(`const xt = await openXtables({ backend: 'nft' })
      const events = xt.monitor()
      await events.ready
      setTimeout(() => execFileSync('iptables-nft', ['-N', 'web']), 20)
      for await (const event of events) process.exit(7)`)
    expect(end).toMatchObject({ code: 7, signal: null, errors: '' })
  })

  test('holds no more than it may while nobody reads', async () => {
    const end = await ending(`const xt = await openXtables({ backend: 'nft' })
      const events = xt.monitor({ receiveBuffer: 100_000 })
      await events.ready
      for (let i = 0; i < 20; i++) {
        const rules = Array.from({ length: 500 }, (_, i) => '-A INPUT -p tcp --dport ' + (i + 1)).join('\\n')
        execFileSync('iptables-nft-restore', { input: '*filter\\n' + rules + '\\nCOMMIT\\n' })
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      const types = []
      for await (const { type } of events) {
        types.push(type)
        if (type === 'resync') break
      }
      console.log(types.filter((type) => type === 'rule-added').length < 3000, types.slice(-2).join())`)
    expect(end).toMatchObject({ code: 0, output: 'true overrun,resync\n', errors: '' })
  })

  test('may do so in worker threads, which may be ended in the middle of it', async () => {
    const end = await ending(`import { Worker } from 'node:worker_threads'
      const workers = [1, 2].map(() => new Worker('${WORKER()}'))
      const told = workers.map(() => [])
      workers.forEach((worker, i) => worker.on('message', (text) => told[i].push(text)))
      const heard = async (text) => {
        while (!told.every((all) => all.includes(text))) await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await heard('ready')
      execFileSync('iptables-nft', ['-N', 'web'])
      await heard('commit')
      console.log(told.map((all) => all.join()).join(' '))
      for (const worker of workers) await worker.terminate()`)
    expect(end).toMatchObject({ code: 0, output: 'ready,table-added,chain-added,commit ready,table-added,chain-added,commit\n', errors: '' })
  })

  test('may do so in another network namespace, and hears nothing of this one', async () => {
    run('ip', ['netns', 'add', NAME])
    try {
      const end = await ending(`const xt = await openXtables({ backend: 'nft', netns: '${NAME}' })
        const events = xt.monitor()
        await events.ready
        execFileSync('iptables-nft', ['-N', 'here'])
        execFileSync('ip', ['netns', 'exec', '${NAME}', 'iptables-nft', '-N', 'there'])
        for await (const event of events) {
          console.log(event.type, event.chain)
          if (event.type === 'chain-added' && event.chain === 'there') break
        }`)
      expect(end).toMatchObject({ code: 0, output: expect.stringMatching(/^table-added undefined\n(chain-added [A-Z]+\n)*chain-added there\n$/), errors: '' })
    } finally {
      run('ip', ['netns', 'delete', NAME])
    }
  })
})
