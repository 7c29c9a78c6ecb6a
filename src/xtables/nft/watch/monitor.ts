import { breathe, busy, type Subscription } from '../../../netlink/index.js'
import { addressFamily, type Family, type SetNames } from '../../context.js'
import type { Events, MonitorEvent, MonitorOptions, ResyncEvent } from '../../event.js'
import type { Ruleset } from '../../ruleset.js'
import { Announcements } from './announcement.js'
import { Changes } from './changes.js'
import { RuleReader } from '../decode.js'
import { Known } from './known.js'
import type { Link } from '../link.js'
import { steadily } from '../steady.js'
import { Watch } from './watch.js'

const NFNLGRP_NFTABLES = 7 // include/uapi/linux/netfilter/nfnetlink.h

/** What listening needs of a backend. */
export interface Listening {
  readonly link: Link
  readonly sets: Readonly<Record<Family, SetNames>>
  /** All tables of a family. Throws a Stale when the generation is over. */
  readonly read: (family: Family, generation: number) => Promise<Ruleset>
  readonly subscribe: (group: number, signal: AbortSignal) => Promise<Subscription>
  /** Aborts when the backend closes. */
  readonly closing: AbortSignal
}

/** Tells of the commits to the tables of iptables, and of all others of its families. */
export function monitor(backend: Listening, { signal, resync = true }: MonitorOptions): Events<MonitorEvent> {
  return new Watch<MonitorEvent>(async (ending) => {
    const subscription = await backend.subscribe(NFNLGRP_NFTABLES, ending)
    try {
      const state = await State.read(backend, ending, false)
      return follow(backend, subscription, state, ending, resync)
    } catch (error) {
      subscription.close()
      throw error
    }
  }, [signal, backend.closing])
}

/** What the tables are at a generation. */
class State {
  readonly generation: number
  readonly changes: Changes
  readonly rulesets: Readonly<Record<Family, Ruleset>> | undefined
  #last: number

  private constructor({ sets }: Listening, generation: number, known: Known, rulesets: State['rulesets']) {
    this.generation = generation
    this.#last = generation
    this.changes = new Changes(known, { ip: new RuleReader('ip', sets.ip), ip6: new RuleReader('ip6', sets.ip6) })
    this.rulesets = rulesets
  }

  /** Reads tables and chains; `whole`: the rules, too. */
  static read(backend: Listening, signal: AbortSignal, whole: boolean): Promise<State> {
    return steadily(backend.link, signal, async (generation) => {
      const known = await Known.read(backend.link, generation, { signal })
      const rulesets = whole ? { ip: await backend.read('ip', generation), ip6: await backend.read('ip6', generation) } : undefined
      return new State(backend, generation, known, rulesets)
    })
  }

  /** Whether a commit came after it, or after the last one that was told: the count begins anew behind 32 bits. */
  precedes(generation: number): boolean {
    return ((generation - this.#last) | 0) > 0
  }

  /** Notes a commit; false when it is not the next one. */
  follows(generation: number): boolean {
    const next = (this.#last + 1) >>> 0 || 1
    this.#last = generation
    return generation === next
  }

  resync(): ResyncEvent[] {
    return this.rulesets ? [{ type: 'resync', generation: this.generation, ...this.rulesets }] : []
  }
}

async function* follow(backend: Listening, subscription: Subscription, start: State, signal: AbortSignal, resync: boolean): AsyncGenerator<MonitorEvent> {
  const announcements = new Announcements([addressFamily('ip'), addressFamily('ip6')])
  let state = start
  const anew = async function* (): AsyncGenerator<MonitorEvent> {
    announcements.clear()
    yield { type: 'overrun' }
    // What was lost was committed before this is asked: its socket has been emptied.
    state = await State.read(backend, signal, resync)
    yield* state.resync()
  }
  for await (const item of subscription) {
    if ('overrun' in item) {
      yield* anew()
      continue
    }
    for (const commit of announcements.take(item)) {
      const { generation, pid, program } = commit
      if (!state.precedes(generation)) continue
      // The kernel drops what it has no memory for, and does not always say so.
      if (!state.follows(generation)) {
        yield* anew()
        continue
      }
      for (const change of state.changes.of(commit)) {
        yield change
        if (busy()) await breathe()
      }
      yield { type: 'commit', generation, pid, program }
    }
  }
}
