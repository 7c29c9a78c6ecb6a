import { connectDaemon, type FrameSocket, TransportError } from '../../netlink/index.js'
import type { Events, ResyncEvent } from '../event.js'
import { Watch } from '../nft/watch/watch.js'
import { dictionary, type Ruleset } from '../ruleset.js'
import { remade } from './failure.js'
import type { Question } from './link.js'
import { messagePieces, readMessage } from './message.js'

/** Events that have come and nobody has read yet; from there on the daemon waits, and after it the kernel. */
const AHEAD = 1024

/** Events that a daemon tells of, over a connection of their own. */
export function remoteEvents<T>(path: string, question: Question, signals: readonly (AbortSignal | undefined)[]): Events<T> {
  return new Watch<T>((ending) => listen<T>(path, question, ending), signals)
}

async function listen<T>(path: string, question: Question, signal: AbortSignal): Promise<AsyncIterable<T>> {
  const { socket } = await connectDaemon(path, 'xtables', { signal })
  const queue = new Queue<T>(socket)
  const abort = (): void => socket.destroy()
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  socket.onEnd = (reason) => {
    signal.removeEventListener('abort', abort)
    queue.end(new TransportError(`the daemon at ${path} closed the connection${reason === undefined ? '' : `: ${reason.message}`}`, { code: 'ERR_CLOSED', cause: reason }))
  }
  const begun = new Promise<void>((resolve, reject) => {
    socket.onFrame = (frame) => {
      const { event, error, result } = readMessage(frame).head as { readonly event?: T; readonly error?: unknown; readonly result?: unknown }
      if (error !== undefined) {
        const failure = remade(error)
        reject(failure)
        queue.end(failure)
      } else if (event !== undefined) return queue.add(whole(event))
      else if (result !== undefined) resolve()
    }
    queue.failed.then(reject)
  })
  void socket.send(...messagePieces({ ...question, id: 1 }))
  await begun
  // From here on it keeps the process alive while somebody waits for an event, and no longer.
  socket.unref()
  return queue
}

/** Any name may be that of a chain, also one that all objects have. */
function whole<T>(event: T): T {
  const { type, ip, ip6 } = event as unknown as ResyncEvent
  if (type !== 'resync') return event
  const bare = (ruleset: Ruleset) => dictionary(Object.entries(ruleset).map(([name, table]) => [name, dictionary(Object.entries(table))] as const))
  return { ...event, ip: bare(ip), ip6: bare(ip6) }
}

/** Hands on what comes to whoever asks for it. */
class Queue<T> implements AsyncIterable<T> {
  /** Resolves with what ended it. */
  readonly failed: Promise<Error>
  readonly #items: T[] = []
  #error: Error | undefined
  #fail: (error: Error) => void = () => {}
  #wake: () => void = () => {}
  #go: (() => void) | undefined

  readonly #socket: FrameSocket

  constructor(socket: FrameSocket) {
    this.#socket = socket
    this.failed = new Promise((resolve) => {
      this.#fail = resolve
    })
  }

  /** Adds an item; where there are many, the next is to wait for the promise. */
  add(item: T): void | Promise<void> {
    this.#items.push(item)
    this.#wake()
    if (this.#items.length < AHEAD) return
    return new Promise((resolve) => {
      this.#go = resolve
    })
  }

  end(error: Error): void {
    this.#error ??= error
    this.#fail(error)
    this.#wake()
    this.#go?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined, undefined> {
    for (;;) {
      const items = this.#items.splice(0)
      this.#go?.()
      this.#go = undefined
      yield* items
      if (this.#items.length > 0) continue
      if (this.#error) throw this.#error
      this.#socket.ref()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#socket.unref()
    }
  }
}
