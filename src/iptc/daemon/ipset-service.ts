import { codeName, type Intent, intentsOf } from '../../ipset/index.js'
import { breathe, busy, type FrameSocket, openTransport, ProtocolError, refuse, type Transport, TransportError, TruncatedDatagram } from '../../netlink/index.js'
import { type Carried, IpsetAnswers } from './ipset-answers.js'
import { IpsetPolicy } from './ipset-policy.js'
import type { Log } from './log.js'
import type { Peer } from './peer.js'
import type { Policy } from './policy.js'
import type { Service } from './service.js'
import { TemporarySets } from './temporary-sets.js'

/** What a connection is served with. */
export interface IpsetServiceOptions {
  readonly policy: Policy
  readonly log: Log
  /** Where the sets are; the daemon's own namespace unless given. */
  readonly netns?: string | undefined
  /** Milliseconds in which a client has to take something of what waits for it. 10,000 unless given. */
  readonly patience?: number | undefined
}

/** Longest datagram that is taken: four times what this library sends at once. */
const LIMIT = 256 * 1024
/** Bytes from which on a datagram leaves from another thread, and commands that take the kernel long. */
const BACKGROUND = 8 * 1024
const LONG: ReadonlySet<Intent['command']> = new Set(['list', 'save', 'flush', 'destroy'])
/** Bytes of answers that may wait for a client before the kernel waits, too: it keeps a set that is listed from being changed. */
const WAITING = 4 * 1024 * 1024
const PATIENCE = 10_000
/** Milliseconds in which the kernel has to say something more. */
const SILENCE = 30_000

/** Most names of sets in one line of the log. */
const TOLD = 10

const EIO = 5 // include/uapi/asm-generic/errno-base.h

/**
 * Serves ipset on a connection that has been greeted: its frames are netlink datagrams, handed on to a socket of the kernel that
 * is this connection's own if the policy allows all that they ask for, and the answers come back as they are. Rejects with a
 * TransportError where there is no such socket to be had.
 */
export async function ipsetService(socket: FrameSocket, peer: Peer, { policy, log, netns, patience = PATIENCE }: IpsetServiceOptions): Promise<Service> {
  const kernel = await openTransport('direct', netns === undefined ? {} : { netns })
  const temporary = TemporarySets.of(policy)
  temporary.join(peer)
  const service = new IpsetService(socket, kernel, peer, new IpsetPolicy(peer, policy, temporary), temporary, log, patience)
  socket.limit = LIMIT
  socket.onFrame = (datagram) => service.take(datagram)
  let open = true
  return {
    close() {
      if (!open) return
      open = false
      // A temporary set that is being made is known when that has been answered.
      const work = service.close()
      if (work) return work.then(() => temporary.leave(peer, netns))
      temporary.leave(peer, netns)
    },
  }
}

/** One connection. */
export class IpsetService {
  readonly #socket: FrameSocket
  readonly #kernel: Transport
  readonly #peer: Peer
  readonly #policy: IpsetPolicy
  readonly #temporary: TemporarySets
  readonly #log: Log
  readonly #patience: number
  /** The request that is under way. */
  #work: Promise<void> | undefined
  #closing = false

  constructor(socket: FrameSocket, kernel: Transport, peer: Peer, policy: IpsetPolicy, temporary: TemporarySets, log: Log, patience: number) {
    this.#patience = patience
    this.#socket = socket
    this.#kernel = kernel
    this.#peer = peer
    this.#policy = policy
    this.#temporary = temporary
    this.#log = (entry) => log({ ...entry, service: 'ipset', pid: peer.pid, uid: peer.uid, gid: peer.gid })
  }

  /** Ends once what is under way is done. */
  close(): void | Promise<void> {
    this.#closing = true
    if (!this.#work) return this.#kernel.close()
    if (this.#socket.closed && !this.#kernel.closed) this.#kernel.interrupt()
    return this.#work.catch(() => {})
  }

  /** Deals with one datagram: the next one comes when all of its answers have been sent. */
  take(datagram: Uint8Array): Promise<void> {
    const work = this.#take(datagram).finally(() => {
      this.#work = undefined
      if (this.#closing) this.#kernel.close()
    })
    this.#work = work
    return work
  }

  async #take(datagram: Uint8Array): Promise<void> {
    if (this.#closing) return
    try {
      const asked = this.#read(datagram)
      if (!(await this.#refuse(asked))) await this.#carry(datagram, asked as readonly Carried[])
    } catch (error) {
      // There is no telling what was asked, or what became of it: no answer would be true, and the connection ends.
      this.#closing = true
      this.#log({ level: 'warn', event: ProtocolError.is(error) ? 'malformed' : 'failed', bytes: datagram.length, error })
      throw error
    }
  }

  #read(datagram: Uint8Array): ReturnType<typeof intentsOf> {
    const asked = intentsOf(datagram)
    if (new Set(asked.map(({ message }) => message.sequence)).size < asked.length) throw new ProtocolError('two messages of one number in a datagram')
    return asked
  }

  /** Answers a datagram of which something is not allowed: nothing of it is done, and each of its messages hears so. */
  async #refuse(asked: ReturnType<typeof intentsOf>): Promise<boolean> {
    const refusals = asked.map(({ intent }) => this.#policy.refusal(intent))
    const at = refusals.findIndex((one) => one !== undefined)
    const first = refusals[at]
    if (!first) return false
    const { intent } = asked[at]!
    const told = intent instanceof Error ? {} : { command: intent.command, access: intent.access, sets: intent.sets.slice(0, TOLD) }
    this.#log({ level: 'warn', event: 'refused', ...told, reason: first.text ?? 'no temporary set of this user' })
    await this.#answer(asked.map(({ message }, i) => {
      const { errno, text } = refusals[i] ?? first
      return refuse(message, errno, text)
    }))
    return true
  }

  async #carry(datagram: Uint8Array, asked: readonly Carried[]): Promise<void> {
    const began = performance.now()
    const answers = new IpsetAnswers(asked, this.#peer, this.#policy, this.#temporary)
    try {
      const sent = this.#kernel.send(datagram, datagram.length > BACKGROUND || asked.some(({ intent }) => LONG.has(intent.command)))
      if (sent) await sent
    } catch (error) {
      // The kernel has taken nothing of it.
      if (!TransportError.is(error)) throw error
      const errno = error.errno ?? EIO
      await this.#answer(asked.map(({ message }) => refuse(message, errno, error.message)))
      return this.#tell(asked, [errno], performance.now() - began)
    }
    await this.#relay(answers)
    this.#tell(asked, answers.outcomes, performance.now() - began)
  }

  /** Hands the kernel's answers on until all has been said: it makes the next piece of a list when one is taken. */
  async #relay(answers: IpsetAnswers): Promise<void> {
    // What became of a change is noted also where nobody is left to be told.
    while (!answers.complete && (answers.changes || !this.#socket.closed)) {
      const datagram = this.#kernel.receive()
      if (datagram === undefined) await this.#listen()
      else if (datagram instanceof TruncatedDatagram) throw new TransportError(`an answer of ${datagram.size} bytes did not fit`, { code: 'ERR_OVERRUN' })
      else await this.#answer(answers.pass(Buffer.from(datagram)))
      if (busy()) await breathe()
    }
  }

  /** Waits until the kernel has something to say: it answers at once, unless another thread reads. */
  async #listen(): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#kernel.interrupt()
    }, SILENCE).unref()
    try {
      await this.#kernel.wait()
    } finally {
      clearTimeout(timer)
    }
    if (late) throw new TransportError(`the kernel has not answered within ${SILENCE} ms`, { code: 'ERR_TIMEOUT' })
  }

  /** Sends one datagram of messages; none where there are none. */
  async #answer(pieces: readonly Uint8Array[]): Promise<void> {
    if (pieces.length === 0) return
    const taken = this.#socket.send(...pieces)
    if (taken && this.#socket.waiting > WAITING) await this.#awaitTaking(taken)
  }

  /** Waits for a client as long as it takes something now and then. */
  async #awaitTaking(taken: Promise<void>): Promise<void> {
    for (let before = Number.POSITIVE_INFINITY; this.#socket.waiting < before; ) {
      before = this.#socket.waiting
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<true>((resolve) => {
        timer = setTimeout(() => resolve(true), this.#patience).unref()
      })
      const over = await Promise.race([taken, late])
      clearTimeout(timer)
      if (over !== true) return
    }
    throw new TransportError(`the client takes nothing of ${this.#socket.waiting} bytes that wait for it`, { code: 'ERR_TIMEOUT' })
  }

  /** Writes down what was changed, once for each command and set. */
  #tell(asked: readonly Carried[], outcomes: readonly number[], took: number): void {
    const failed = outcomes.find((errno) => errno !== 0)
    const outcome = failed === undefined ? 'done' : codeName(failed)
    const told = new Map<string, { intent: Intent; messages: number; entries: number }>()
    for (const { intent } of asked) {
      if (intent.access === 'read') continue
      const key = JSON.stringify([intent.command, intent.sets[0], intent.sets[1]])
      const one = told.get(key) ?? { intent, messages: 0, entries: 0 }
      one.messages++
      one.entries += intent.entries
      told.set(key, one)
    }
    for (const { intent: { command, every, sets }, messages, entries } of told.values()) {
      const which = every ? { all: true } : { sets: [...new Set(sets)].slice(0, TOLD) }
      this.#log({ level: 'info', event: 'change', command, ...which, messages, entries, outcome, ms: Math.round(took * 1000) / 1000 })
    }
  }
}
