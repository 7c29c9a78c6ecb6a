import { DirectSocket } from '../../src/netlink/socket/direct.js'
import { TruncatedDatagram } from '../../src/netlink/transport.js'
import { Connection } from '../../src/netlink/connection.js'
import { build, codeOf } from '../netlink/harness.js'
import { eventually, sleep } from '../support/waiting.js'
import { host32, nlmsg, readHost32 } from '../support/bytes.js'
import { FakeLibc } from '../support/fake-libc.js'

let mockLibc = new FakeLibc()
jest.mock('../../src/netlink/libc.js', () => ({ loadLibc: async () => mockLibc }))

const EINTR = 4
const EAGAIN = 11
const ENOBUFS = 105
const EMSGSIZE = 90
const datagram = nlmsg({ type: 2, sequence: 1 }, host32(0))

async function open(): Promise<DirectSocket> {
  mockLibc = new FakeLibc()
  return DirectSocket.open()
}

describe('4. a system call that a signal interrupts', () => {
  test('is made again when it receives', async () => {
    const socket = await open()
    mockLibc.incoming.push({ errno: EINTR }, { errno: EINTR }, { bytes: datagram })
    expect(Buffer.from(socket.receive() as Uint8Array)).toEqual(datagram)
  })

  test('is made again when it sends, and the datagram leaves once', async () => {
    const socket = await open()
    mockLibc.sendErrors.push(EINTR, EINTR)
    socket.send(datagram)
    expect(mockLibc.argsOf('sendto').map(([, bytes]) => bytes)).toEqual([datagram, datagram, datagram])
  })

  test('is waited for again when it waits', async () => {
    const socket = await open()
    const connection = new Connection(socket)
    const request = connection.request('flush', 'ack', build(20), {})
    await eventually(() => mockLibc.wake !== undefined)
    const first = mockLibc.wake
    first?.() // poll(2) gives up with EINTR, nothing has come
    await eventually(() => mockLibc.argsOf('poll').length === 2)
    const sequence = readHost32(mockLibc.argsOf('sendto')[0]?.[1] as Buffer, 8)
    mockLibc.incoming.push({ errno: EINTR }, { bytes: nlmsg({ type: 2, sequence }, host32(0)) })
    mockLibc.wake?.()
    await request
    connection.close()
    await sleep(0)
    expect(mockLibc.open.size).toBe(0)
  })
})

test('5. nothing to receive is no error', async () => {
  const socket = await open()
  mockLibc.incoming.push({ errno: EAGAIN }, { bytes: datagram })
  expect(socket.receive()).toBeUndefined()
  expect(socket.receive()).toHaveLength(datagram.length)
})

test('1. a receive buffer that ran over is ERR_OVERRUN, and the socket goes on', async () => {
  const socket = await open()
  mockLibc.incoming.push({ errno: ENOBUFS }, { bytes: datagram })
  expect(await codeOf((async () => socket.receive())())).toBe('ERR_OVERRUN')
  expect(socket.receive()).toHaveLength(datagram.length)
})

test('7. a sender that is not the kernel is dropped and counted, what comes behind it is heard', async () => {
  const socket = await open()
  mockLibc.incoming.push(
    { bytes: datagram, from: 1 },
    { bytes: datagram, from: 0xffff_ffff },
    { bytes: Buffer.alloc(4) },
  )
  expect(socket.receive()).toHaveLength(4)
  expect(socket.counters).toEqual({ foreign: 2, truncated: 0 })
})

describe('8. a datagram larger than the buffer', () => {
  test('is told by its size, and the next one of that size fits', async () => {
    const socket = await open()
    const large = Buffer.alloc(400_000, 7)
    mockLibc.incoming.push({ bytes: large }, { bytes: large })
    const cut = socket.receive()
    expect(cut).toBeInstanceOf(TruncatedDatagram)
    expect(cut).toMatchObject({ size: 400_000 })
    expect((cut as TruncatedDatagram).head.length).toBeLessThan(400_000)
    expect(Buffer.from(socket.receive() as Uint8Array)).toEqual(large)
    expect(socket.counters.truncated).toBe(1)
  })

  test('rejects the request, which is not taken for answered', async () => {
    const socket = await open()
    const connection = new Connection(socket)
    mockLibc.incoming.push({ bytes: Buffer.alloc(400_000) })
    expect(await codeOf(connection.request('flush', 'ack', build(20), {}))).toBe('ERR_OVERRUN')
    connection.close()
  })

  test('from a foreign sender is nothing but foreign', async () => {
    const socket = await open()
    mockLibc.incoming.push({ bytes: Buffer.alloc(400_000), from: 5 })
    expect(socket.receive()).toBeUndefined()
    expect(socket.counters).toEqual({ foreign: 1, truncated: 0 })
  })
})

describe('a socket that cannot be had', () => {
  test.each([
    ['socket', 1, 'ERR_PERMISSION'],
    ['socket', 93, 'ERR_UNSUPPORTED'],
    ['socket', 24, 'ERR_SYSTEM'],
    ['bind', 98, 'ERR_SYSTEM'],
    ['getsockname', 9, 'ERR_SYSTEM'],
  ] as const)('because %s fails with %i is %s, and leaves nothing open', async (call, errno, code) => {
    mockLibc = new FakeLibc()
    mockLibc.failing.set(call, errno)
    const fault = await DirectSocket.open().catch((error: unknown) => error)
    expect(fault).toMatchObject({ code, errno, message: expect.stringContaining(call) })
    expect(mockLibc.open.size).toBe(0)
  })

  test('because a send is too large says what to do', async () => {
    const socket = await open()
    mockLibc.sendErrors.push(EMSGSIZE)
    await expect((async () => socket.send(Buffer.alloc(5_000_000)))()).rejects.toMatchObject({
      code: 'ERR_OVERRUN',
      errno: EMSGSIZE,
      message: expect.stringMatching(/5000000.*sendBuffer/),
    })
  })
})

test('a descriptor is closed only when no other thread uses it', async () => {
  const socket = await open()
  const wait = socket.wait()
  const sent = socket.send(datagram, true)
  socket.close()
  expect(mockLibc.open.size).toBeGreaterThan(0)
  await Promise.all([wait, sent])
  expect(mockLibc.open.size).toBe(0)
})

test('a descriptor that another thread uses is not closed by a reset either', async () => {
  const socket = await open()
  const [first] = [...mockLibc.open]
  const sent = socket.send(datagram, true)
  socket.reset()
  expect(mockLibc.open).toContain(first)
  await sent
  expect(mockLibc.open).not.toContain(first)
})
