import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FrameSocket } from '../../src/netlink/remote/frame.js'
import { RemoteTransport } from '../../src/netlink/remote/transport.js'
import { rejection } from '../support/rejection.js'
import { eventually, sleep } from '../support/waiting.js'

/** A daemon of which only the other end of the frames is there. */
class Echo {
  readonly sockets: Socket[] = []
  readonly frames: FrameSocket[] = []
  readonly heard: string[] = []
  /** What it does with a frame; gives it back unless said. */
  answer = (frames: FrameSocket, payload: Buffer): void => void frames.send(payload)
  readonly #server = createServer((socket) => {
    this.sockets.push(socket)
    const frames = new FrameSocket(socket)
    this.frames.push(frames)
    frames.onFrame = () => {
      frames.onFrame = (payload) => {
        this.heard.push(payload.toString())
        this.answer(frames, payload)
      }
      void frames.send(Buffer.from('{"version":1}'))
    }
  })

  listen(path: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(path, resolve))
  }

  drop(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy()
  }

  close(): Promise<unknown> {
    this.drop()
    return new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('a transport to a daemon', () => {
  let folder: string
  let path: string
  let daemon: Echo
  let transport: RemoteTransport
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()
  async function next(): Promise<string | undefined> {
    for (let i = 0; i < 1000; i++) {
      const found = transport.receive()
      if (found) return text(found)
      await transport.wait()
    }
    return undefined
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'remote-'))
    path = join(folder, 'socket')
    daemon = new Echo()
    await daemon.listen(path)
    transport = new RemoteTransport(path, 'ipset')
  })
  afterEach(async () => {
    transport.close()
    await daemon.close()
    rmSync(folder, { recursive: true })
  })

  test('connects when it first sends, or is told to', async () => {
    expect(daemon.sockets).toHaveLength(0)
    await transport.connect()
    expect(daemon.sockets).toHaveLength(1)
    await transport.send(Buffer.from('one'))
    expect(await next()).toBe('one')
    expect(daemon.sockets).toHaveLength(1)
  })

  test('keeps the order, and what was sent, though the memory is written to again', async () => {
    const bytes = Buffer.alloc(1)
    const sent: unknown[] = []
    for (let i = 0; i < 100; i++) {
      bytes[0] = i
      sent.push(transport.send(bytes))
    }
    await Promise.all(sent)
    for (let i = 0; i < 100; i++) expect((await next())?.charCodeAt(0)).toBe(i)
  })

  test('sleeps until something comes, is woken, and wakes when it is closed', async () => {
    await transport.connect()
    const order: string[] = []
    const waited = transport.wait().then(() => order.push('woken'))
    await sleep(20)
    expect(order).toEqual([])
    transport.interrupt()
    await waited
    const again = transport.wait()
    transport.close()
    await again
    transport.close()
    expect(() => transport.send(Buffer.from('x'))).toThrow(/closed/)
    expect(transport.receive()).toBeUndefined()
  })

  test('fails once with ERR_CLOSED when the daemon goes, and connects again to the next', async () => {
    await transport.send(Buffer.from('one'))
    expect(await next()).toBe('one')
    const waited = transport.wait()
    daemon.drop()
    await waited
    expect(() => transport.receive()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED', message: expect.stringContaining(path) }))
    expect(transport.receive()).toBeUndefined()
    expect(transport.closed).toBe(false)
    await transport.send(Buffer.from('two'))
    expect(await next()).toBe('two')
  })

  test('says of a daemon that is not there what to do, each time', async () => {
    await daemon.close()
    for (let i = 0; i < 2; i++) expect(await rejection((async () => transport.send(Buffer.from('x')))())).toMatchObject({ code: 'ERR_CLOSED', message: expect.stringMatching(/nfkit serve/) })
    const again = new Echo()
    await again.listen(path)
    await transport.send(Buffer.from('three'))
    expect(await next()).toBe('three')
    transport.close()
    await again.close()
    await daemon.listen(path)
  })

  test('after a reset hears nothing of before', async () => {
    daemon.answer = (frames, payload) => {
      if (payload.toString() === 'old') setTimeout(() => void frames.send(payload), 30)
      else setTimeout(() => void frames.send(payload), 60)
    }
    await transport.send(Buffer.from('old'))
    transport.reset()
    await transport.send(Buffer.from('new'))
    expect(await next()).toBe('new')
    expect(transport.receive()).toBeUndefined()
  })

  test.each(['close', 'reset'] as const)('that is told to %s while it connects leaves no connection', async (end) => {
    const sending = rejection((async () => transport.send(Buffer.from('x')))())
    transport[end]()
    expect(await sending).toMatchObject({ code: 'ERR_CLOSED' })
    await eventually(() => daemon.sockets.length > 0 && daemon.sockets.every((socket) => socket.destroyed))
    expect(daemon.heard).toEqual([])
  })

  test('another one is a connection of its own', async () => {
    await transport.send(Buffer.from('one'))
    const other = transport.another()
    await other.send(Buffer.from('two'))
    expect(daemon.sockets).toHaveLength(2)
    other.close()
    expect(await next()).toBe('one')
  })

  test('does not take in more than it has room for before that is read', async () => {
    const large = Buffer.alloc(1024 * 1024, 1)
    let sent = 0
    daemon.answer = async (frames) => {
      for (let i = 0; i < 64; i++) {
        await frames.send(large)
        sent++
      }
    }
    await transport.send(Buffer.from('go'))
    await sleep(300)
    expect(sent).toBeLessThan(20)
    let read = 0
    while (read < 64) {
      if (transport.receive()) read++
      else await transport.wait()
    }
    expect(read).toBe(64)
  })

  test('has all its room again after a reset, whatever nobody has read', async () => {
    const large = Buffer.alloc(8 * 1024 * 1024, 1)
    daemon.answer = (frames) => void frames.send(large)
    await transport.send(Buffer.from('go'))
    await transport.wait()
    transport.reset()
    daemon.answer = (frames, payload) => void frames.send(payload)
    await transport.send(Buffer.from('one'))
    await transport.send(Buffer.from('two'))
    expect([await next(), await next()]).toEqual(['one', 'two'])
  })
})
