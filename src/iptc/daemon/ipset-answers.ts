import { type Intent, setOfAnswer, TEMPORARY_SETS } from '../../ipset/index.js'
import { HEADER_SIZE, type Message, messages, outcomeOf, refuse } from '../../netlink/index.js'
import type { IpsetPolicy } from './ipset-policy.js'
import type { Peer } from './peer.js'
import type { TemporarySets } from './temporary-sets.js'

/** One message that was handed on to the kernel, and what it means. */
export interface Carried {
  readonly message: Message
  readonly intent: Intent
}

const ENOENT = 2 // include/uapi/asm-generic/errno-base.h

/** The answers to one datagram, on their way from the kernel to a client. */
export class IpsetAnswers {
  /** Whether anything was to be changed. */
  readonly changes: boolean
  /** What became of the messages that have been answered, in the order of the answers: 0, or an error number. */
  readonly outcomes: number[] = []
  readonly #carried: ReadonlyMap<number, Carried>
  /** Numbers of the messages whose answers have not ended. */
  readonly #open: Set<number>
  readonly #peer: Peer
  readonly #policy: IpsetPolicy
  readonly #temporary: TemporarySets
  /** Whether some of it may be about sets that were not named, and what was found of these. */
  readonly #hiding: boolean
  readonly #shown = new Map<string, boolean>()

  constructor(carried: readonly Carried[], peer: Peer, policy: IpsetPolicy, temporary: TemporarySets) {
    this.#carried = new Map(carried.map((one) => [one.message.sequence, one]))
    this.#open = new Set(this.#carried.keys())
    this.changes = carried.some(({ intent }) => intent.access === 'write')
    this.#hiding = carried.some(({ intent: { every, command } }) => every || command === 'getByIndex')
    this.#peer = peer
    this.#policy = policy
    this.#temporary = temporary
  }

  /** Whether all has been said. */
  get complete(): boolean {
    return this.#open.size === 0
  }

  /** What the client gets of a datagram of the kernel: less, where that is about sets that it may not read. */
  pass(datagram: Uint8Array): Uint8Array[] {
    const passed: Uint8Array[] = []
    for (const message of messages(datagram)) {
      const { at, end } = message.body
      if (this.#visible(message)) passed.push(datagram.subarray(at - HEADER_SIZE, Math.min(datagram.length, (end + 3) & -4)))
      else if (this.#carried.get(message.sequence)?.intent.command === 'getByIndex') passed.push(refuse(message, ENOENT))
      this.#note(message)
    }
    return passed
  }

  #visible(message: Message): boolean {
    const set = this.#hiding ? setOfAnswer(message) : undefined
    if (set === undefined) return true
    const may = this.#shown.get(set) ?? this.#policy.mayRead(set)
    this.#shown.set(set, may)
    return may
  }

  /** Keeps what became of a request, and whose temporary sets there are now. */
  #note(message: Message): void {
    const { intent } = this.#carried.get(message.sequence) ?? {}
    const outcome = outcomeOf(message)
    if (outcome || intent?.end === 'data') this.#open.delete(message.sequence)
    if (!outcome) return
    this.outcomes.push(outcome.errno)
    if (outcome.errno === 0 && intent) this.#own(intent)
  }

  /** A name that is free belongs to nobody: the next to make a set of it is another. */
  #own({ command, sets, every }: Intent): void {
    const [set] = sets
    if (command === 'destroy' && every) this.#temporary.allGone()
    if (!set?.startsWith(TEMPORARY_SETS)) return
    if (command === 'create') this.#temporary.made(this.#peer, set)
    if (command === 'destroy' || command === 'rename') this.#temporary.gone(set)
  }
}
