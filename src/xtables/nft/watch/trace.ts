import { messages, messageType, NetfilterError, readNfGenMsg, type Subscription, SUBSYSTEM } from '../../../netlink/index.js'
import { addressFamily, type Family } from '../../context.js'
import type { Events, ListenOptions, TraceEvent, TraceStep, TraceVerdict } from '../../event.js'
import { VERDICT } from '../expression/constants.js'
import { MESSAGE, TraceAttributes } from '../messages.js'
import { MetRules } from './met.js'
import type { Listening } from './monitor.js'
import { Watch } from './watch.js'

const NFNLGRP_NFTRACE = 9 // include/uapi/linux/netfilter/nfnetlink.h
const TRACE = messageType(SUBSYSTEM.nftables, MESSAGE.trace)
/** NFT_TRACETYPE_* */
const TYPES = { 1: 'policy', 2: 'return', 3: 'rule' } as const

/** Numbers of verdicts below those of nf_tables itself: NF_* (include/uapi/linux/netfilter.h). */
const DECISIONS = ['DROP', 'ACCEPT', 'STOLEN', 'QUEUE', 'REPEAT'] as const
const OWN = new Map<number, 'CONTINUE' | 'BREAK' | 'RETURN'>([[0xffff_ffff, 'CONTINUE'], [0xffff_fffe, 'BREAK'], [VERDICT.RETURN, 'RETURN']])

/** What tracing needs of a backend. */
export interface Tracing extends Listening {
  /** The names of the network interfaces by their numbers. */
  readonly interfaces: () => Promise<ReadonlyMap<number, string>>
}

/** Tells of the rules that packets meet which a TRACE rule has marked. */
export function trace(backend: Tracing, { signal }: ListenOptions): Events<TraceEvent> {
  return new Watch<TraceEvent>(async (ending) => follow(backend, await backend.subscribe(NFNLGRP_NFTRACE, ending), ending), [signal, backend.closing])
}

async function* follow(backend: Tracing, subscription: Subscription, signal: AbortSignal): AsyncGenerator<TraceEvent> {
  const rules = new MetRules(backend.link, backend.sets)
  const interfaces = new Interfaces(backend.interfaces)
  for await (const item of subscription) {
    if ('overrun' in item) {
      yield { type: 'overrun' }
      continue
    }
    for (const message of messages(item)) {
      if (message.type !== TRACE) continue
      const family = familyOf(readNfGenMsg(message).family)
      const step = family && (await stepOf(family, TraceAttributes.read(message.body), rules, interfaces, signal))
      if (step) yield step
    }
  }
}

type Told = ReturnType<typeof TraceAttributes.read>

async function stepOf(family: Family, told: Told, rules: MetRules, interfaces: Interfaces, signal: AbortSignal): Promise<TraceStep | undefined> {
  const { type: number, id: packet = 0, table = '', chain = '', handle, inIndex, outIndex, mark = 0, linkHeader, networkHeader, transportHeader } = told
  let type: TraceStep['type'] | undefined = TYPES[number as keyof typeof TYPES]
  // The kernel takes the end of a chain for a rule without a number.
  if (type === 'rule' && handle === undefined) type = 'return'
  if (type === undefined || (type === 'return' && (await rules.isBase(family, table, chain, signal)))) return undefined
  const met = type === 'rule' && handle !== undefined ? await rules.rule(family, table, chain, handle, signal) : undefined
  return {
    type, packet, family, table, chain,
    verdict: type === 'policy' ? decision(told.policy ?? 0) : type === 'return' ? 'RETURN' : verdictOf(told),
    ...(handle === undefined ? {} : { handle }),
    ...met,
    ...(mark === 0 ? {} : { mark }),
    ...(inIndex === undefined ? {} : { inIndex, ...(await interfaces.named('inInterface', inIndex)) }),
    ...(outIndex === undefined ? {} : { outIndex, ...(await interfaces.named('outInterface', outIndex)) }),
    ...(linkHeader ? { link: linkHeader } : {}),
    ...(networkHeader ? { network: networkHeader } : {}),
    ...(transportHeader ? { transport: transportHeader } : {}),
  }
}

function verdictOf({ verdict: { code = 0, chain = '' } = {} }: Told): TraceVerdict {
  if (code === VERDICT.JUMP) return { jump: chain }
  if (code === VERDICT.GOTO) return { goto: chain }
  return OWN.get(code) ?? decision(code)
}

/** What stands above the lowest byte is the number of a queue, or an errno. */
function decision(code: number): TraceVerdict {
  return DECISIONS[code & 0xff] ?? 'DROP'
}

function familyOf(number: number): Family | undefined {
  return number === addressFamily('ip') ? 'ip' : number === addressFamily('ip6') ? 'ip6' : undefined
}

/** Milliseconds for which names of interfaces are remembered. */
const REMEMBERED = 1000

/** The names of the network interfaces, asked for when they are needed. */
class Interfaces {
  readonly #ask: Tracing['interfaces']
  #names: ReadonlyMap<number, string> = new Map()
  #until = 0

  constructor(ask: Tracing['interfaces']) {
    this.#ask = ask
  }

  /** An object with the name of an interface; an empty one where it has none. */
  async named<K extends string>(key: K, index: number): Promise<{ readonly [key in K]?: string }> {
    if (performance.now() > this.#until) {
      try {
        this.#names = await this.#ask()
      } catch (error) {
        // A number is enough where a list of names is not to be had, such as while interfaces come and go.
        if (!NetfilterError.is(error)) throw error
      }
      this.#until = performance.now() + REMEMBERED
    }
    const name = this.#names.get(index)
    return name === undefined ? {} : ({ [key]: name } as { readonly [key in K]?: string })
  }
}
