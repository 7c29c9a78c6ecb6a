import { Receiver } from '../../src/netlink/socket/receiver.js'
import { TransportError } from '../../src/netlink/index.js'
import { TruncatedDatagram } from '../../src/netlink/transport.js'
import { FakeLibc, type Received } from '../support/fake-libc.js'

const FD = 7
const EAGAIN = 11
const EINTR = 4
const ENOBUFS = 105

function receiver(...incoming: Received[]) {
  const libc = new FakeLibc()
  libc.incoming.push(...incoming)
  const counters = { foreign: 0, truncated: 0 }
  let idle = 0
  return { libc, counters, idle: () => idle, receiver: new Receiver(libc, counters, () => idle++) }
}

/** A piece of a long list, full of one byte. */
const long = (byte: number): Received => ({ bytes: new Uint8Array(10_000).fill(byte) })
const short = (byte: number): Received => ({ bytes: Uint8Array.of(byte) })

const first = (datagram: unknown) => (datagram as Uint8Array | undefined)?.[0]

test('behind a piece of a long list the next ones are received by another thread, in order, and the first stays readable meanwhile', async () => {
  const { receiver: one, libc, idle } = receiver(long(1), long(2), short(3))
  const piece = one.receive(FD)
  expect(first(piece)).toBe(1)
  expect(one.isBusy).toBe(true)
  expect(one.receive(FD)).toBeUndefined()
  await one.arriving
  expect(first(piece)).toBe(1)
  expect(first(one.receive(FD))).toBe(2)
  expect(first(one.receive(FD))).toBe(3)
  expect(one.arriving).toBeUndefined()
  expect(one.receive(FD)).toBeUndefined()
  expect(one.isBusy).toBe(false)
  expect(idle()).toBe(1)
  expect(libc.incoming).toEqual([])
})

test('a long list comes eight pieces at a time; while these are read the next are received, and what was read last stays as it is', async () => {
  const pieces = Array.from({ length: 30 }, (_, i) => long(i + 1))
  const { receiver: one, libc } = receiver(...pieces, short(31))
  const seen: (number | undefined)[] = []
  for (;;) {
    const piece = one.receive(FD)
    if (piece === undefined) {
      if (!one.arriving) break
      await one.arriving
      continue
    }
    await one.arriving
    seen.push(first(piece))
    expect(piece).toEqual(Buffer.alloc((piece as Uint8Array).length, first(piece)))
  }
  expect(seen).toEqual(Array.from({ length: 31 }, (_, i) => i + 1))
  const calls = libc.calls.filter(({ name }) => name === 'recvmmsg')
  expect(calls.map(({ args: [fd, , ...args] }) => [fd, ...args])).toEqual(Array(4).fill([FD, 8, 0x40 | 0x20]))
})

test('short datagrams are received at once, on this thread', () => {
  const { receiver: one, idle } = receiver(short(1), short(2))
  expect([first(one.receive(FD)), first(one.receive(FD)), one.receive(FD)]).toEqual([1, 2, undefined])
  expect(idle()).toBe(0)
})

test('where nothing follows a long datagram, it is as if nobody had looked', async () => {
  const { receiver: one, libc } = receiver(long(1), { errno: EAGAIN })
  one.receive(FD)
  await one.arriving
  expect(one.receive(FD)).toBeUndefined()
  libc.incoming.push(short(2))
  expect(first(one.receive(FD))).toBe(2)
})

test('an interrupted call of the other thread is made again', async () => {
  const { receiver: one } = receiver(long(1), { errno: EINTR }, short(2))
  one.receive(FD)
  await one.arriving
  expect(first(one.receive(FD))).toBe(2)
})

test('an error of the other thread is thrown where the datagram would have been, once', async () => {
  const { receiver: one } = receiver(long(1), { errno: ENOBUFS }, short(2))
  one.receive(FD)
  await one.arriving
  expect(() => one.receive(FD)).toThrow(TransportError)
  expect(first(one.receive(FD))).toBe(2)
})

test('what comes from another program is dropped and counted, also by the other thread', async () => {
  const { receiver: one, counters } = receiver(long(1), { ...long(9), from: 4242 } as Received, short(2))
  one.receive(FD)
  await one.arriving
  expect(first(one.receive(FD))).toBe(2)
  expect(counters.foreign).toBe(1)
})

test('what does not fit is told, with its size; what is received behind it has room', async () => {
  const size = 200_000
  const { receiver: one, counters, libc } = receiver(long(1), { bytes: new Uint8Array(size).fill(5) })
  one.receive(FD)
  await one.arriving
  const cut = one.receive(FD)
  expect(cut).toBeInstanceOf(TruncatedDatagram)
  expect((cut as TruncatedDatagram).size).toBe(size)
  expect((cut as TruncatedDatagram).head).toEqual(Buffer.alloc(131_072, 5))
  await one.arriving
  libc.incoming.push({ bytes: new Uint8Array(size).fill(6) }, { bytes: new Uint8Array(size).fill(7) })
  expect(first(one.receive(FD))).toBe(6)
  await one.arriving
  const last = one.receive(FD)
  expect([first(last), (last as Uint8Array).length]).toEqual([7, size])
  expect(counters.truncated).toBe(1)
})

test('what is on its way on a socket that was given up is forgotten; the thread is waited for', async () => {
  const { receiver: one, libc, idle } = receiver(long(1), long(2), long(2))
  one.receive(FD)
  const arriving = one.arriving
  one.forget()
  expect(one.isBusy).toBe(true)
  await arriving
  expect(one.isBusy).toBe(false)
  expect(idle()).toBe(1)
  libc.incoming.push(short(3))
  expect(first(one.receive(FD + 1))).toBe(3)
})

test('what has come, and was not read, is forgotten with the socket, too', async () => {
  const { receiver: one, libc } = receiver(long(1), short(2), short(3))
  one.receive(FD)
  await one.arriving
  expect(first(one.receive(FD))).toBe(2)
  one.forget()
  libc.incoming.push(short(4))
  expect(first(one.receive(FD + 1))).toBe(4)
})
