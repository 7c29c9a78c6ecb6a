import { type FrameSocket, InputError, NetfilterError, ProtocolError, tellFailure, TransportError } from '../../netlink/index.js'
import { type CheckRequest, type CommitTold, messagePieces, readMessage, type Request, type TablesHost } from '../../xtables/index.js'
import { deadline } from './deadline.js'
import { forward } from './forward.js'
import type { Limits } from './limits.js'
import type { Log } from './log.js'
import type { Peer } from './peer.js'
import type { Policy } from './policy.js'
import { rightsOf } from './rights.js'
import type { Service } from './service.js'

/** What tables are served with. */
export interface XtablesServiceOptions {
  readonly host: TablesHost
  readonly check: CheckRequest
  readonly policy: Policy
  readonly log: Log
  readonly limits: Limits
  /** Aborts when the connection is over. */
  readonly gone: AbortSignal
}

/** Serves tables on a connection that has been greeted: its requests one after the other. */
export function xtablesService(socket: FrameSocket, peer: Peer, options: XtablesServiceOptions): Service {
  const service = new XtablesService(socket, peer, options)
  socket.limit = options.limits.request
  socket.onFrame = (frame) => service.take(frame)
  return service
}

class XtablesService implements Service {
  readonly #socket: FrameSocket
  readonly #peer: Peer
  readonly #options: XtablesServiceOptions
  readonly #ending = new AbortController()
  #work: Promise<void> | undefined
  #closed = false
  #watching = false

  constructor(socket: FrameSocket, peer: Peer, options: XtablesServiceOptions) {
    this.#socket = socket
    this.#peer = peer
    this.#options = options
    options.gone.addEventListener('abort', () => this.#ending.abort(), { once: true })
  }

  take(frame: Buffer): Promise<void> {
    const work = this.#take(frame).finally(() => {
      this.#work = undefined
    })
    this.#work = work
    return work
  }

  close(): void | Promise<void> {
    this.#closed = true
    this.#ending.abort()
    return this.#work
  }

  async #take(frame: Buffer): Promise<void> {
    if (this.#closed) return
    let id: number | undefined
    try {
      const { head, lines } = readMessage(frame)
      id = idOf(head)
      const request = this.#options.check(head)
      if (request.method === 'monitor' || request.method === 'trace') return await this.#watch(request)
      const { result, lines: pieces } = await this.#answer(request, lines)
      await this.#send({ id, result }, pieces)
    } catch (error) {
      await this.#send({ id, error: tellFailure(this.#known(error)) })
      // Who does not speak the language may mean anything.
      if (id === undefined || ProtocolError.is(error)) this.#socket.close()
    }
  }

  async #answer(request: Exclude<Request, { readonly method: 'monitor' | 'trace' }>, lines: ReturnType<typeof readMessage>['lines']) {
    const { host, limits, gone } = this.#options
    const began = performance.now()
    let what: CommitTold | undefined
    const committing = (told: CommitTold) => {
      what = told
    }
    const tell = (outcome: string, error?: Error) => {
      if (request.method === 'commit') this.#tellCommit(what, performance.now() - began, request.test && outcome === 'made' ? 'tested' : outcome, error)
    }
    try {
      const answer = await deadline(limits.work, gone, (signal) => host.answer(request, lines, { rights: this.#rights(), signal, committing }))
      tell((answer.result as { stale?: string } | null)?.stale === undefined ? 'made' : 'stale')
      return answer
    } catch (error) {
      tell('failed', error as Error)
      throw error
    }
  }

  #tellCommit(what: CommitTold | undefined, took: number, outcome: string, error: Error | undefined): void {
    const { log } = this.#options
    const { pid, uid, gid } = this.#peer
    const why = error === undefined ? {} : { code: NetfilterError.is(error) ? error.code : 'ERR_INTERNAL', error: error.message }
    log({ level: 'info', event: 'commit', pid, uid, gid, ...what, ms: Math.round(took * 10) / 10, outcome, ...why })
  }

  async #watch(request: Extract<Request, { readonly method: 'monitor' | 'trace' }>): Promise<void> {
    if (this.#watching) throw new InputError('a connection tells of one thing: make another one')
    const rights = this.#rights()
    const events = this.#options.host.watch(request, rights, this.#ending.signal)
    this.#watching = true
    await events.ready
    await this.#send({ id: request.id, result: {} })
    void forward(events, this.#socket, rights)
  }

  #rights() {
    const { policy, log } = this.#options
    return rightsOf(this.#peer, policy, log)
  }

  /** Errors of this library are for the caller; others are faults of the daemon. */
  #known(error: unknown): unknown {
    if (NetfilterError.is(error)) return error
    const { pid, uid } = this.#peer
    this.#options.log({ level: 'error', event: 'fault', service: 'xtables', pid, uid, error })
    return new NetfilterError(`the daemon failed at this request: ${(error as Error)?.message}`, { code: 'ERR_INTERNAL', cause: error })
  }

  /** Sends an answer, and waits until it has been taken. */
  async #send(head: object, pieces: readonly Buffer[] = []): Promise<void> {
    const taken = this.#socket.send(...messagePieces(head, pieces))
    if (!taken) return
    const { taking } = this.#options.limits
    const timer = setTimeout(() => this.#socket.destroy(new TransportError(`an answer was not taken within ${taking} ms`, { code: 'ERR_TIMEOUT' })), taking).unref()
    await taken
    clearTimeout(timer)
  }
}

function idOf(head: unknown): number | undefined {
  const id = typeof head === 'object' && head !== null ? (head as { id?: unknown }).id : undefined
  return typeof id === 'number' ? id : undefined
}
