import type { Policy } from './policy.js'

/** A policy that another one can take the place of: what is asked from then on is judged by that. */
export interface LivePolicy extends Policy {
  become(next: Policy): void
}

/** A policy that begins as the one given, and can become another. */
export function livePolicy(first: Policy): LivePolicy {
  let now = first
  return {
    mayTable: (...asked) => now.mayTable(...asked),
    maySet: (...asked) => now.maySet(...asked),
    mayWatch: (peer) => now.mayWatch(peer),
    become(next) {
      now = next
    },
  }
}
