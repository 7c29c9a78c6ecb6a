import { DumpInterruptedError, TransportError } from '../../src/netlink/error.js'
import { TruncatedDatagram } from '../../src/netlink/transport.js'
import { hex } from '../support/bytes.js'
import { ack, data, done, type Script } from '../support/dialogue.js'
import { bodyOf, build, codeOf, drain, Harness, refused } from './harness.js'
import { eventually } from '../support/waiting.js'

const INTERRUPTED = 0x2 | 0x10 // NLM_F_MULTI | NLM_F_DUMP_INTR
const body = (n: number) => Buffer.of(n, 0, 0, 0)
const text = (...numbers: number[]) => numbers.map((n) => body(n).toString('hex'))

/** Answers a list with these numbers, a datagram each, and anything below 50 with an acknowledgement. */
const listing =
  (...numbers: number[]): Script =>
  (asked) =>
    asked.type < 50 ? ack(asked) : [...numbers.map((n) => data(asked, body(n))), done(asked)]

describe('a list that changed while it was read', () => {
  /** Interrupts the first `times` readings, in the first message or at the end. */
  function interrupting(times: number, where: 'message' | 'end' = 'message'): Harness {
    return new Harness((asked) => {
      const flags = h.asked.length <= times ? INTERRUPTED : 2
      return Buffer.concat([data(asked, body(h.asked.length), where === 'message' ? flags : 2), done(asked, 0, flags)])
    })
  }
  let h: Harness

  test('is read again', async () => {
    h = interrupting(2)
    expect(await drain(h.stream(50))).toEqual({ items: text(3), error: undefined })
    expect(h.asked).toHaveLength(3)
  })

  test('is read again where only its end says so', async () => {
    h = interrupting(1, 'end')
    expect(await drain(h.stream(50))).toEqual({ items: text(2), error: undefined })
  })

  test('five times is given up, with what the last reading gave', async () => {
    h = interrupting(99)
    const { items, error } = await drain(h.stream(50))
    expect(items).toEqual([])
    expect(error).toMatchObject({ code: 'ERR_INTERRUPTED', attempts: 5, partial: text(5) })
    expect(DumpInterruptedError.is(error)).toBe(true)
    expect(h.asked).toHaveLength(5)
  })

  test('is not read again once something was yielded: the error comes at the end', async () => {
    h = new Harness((asked) => [data(asked, body(1)), data(asked, body(2), INTERRUPTED), done(asked)])
    const { items, error } = await drain(h.stream(50))
    expect(items).toEqual(text(1, 2))
    expect(error).toMatchObject({ code: 'ERR_INTERRUPTED', attempts: 1 })
    expect(h.asked).toHaveLength(1)
  })

  test('is read again on a fresh socket: the kernel takes no second list on one where the first is not over', async () => {
    h = new Harness((asked) =>
      h.asked.length === 1 ? data(asked, body(1), INTERRUPTED) : [data(asked, body(2)), done(asked)],
    )
    expect((await drain(h.stream(50))).items).toEqual(text(2))
    expect(h.transport.resets).toBe(1)
  })

  test('as a whole is read five times at most', async () => {
    h = interrupting(99)
    const error = await h.connection.dump('list', build(50), bodyOf, refused).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_INTERRUPTED', attempts: 5 })
    expect((error as DumpInterruptedError).partial).toEqual(text(h.asked.length))
    expect(h.asked).toHaveLength(5)
  })

  test('as a whole is right in the end, though its beginning had been read', async () => {
    h = new Harness((asked) => [
      data(asked, body(1)),
      data(asked, body(2), h.asked.length < 3 ? INTERRUPTED : 2),
      done(asked),
    ])
    expect(await h.connection.dump('list', build(50), bodyOf, refused)).toEqual(text(1, 2))
    expect(h.asked).toHaveLength(3)
  })
})

describe('a list that never ends', () => {
  test('meets its deadline, and its socket goes', async () => {
    const h = new Harness((asked) => (asked.type < 50 ? ack(asked) : data(asked, body(1))))
    const { items, error } = await drain(h.stream(50, { timeout: 30 }))
    expect(items).toEqual(text(1))
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('list 50') })
    expect([h.transport.resets, h.connection.dumping]).toEqual([1, false])
    expect((await h.request(20)).errno).toBe(0)
  })

  test('has its deadline anew with every datagram', async () => {
    const h = new Harness((asked) => {
      for (let i = 0; i < 9; i++) setTimeout(() => h.transport.push(i < 8 ? data(asked, body(i)) : done(asked)), 50 * i)
    })
    expect(await drain(h.stream(50, { timeout: 350 }))).toEqual({ items: text(0, 1, 2, 3, 4, 5, 6, 7), error: undefined })
  })
})

describe('an abort', () => {
  test('before a list sends nothing', async () => {
    const h = new Harness(listing(1))
    expect(await codeOf(h.stream(50, { signal: AbortSignal.abort() }).next())).toBe('ERR_ABORTED')
    expect(h.asked).toHaveLength(0)
  })

  test('while a list waits ends it, and its socket goes', async () => {
    const h = new Harness((asked) => data(asked, body(1)))
    const controller = new AbortController()
    const stream = h.stream(50, { signal: controller.signal })
    await stream.next()
    const next = codeOf(stream.next())
    await eventually(() => h.transport.waiting)
    controller.abort()
    expect(await next).toBe('ERR_ABORTED')
    expect(h.transport.resets).toBe(1)
  })

  test('while its reader is busy with an item ends a list, and its socket goes', async () => {
    const h = new Harness((asked) => data(asked, body(1)))
    const controller = new AbortController()
    const stream = h.stream(50, { signal: controller.signal, timeout: 500 })
    await stream.next()
    controller.abort()
    expect(await codeOf(stream.next())).toBe('ERR_ABORTED')
    expect(h.transport.resets).toBe(1)
  })

  test('ends a list whose datagrams are all here already', async () => {
    const h = new Harness(listing(1, 2, 3, 4, 5, 6))
    const controller = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const item of h.stream(50, { signal: controller.signal })) {
        seen.push(item)
        if (seen.length === 2) controller.abort()
      }
    })()
    expect(await codeOf(reading)).toBe('ERR_ABORTED')
    expect(seen).toEqual(text(1, 2))
  })

  test('between two readings of a list ends it', async () => {
    const h = new Harness((asked) => Buffer.concat([data(asked, body(1), INTERRUPTED), done(asked)]))
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 5)
    expect(await codeOf(h.stream(50, { signal: controller.signal }).next())).toBe('ERR_ABORTED')
    expect(h.asked.length).toBeLessThan(5)
  })
})

describe('a list of which something was lost', () => {
  test('because a datagram was cut is read again', async () => {
    const cut = new TruncatedDatagram(200_000, Buffer.alloc(16))
    const h = new Harness((asked) => (h.asked.length === 1 ? [cut] : [data(asked, body(1)), done(asked)]))
    expect(await drain(h.stream(50))).toEqual({ items: text(1), error: undefined })
    expect(h.connection.counters.truncated).toBe(1)
  })

  test('because a datagram was cut after something was yielded is an error', async () => {
    const h = new Harness((asked) => [data(asked, body(1)), new TruncatedDatagram(200_000, Buffer.alloc(16))])
    const { items, error } = await drain(h.stream(50))
    expect(items).toEqual(text(1))
    expect(TransportError.is(error)).toBe(true)
  })

  test('because the receive buffer ran over is an error', async () => {
    const overrun = new TransportError('recvfrom: ENOBUFS', { code: 'ERR_OVERRUN', errno: 105 })
    const h = new Harness((asked) => [data(asked, body(1)), overrun])
    expect(await drain(h.stream(50))).toMatchObject({ items: text(1), error: { code: 'ERR_OVERRUN' } })
  })

  test.each([
    ['a message that cannot be read', () => hex('00000000 00000000 00000000 00000000')],
    ['a receive buffer that ran over', () => new TransportError('recvfrom', { code: 'ERR_OVERRUN' })],
    ['a datagram that was cut', () => new TruncatedDatagram(200_000, Buffer.alloc(16))],
  ])('because of %s does not stand in the way of the next', async (_, fault) => {
    // As the kernel: EBUSY while an earlier list on this socket is not over.
    let running = 0
    const h = new Harness((asked) => {
      if (running > h.transport.resets) return ack(asked, 16)
      running++
      return h.asked.length === 1 ? [data(asked, body(1)), fault()] : [data(asked, body(2)), done(asked)]
    })
    await drain(h.stream(50))
    expect(await drain(h.stream(51))).toEqual({ items: text(2), error: undefined })
  })
})
