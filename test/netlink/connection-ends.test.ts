import { getEventListeners } from 'node:events'
import { ProtocolError } from '../../src/netlink/error.js'
import { hex } from '../support/bytes.js'
import { ack, type Asked, data } from '../support/dialogue.js'
import { build, codeOf, faultOf, Harness } from './harness.js'
import { eventually, sleep } from '../support/waiting.js'

describe('a deadline', () => {
  test('ends a request, and the error names it', async () => {
    const h = new Harness()
    const began = performance.now()
    const fault = await faultOf(h.request(20, { timeout: 30 }))
    expect(fault).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('request 20') })
    expect(performance.now() - began).toBeGreaterThanOrEqual(29)
  })

  test('is that of the connection where the call has none', async () => {
    const h = new Harness(undefined, { timeout: 25 })
    expect(await codeOf(h.request(20))).toBe('ERR_TIMEOUT')
  })

  test('of one request does not end another', async () => {
    const held: Asked[] = []
    const h = new Harness((asked) => void held.push(asked))
    const slow = h.request(20, { timeout: 5000 })
    expect(await codeOf(h.request(21, { timeout: 20 }))).toBe('ERR_TIMEOUT')
    h.transport.push(ack(held[0]!))
    expect((await slow).errno).toBe(0)
  })

  test('goes by a clock that nobody sets', async () => {
    const h = new Harness((asked) => void setTimeout(() => h.transport.push(ack(asked)), 40))
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => 4e12)
    try {
      expect((await h.request(20, { timeout: 5000 })).errno).toBe(0)
    } finally {
      clock.mockRestore()
    }
  })

  test('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const h = new Harness((asked) => void setImmediate(() => h.transport.push(ack(asked))))
    const before = timers()
    await h.request(20, { timeout: 60_000 })
    await codeOf(h.request(21, { signal: AbortSignal.abort() }))
    expect(timers()).toBe(before)
  })
})

describe('an abort', () => {
  test('before the request sends nothing', async () => {
    const h = new Harness((asked) => ack(asked))
    const fault = await faultOf(h.request(20, { signal: AbortSignal.abort('why') }))
    expect(fault).toMatchObject({ code: 'ERR_ABORTED', cause: 'why', message: expect.stringContaining('request 20') })
    expect(h.asked).toEqual([])
  })

  test('while it waits rejects at once, and its answer is dropped', async () => {
    const h = new Harness()
    const controller = new AbortController()
    const request = h.request(20, { signal: controller.signal })
    await eventually(() => h.transport.waiting)
    controller.abort(new Error('enough'))
    expect(await faultOf(request)).toMatchObject({ code: 'ERR_ABORTED', cause: new Error('enough') })
    h.transport.push(ack(h.asked[0]!))
    const other = h.request(21, { timeout: 30 })
    expect(await codeOf(other)).toBe('ERR_TIMEOUT')
    expect(h.connection.counters.stale).toBe(1)
  })

  test('while the datagram is on its way out rejects, once it is out', async () => {
    const h = new Harness()
    const controller = new AbortController()
    jest.spyOn(h.transport, 'send').mockImplementation((() => sleep(20)) as never)
    const request = codeOf(h.request(20, { signal: controller.signal, timeout: 500 }))
    await sleep(5)
    controller.abort()
    expect(await request).toBe('ERR_ABORTED')
  })

  test('leaves no listener on the signal', async () => {
    const h = new Harness((asked) => void setImmediate(() => h.transport.push(ack(asked))))
    const { signal } = new AbortController()
    for (let i = 0; i < 20; i++) await h.request(20, { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('a datagram that makes no sense', () => {
  test('rejects all that are under way, since it may have been the answer to any', async () => {
    const h = new Harness()
    const requests = [h.request(20), h.request(21)]
    await eventually(() => h.transport.waiting)
    h.transport.push(Buffer.alloc(16))
    for (const request of requests) await expect(request).rejects.toThrow(ProtocolError)
  })

  test('does not end the connection', async () => {
    const h = new Harness((asked) => (asked.type === 20 ? Buffer.alloc(16) : ack(asked)))
    await expect(h.request(20)).rejects.toThrow(ProtocolError)
    expect((await h.request(21)).errno).toBe(0)
  })

  test('leaves what came before it in the datagram', async () => {
    const h = new Harness((asked) => Buffer.concat([data(asked, hex('01000000'), 0), ack(asked), Buffer.alloc(16)]))
    expect(await h.request(20)).toEqual({ bodies: ['01000000'], errno: 0 })
  })
})

describe('closing', () => {
  test('rejects all that is under way, and what comes after', async () => {
    const h = new Harness()
    const requests = [h.request(20), h.request(21, {}, 'data'), h.stream(22).next()]
    await eventually(() => h.asked.length === 3)
    h.connection.close()
    for (const request of requests) expect(await codeOf(request)).toBe('ERR_CLOSED')
    expect(await codeOf(h.request(23))).toBe('ERR_CLOSED')
    expect(await codeOf(h.stream(24).next())).toBe('ERR_CLOSED')
    expect(h.connection.closed).toBe(true)
  })

  test('twice is done once', async () => {
    const h = new Harness()
    h.connection.close()
    h.connection.close()
    await h.connection[Symbol.asyncDispose]()
    h.connection[Symbol.dispose]()
    expect(h.transport.closes).toBe(1)
  })

  test('comes by itself at the end of a block', async () => {
    const h = new Harness((asked) => ack(asked))
    {
      await using connection = h.connection
      await connection.request('x', 'ack', build(20), {})
    }
    expect(h.transport.closed).toBe(true)
  })

  test('ends the wait for the transport', async () => {
    const h = new Harness()
    const request = codeOf(h.request(20))
    await eventually(() => h.transport.waiting)
    h.connection.close()
    expect(await request).toBe('ERR_CLOSED')
    expect(h.transport.waiting).toBe(false)
  })
})

test('nobody waits for the transport once nobody waits for an answer', async () => {
  const h = new Harness()
  await codeOf(h.request(20, { timeout: 10 }))
  await sleep(0)
  expect(h.transport.waiting).toBe(false)
})
