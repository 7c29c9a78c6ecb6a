import { IPSet } from '../../../src/index.js'
import { Connection } from '../../../src/netlink/connection.js'
import { DirectSocket } from '../../../src/netlink/socket/direct.js'
import { bodyOf, codeOf, drain, refused } from '../../netlink/harness.js'
import { sleep } from '../../support/waiting.js'
import { largeRefusal } from '../../netlink/transport-contract.js'
import { builtModule, startScript } from '../../support/build.js'
import { hex, host32, nlmsg } from '../../support/bytes.js'
import { sendAsForeigner } from '../../support/foreign-sender.js'
import { describeKernel, run } from '../../support/kernel.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'

const addresses = (count: number, net = 10) =>
  Array.from({ length: count }, (_, i) => `${net}.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)

describeKernel('the kernel’s answers', () => {
  beforeEach(removeAllSets)

  test('1. a flood of acknowledgements into a receive buffer too small for them is told, never silent', async () => {
    await using connection = await Connection.open({ receiveBuffer: 4096 })
    const first = connection.sequence(2000)
    const messages = Array.from({ length: 2000 }, (_, i) =>
      nlmsg({ type: 0x0604, flags: 5, sequence: first + i }, hex('02000000 0500 0100 07 000000')),
    )
    let heard = 0
    const code = await codeOf(
      connection.exchange(
        'flushes',
        Buffer.concat(messages),
        first,
        2000,
        { acknowledged: () => void heard++ },
        { timeout: 3000 },
      ),
    )
    expect(code).toBe('ERR_OVERRUN')
    expect(heard).toBeLessThan(2000)
    // And the connection goes on.
    const next = connection.sequence()
    let errno = -1
    await connection.exchange(
      'flush',
      nlmsg({ type: 0x0604, flags: 5, sequence: next }, hex('02000000 0500 0100 07 000000')),
      next,
      1,
      {
        acknowledged(ack) {
          errno = ack.errno
        },
      },
      { timeout: 2000 },
    )
    expect(Math.abs(errno)).toBe(0)
  })

  test('1. what this library asks in bulk is answered whole, with buffers as they come', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { maxelem: 100_000 })
    const all = addresses(20_000)
    expect(await ipset.addAll('ban', all)).toBe(20_000)
    const found = await ipset.testAll('ban', [...all, '192.0.2.1'])
    expect(found.filter(Boolean)).toHaveLength(20_000)
    expect(found.at(-1)).toBe(false)
    expect(await ipset.deleteAll('ban', all)).toBe(20_000)
    expect(ipset.counters).toEqual({ stale: 0, foreign: 0, truncated: 0 })
  })

  test('1. a thousand calls at once are each answered', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    await Promise.all(addresses(1000).map((address) => ipset.add('ban', address)))
    const found = await Promise.all(addresses(1000).map((address) => ipset.test('ban', address)))
    expect(found.every(Boolean)).toBe(true)
    expect(ipset.counters.stale).toBe(0)
  })

  test('4. signals that interrupt system calls lose nothing', async () => {
    const script = startScript(`import { IPSet } from '${builtModule()}'
      let signals = 0
      process.on('SIGUSR2', () => void signals++)
      process.on('SIGTERM', () => void (over = true))
      let over = false
      const ipset = new IPSet()
      await ipset.create('ban', { maxelem: 100_000 })
      const addresses = Array.from({ length: 20_000 }, (_, i) => '10.0.' + (i >> 8) + '.' + (i & 255))
      console.log('ready')
      let rounds = 0
      while (!over) {
        const added = await ipset.addAll('ban', addresses, { exclusive: false })
        let listed = 0
        for await (const { entries } of ipset.list('ban')) listed += entries.length
        if (added !== 20_000 || listed !== 20_000) throw new Error(added + ' added, ' + listed + ' listed')
        rounds++
      }
      console.log(JSON.stringify({ signals, rounds, counters: ipset.counters }))`)
    await script.line('ready')
    run('sh', [
      '-c',
      `i=0; while [ $i -lt 20000 ]; do kill -USR2 ${script.child.pid}; i=$((i+1)); done; kill -TERM ${script.child.pid}`,
    ])
    const { code, output, errors } = await script.ended
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const { signals, rounds, counters } = JSON.parse(output.split('\n')[1] as string) as {
      signals: number
      rounds: number
      counters: object
    }
    expect(signals).toBeGreaterThan(3) // as often as the event loop looked
    expect(rounds).toBeGreaterThan(0)
    expect(counters).toEqual({ stale: 0, foreign: 0, truncated: 0 })
  })

  test('7. an answer that another process forges, with the right number, is not believed', async () => {
    const socket = await DirectSocket.open()
    await using connection = await Connection.open({ transport: socket })
    const sequence = connection.sequence()
    // A success for a set that is not there, as if the kernel had said so.
    sendAsForeigner(socket.port, nlmsg({ type: 2, sequence, port: socket.port }, host32(0), Buffer.alloc(16)))
    const request = nlmsg(
      { type: 0x0603, flags: 0x205, sequence },
      hex('02000000 0500 0100 07 000000 0a00 0200 6d696e650000 0000'),
    )
    let errno: number | undefined
    await connection.exchange('destroy', request, sequence, 1, {
      acknowledged(ack) {
        errno = ack.errno
      },
    })
    expect(errno).toBe(2) // ENOENT
    expect(connection.counters.foreign).toBe(1)
  })

  test('8. an answer larger than the receive buffer rejects its request; asked again it is read whole', async () => {
    await using ipset = new IPSet()
    await ipset.create('large')
    await using connection = await Connection.open({ transport: 'direct' })
    const errnos: number[] = []
    const ask = () => {
      const sequence = connection.sequence()
      return connection.exchange('delete', largeRefusal('large', 200_000, sequence), sequence, 1, {
        acknowledged: (ack) => void errnos.push(ack.errno),
      })
    }
    expect(await codeOf(ask())).toBe('ERR_OVERRUN')
    await ask()
    expect(errnos).toEqual([4103])
    expect(connection.counters).toEqual({ stale: 0, foreign: 0, truncated: 1 })
  })

  test('a list that failed in the middle does not stand in the way of the next', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { maxelem: 200_000, hashsize: 65536 })
    await ipset.addAll('ban', addresses(100_000))
    await using connection = await Connection.open()
    const build = (writer: { put(bytes: Buffer): void }, sequence: number) =>
      writer.put(nlmsg({ type: 0x0607, flags: 0x301, sequence }, hex('02000000 0500 0100 07 000000')))
    const broken = connection.stream(
      'list',
      build,
      () => {
        throw new RangeError('mine')
      },
      refused,
    )
    expect((await drain(broken)).error).toBeInstanceOf(RangeError)
    const { items, error } = await drain(connection.stream('list', build, bodyOf, refused))
    expect(error).toBeUndefined()
    expect(items.length).toBeGreaterThan(50)
  })

  test('an abort ends a long list at once', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { maxelem: 200_000, hashsize: 65536 })
    await ipset.addAll('ban', addresses(100_000))
    const controller = new AbortController()
    let seen = 0
    const reading = (async () => {
      for await (const { entries } of ipset.list('ban', { signal: controller.signal })) {
        seen += entries.length
        controller.abort()
      }
    })()
    expect(await codeOf(reading)).toBe('ERR_ABORTED')
    expect(seen).toBeLessThan(50_000)
    expect(await ipset.names()).toEqual(['ban'])
  })

  test('lists that are left early, nested and side by side come right', async () => {
    await using ipset = new IPSet()
    for (const name of ['a', 'b', 'c']) {
      await ipset.create(name, { maxelem: 100_000 })
      await ipset.addAll(name, addresses(10_000))
    }
    let inner = 0
    for await (const { header } of ipset.list()) {
      for await (const { entries } of ipset.list(header.name)) {
        inner += entries.length
        await ipset.add(header.name, '192.0.2.1', { exclusive: false })
        break
      }
      if (inner > 0) break
    }
    expect(inner).toBeGreaterThan(0)
    const counts = await Promise.all(['a', 'b', 'c'].map(async (name) => (await entriesIn(ipset, name)).length))
    expect(counts.sort()).toEqual([10_000, 10_000, 10_001])
    await sleep(0)
    expect(ipset.counters.stale).toBe(0)
  })
})
