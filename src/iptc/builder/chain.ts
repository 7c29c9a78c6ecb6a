import { inspect } from 'node:util'
import { InputError } from '../../netlink/index.js'
import { AbstractRule } from './abstract-rule.js'
import { callable } from './callable.js'
import { chainComment } from './note.js'
import { Origin } from './origin.js'
import { chainHeader, chainLines, viewOf } from './print.js'
import { bareName } from './word.js'

/** What a packet meets that no rule of a built-in chain has decided on. */
export type BuiltinPolicy = 'ACCEPT' | 'DROP'

/** What chains may be given beside their name. */
export interface ChainOptions {
  /** Stands in the text, above the rules. */
  readonly comment?: string | undefined
  readonly rules?: Iterable<AbstractRule> | undefined
}

/** A chain as text, its two parts. */
export interface ChainText {
  /** `:INPUT ACCEPT [0:0]`. */
  readonly headerContent: string
  /** The lines of its rules, with their comments. */
  readonly rules: string
}

/** A list of rules with a name. Lists that are made of it (`map`, `slice`, `splice`) are plain arrays. */
export abstract class AbstractChain extends Array<AbstractRule> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  readonly name: string
  readonly comment: string | undefined
  /** Where in the program it was made. */
  declare readonly origin: Origin

  constructor(name: string, { comment, rules = [] }: ChainOptions = {}) {
    super()
    this.name = bareName(name, 'chain')
    this.comment = chainComment(comment)
    Object.defineProperty(this, 'origin', { value: new Origin() })
    this.push(...rules)
  }

  /** undefined for a chain that has none. */
  abstract get policy(): BuiltinPolicy | undefined
  /** What it is, for people. */
  abstract get typeName(): string

  /** Puts a rule at the end; the rule. */
  append<R extends AbstractRule>(rule: R): R {
    this.push(rule)
    return rule
  }

  /** Puts a rule before the one at a position, counted from 0, or from the end when negative; the rule. */
  insert<R extends AbstractRule>(rule: R, position = 0): R {
    if (!Number.isInteger(position)) throw new InputError(`'${String(position)}' is no position`, { path: 'position' })
    this.splice(position, 0, demandRule(rule))
    return rule
  }

  /** Takes a rule out: this object, the first time it is there. Throws an InputError where it is not. */
  remove(rule: AbstractRule): void {
    const at = this.indexOf(rule)
    if (at < 0) throw new InputError(`chain ${this.name} does not hold this rule`)
    this.splice(at, 1)
  }

  override push(...rules: AbstractRule[]): number {
    for (const rule of rules) super.push(demandRule(rule))
    return this.length
  }

  override unshift(...rules: AbstractRule[]): number {
    return super.unshift(...rules.map(demandRule))
  }

  /** Its header and its rules as text, for either family. Throws a RulesetError for a rule that iptables does not read. */
  toIptables(): ChainText {
    const view = viewOf(this)
    return { headerContent: chainHeader(view, {}), rules: [...chainLines(view, {})].map(({ text }) => text).join('\n') }
  }

  /** `rules.mjs:12 main`. */
  debugInfo(): string {
    return this.origin.toString()
  }

  override toString(): string {
    return [...this].map(String).join('\n')
  }

  [inspect.custom](): string {
    return [`${this.typeName} "${this.name}"${this.policy === undefined ? '' : ` ${this.policy}`}`, ...[...this].map((rule) => `  ${inspect(rule)}`)].join('\n')
  }
}

function demandRule<R extends AbstractRule>(rule: R): R {
  if (!(rule instanceof AbstractRule)) throw new InputError('chains hold rules: new Rule({ … }), new CustomRule(text)')
  return rule
}

class BuiltinChainClass extends AbstractChain {
  #policy: BuiltinPolicy

  constructor(name: string, policy: BuiltinPolicy, options: ChainOptions = {}) {
    super(name, options)
    this.#policy = checkPolicy(policy)
  }

  get policy(): BuiltinPolicy {
    return this.#policy
  }

  /** Throws an InputError for what is neither ACCEPT nor DROP. */
  set policy(policy: BuiltinPolicy) {
    this.#policy = checkPolicy(policy)
  }

  get typeName(): string {
    return 'Builtin Chain'
  }
}

class UserChainClass extends AbstractChain {
  get policy(): undefined {
    return undefined
  }

  get typeName(): string {
    return 'User Chain'
  }
}

function checkPolicy(policy: unknown): BuiltinPolicy {
  if (policy === 'ACCEPT' || policy === 'DROP') return policy
  throw new InputError(`'${String(policy)}' is no policy of a chain; there are ACCEPT and DROP`, { path: 'policy' })
}

/** A chain that packets enter by themselves: `new BuiltinChain('INPUT', 'DROP', { comment, rules })`. */
export const BuiltinChain = callable(BuiltinChainClass, 'BuiltinChain')
export type BuiltinChain = BuiltinChainClass

/** A chain that packets enter where a rule jumps to it: `new UserChain('web', { comment, rules })`. */
export const UserChain = callable(UserChainClass, 'UserChain')
export type UserChain = UserChainClass
