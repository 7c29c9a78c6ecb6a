import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { openDaemon } from '../../../src/iptc/daemon/server.js'
import { InputError, TransportError } from '../../../src/netlink/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { EVERYTHING, socketFolder, type TestDaemon, withDaemon } from '../../support/daemon.js'
import { describeKernel } from '../../support/kernel.js'
import { frame, GREETING, RawClient } from '../../support/raw-client.js'
import { eventually } from '../../support/waiting.js'
import { end, holding, ownLock, rejection } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()
const READ = { id: 1, method: 'read', family: 'ip', table: 'filter' }
const COMMIT = { id: 1, method: 'commit', test: false, tables: [] }
const CHAIN = { name: 'INPUT', from: 'INPUT', policy: 'ACCEPT', counting: 'keep', slots: ['unread'] }

/** How long something takes, ms. */
async function timed(body: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await body()
  return performance.now() - from
}

/** Waits for a first line in a log: the two ends of a connection hear of its end one after the other. */
async function written(log: readonly unknown[]): Promise<readonly unknown[]> {
  await eventually(() => log.length > 0, 'a line in the log')
  return log
}

describeKernel('a daemon', () => {
  const serve = <T>(limits: NonNullable<Parameters<typeof openDaemon>[0]['limits']>, body: (one: TestDaemon) => Promise<T>) =>
    withDaemon(folder, { backend: 'nft', limits }, async (one) => {
      const result = await body(one)
      // Whatever was done to it, it serves.
      const xt = await one.open()
      expect(Object.keys(await xt.ip.read('filter'))).toEqual(['INPUT', 'FORWARD', 'OUTPUT'])
      return result
    })

  describe('refuses a greeting', () => {
    test.each([
      ['no JSON', 'hello', 'ERR_PROTOCOL', /in JSON/],
      ['no object', '[1]', 'ERR_PROTOCOL', /object/],
      ['another version', JSON.stringify({ ...GREETING, version: 2 }), 'ERR_INPUT', /version 1/],
      ['no service', JSON.stringify({ version: 1 }), 'ERR_INPUT', /service/],
      ['an unknown service', JSON.stringify({ version: 1, service: 'toString' }), 'ERR_INPUT', /no service 'toString'/],
      ['more than a greeting', JSON.stringify({ ...GREETING, uid: 0 }), 'ERR_INPUT', /uid/],
    ])('that is %s, says why, and closes', async (_, greeting, code, message) => {
      await serve({}, async ({ path, log }) => {
        const client = new RawClient(path)
        client.send(greeting)
        expect(await client.answer()).toMatchObject({ version: 1, error: { code, message: expect.stringMatching(message) } })
        await client.ended
        expect(await written(log)).toMatchObject([{ level: 'warn', event: 'refused', pid: process.pid }])
      })
    })

    test.each([
      ['nothing', Buffer.alloc(4)],
      ['more than 4 KiB', Buffer.concat([frame('x'.repeat(4097))])],
      ['a length of 4 GiB', Buffer.from('ffffffff', 'hex')],
      ['the beginning of another language', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ])('of %s, and closes at once', async (_, bytes) => {
      await serve({}, async ({ path, log }) => {
        const client = new RawClient(path)
        client.socket.write(bytes)
        expect(await client.next()).toBeUndefined()
        expect(await written(log)).toMatchObject([{ level: 'warn', event: 'cut' }])
      })
    })

    test('that does not come in time', async () => {
      await serve({ greeting: 200 }, async ({ path, log }) => {
        const client = new RawClient(path)
        const took = await timed(() => client.ended)
        expect([took > 150, took < 2000]).toEqual([true, true])
        expect(await written(log)).toMatchObject([{ event: 'cut', error: expect.stringMatching(/nothing was said within 200 ms/) }])
      })
    })
  })

  describe('refuses a request', () => {
    test.each([
      ['an unknown method', { id: 1, method: 'constructor' }, /^method: there is no such request/],
      ['no method', { id: 1 }, /^method/],
      ['an unknown key', { ...READ, more: 1 }, /^more: is no part/],
      ['an unknown family', { ...READ, family: 'bridge' }, /^family/],
      ['a table that is none', { ...READ, table: {} }, /^table/],
      ['a key deep inside', { ...COMMIT, tables: [{ family: 'ip', table: 'filter', version: { chains: '', rules: [] }, plan: { chains: [{ ...CHAIN, sudo: true }], deleted: [], released: [] } }] }, /^tables\.0\.plan\.chains\.0\.sudo/],
      ['slots that are none', { ...COMMIT, tables: [{ family: 'ip', table: 'filter', version: { chains: '', rules: [] }, plan: { chains: [{ ...CHAIN, slots: [[0, -1]] }], deleted: [], released: [] } }] }, /^tables\.0\.plan\.chains\.0\.slots\.0/],
      ['more tables than there are', { ...COMMIT, tables: Array.from({ length: 65 }, () => ({ family: 'ip', table: 'filter', version: { chains: '', rules: [] } })) }, /^tables/],
      ['a table twice', { ...COMMIT, tables: [1, 2].map(() => ({ family: 'ip', table: 'filter', version: { chains: '', rules: [] } })) }, /named twice/],
      ['a buffer that no kernel has', { id: 1, method: 'monitor', receiveBuffer: 2 ** 40 }, /^receiveBuffer/],
    ])('with %s: says where, and goes on', async (_, request, message) => {
      await serve({}, async ({ path }) => {
        const client = await RawClient.greeted(path)
        expect(await client.ask(request)).toMatchObject({ id: 1, error: { name: 'InputError', message: expect.stringMatching(message) } })
        expect(await client.ask(READ)).toMatchObject({ id: 1, result: {} })
        client.close()
      })
    })

    test.each([
      ['no JSON', '{"id":1', 'this is no JSON'],
      ['bytes', Buffer.from([0, 255, 254]), 'this is no JSON'],
      ['no object', '7', 'there is no such request'],
      ['no number to answer to', JSON.stringify({ ...READ, id: undefined }), 'id'],
    ])('that is %s: says so, and closes', async (_, bytes, message) => {
      await serve({}, async ({ path }) => {
        const client = await RawClient.greeted(path)
        client.send(bytes)
        expect(await client.answer()).toMatchObject({ error: { message: expect.stringContaining(message) } })
        await client.ended
      })
    })

    test('that is longer than allowed, before it is read', async () => {
      await serve({ request: 100_000 }, async ({ path, log }) => {
        const client = await RawClient.greeted(path)
        const head = Buffer.alloc(4)
        head.writeUInt32BE(100_001)
        client.socket.write(head)
        await client.ended
        expect(await written(log)).toMatchObject([{ event: 'cut', error: expect.stringMatching(/100001 bytes is too long: at most 100000/) }])
        const good = await RawClient.greeted(path)
        expect(await good.ask({ ...READ, table: 'x'.repeat(5000) })).toMatchObject({ error: { name: 'InputError' } })
        good.close()
      })
    })

    test('that never ends, byte by byte', async () => {
      await serve({ arrival: 300 }, async ({ path, log }) => {
        const client = await RawClient.greeted(path)
        client.socket.write(Buffer.from([0, 0, 16, 0]))
        const dripping = setInterval(() => client.socket.write('x'), 20)
        const took = await timed(() => client.ended)
        clearInterval(dripping)
        expect([took > 250, took < 2000]).toEqual([true, true])
        expect(await written(log)).toMatchObject([{ event: 'cut', error: expect.stringMatching(/did not arrive whole within 300 ms/) }])
      })
    })

    test('whose length alone has come, in time', async () => {
      await serve({ arrival: 200 }, async ({ path, log }) => {
        const client = await RawClient.greeted(path)
        client.socket.write(Buffer.from([0]))
        expect(await timed(() => client.ended)).toBeGreaterThan(150)
        expect(await written(log)).toMatchObject([{ event: 'cut', error: expect.stringMatching(/did not arrive whole within 200 ms/) }])
      })
    })

    test('that speaks of more rules than it holds, or holds more than it speaks of', async () => {
      await serve({}, async ({ path }) => {
        const plan = (slots: unknown[]) => ({ ...COMMIT, tables: [{ family: 'ip', table: 'filter', version: { chains: '', rules: [] }, plan: { chains: [{ ...CHAIN, slots }], deleted: [], released: [] } }] })
        const few = await RawClient.greeted(path)
        const from = performance.now()
        expect(await few.ask(plan([4_000_000_000]))).toMatchObject({ error: { message: expect.stringMatching(/fewer rules/) } })
        expect(performance.now() - from).toBeLessThan(1000)
        const many = await RawClient.greeted(path)
        many.send(`${JSON.stringify(plan([1]))}\n{}\n{}`)
        expect(await many.answer()).toMatchObject({ error: { message: expect.stringMatching(/more rules/) } })
        many.close()
      })
    })
  })

  test('gives requests that follow each other quickly all the time that each of them has', async () => {
    await serve({ arrival: 500 }, async ({ path }) => {
      const client = await RawClient.greeted(path)
      const bytes = frame(JSON.stringify(READ))
      // Pieces end in the middle of a frame, always.
      const stream = Buffer.concat(Array.from({ length: 40 }, () => bytes))
      for (let at = 0; at < stream.length; at += bytes.length + 7) {
        client.socket.write(stream.subarray(at, at + bytes.length + 7))
        await pause(20)
      }
      for (let i = 0; i < 40; i++) expect(await client.answer()).toMatchObject({ id: 1, result: {} })
      client.close()
    })
  })

  test('answers in order, however many requests have come at once', async () => {
    await serve({}, async ({ path }) => {
      const client = await RawClient.greeted(path)
      const count = 500
      client.socket.write(Buffer.concat(Array.from({ length: count }, (_, id) => frame(JSON.stringify({ ...READ, id, method: 'read', table: id % 3 === 0 ? 'nat' : 'filter' })))))
      const ids: unknown[] = []
      for (let i = 0; i < count; i++) ids.push((await client.answer())?.id)
      expect(ids).toEqual(Array.from({ length: count }, (_, i) => i))
      client.close()
    })
  })

  test('cuts off who takes no answer, holds little for him meanwhile, and serves the others', async () => {
    await serve({ taking: 1500 }, async ({ path, open, log }) => {
      const xt = await open()
      await xt.transaction(({ ip }) => ip.replaceChain('filter', 'INPUT', Array.from({ length: 3000 }, (_, i) => parseRule(`-p tcp --dport ${i + 1}`))))
      const client = await RawClient.greeted(path)
      client.socket.pause()
      const before = process.memoryUsage().arrayBuffers
      client.socket.write(Buffer.concat(Array.from({ length: 2000 }, () => frame(JSON.stringify(READ)))))
      const others = await timed(async () => {
        for (let i = 0; i < 5; i++) await xt.ip.read('nat')
      })
      await pause(1000)
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20)
      expect(others).toBeLessThan(1000)
      await eventually(() => log.some(({ event }) => event === 'cut'), 'it is cut off')
      expect(log.filter(({ event }) => event === 'cut')).toMatchObject([{ error: expect.stringMatching(/not taken within 1500 ms/) }])
      client.close()
      await xt.transaction(({ ip }) => ip.flush('filter'))
    })
  }, 30_000)

  test('gives up a request that takes too long: the next client is served', async () => {
    await withDaemon(folder, { backend: 'legacy', limits: { work: 400 } }, async ({ path, log }) => {
      const holder = await openXtables({ backend: 'legacy' })
      let go = () => {}
      const held = new Promise<void>((resolve) => {
        go = resolve
      })
      let taken = () => {}
      const locked = new Promise<void>((resolve) => {
        taken = resolve
      })
      const holding = holder.transaction(async ({ ip }) => {
        await ip.rules('filter', 'INPUT')
        taken()
        await held
      })
      await locked
      const client = await RawClient.greeted(path)
      // The wait for the lock ends with the request's time: whichever is noticed first is told.
      const code = expect.stringMatching(/^ERR_(TIMEOUT|LOCK)$/)
      const took = await timed(async () => expect(await client.ask({ ...COMMIT, wait: 60_000, tables: [{ family: 'ip', table: 'filter', version: { chains: '', rules: [] } }] })).toMatchObject({ error: { code } }))
      go()
      expect([took > 350, took < 3000]).toEqual([true, true])
      await holding
      expect(await client.ask(READ)).toMatchObject({ result: {} })
      expect(log).toMatchObject([{ event: 'commit', outcome: 'failed', code }])
      client.close()
      holder.close()
    })
  })

  test('has nobody wait behind one who would wait for the lock for longer than a request may take', async () => {
    await withDaemon(folder, { backend: 'legacy', limits: { work: 400 } }, async ({ path }) => {
      const lock = await holding('flock', ['--exclusive', '--no-fork', process.env.XTABLES_LOCKFILE as string, 'sh', '-c', 'echo held; exec sleep 60'])
      try {
        const client = await RawClient.greeted(path)
        const open = { id: 1, method: 'open', family: 'ip', table: 'filter', needs: 'rules' }
        expect(await client.ask({ ...open, wait: 60_000 })).toMatchObject({ error: { code: expect.stringMatching(/^ERR_(TIMEOUT|LOCK)$/) } })
        await eventually(async () => {
          const { error } = (await client.ask({ ...open, table: 'nat', wait: 0 })) as { error: { code: string } }
          return error.code === 'ERR_LOCK'
        }, 'the next is told that the lock is held', 3)
        client.close()
      } finally {
        await end(lock)
      }
    })
  })

  test('has so many connections of one user, and so many in all: the others are told', async () => {
    await withDaemon(folder, { backend: 'nft', limits: { perUser: 3 } }, async ({ path, open }) => {
      const clients = [await RawClient.greeted(path), await RawClient.greeted(path), new RawClient(path)]
      await pause(50)
      const error = await rejection(open())
      expect(TransportError.is(error) && error.message).toMatch(/3 connections to the daemon already/)
      // Those that have said nothing count as well.
      clients[2]?.close()
      await eventually(() => open().catch(() => undefined), 'there is room for one more')
      for (const client of clients) client.close()
    })
    await withDaemon(folder, { backend: 'nft', limits: { connections: 2 } }, async ({ path, open }) => {
      const clients = [new RawClient(path), new RawClient(path)]
      await pause(50)
      expect((await rejection(open())).message).toMatch(/2 connections already/)
      for (const client of clients) client.close()
      await eventually(() => open().catch(() => undefined), 'there is room for one more')
    })
  })

  test('is not kept from closing by who says nothing, takes nothing, or never ends', async () => {
    const took = await timed(() =>
      withDaemon(folder, { backend: 'nft', limits: { closing: 500 } }, async ({ path }) => {
        const clients = [new RawClient(path), await RawClient.greeted(path), await RawClient.greeted(path)]
        clients[2]?.socket.write(Buffer.from([0, 1, 0, 0]))
        clients[1]?.socket.pause()
        clients[1]?.send(JSON.stringify(READ))
        await pause(50)
      }),
    )
    expect(took).toBeLessThan(3000)
  })

  test('survives whatever bytes come, and whatever JSON', async () => {
    await serve({}, async ({ path, log }) => {
      const requests = fc.record({ id: fc.nat(), method: fc.constantFrom('read', 'readAll', 'open', 'commit', 'count', 'inUse', 'trace'), family: fc.constantFrom('ip', 'ip6', 'x'), table: fc.oneof(fc.constantFrom('filter', '__proto__', 'nat'), fc.string()), needs: fc.oneof(fc.constantFrom('chains', 'rules'), fc.record({ chain: fc.string() })), test: fc.boolean(), tables: fc.array(fc.jsonValue()) }, { requiredKeys: ['id', 'method'] })
      const payload = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.json().map((text) => Buffer.from(text)), requests.map((value) => Buffer.from(JSON.stringify(value))))
      await fc.assert(
        fc.asyncProperty(fc.array(payload, { minLength: 1, maxLength: 4 }), async (payloads) => {
          const client = await RawClient.greeted(path)
          for (const one of payloads) client.send(one)
          await client.answer()
          client.close()
        }),
        { numRuns: 150 },
      )
      expect(log.filter(({ event }) => event === 'fault')).toEqual([])
    })
  }, 60_000)

  test('takes limits that are numbers, and no others', async () => {
    for (const limits of [{ request: 0 }, { work: 2 ** 31 }, { greeting: 1.5 }, { more: 1 } as object]) {
      expect(InputError.is(await rejection(openDaemon({ path: `${folder}/x.sock`, policy: EVERYTHING, limits })))).toBe(true)
    }
    expect(InputError.is(await rejection(openDaemon({ policy: EVERYTHING })))).toBe(true)
    expect(InputError.is(await rejection(openDaemon({ policy: EVERYTHING, path: 'a', fd: 3 })))).toBe(true)
  })
})
