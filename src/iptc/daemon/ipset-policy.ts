import { type Intent, TEMPORARY_SETS } from '../../ipset/index.js'
import type { Peer } from './peer.js'
import type { Access, Policy } from './policy.js'
import type { TemporarySets } from './temporary-sets.js'

/** What keeps a message from the kernel. */
export interface Refusal {
  readonly errno: number
  /** None where nothing more is said than that there is no such set. */
  readonly text?: string
}

// include/uapi/asm-generic/errno-base.h, errno.h
const EPERM = 1
const ENOENT = 2
const EBADMSG = 74

/** What one peer may do with sets. */
export class IpsetPolicy {
  readonly #peer: Peer
  readonly #policy: Policy
  readonly #temporary: TemporarySets

  constructor(peer: Peer, policy: Policy, temporary: TemporarySets) {
    this.#peer = peer
    this.#policy = policy
    this.#temporary = temporary
  }

  /** Whether a set may be shown. */
  mayRead(set: string): boolean {
    return this.#may('read', set)
  }

  /** Why a message is not handed on; undefined where it is. */
  refusal(intent: Intent | Error): Refusal | undefined {
    if (intent instanceof Error) return { errno: EBADMSG, text: `the daemon hands on what it understands alone: ${intent.message}` }
    const { access, sets, every } = intent
    // A list of all sets is made of what may be read.
    if (every && access === 'write' && !this.#policy.maySet(this.#peer, access)) return this.#denied('all sets', '*', intent)
    for (const set of sets) {
      if (this.#may(access, set) || (set.startsWith(TEMPORARY_SETS) && this.#mayMake(intent, set))) continue
      // Whether others replace entries just now is nobody's business.
      return set.startsWith(TEMPORARY_SETS) ? { errno: ENOENT } : this.#denied(`set '${set}'`, set, intent)
    }
    return undefined
  }

  #may(access: Access, set: string): boolean {
    if (!set.startsWith(TEMPORARY_SETS)) return this.#policy.maySet(this.#peer, access, set)
    return this.#temporary.belongsTo(this.#peer, set) || this.#policy.maySet(this.#peer, access)
  }

  /** Temporary sets are made, never taken over: one that is there already belongs to somebody. */
  #mayMake({ command, exclusive, sets }: Intent, set: string): boolean {
    return command === 'create' && exclusive && sets.length === 1 && this.#policy.maySet(this.#peer, 'write', set)
  }

  #denied(what: string, set: string, { command, access }: Intent): Refusal {
    const { uid } = this.#peer
    const rule = JSON.stringify({ uid, sets: { [set]: access } })
    return { errno: EPERM, text: `user ${uid} may not ${access} ${what} (${command}): the policy of the daemon allows it with ${rule}` }
  }
}
