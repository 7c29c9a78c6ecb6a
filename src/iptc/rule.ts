import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import { nearest } from '../netlink/wire/suggestion.js'
import {
  decodeEntry, entryParts, type Family, formatRule, type Match as PlainMatch, type Rule as PlainRule, type RuleInput,
} from '../xtables/index.js'
import { availableTables, type ConnectionOptions } from './connection.js'
import { PROTOCOL_NAMES } from './conditions.js'
import type { CountInput } from './counters.js'
import { Match, type MatchName, type MatchParameters, MatchPart } from './match.js'
import { isDictionary } from './options.js'
import { NO_INDEXES, type ParameterInputs, type PartOwner } from './part.js'
import { RuleHeader } from './rule-header.js'
import { Target, type TargetName, type TargetParameters, TargetPart } from './target.js'

/** Attributes that a rule may be made with. */
export interface RuleAttributes {
  readonly src?: string
  readonly dst?: string
  readonly inInterface?: string
  readonly outInterface?: string
  readonly protocol?: string | number
  readonly fragment?: unknown
  readonly counters?: readonly [CountInput, CountInput]
  /** The name of a target without options. */
  readonly target?: string
}

const ATTRIBUTES: readonly string[] = ['src', 'dst', 'inInterface', 'outInterface', 'protocol', 'fragment', 'counters', 'target']

/**
 * A rule for IPv4: what a packet must be like, and what becomes of it. An assignment to a property that is none throws, as
 * does a value that makes no sense.
 *
 * @example
 * const rule = new Rule({ protocol: 'tcp', src: '192.168.1.0/24' })
 * rule.createMatch('tcp', { dport: '22' })
 * rule.createTarget('REJECT', { rejectWith: 'tcp-reset' })
 */
export class Rule extends RuleHeader implements PartOwner {
  /** Names of protocols by their numbers. */
  static readonly protocols = PROTOCOL_NAMES

  #matches: Match[] = []
  #target: Target | undefined

  /** `entry`: attributes, or the bytes of an entry of the legacy tables (struct ipt_entry, ip6t_entry). */
  constructor(entry: RuleAttributes | Uint8Array = {}) {
    super()
    if (entry instanceof Uint8Array) this.take(decodeEntry(entry, { family: this.family }))
    else this.#assign(entry)
  }

  #assign(given: RuleAttributes): void {
    if (!isDictionary(given)) throw new InputError(`a rule is made of attributes, { protocol: 'tcp' }, or of the bytes of an entry, not of ${inspect(given)}`)
    const { target, ...attributes }: RuleAttributes = given
    for (const [key, value] of Object.entries(attributes)) {
      if (!ATTRIBUTES.includes(key)) throw new InputError(this.unknownProperty(key))
      if (value !== undefined) Object.assign(this, { [key]: value })
    }
    if (target !== undefined) this.createTarget(target)
  }

  /** A rule given as plain data: the values, or the texts of them. */
  static from(rule: RuleInput): Rule {
    const made = new this()
    made.take(rule)
    return made
  }

  /** Its matches in order; a list of its own. */
  get matches(): Match[] {
    this.open()
    return [...this.#matches]
  }

  get target(): Target | undefined {
    this.open()
    return this.#target
  }
  set target(target: Target | TargetPart | null | undefined) {
    this.open()
    if (target) demand(target, TargetPart, 'a Target').rule = this
    this.#target = (target ?? undefined) as Target | undefined
  }

  /** Makes a match of the rule. Throws an InputError where there is none of that name, or an option makes no sense. */
  createMatch<N extends MatchName>(name: N, parameters?: MatchParameters<N>): Match<N>
  createMatch<S extends string>(name: S & (S extends MatchName ? never : S), parameters?: ParameterInputs): Match
  createMatch(name: string, parameters: ParameterInputs = {}): Match {
    const match = new Match(this, name, parameters)
    this.addMatch(match)
    return match
  }

  /** Makes the target of the rule: a verdict, an extension, or the name of a chain. `{ goto: true }` goes there without coming back. */
  createTarget<N extends TargetName>(name: N, parameters?: TargetParameters<N>): Target<N>
  createTarget<S extends string>(name: S & (S extends TargetName ? never : S), parameters?: ParameterInputs & { readonly goto?: boolean }): Target
  createTarget(name: string, parameters: ParameterInputs = {}): Target {
    const target = new Target(this, name, parameters)
    this.target = target
    return target
  }

  addMatch(match: MatchPart): void {
    this.open()
    demand(match, MatchPart, 'a Match').rule = this
    this.#matches.push(match as Match)
  }

  /** Takes out a match: this one, or the first that says the same. Throws an InputError where there is none. */
  removeMatch(match: MatchPart): void {
    this.open()
    const at = this.#matches.indexOf(match as Match)
    const found = at >= 0 ? at : this.#matches.findIndex((one) => one.equals(match))
    if (found < 0) throw new InputError('the rule has no such match')
    this.#matches.splice(found, 1)
  }

  /** Checks matches and target. Throws an InputError that says what is missing, or in the way. */
  finalCheck(): void {
    formatRule(this.toRule(), { family: this.family })
  }

  /** The rule as plain data. Throws an InputError where its parts make no sense. */
  toRule(): RuleInput {
    if (this.plain) return this.plain
    const rule: { -readonly [K in keyof RuleInput]: RuleInput[K] } = { ...this.header }
    if (this.#matches.length > 0) rule.matches = this.#matches.map((match) => match.options())
    if (this.#target && !this.#target.isNone) rule.target = this.#target.options()
    return rule
  }

  /** The bytes of its conditions in the legacy tables: struct ipt_ip, ip6t_ip6. */
  getIp(): Buffer {
    return entryParts(this.header, { family: this.family, sets: NO_INDEXES }).header.subarray(0, this.family === 'ip' ? 84 : 136)
  }

  /** Its bytes in the legacy tables; undefined without a target. Indexes of sets and places of chains are 0. */
  get rule(): Buffer | undefined {
    const rule = this.toRule()
    if (rule.target === undefined) return undefined
    const { header, matches, target } = entryParts(rule, { family: this.family, sets: NO_INDEXES })
    return Buffer.concat([header, ...matches, target])
  }

  /** For each byte of `rule` 0xff where it counts when rules are compared, 0 where it does not. */
  get mask(): Buffer | undefined {
    const rule = this.toRule()
    return rule.target === undefined ? undefined : entryParts(rule, { family: this.family, sets: NO_INDEXES }).mask
  }

  /** The names of the tables there are for its family. */
  get tables(): Promise<string[]> {
    return this.tablesOn()
  }

  /** As `tables`, on a connection. */
  tablesOn(options: ConnectionOptions = {}): Promise<string[]> {
    return availableTables(this.family, options)
  }

  /** Whether another rule says the same, its matches in any order; counters do not count. */
  equals(other: unknown): boolean {
    return other instanceof Rule && other.family === this.family && this.#sorted() === other.#sorted()
  }

  #sorted(): string {
    const rule = this.toRule()
    const one = (part: RuleInput) => formatRule({ protocol: this.protocolNumber, ...part }, { family: this.family })
    const matches = (rule.matches ?? []).map((match) => one({ matches: [match] })).sort()
    return [formatRule({ ...rule, matches: undefined }, { family: this.family }), ...matches].join('\n')
  }

  /** The text of iptables: `-p tcp -m tcp --dport 22 -j ACCEPT`. */
  override toString(): string {
    return formatRule(this.toRule(), { family: this.family })
  }

  [inspect.custom](): string {
    const name = this.family === 'ip' ? 'Rule' : 'Rule6'
    return `<${name} ${printed(() => this.toString(), () => this.#unfinished())}>`
  }

  /** What there is of a rule that makes no sense as it is. */
  #unfinished(): string {
    if (this.plain !== undefined) return inspect(this.plain)
    const conditions = printed(() => formatRule(this.header, { family: this.family }), () => inspect(this.header))
    const parts = [...this.#matches, ...(this.#target ? [this.#target] : [])]
    return [conditions, ...parts.map((part) => inspect(part))].filter((text) => text !== '').join(' ')
  }

  override unknownProperty(name: string): string {
    const near = nearest(name, ATTRIBUTES)
    return `a rule has no '${name}'${near ? `; did you mean '${near}'?` : `; it has ${ATTRIBUTES.join(', ')}, and matches for the rest: rule.createMatch('tcp', { dport: '22' })`}`
  }

  protected override opened(matches: readonly PlainMatch[], target: PlainRule['target']): void {
    this.#matches = matches.map((match) => MatchPart.of(this, match))
    this.#target = target && TargetPart.of(this, target)
  }
}

/** A rule for IPv6. */
export class Rule6 extends Rule {
  override get family(): Family {
    return 'ip6'
  }

  /** The bytes of a mask that is so many bits long. */
  static createMask(prefixLength: number): number[] {
    if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 128) throw new InputError(`${inspect(prefixLength)} is no length of a prefix: 0 to 128`)
    return Array.from({ length: 16 }, (_, i) => 0xff & (0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * i))))
  }
}

function printed(print: () => string, otherwise: () => string): string {
  try {
    return print()
  } catch {
    return otherwise()
  }
}

function demand<T>(value: unknown, kind: abstract new (...args: never[]) => T, what: string): T {
  if (value instanceof kind) return value
  throw new InputError(`${inspect(value)} is not ${what}`)
}
