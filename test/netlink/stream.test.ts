import { KernelError, ProtocolError } from '../../src/netlink/error.js'
import { ack, type Asked, data, done, type Script } from '../support/dialogue.js'
import { bodyOf, drain, Harness } from './harness.js'
import { eventually, sleep } from '../support/waiting.js'

const body = (n: number) => Buffer.of(n, 0, 0, 0)
const text = (...numbers: number[]) => numbers.map((n) => body(n).toString('hex'))

/** Answers a list with these numbers, a datagram each, and anything below 50 with an acknowledgement. */
const listing =
  (...numbers: number[]): Script =>
  (asked) =>
    asked.type < 50 ? ack(asked) : [...numbers.map((n) => data(asked, body(n))), done(asked)]

describe('a list', () => {
  test('is yielded as it arrives, up to NLMSG_DONE', async () => {
    const h = new Harness((asked) => data(asked, body(1)))
    const stream = h.stream(50)
    expect((await stream.next()).value).toBe('01000000')
    const second = stream.next()
    h.transport.push(Buffer.concat([data(h.asked[0]!, body(2)), data(h.asked[0]!, body(3))]))
    expect((await second).value).toBe('02000000')
    expect((await stream.next()).value).toBe('03000000')
    h.transport.push(done(h.asked[0]!))
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(h.connection.dumping).toBe(false)
  })

  test('of nothing is empty, not an error', async () => {
    expect(await drain(new Harness(listing()).stream(50))).toEqual({ items: [], error: undefined })
  })

  test('whose end carries an errno fails, after what came before', async () => {
    const h = new Harness((asked) => [data(asked, body(1)), done(asked, 105)])
    expect(await drain(h.stream(50))).toEqual({ items: text(1), error: expect.objectContaining({ errno: 105 }) })
  })

  test('that is refused fails with the error that the caller makes of it', async () => {
    const { items, error } = await drain(new Harness((asked) => ack(asked, 2)).stream(50))
    expect([items, KernelError.is(error)]).toEqual([[], true])
    expect(error).toMatchObject({ errno: 2 })
  })

  test('is asked for only when the first item is', async () => {
    const h = new Harness(listing(1))
    const stream = h.stream(50)
    await sleep(5)
    expect(h.asked).toHaveLength(0)
    await stream.next()
    expect(h.asked).toHaveLength(1)
  })

  test('whose message cannot be read rejects with that', async () => {
    const h = new Harness(listing(1, 2))
    const stream = h.stream(50, {}, () => {
      throw new ProtocolError('no sense', { offset: 20 })
    })
    expect((await drain(stream)).error).toMatchObject({ code: 'ERR_PROTOCOL', offset: 20 })
  })

  test('takes other requests between two of its items', async () => {
    const h = new Harness(listing(1, 2, 3))
    const seen: (string | undefined | number)[] = []
    for await (const item of h.stream(50)) seen.push(item, (await h.request(20)).errno)
    expect(seen).toEqual(['01000000', 0, '02000000', 0, '03000000', 0])
  })
})

describe('a list that is left early', () => {
  test('ends with its socket, and the next request has a fresh one', async () => {
    const h = new Harness((asked) => (asked.type < 50 ? ack(asked) : [data(asked, body(1)), data(asked, body(2))]))
    for await (const item of h.stream(50)) {
      expect(item).toBe('01000000')
      expect(h.connection.dumping).toBe(true)
      break
    }
    expect([h.transport.resets, h.connection.dumping]).toEqual([1, false])
    expect((await h.request(20)).errno).toBe(0)
    expect(h.connection.counters.stale).toBe(0)
  })

  test('by an exception ends as well', async () => {
    const h = new Harness((asked) => [data(asked, body(1))])
    await expect(
      (async () => {
        for await (const _ of h.stream(50)) throw new RangeError('mine')
      })(),
    ).rejects.toThrow('mine')
    expect([h.transport.resets, h.connection.dumping]).toEqual([1, false])
  })

  test('before its first item asks for nothing', async () => {
    const h = new Harness(listing(1))
    await h.stream(50).return()
    expect([h.asked.length, h.transport.resets]).toEqual([0, 0])
  })

  test('after its end needs no fresh socket', async () => {
    const h = new Harness((asked) => Buffer.concat([data(asked, body(1)), done(asked)]))
    for await (const _ of h.stream(50)) break
    expect(h.transport.resets).toBe(0)
  })

  test('does not take the answers of others with it', async () => {
    const h = new Harness((asked) => (asked.type < 50 ? undefined : data(asked, body(1))))
    const other = h.request(20, { timeout: 2000 })
    await eventually(() => h.asked.length === 1)
    for await (const _ of h.stream(50)) break
    expect([h.transport.resets, h.connection.dumping]).toEqual([0, true])
    const [request, list] = h.asked as [Asked, Asked]
    h.transport.push(data(list, body(2)), ack(request), data(list, body(3)))
    expect((await other).errno).toBe(0)
    expect([h.transport.resets, h.connection.dumping, h.connection.counters.stale]).toEqual([1, false, 0])
  })

  test('is read past while others use the socket; its end is the end of it', async () => {
    const h = new Harness((asked) => (asked.type < 50 ? undefined : data(asked, body(1))))
    const other = h.request(20, { timeout: 2000 })
    await eventually(() => h.asked.length === 1)
    for await (const _ of h.stream(50)) break
    const [request, list] = h.asked as [Asked, Asked]
    h.transport.push(data(list, body(2)), done(list))
    await eventually(() => !h.connection.dumping)
    h.transport.push(ack(request))
    expect((await other).errno).toBe(0)
    expect(h.transport.resets).toBe(0)
  })
})

test('a long list whose datagrams are all here lets the event loop have its turn', async () => {
  const h = new Harness(listing(...Array.from({ length: 200 }, (_, i) => i % 256)))
  let longest = 0
  let last = performance.now()
  const clock = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  const spin = (message: Parameters<typeof bodyOf>[0]) => {
    for (const end = performance.now() + 1; performance.now() < end; );
    return bodyOf(message)
  }
  const { items } = await drain(h.stream(50, {}, spin))
  clearInterval(clock)
  longest = Math.max(longest, performance.now() - last)
  expect(items).toHaveLength(200)
  expect(longest).toBeLessThan(100) // 200 ms of work; the library lets go after 5, and others may have the processor for a while
})
