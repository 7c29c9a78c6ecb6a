import type { Socket } from 'node:net'
import { errnoName, TransportError } from '../error.js'
import { demandTimeout, forTimer } from '../timeout.js'
import { LONGEST_PATH } from '../unix.js'
import { InputError, ProtocolError } from '../wire/error.js'
import { remakeFailure } from './failure.js'
import { type FrameOptions, FrameSocket } from './frame.js'

/** What is spoken over the socket. Another number is another language. */
export const VERSION = 1

/** What a daemon serves: one of these on each connection. */
export type ServiceName = 'xtables' | 'ipset'

/** How a daemon is connected to. */
export interface ConnectOptions {
  /** Aborting rejects with ERR_ABORTED. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the daemon's greeting. 10,000 unless given. */
  readonly timeout?: number | undefined
  /** What the frames of the daemon may be like; any size unless given. */
  readonly frames?: FrameOptions
}

/** A connection to a daemon, greeted. */
export interface Connected {
  readonly socket: FrameSocket
  /** What the daemon says of itself. */
  readonly greeting: Readonly<Record<string, unknown>>
}

const PATIENCE = 10_000
/** The longest text that V8 makes of bytes, and some less. */
const LARGEST_ANSWER = 0x1fff_0000

/**
 * Connects to the daemon that listens at a path, for one service. Throws a TransportError that says what to do: whether
 * `nfkit serve` has to be started, or its socket be opened to this user; what the daemon itself has against it.
 */
export async function connectDaemon(path: string, service: ServiceName, { signal, timeout = PATIENCE, frames }: ConnectOptions = {}): Promise<Connected> {
  checkPath(path)
  demandTimeout(timeout)
  if (signal?.aborted) throw aborted(signal)
  const socket = await opened(path)
  const connection = new FrameSocket(socket, { limit: LARGEST_ANSWER, ...frames })
  let timer: NodeJS.Timeout | undefined
  let abort = (): void => {}
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      connection.onFrame = (frame) => {
        // What comes behind the greeting waits for whoever takes the connection over.
        resolve(frame)
        return new Promise<void>((go) => setImmediate(go))
      }
      connection.onEnd = (reason) => reject(new TransportError(`the daemon at ${path} closed the connection before it said anything`, { code: 'ERR_CLOSED', cause: reason }))
      timer = setTimeout(() => reject(new TransportError(`the daemon at ${path} did not answer within ${timeout} ms`, { code: 'ERR_TIMEOUT' })), forTimer(timeout))
      abort = () => reject(aborted(signal as AbortSignal))
      signal?.addEventListener('abort', abort, { once: true })
      void connection.send(Buffer.from(JSON.stringify({ version: VERSION, service })))
    })
    const greeting = readGreeting(answer)
    if (greeting.error !== undefined) throw remakeFailure(greeting.error)
    if (greeting.version !== VERSION) throw new ProtocolError(`the daemon at ${path} speaks another language (version ${String(greeting.version)}, not ${VERSION}): use the same release of nfkit on both sides`)
    return { socket: connection, greeting }
  } catch (error) {
    connection.onEnd = () => {}
    connection.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function checkPath(path: unknown): void {
  if (typeof path !== 'string' || path === '') throw new InputError('give the path of the socket that `nfkit serve` listens at', { path: 'daemon' })
  if (path.includes('\0')) throw new InputError('a path holds no NUL', { path: 'daemon' })
  const length = Buffer.byteLength(path)
  if (length >= LONGEST_PATH) throw new InputError(`the path of a socket has at most ${LONGEST_PATH - 1} bytes, this one has ${length}`, { path: 'daemon' })
}

async function opened(path: string): Promise<Socket> {
  // Programs that speak to the kernel themselves do without it.
  const { createConnection } = await import('node:net')
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path })
    socket.once('error', (error: NodeJS.ErrnoException) => reject(unreachable(path, error)))
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

function readGreeting(frame: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(frame.toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new ProtocolError('what answers at this socket is no daemon of nfkit')
}

function aborted(signal: AbortSignal): TransportError {
  return new TransportError('aborted while connecting to the daemon', { code: 'ERR_ABORTED', cause: signal.reason })
}

/** What keeps a program from the daemon, and what to do. */
function unreachable(path: string, error: NodeJS.ErrnoException): TransportError {
  const errno = error.errno === undefined ? undefined : -error.errno
  const name = error.code ?? (errno === undefined ? '' : errnoName(errno))
  const options = { ...(errno === undefined ? {} : { errno }), cause: error }
  if (name === 'EACCES' || name === 'EPERM') {
    return new TransportError(`this user may not open the socket of the daemon, ${path}: it has to be in the group that the socket belongs to`, { code: 'ERR_PERMISSION', ...options })
  }
  if (name === 'ENOENT' || name === 'ENOTDIR') return new TransportError(`there is no socket ${path}: is \`nfkit serve\` running, and does it listen there?`, { code: 'ERR_CLOSED', ...options })
  if (name === 'ECONNREFUSED') return new TransportError(`nobody listens at ${path}: start \`nfkit serve\``, { code: 'ERR_CLOSED', ...options })
  return new TransportError(`connecting to the daemon at ${path}: ${error.message}`, { code: 'ERR_SYSTEM', ...options })
}
