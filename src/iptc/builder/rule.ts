import { InputError } from '../../netlink/index.js'
import { AbstractRule, type Definition } from './abstract-rule.js'
import { type Argument, KNOWN } from './argument.js'
import { ArgumentList, type Arguments, Match } from './argument-list.js'
import { callable } from './callable.js'
import { oneLine } from './note.js'

/** Arguments of a rule by their names, and its comment. */
export interface RuleArguments extends Arguments {
  /** A comment line above the rule, and a match `comment` in it: 255 bytes at most. Line breaks in it become blanks. */
  readonly comment?: string | undefined
}

/** What a rule is made of. */
interface Content {
  readonly comment: string | undefined
  readonly list: ArgumentList
}

/** The class behind `Rule`, for those that extend it. */
export class RuleObject extends AbstractRule {
  static readonly NONE = 'NONE'
  static readonly ACCEPT = 'ACCEPT'
  static readonly DROP = 'DROP'
  static readonly REJECT = 'REJECT'
  static readonly RETURN = 'RETURN'
  static readonly REDIRECT = 'REDIRECT'
  static readonly LOG = 'LOG'
  static readonly TCP = 'tcp'
  static readonly UDP = 'udp'
  static readonly ICMP = 'icmp'
  static readonly IGMP = 'igmp'

  /** What it was given, without its comment. */
  readonly arguments: ArgumentList

  /** Throws an InputError that names the argument that makes no sense. */
  constructor(given: RuleArguments = {}, content: Content = contentOf(given)) {
    super(content.comment)
    this.arguments = content.list
    // biome-ignore lint/correctness/noConstructorReturn: a rule is a function, too
    return template(this, new.target.prototype)
  }

  override ruleDefinitions(): readonly string[] {
    return this.definitions().map(({ text }) => text)
  }

  override definitions(): readonly Definition[] {
    const args = ordered([...this.arguments], this.comment)
    return [{ text: args.map((argument) => argument.toIptables()).join(' '), rule: this, args }]
  }
}

/** A rule; called as a function, the template for a rule with the same arguments and more, and another comment if there is one. */
export interface Rule extends RuleObject {
  (more?: RuleArguments): Rule
}

/** A class whose objects are rules, made with or without `new`. */
export type RuleType<C extends abstract new (...args: never[]) => RuleObject> = Omit<C, 'prototype'> & {
  new (...args: ConstructorParameters<C>): InstanceType<C> & Rule
  (...args: ConstructorParameters<C>): InstanceType<C> & Rule
}

/** A class of rules as people use it. */
export function ruleType<C extends new (...args: never[]) => RuleObject>(type: C, name: string): RuleType<C> {
  return callable(type, name) as unknown as RuleType<C>
}

/**
 * A rule by its arguments, in any spelling: `new Rule({ proto: 'tcp', dport: 22, source: { not: '10.0.0.0/8' }, jump: 'DROP' })`.
 * A rule is a template: `SSH({ jump: 'ACCEPT' })`.
 *
 * @example
 * const SSH = new Rule({ proto: 'tcp', dport: 22 })
 * tables.filter.INPUT.append(SSH({ jump: 'ACCEPT', source: '192.0.2.1', comment: 'from my desk' }))
 */
export const Rule: RuleType<new (given?: RuleArguments) => RuleObject> & Omit<typeof RuleObject, 'prototype'> = ruleType(RuleObject, 'Rule')

function demandArguments(given: RuleArguments): RuleArguments {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given
  throw new InputError("a rule is given its arguments by their names: { proto: 'tcp', jump: 'DROP' }")
}

function contentOf(all: RuleArguments): Content {
  const { comment, ...given } = demandArguments(all)
  return { comment, list: new ArgumentList(given) }
}

/** The rule as a function that makes rules of it. Names, prototype and properties are those of the rule. */
function template(rule: RuleObject, prototype: object): RuleObject {
  const self = (all: RuleArguments = {}): RuleObject => {
    const { comment, ...more } = demandArguments(all)
    return new RuleObject({}, { comment: comment || rule.comment, list: rule.arguments.with(more) })
  }
  for (const name of ['name', 'length']) Reflect.deleteProperty(self, name)
  Object.setPrototypeOf(self, prototype)
  return Object.defineProperties(self, Object.getOwnPropertyDescriptors(rule)) as unknown as RuleObject
}

/** Arguments of the rule itself, in the order in which they are printed. */
const PLACES: ReadonlyMap<string, number> = new Map(KNOWN.filter(({ shortName }) => shortName !== 'm').map(({ shortName }, index) => [shortName, index]))

function place({ name }: Argument): number {
  return PLACES.get(name) ?? PLACES.size
}

/**
 * Arguments of the rule itself first: matches look at the protocol when their options are read. Behind them each match with
 * its options, the comment last.
 */
function ordered(all: readonly Argument[], comment: string | undefined): readonly Argument[] {
  const args = [...all].sort((a, b) => place(a) - place(b))
  if (comment === undefined) return args
  // `match: ['conntrack', 'comment']` with a comment beside it: that is the one meant.
  const said = all.some(({ name }) => name === 'comment')
  const others = said ? args : args.filter(({ name, value }) => name !== 'm' || value !== 'comment')
  return [...others, ...new Match('comment', { comment: oneLine(comment) })]
}
