import { readdirSync } from 'node:fs'
import { IPSet } from '../../src/index.js'
import { Connection } from '../../src/netlink/connection.js'
import { DirectSocket } from '../../src/netlink/socket/direct.js'
import { LoopSocket } from '../../src/netlink/socket/loop.js'
import { openTransport } from '../../src/netlink/socket/open.js'
import { codeOf } from '../netlink/harness.js'
import { eventually } from '../support/waiting.js'
import { answer, ping, transportContract } from '../netlink/transport-contract.js'
import { builtModule, startScript } from '../support/build.js'
import { hex, nlmsg } from '../support/bytes.js'
import { describeKernel } from '../support/kernel.js'

async function hash(): Promise<string> {
  await using ipset = new IPSet()
  await ipset.create('large', { stype: 'hash:ip', exclusive: false })
  return 'large'
}

describeKernel('a transport to the kernel', () => {
  transportContract('through direct system calls', (options) => DirectSocket.open(options), hash)
  transportContract('through the loop', (options) => LoopSocket.open(options), hash)

  test.each([
    ['auto', DirectSocket],
    ['direct', DirectSocket],
    ['loop', LoopSocket],
  ] as const)('named %s is %p', async (kind, Socket) => {
    const transport = await openTransport(kind)
    expect(transport).toBeInstanceOf(Socket)
    transport.close()
  })
})

/** Descriptors this process has open. */
const descriptors = () => readdirSync('/proc/self/fd').length

describeKernel('a closed transport', () => {
  test.each([
    ['direct', DirectSocket],
    ['loop', LoopSocket],
  ] as const)('leaves no descriptor open: %s', async (_, Socket) => {
    const use = async () => {
      const transport = await Socket.open()
      await transport.send(ping(1))
      await answer(transport)
      const wait = transport.wait()
      transport.interrupt()
      await wait
      transport.reset()
      await transport.send(ping(2), true)
      await answer(transport)
      const last = transport.wait()
      transport.close()
      await last
    }
    await use() // what is loaded at first use stays open
    const before = descriptors()
    for (let i = 0; i < 20; i++) await use()
    await eventually(() => descriptors() <= before)
  })

  test('leaves none when it could not be opened', async () => {
    await codeOf(DirectSocket.open({ protocol: 999 }))
    const before = descriptors()
    for (let i = 0; i < 20; i++) expect(await codeOf(DirectSocket.open({ protocol: 999 }))).toBe('ERR_UNSUPPORTED')
    expect(descriptors()).toBe(before)
  })

  test('lets go of requests that were never answered', async () => {
    const connection = await Connection.open()
    // IPSET_CMD_FLUSH without NLM_F_ACK is not answered when it succeeds.
    const silent = connection.request(
      'flush',
      'ack',
      (writer, sequence) => {
        writer.put(nlmsg({ type: 0x0604, flags: 1, sequence }, hex('02 00 0000 0500 0100 07 000000')))
      },
      {},
    )
    setTimeout(() => connection.close(), 20)
    expect(await codeOf(silent)).toBe('ERR_CLOSED')
  })
})

/** Runs a script in a process of its own, which has to end by itself. */
async function ending(source: string): Promise<unknown> {
  const script = startScript(source)
  const guard = setTimeout(() => script.child.kill('SIGKILL'), 10_000)
  const end = await script.ended
  clearTimeout(guard)
  return end
}

describeKernel('a process', () => {
  test.each(['direct', 'loop'])('with an open transport that nobody uses ends: %s', async (kind) => {
    const source = `import { openTransport } from '${builtModule('netlink/index.js')}'
      const transport = await openTransport('${kind}')
      console.log(transport.port > 0)`
    expect(await ending(source)).toMatchObject({ code: 0, output: 'true\n', errors: '' })
  })

  test.each(['direct', 'loop'])('stays while it waits for an answer, and ends then: %s', async (kind) => {
    const source = `import { openTransport } from '${builtModule('netlink/index.js')}'
      const transport = await openTransport('${kind}')
      const wait = transport.wait()
      await transport.send(Buffer.from('${ping(1).toString('hex')}', 'hex'))
      await wait
      console.log('answered', transport.receive().length)`
    expect(await ending(source)).toMatchObject({ code: 0, output: 'answered 36\n', errors: '' })
  })

  test.each(['direct', 'loop'])('may end while an answer is still to be read: %s', async (kind) => {
    const source = `import { openTransport } from '${builtModule('netlink/index.js')}'
      const transport = await openTransport('${kind}')
      await transport.send(Buffer.from('${ping(1).toString('hex')}', 'hex'))`
    expect(await ending(source)).toMatchObject({ code: 0, output: '', errors: '' })
  })

  test.each(['direct', 'loop'])('ends at process.exit() though somebody waits: %s', async (kind) => {
    const source = `import { openTransport } from '${builtModule('netlink/index.js')}'
      const transport = await openTransport('${kind}')
      transport.wait()
      setTimeout(() => process.exit(7), 50)`
    expect(await ending(source)).toMatchObject({ code: 7, output: '', errors: '' })
  })

  test.each(['direct', 'loop'])('goes on with its other work while many wait: %s', async (kind) => {
    const source = `import { stat } from 'node:fs/promises'
      import { openTransport } from '${builtModule('netlink/index.js')}'
      const transports = []
      for (let i = 0; i < 8; i++) transports.push(await openTransport('${kind}'))
      for (const transport of transports) transport.wait()
      const late = setTimeout(() => process.kill(process.pid, 'SIGKILL'), 3000)
      await stat('/')
      clearTimeout(late)
      for (const transport of transports) transport.close()
      console.log('went on')`
    expect(await ending(source)).toMatchObject({ code: 0, output: 'went on\n', errors: '' })
  })

  test.each(['auto', 'loop'])('is not kept by the deadline of a request that is over: %s', async (kind) => {
    const source = `import { IPSet } from '${builtModule()}'
      const ipset = new IPSet({ transport: '${kind}', timeout: 60_000 })
      console.log((await ipset.getProtocolVersion()).version)`
    expect(await ending(source)).toMatchObject({ code: 0, output: '7\n', errors: '' })
  })
})
