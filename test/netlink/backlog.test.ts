import { TransportError, TruncatedDatagram } from '../../src/netlink/index.js'
import { Backlog } from '../../src/netlink/socket/backlog.js'

const filled = (value: number, size: number) => new Uint8Array(size).fill(value)

/** What is taken until nothing is left: the first byte of datagrams, the size of cut ones, the codes of errors. */
function drain(backlog: Backlog): unknown[] {
  const taken: unknown[] = []
  for (;;) {
    try {
      const item = backlog.take()
      if (item === undefined) return taken
      taken.push(item instanceof TruncatedDatagram ? `cut ${item.size}` : item[0])
    } catch (error) {
      taken.push((error as TransportError).code)
    }
  }
}

test('gives what it was given, in order, errors where they happened', () => {
  const backlog = new Backlog(Number.POSITIVE_INFINITY)
  expect(backlog.empty).toBe(true)
  backlog.keep(filled(1, 10))
  backlog.fail(new TransportError('lost', { code: 'ERR_OVERRUN' }))
  backlog.keep(new TruncatedDatagram(77, filled(2, 5)))
  backlog.keep(filled(3, 10))
  expect(backlog.empty).toBe(false)
  expect(drain(backlog)).toEqual([1, 'ERR_OVERRUN', 'cut 77', 3])
  expect(backlog.empty).toBe(true)
})

test('takes no more than its limit, says so once, and takes nothing until all was read', () => {
  const backlog = new Backlog(100)
  backlog.keep(filled(1, 60))
  backlog.keep(filled(2, 40))
  backlog.keep(filled(3, 1))
  backlog.keep(filled(4, 1))
  expect(backlog.take()?.[0 as never]).toBe(1)
  backlog.keep(filled(5, 1))
  expect(drain(backlog)).toEqual([2, 'ERR_OVERRUN'])
  backlog.keep(filled(6, 90))
  expect(drain(backlog)).toEqual([6])
})

test('takes a datagram larger than its limit when it holds nothing else', () => {
  const backlog = new Backlog(10)
  backlog.keep(filled(1, 50))
  backlog.keep(filled(2, 1))
  expect(drain(backlog)).toEqual([1, 'ERR_OVERRUN'])
})

test('holds no errors side by side', () => {
  const backlog = new Backlog(100)
  for (let i = 0; i < 1000; i++) backlog.fail(new TransportError('lost', { code: 'ERR_OVERRUN' }))
  expect(drain(backlog)).toEqual(['ERR_OVERRUN'])
})

test('forgets all when it is cleared, that it had run over, too', () => {
  const backlog = new Backlog(10)
  backlog.keep(filled(1, 10))
  backlog.keep(filled(2, 10))
  backlog.clear()
  expect(backlog.take()).toBeUndefined()
  backlog.keep(filled(3, 10))
  expect(drain(backlog)).toEqual([3])
})
