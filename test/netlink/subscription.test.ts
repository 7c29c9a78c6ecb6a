import { getEventListeners } from 'node:events'
import { Subscription, TransportError, TruncatedDatagram } from '../../src/netlink/index.js'
import { ScriptedTransport } from '../support/scripted-transport.js'
import { codeOf } from './harness.js'
import { eventually, sleep } from '../support/waiting.js'

const bytes = (...values: number[]) => Uint8Array.from(values)
const overrun = () => new TransportError('recvfrom: ENOBUFS', { code: 'ERR_OVERRUN', errno: 105 })

function open(signal?: AbortSignal): { transport: ScriptedTransport; subscription: Subscription } {
  const transport = new ScriptedTransport(() => [])
  return { transport, subscription: new Subscription(transport, { signal }) }
}

/** The next item: its bytes, or `lost`; `over` at the end. */
async function next(subscription: Subscription): Promise<number[] | string> {
  const { value, done } = await subscription.next()
  if (done) return 'over'
  return 'overrun' in value ? 'lost' : [...value]
}

describe('a subscription', () => {
  test('gives what arrives, in order, before and while it is waited for', async () => {
    const { transport, subscription } = open()
    transport.push(bytes(1), bytes(2, 2))
    expect([await next(subscription), await next(subscription)]).toEqual([[1], [2, 2]])
    const late = next(subscription)
    await eventually(() => transport.waiting)
    transport.push(bytes(3))
    expect(await late).toEqual([3])
    expect(transport.sent).toEqual([])
  })

  test('gives copies, which the next datagram does not overwrite', async () => {
    const { transport, subscription } = open()
    const buffer = bytes(1, 2, 3)
    transport.push(buffer, buffer)
    const { value } = await subscription.next()
    buffer.fill(9)
    expect([...(value as Uint8Array)]).toEqual([1, 2, 3])
    expect(await next(subscription)).toEqual([9, 9, 9])
  })

  test('gives each who asks at the same time one datagram', async () => {
    const { transport, subscription } = open()
    const all = Promise.all([1, 2, 3].map(() => next(subscription)))
    await eventually(() => transport.waiting)
    transport.push(bytes(1), bytes(2), bytes(3))
    expect(await all).toEqual([[1], [2], [3]])
  })

  test('leaves the event loop its turns when much arrives', async () => {
    const { transport, subscription } = open()
    transport.push(...Array.from({ length: 20_000 }, () => bytes(1)))
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    for (let i = 0; i < 20_000; i++) {
      await subscription.next()
      const end = performance.now() + 0.002
      while (performance.now() < end) {}
    }
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })
})

describe('what was lost', () => {
  test('is an item and no error, before what the socket still held, and what comes later', async () => {
    const { transport, subscription } = open()
    transport.push(bytes(1), overrun(), bytes(2), bytes(3))
    expect([await next(subscription), await next(subscription)]).toEqual([[1], 'lost'])
    transport.push(bytes(4))
    expect([await next(subscription), await next(subscription), await next(subscription)]).toEqual([[2], [3], [4]])
    expect(transport.resets).toBe(0)
  })

  test('leaves a socket that hears again: it is emptied before anybody learns of it', async () => {
    const { transport, subscription } = open()
    transport.push(overrun(), bytes(2), bytes(3))
    expect(await next(subscription)).toBe('lost')
    expect(transport.receive()).toBeUndefined()
  })

  test('is one item, however often the socket says so at once', async () => {
    const { transport, subscription } = open()
    transport.push(overrun(), overrun(), bytes(2), overrun())
    expect([await next(subscription), await next(subscription)]).toEqual(['lost', [2]])
    transport.push(bytes(3))
    expect(await next(subscription)).toEqual([3])
  })

  test('does not keep it from the event loop where a socket cannot be emptied: it is made anew', async () => {
    const { transport, subscription } = open()
    transport.push(overrun(), ...Array.from({ length: 20 }, () => new Uint8Array(1024 * 1024)), bytes(9))
    expect(await next(subscription)).toBe('lost')
    expect(transport.resets).toBe(1)
    for (let i = 0; i < 16; i++) expect(await next(subscription)).toHaveLength(1024 * 1024)
    transport.push(bytes(3))
    expect(await next(subscription)).toEqual([3])
  })

  test('is told again when it happens again', async () => {
    const { transport, subscription } = open()
    for (let i = 1; i <= 3; i++) {
      transport.push(overrun(), bytes(i))
      expect([await next(subscription), await next(subscription)]).toEqual(['lost', [i]])
    }
  })

  test('may be a datagram that was cut, which nobody gets to see', async () => {
    const { transport, subscription } = open()
    transport.push(bytes(1), new TruncatedDatagram(500, bytes(7, 7)))
    expect([await next(subscription), await next(subscription)]).toEqual([[1], 'lost'])
    expect(transport.counters.truncated).toBe(1)
  })
})

describe('a subscription ends', () => {
  test('when it is closed, also for those who wait', async () => {
    const { transport, subscription } = open()
    const waiting = [next(subscription), next(subscription)]
    await eventually(() => transport.waiting)
    subscription.close()
    subscription.close()
    expect(await Promise.all(waiting)).toEqual(['over', 'over'])
    expect(await next(subscription)).toBe('over')
    expect(subscription.closed).toBe(true)
  })

  test('when its signal aborts, and leaves nothing with the signal', async () => {
    const controller = new AbortController()
    const { transport, subscription } = open(controller.signal)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    const waiting = next(subscription)
    await eventually(() => transport.waiting)
    controller.abort()
    expect(await waiting).toBe('over')
    expect(transport.closed).toBe(true)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('before it begins when the signal has aborted', async () => {
    const { transport, subscription } = open(AbortSignal.abort())
    expect(await next(subscription)).toBe('over')
    expect(transport.closed).toBe(true)
  })

  test('when the loop is left, though datagrams are there', async () => {
    const { transport, subscription } = open()
    transport.push(bytes(1), bytes(2))
    for await (const item of subscription) {
      expect('overrun' in item ? 'lost' : [...item]).toEqual([1])
      break
    }
    expect(transport.closed).toBe(true)
    expect(await next(subscription)).toBe('over')
  })

  test('when the loop throws', async () => {
    const controller = new AbortController()
    const { transport, subscription } = open(controller.signal)
    transport.push(bytes(1))
    const loop = async () => {
      for await (const _ of subscription) throw new Error('of the reader')
    }
    await expect(loop()).rejects.toThrow('of the reader')
    expect(transport.closed).toBe(true)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('when it is returned from while somebody waits', async () => {
    const { transport, subscription } = open()
    const waiting = next(subscription)
    await eventually(() => transport.waiting)
    expect(await subscription.return()).toEqual({ done: true, value: undefined })
    expect(await waiting).toBe('over')
  })

  test('when it goes out of scope', async () => {
    const { transport, subscription } = open()
    {
      await using scoped = subscription
      transport.push(bytes(1))
      await scoped.next()
    }
    expect(transport.closed).toBe(true)
  })

  test('in the middle of what a socket held that ran over', async () => {
    const { transport, subscription } = open()
    transport.push(overrun(), bytes(1), bytes(2))
    expect([await next(subscription), await next(subscription)]).toEqual(['lost', [1]])
    subscription.close()
    expect(await next(subscription)).toBe('over')
  })

  test('with the error of a socket that fails in another way', async () => {
    const { transport, subscription } = open()
    const waiting = codeOf(subscription.next())
    await sleep(0)
    transport.push(new TransportError('recvfrom: ENOMEM', { code: 'ERR_SYSTEM', errno: 12 }))
    expect(await waiting).toBe('ERR_SYSTEM')
    expect(transport.closed).toBe(true)
    expect(await next(subscription)).toBe('over')
  })

  test('with the error of a socket that cannot be made anew', async () => {
    const { transport, subscription } = open()
    jest.spyOn(transport, 'reset').mockImplementation(() => {
      throw new TransportError('socket: EMFILE', { code: 'ERR_SYSTEM', errno: 24 })
    })
    transport.push(overrun(), new Uint8Array(32 * 1024 * 1024))
    expect(await codeOf(subscription.next())).toBe('ERR_SYSTEM')
    expect(transport.closed).toBe(true)
  })
})
