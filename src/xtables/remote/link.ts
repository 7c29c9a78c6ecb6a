import { type Connected, connectDaemon, type FrameSocket, TransportError } from '../../netlink/index.js'
import { ProtocolError } from '../../netlink/wire/error.js'
import { remade } from './failure.js'
import { type Lines, messagePieces, readMessage } from './message.js'

/** Milliseconds to wait for an answer: longer than a daemon takes to give up by itself. */
const PATIENCE = 90_000

/** What a daemon answers. */
export interface Answered {
  readonly result: unknown
  readonly lines: Lines
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
  /** Changes something: it is not asked again by itself when the connection breaks, nor is it left when `signal` aborts. */
  readonly changes?: boolean
}

interface Waiting {
  resolve(answer: Answered): void
  reject(error: Error): void
}

/** A question without its number. */
export type Question = Readonly<Record<string, unknown>> & { readonly method: string }

/**
 * Questions to a daemon and its answers, over one connection: it is made when it is needed, and anew when it broke. While nothing
 * is asked it keeps no process alive.
 */
export class DaemonLink {
  readonly path: string
  readonly #greeted: (greeting: Connected['greeting']) => void
  readonly #waiting = new Map<number, Waiting>()
  #connecting: Promise<FrameSocket> | undefined
  #socket: FrameSocket | undefined
  #next = 1
  #closed = false

  /** `greeted` is given what the daemon says of itself at each connection, and throws where it cannot be used. */
  constructor(path: string, greeted: (greeting: Connected['greeting']) => void) {
    this.path = path
    this.#greeted = greeted
  }

  /** Makes the connection, where there is none. */
  async open(signal?: AbortSignal): Promise<FrameSocket> {
    if (this.#closed) throw closedHere()
    if (this.#socket && !this.#socket.closed) return this.#socket
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return until(this.#connecting, signal)
  }

  /** Asks, and gives the answer. Throws what the daemon has against it; a TransportError (ERR_CLOSED) where it goes away. */
  async ask(question: Question, pieces: readonly Buffer[] = [], options: AskOptions = {}): Promise<Answered> {
    const used = this.#socket !== undefined
    try {
      return await this.#ask(question, pieces, options)
    } catch (error) {
      // A daemon that was started anew has left an old connection behind, which one learns of when it is used.
      const again = used && !options.changes && !this.#closed && TransportError.is(error) && error.code === 'ERR_CLOSED' && this.#socket === undefined
      if (!again) throw error
      return this.#ask(question, pieces, options)
    }
  }

  close(): void {
    this.#closed = true
    this.#socket?.destroy()
  }

  async #ask(question: Question, pieces: readonly Buffer[], { signal, changes = false }: AskOptions): Promise<Answered> {
    const socket = await this.open(signal)
    if (signal?.aborted) throw refusal(signal)
    const id = this.#next++
    const answer = new Promise<Answered>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    const timer = setTimeout(() => socket.destroy(new TransportError(`the daemon at ${this.path} did not answer within ${PATIENCE} ms`, { code: 'ERR_TIMEOUT' })), PATIENCE)
    socket.ref()
    try {
      void socket.send(...messagePieces({ ...question, id }, pieces))
      return await (changes ? answer.catch((error) => Promise.reject(doubtful(error))) : until(answer, signal))
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) socket.unref()
    }
  }

  async #connect(): Promise<FrameSocket> {
    const { socket, greeting } = await connectDaemon(this.path, 'xtables')
    try {
      this.#greeted(greeting)
      if (this.#closed) throw closedHere()
    } catch (error) {
      socket.destroy()
      throw error
    }
    socket.onFrame = (frame) => this.#take(frame)
    socket.onEnd = (reason) => this.#ended(socket, reason)
    socket.unref()
    this.#socket = socket
    return socket
  }

  #take(frame: Buffer): void {
    const { head, lines } = readMessage(frame)
    const { id, result, error } = (typeof head === 'object' && head !== null ? head : {}) as Record<string, unknown>
    // An answer to nobody: the question was given up.
    const waiting = this.#waiting.get(id as number)
    if (error !== undefined) {
      const failure = remade(error)
      if (!waiting && id === undefined) throw failure
      waiting?.reject(failure)
    } else if (result !== undefined) waiting?.resolve({ result, lines })
    else throw new ProtocolError('the daemon answers with neither a result nor an error')
  }

  #ended(socket: FrameSocket, reason: Error | undefined): void {
    if (this.#socket === socket) this.#socket = undefined
    const error = this.#closed ? closedHere() : reasonOf(this.path, reason)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function closedHere(): TransportError {
  return new TransportError('this connection to the daemon is closed', { code: 'ERR_CLOSED' })
}

/** What ends those that wait for an answer. */
function reasonOf(path: string, reason: Error | undefined): Error {
  if (TransportError.is(reason) && reason.code === 'ERR_TIMEOUT') return reason
  return new TransportError(`the daemon at ${path} closed the connection${reason === undefined ? '' : ` (${reason.message})`}; the next call connects anew`, { code: 'ERR_CLOSED', cause: reason })
}

/** The same for a change that may have been made. */
function doubtful(error: unknown): unknown {
  if (!TransportError.is(error) || (error.code !== 'ERR_CLOSED' && error.code !== 'ERR_TIMEOUT')) return error
  return new TransportError(`whether this commit was made is not known, read the tables to see: ${error.message}`, { code: error.code, cause: error })
}

function refusal(signal: AbortSignal): TransportError {
  return new TransportError('aborted while waiting for the daemon', { code: 'ERR_ABORTED', cause: signal.reason })
}

/** What a promise gives, unless a signal aborts before. */
async function until<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  if (signal.aborted) {
    promise.catch(() => {})
    throw refusal(signal)
  }
  let abort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(refusal(signal))
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
