import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { connectDaemon, FrameSocket, InputError, TransportError } from '../../../src/netlink/index.js'
import { framePieces, FrameReader } from '../../../src/netlink/remote/frame-reader.js'
import { frame } from '../../support/raw-client.js'
import { rejection } from '../../support/rejection.js'
import { eventually } from '../../support/waiting.js'

const folder = mkdtempSync(join(tmpdir(), 'nfkit-frames-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

/** Two ends of a Unix stream socket. */
async function pair(): Promise<{ ours: Socket; theirs: Socket; close(): void }> {
  const path = join(folder, `${++count}`)
  const server = createServer().listen(path)
  await once(server, 'listening')
  const ours = createConnection({ path })
  const [theirs] = (await once(server, 'connection')) as [Socket]
  const close = () => {
    ours.destroy()
    theirs.destroy()
    server.close()
  }
  return { ours, theirs, close }
}

async function withPair(body: (ours: Socket, theirs: Socket) => Promise<void>): Promise<void> {
  const { ours, theirs, close } = await pair()
  try {
    await body(ours, theirs)
  } finally {
    close()
  }
}

describe('frames', () => {
  test('are a length of four bytes, the highest first, and the bytes', () => {
    expect(Buffer.concat(framePieces([Buffer.from('ab'), Buffer.from('c')]))).toEqual(Buffer.from([0, 0, 0, 3, 97, 98, 99]))
    const long = Buffer.alloc(0x12345, 7)
    expect(Buffer.concat(framePieces([long]))).toEqual(Buffer.concat([Buffer.from('00012345', 'hex'), long]))
  })

  test('come out as they went in, wherever the stream is cut', () => {
    const payload = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 60_000, max: 200_000 }).map((size) => new Uint8Array(size).fill(size)))
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }), (payloads, cuts) => {
        const reader = new FrameReader(1 << 20)
        const stream = Buffer.concat(payloads.map(frame))
        const read: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (cuts[i % cuts.length] as number)
          reader.add(stream.subarray(at, end))
          at = end
          for (let one = reader.next(); one; one = reader.next()) read.push(one)
        }
        expect(read.map((one) => one.toString('latin1'))).toEqual(payloads.map((one) => Buffer.from(one).toString('latin1')))
        expect([reader.held, reader.partial]).toEqual([0, false])
      }),
      { numRuns: 60 },
    )
  })

  test('that are empty or too long are refused by their length alone', () => {
    for (const [length, message] of [['00000000', /no bytes/], ['00000065', /101 bytes is too long: at most 100/], ['ffffffff', /4294967295 bytes/]] as const) {
      const reader = new FrameReader(100)
      reader.add(Buffer.from(length, 'hex'))
      expect(() => reader.next()).toThrow(message)
    }
  })

  test('take memory for what has come of them, not for what they say', () => {
    const readers = Array.from({ length: 200 }, () => new FrameReader(0xffff_ffff))
    const before = process.memoryUsage().arrayBuffers
    for (const reader of readers) {
      reader.add(Buffer.from('7fffffff00', 'hex'))
      reader.next()
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20)
  })
})

describe('a frame socket', () => {
  test('hands on one frame after the other: the next waits for the promise', async () => {
    await withPair(async (ours, theirs) => {
      const socket = new FrameSocket(theirs)
      const order: string[] = []
      socket.onFrame = async (payload) => {
        order.push(`begin ${payload}`)
        await pause(5)
        order.push(`end ${payload}`)
      }
      ours.write(Buffer.concat(['a', 'b', 'c'].map((one) => frame(one))))
      await eventually(() => order.length >= 6)
      expect(order).toEqual(['a', 'b', 'c'].flatMap((one) => [`begin ${one}`, `end ${one}`]))
    })
  })

  test('stops reading while a frame takes its time, and goes on behind it', async () => {
    await withPair(async (ours, theirs) => {
      const socket = new FrameSocket(theirs)
      let go = () => {}
      let frames = 0
      socket.onFrame = () => {
        if (frames++ > 0) return
        return new Promise((resolve) => {
          go = resolve
        })
      }
      const piece = frame(Buffer.alloc(50_000))
      for (let i = 0; i < 100; i++) ours.write(piece)
      await pause(100)
      expect([frames, ours.writableLength > 3_000_000]).toEqual([1, true])
      go()
      await eventually(() => frames >= 100)
      expect(frames).toBe(100)
    })
  })

  test('says when to wait, and cuts off who takes nothing', async () => {
    await withPair(async (ours, theirs) => {
      ours.pause()
      const socket = new FrameSocket(theirs, { waiting: 1_000_000 })
      const ended = new Promise<Error | undefined>((resolve) => {
        socket.onEnd = resolve
      })
      const waits: unknown[] = []
      for (let i = 0; i < 40; i++) waits.push(socket.send(Buffer.alloc(100_000)))
      expect(waits.some((wait) => wait instanceof Promise)).toBe(true)
      const reason = await ended
      expect(TransportError.is(reason) && [reason.code, reason.message]).toEqual(['ERR_OVERRUN', expect.stringMatching(/takes nothing/)])
      // Nobody waits for ever.
      await Promise.all(waits)
      expect([socket.closed, socket.send(Buffer.from('x'))]).toEqual([true, undefined])
    })
  })

  test('lets who waits go on when the other side has taken enough', async () => {
    await withPair(async (ours, theirs) => {
      const socket = new FrameSocket(theirs)
      let taken = 0
      ours.on('data', (piece: Buffer) => {
        taken += piece.length
      })
      for (let i = 0; i < 20; i++) await socket.send(Buffer.alloc(1_000_000))
      socket.close()
      await once(ours, 'close')
      expect(taken).toBe(20 * 1_000_004)
    })
  })

  test.each([
    ['what its handler throws', (socket: FrameSocket) => { socket.onFrame = () => { throw new RangeError('no') } }, frame('x'), /no/],
    ['what its handler rejects with', (socket: FrameSocket) => { socket.onFrame = () => Promise.reject(new RangeError('later')) }, frame('x'), /later/],
    ['a frame too long', (socket: FrameSocket) => { socket.limit = 5 }, frame('123456'), /too long/],
    ['an end in the middle of a frame', () => {}, frame('123456').subarray(0, 7), /middle of a frame/],
  ])('ends with %s, and tells it', async (_, prepare, bytes, message) => {
    await withPair(async (ours, theirs) => {
      const socket = new FrameSocket(theirs)
      prepare(socket)
      const ended = new Promise<Error | undefined>((resolve) => {
        socket.onEnd = resolve
      })
      ours.end(bytes)
      expect((await ended)?.message).toMatch(message)
    })
  })

  test('tells no reason where the other side has ended in order', async () => {
    await withPair(async (ours, theirs) => {
      const socket = new FrameSocket(theirs)
      const ended = new Promise<Error | undefined>((resolve) => {
        socket.onEnd = resolve
      })
      ours.end(frame('x'))
      expect(await ended).toBeUndefined()
    })
  })
})

describe('connecting to a daemon', () => {
  /** What listens answers this to the greeting. */
  async function answering(answer: Buffer | undefined, body: (path: string) => Promise<void>): Promise<void> {
    const path = join(folder, `${++count}`)
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      if (answer) socket.end(answer)
    }).listen(path)
    await once(server, 'listening')
    await body(path)
    for (const socket of sockets) socket.destroy()
    server.close()
  }

  test.each([
    ['nothing', Buffer.alloc(0), 'ERR_CLOSED', /closed the connection before it said anything/],
    ['another language', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ERR_CLOSED', /before it said anything/],
    ['no JSON', frame('hello'), 'ERR_PROTOCOL', /no daemon of nfkit/],
    ['another version', frame('{"version":2}'), 'ERR_PROTOCOL', /version 2, not 1/],
    ['a refusal', frame('{"version":1,"error":{"name":"TransportError","code":"ERR_SYSTEM","message":"full"}}'), 'ERR_SYSTEM', /^full$/],
  ])('says what is wrong when %s is the answer', async (_, answer, code, message) => {
    await answering(answer, async (path) => {
      const error = (await rejection(connectDaemon(path, 'xtables'))) as TransportError
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)])
    })
  })

  test('ends in time, and when it is called off', async () => {
    await answering(undefined, async (path) => {
      expect(await rejection(connectDaemon(path, 'ipset', { timeout: 50 }))).toMatchObject({ code: 'ERR_TIMEOUT' })
      expect(await rejection(connectDaemon(path, 'ipset', { signal: AbortSignal.timeout(50) }))).toMatchObject({ code: 'ERR_ABORTED' })
      expect(await rejection(connectDaemon(path, 'ipset', { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_ABORTED' })
    })
  })

  test.each([
    ['is not there', join(folder, 'none'), 'ERR_CLOSED', /is `nfkit serve` running/],
    ['is in no folder', join(folder, 'none', 'x'), 'ERR_CLOSED', /is `nfkit serve` running/],
    ['is no socket', __filename, 'ERR_CLOSED', /nobody listens/],
  ])('says what to do when the socket %s', async (_, path, code, message) => {
    expect(await rejection(connectDaemon(path, 'xtables'))).toMatchObject({ name: 'TransportError', code, message: expect.stringMatching(message) })
  })

  test.each([['no text', 7], ['nothing', ''], ['a NUL', 'a\0b'], ['more than fits', 'x'.repeat(108)]])('refuses a path that is %s', async (_, path) => {
    expect(InputError.is(await rejection(connectDaemon(path as string, 'xtables')))).toBe(true)
  })
})
