import { getEventListeners } from 'node:events'
import { deadline } from '../../../../src/iptc/daemon/deadline.js'
import { rejection } from '../../../support/rejection.js'

const LIMIT = 1000
const GRACE = 5000
const never = () => new Promise<never>(() => {})
/** Asks for its signal before it goes on. */
const asking = <T>(go: () => Promise<T>) => (signal: () => AbortSignal) => {
  signal()
  return go()
}
/** Work that ends as soon as its signal aborts. */
const heeding = (signal: () => AbortSignal) => new Promise<never>((_, reject) => signal().addEventListener('abort', ({ target }) => reject((target as AbortSignal).reason)))

describe('a deadline', () => {
  let gone: AbortController
  beforeEach(() => {
    jest.useFakeTimers()
    gone = new AbortController()
  })
  afterEach(() => jest.useRealTimers())

  const left = () => [jest.getTimerCount(), getEventListeners(gone.signal, 'abort').length]

  test('lets work that ends in time give what it gives, or fail as it fails, and leaves nothing behind', async () => {
    expect(await deadline(LIMIT, gone.signal, async (signal) => signal().aborted)).toBe(false)
    const error = new RangeError('no')
    expect(await rejection(deadline(LIMIT, gone.signal, asking(() => Promise.reject(error))))).toBe(error)
    expect(left()).toEqual([0, 0])
  })

  test('calls work off, which then fails with it', async () => {
    const failure = rejection(deadline(LIMIT, gone.signal, heeding))
    await jest.advanceTimersByTimeAsync(LIMIT)
    expect(await failure).toMatchObject({ code: 'ERR_TIMEOUT', message: 'the daemon gave up this request after 1000 ms' })
    expect(left()).toEqual([0, 0])
  })

  test('gives up work that has asked for no signal at once, since it may still be done', async () => {
    const failure = rejection(deadline(LIMIT, gone.signal, never))
    await jest.advanceTimersByTimeAsync(LIMIT + 1)
    expect(await failure).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('it may still be done') })
    expect(left()).toEqual([0, 0])
  })

  test('gives up work that does not heed its signal after five seconds more', async () => {
    let over = false
    const failure = rejection(deadline(LIMIT, gone.signal, asking(never))).finally(() => {
      over = true
    })
    await jest.advanceTimersByTimeAsync(LIMIT + GRACE - 1)
    expect(over).toBe(false)
    await jest.advanceTimersByTimeAsync(1)
    expect(await failure).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('it may still be done') })
    expect(left()).toEqual([0, 0])
  })

  test('is over when nobody waits any more, also before work begins', async () => {
    const failure = rejection(deadline(LIMIT, gone.signal, heeding))
    gone.abort()
    expect(await failure).toMatchObject({ code: 'ERR_CLOSED' })
    expect(await deadline(LIMIT, gone.signal, async (signal) => (signal().reason as { code: string }).code)).toBe('ERR_CLOSED')
    expect(left()).toEqual([0, 0])
  })
})
