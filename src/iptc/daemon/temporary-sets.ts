import { IPSet } from '../../ipset/index.js'
import type { Peer } from './peer.js'
import type { Policy } from './policy.js'

/** Milliseconds in which a user may come back before what it left is removed. */
const LINGER = 3000

interface User {
  connections: number
  readonly sets: Set<string>
  leaving: NodeJS.Timeout | undefined
}

/**
 * Which temporary sets belong to whom: to the user whose connection made them. They come into being while entries of a set are
 * replaced, and nobody else may write or read them, lest he choose what stands in that set afterwards. What a user leaves behind
 * is removed.
 */
export class TemporarySets {
  readonly #users = new Map<number, User>()

  /** Those of one daemon: all its connections share its policy. */
  static of(policy: Policy): TemporarySets {
    let sets = all.get(policy)
    if (!sets) {
      sets = new TemporarySets()
      all.set(policy, sets)
    }
    return sets
  }

  /** Counts a connection of a user. */
  join({ uid }: Peer): void {
    const user = this.#users.get(uid) ?? { connections: 0, sets: new Set(), leaving: undefined }
    user.connections++
    clearTimeout(user.leaving)
    this.#users.set(uid, user)
  }

  /** A connection has ended. */
  leave({ uid }: Peer, netns: string | undefined): void {
    const user = this.#users.get(uid)
    if (!user || --user.connections > 0) return
    if (user.sets.size === 0) this.#users.delete(uid)
    else user.leaving = setTimeout(() => void this.#remove(uid, user, netns), LINGER).unref()
  }

  made({ uid }: Peer, name: string): void {
    this.#users.get(uid)?.sets.add(name)
  }

  gone(name: string): void {
    for (const { sets } of this.#users.values()) sets.delete(name)
  }

  allGone(): void {
    for (const { sets } of this.#users.values()) sets.clear()
  }

  belongsTo({ uid }: Peer, name: string): boolean {
    return this.#users.get(uid)?.sets.has(name) ?? false
  }

  /** Removes what is there, of whomever: the daemon ends. */
  async removeAll(netns: string | undefined): Promise<void> {
    for (const [uid, user] of [...this.#users]) {
      clearTimeout(user.leaving)
      await this.#remove(uid, user, netns)
    }
  }

  async #remove(uid: number, user: User, netns: string | undefined): Promise<void> {
    this.#users.delete(uid)
    if (user.sets.size === 0) return
    await using ipset = new IPSet({ netns })
    // One that somebody lists, or that is gone, stays as it is.
    for (const name of user.sets) await ipset.destroy(name).catch(() => {})
  }
}

const all = new WeakMap<Policy, TemporarySets>()

/** Removes the temporary sets that programs have left which a daemon has served: for a daemon that ends. */
export async function removeTemporarySets(policy: Policy, netns?: string): Promise<void> {
  await TemporarySets.of(policy).removeAll(netns)
}
