import type { Socket } from 'node:net'
import { TransportError } from '../error.js'
import { ProtocolError } from '../wire/error.js'
import { framePieces, FrameReader } from './frame-reader.js'

/** What a FrameSocket puts up with. */
export interface FrameOptions {
  /** Bytes of a frame that comes in; more is refused before it is read. 16 MiB unless given. */
  readonly limit?: number
  /** Milliseconds for a frame to arrive whole once it has begun; 0, unless given: as long as it takes. */
  readonly arrival?: number
  /** Bytes that may wait to be sent when more is to be sent; beyond that the connection is cut. 32 MiB unless given. */
  readonly waiting?: number
}

const MIB = 2 ** 20
/** Bytes that are read on while the frame before is still being dealt with. */
const AHEAD = 65_536
const LINGER = 2_000

/**
 * Messages over a stream socket, each behind its length in 4 bytes, the highest first. Frames are handed to `onFrame` one
 * after the other: the next one waits for the promise that it gives, and so, soon, does the other side.
 */
export class FrameSocket {
  /** Takes a frame; its bytes are its own. What it throws ends the connection. */
  onFrame: (payload: Buffer) => void | Promise<void> = () => {}
  /** Is told once that the connection is over: why, where it was not ended in order. */
  onEnd: (reason: Error | undefined) => void = () => {}
  readonly #socket: Socket
  readonly #reader: FrameReader
  readonly #arrival: number
  readonly #waiting: number
  #busy = false
  #ended = false
  #paused = false
  #reason: Error | undefined
  #timer: NodeJS.Timeout | undefined
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(socket: Socket, { limit = 16 * MIB, arrival = 0, waiting = 32 * MIB }: FrameOptions = {}) {
    this.#socket = socket
    this.#reader = new FrameReader(limit)
    this.#arrival = arrival
    this.#waiting = waiting
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('drain', () => this.#sent())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reason ??= closed(error)
    })
    socket.on('end', () => {
      if (this.#reader.partial) this.#reason ??= new ProtocolError('the connection ended in the middle of a frame')
    })
    socket.on('close', () => this.#end())
  }

  /** Bytes of a frame that comes in. */
  get limit(): number {
    return this.#reader.limit
  }
  set limit(bytes: number) {
    this.#reader.limit = bytes
  }

  /** Whether no more can be sent. */
  get closed(): boolean {
    return this.#ended || this.#socket.destroyed || this.#socket.writableEnded
  }

  /** Bytes that the other side has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength
  }

  /**
   * Sends a frame, in one piece or several. Where a promise is given, wait for it before sending more: it resolves when the
   * other side has taken enough, or is gone. What is sent to one that is gone is lost.
   */
  send(...pieces: readonly Uint8Array[]): void | Promise<void> {
    if (this.closed) return
    if (this.#socket.writableLength > this.#waiting) {
      return this.destroy(new TransportError(`the other side takes nothing: ${this.#socket.writableLength} bytes wait for it`, { code: 'ERR_OVERRUN' }))
    }
    let more = true
    this.#socket.cork()
    for (const piece of framePieces(pieces)) more = this.#socket.write(piece)
    this.#socket.uncork()
    if (more) return
    if (!this.#drained) {
      let resolve = (): void => {}
      const promise = new Promise<void>((done) => {
        resolve = done
      })
      this.#drained = { promise, resolve }
    }
    return this.#drained.promise
  }

  /** Lets the process end while nothing else keeps it. */
  unref(): void {
    this.#socket.unref()
  }

  ref(): void {
    this.#socket.ref()
  }

  /** Sends what waits, and ends the connection; after two seconds at the latest. */
  close(): void {
    this.#socket.destroySoon()
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), LINGER).unref()
  }

  /** Ends the connection at once; what waits is lost. */
  destroy(reason?: Error): void {
    this.#reason ??= reason
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    try {
      this.#reader.add(bytes)
    } catch (error) {
      return this.destroy(error as Error)
    }
    if (!this.#busy) this.#deliver()
    else if (this.#reader.held > AHEAD && !this.#paused) {
      this.#paused = true
      this.#socket.pause()
    }
  }

  /** Hands on the frames that are there, until one of them takes its time. */
  #deliver(): void {
    try {
      for (;;) {
        if (this.#ended || this.#socket.destroyed) return this.#watch(false)
        const frame = this.#reader.next()
        if (!frame) break
        // The next frame has time of its own.
        this.#watch(false)
        const done = this.onFrame(frame)
        if (done) return this.#waitFor(done)
      }
      this.#watch(this.#reader.partial)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  #waitFor(done: Promise<void>): void {
    this.#busy = true
    done.then(
      () => {
        this.#busy = false
        this.#deliver()
        if (this.#busy || !this.#paused) return
        this.#paused = false
        this.#socket.resume()
      },
      (error: Error) => this.destroy(error),
    )
  }

  /** Gives a frame that has begun its time. */
  #watch(begun: boolean): void {
    if (this.#arrival === 0) return
    if (!begun) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      return
    }
    this.#timer ??= setTimeout(() => {
      this.destroy(new TransportError(`a frame did not arrive whole within ${this.#arrival} ms`, { code: 'ERR_TIMEOUT' }))
    }, this.#arrival).unref()
  }

  #sent(): void {
    this.#drained?.resolve()
    this.#drained = undefined
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#watch(false)
    this.#sent()
    this.onEnd(this.#reason)
  }
}

function closed(error: NodeJS.ErrnoException): TransportError {
  return new TransportError(`the connection broke: ${error.message}`, { code: 'ERR_CLOSED', ...(error.errno === undefined ? {} : { errno: -error.errno }), cause: error })
}
