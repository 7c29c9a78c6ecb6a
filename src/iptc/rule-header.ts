import { inside } from '../netlink/index.js'
import { type Family, type Match, protocolOf, type Rule as PlainRule, type RuleInput } from '../xtables/index.js'
import { dottedText, fragmentValue, PROTOCOL_NAMES, protocolText, readAddress, readFragment, readInterface, readProtocol } from './conditions.js'
import { type CounterPair, type CountInput, pairOf, readCounters } from './counters.js'
import { Guarded } from './guard.js'

type Conditions = { -readonly [K in Exclude<keyof PlainRule, 'matches' | 'target' | 'counters'>]?: PlainRule[K] }

/** What the header of a packet must be like, and what has been counted: a rule without its matches and its target. */
export abstract class RuleHeader extends Guarded {
  #conditions: Conditions = {}
  #counters: RuleInput['counters']
  /** The rule as it was read, as long as nobody has looked at its parts or changed it. */
  #plain: RuleInput | undefined

  get family(): Family {
    return 'ip'
  }

  /** The number of the family (include/uapi/linux/netfilter.h: NFPROTO_*): 2, 10 for IPv6. */
  get nfproto(): number {
    return this.family === 'ip' ? 2 : 10
  }

  get protocols(): Readonly<Record<number, string>> {
    return PROTOCOL_NAMES
  }

  /** Number of its protocol; 0 for none, or for all but one. */
  get protocolNumber(): number {
    return protocolOf(this.#plain ?? this.#conditions)
  }

  /** `10.0.0.0/255.0.0.0`, `2001:db8::/32`, `!` in front where negated; `0.0.0.0/0.0.0.0` and `::/0` for any. */
  get src(): string {
    return dottedText(this.#read('source'), this.family)
  }
  set src(address: string) {
    this.#set('source', inside('src', () => readAddress(address, this.family)))
  }

  /** As `src`. */
  get dst(): string {
    return dottedText(this.#read('destination'), this.family)
  }
  set dst(address: string) {
    this.#set('destination', inside('dst', () => readAddress(address, this.family)))
  }

  /** `eth0`, `eth+` for all names that begin so, `!ppp0`; undefined for any. */
  get inInterface(): string | undefined {
    return interfaceText(this.#read('inInterface'))
  }
  set inInterface(name: string | null | undefined) {
    this.#set('inInterface', name === undefined || name === null ? undefined : inside('inInterface', () => readInterface(name)))
  }

  /** As `inInterface`. */
  get outInterface(): string | undefined {
    return interfaceText(this.#read('outInterface'))
  }
  set outInterface(name: string | null | undefined) {
    this.#set('outInterface', name === undefined || name === null ? undefined : inside('outInterface', () => readInterface(name)))
  }

  /** `tcp`, `!udp`, a number in decimal where it has no name; `ip` for any. */
  get protocol(): string {
    return protocolText(this.#read('protocol'))
  }
  set protocol(protocol: string | number) {
    this.#set('protocol', inside('protocol', () => readProtocol(protocol)))
  }

  /** `true`: second and further fragments; `'!'`: all others; `false`: not asked. Anything true in JavaScript sets it; of IPv6, nothing may. */
  get fragment(): boolean | '!' {
    return fragmentValue(this.#read('fragment'))
  }
  set fragment(fragment: unknown) {
    this.#set('fragment', inside('fragment', () => readFragment(fragment, this.family)))
  }

  /** Packets and bytes, as they were when the rule was read. */
  get counters(): CounterPair {
    return pairOf(this.#plain ? this.#plain.counters : this.#counters)
  }
  set counters(counters: readonly [CountInput, CountInput]) {
    this.open()
    this.#counters = inside('counters', () => readCounters(counters))
  }

  getCounters(): CounterPair {
    return this.counters
  }

  setCounters(counters: readonly [CountInput, CountInput]): void {
    this.counters = counters
  }

  #read<K extends keyof Conditions>(key: K): Conditions[K] {
    return ((this.#plain ?? this.#conditions) as Conditions)[key]
  }

  #set<K extends keyof Conditions>(key: K, value: Conditions[K]): void {
    this.open()
    if (value === undefined) delete this.#conditions[key]
    else this.#conditions[key] = value
  }

  /** The rule as it was read; undefined once somebody has looked at its parts. */
  protected get plain(): RuleInput | undefined {
    return this.#plain
  }

  /** The conditions alone, and the counters where they are known. */
  protected get header(): RuleInput {
    if (this.#plain) return { ...this.#plain, matches: undefined, target: undefined }
    return this.#counters ? { ...this.#conditions, counters: this.#counters } : this.#conditions
  }

  /** Becomes a rule that was read. */
  protected take(plain: RuleInput): void {
    this.#plain = plain
  }

  /** Takes the rule apart, so that its parts can be changed. */
  protected open(): void {
    if (!this.#plain) return
    const { matches = [], target, counters, ...conditions } = this.#plain as PlainRule
    this.#plain = undefined
    this.#conditions = conditions
    this.#counters = counters
    this.opened(matches, target)
  }

  /** Takes on the parts of a rule that was read. */
  protected abstract opened(matches: readonly Match[], target: PlainRule['target']): void
}

function interfaceText(name: Conditions['inInterface']): string | undefined {
  return typeof name === 'object' ? `!${name.not}` : name
}
