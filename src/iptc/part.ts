import { inspect } from 'node:util'
import { InputError, inside } from '../netlink/index.js'
import { shown } from '../netlink/wire/shown.js'
import {
  canonicalParameter, entryParts, type Family, formatRule, type MatchInput, type Parameter, parameterRow, type ParameterRow, parametersOf,
  type RuleInput, saysAgain, type SetNames, type TargetInput,
} from '../xtables/index.js'
import { Guarded } from './guard.js'
import { isDictionary, NEXT, readOptions } from './options.js'
import { type ParameterInput, type ParameterValue, readValue, textOf, parameterValue, wordsOf } from './value.js'

/** What a match or target has to know of the rule it is for. */
export interface PartOwner {
  readonly family: Family
  /** Number of its protocol; 0 for none. */
  readonly protocolNumber: number
}

/** Options by their names, each with its value. */
export interface ParameterInputs {
  readonly [name: string]: ParameterInput | undefined
}

/** Options by their names. Throws an InputError for anything else. */
export function demandOptions(name: string, parameters: ParameterInputs): ParameterInputs {
  if (isDictionary(parameters)) return parameters
  throw new InputError(`options of ${shown(name)} are given by their names: { name: value }`)
}

/** Sets have indexes where there is a kernel only. */
export const NO_INDEXES: SetNames = { index: () => 0, name: () => undefined }

/**
 * A match or target of a rule: its options by their names, as properties too (`match.dport = '80'`, in any spelling:
 * `toDestination`, `to_destination`). A value is checked when it is set, all of them together by `finalCheck`.
 */
export abstract class Part extends Guarded {
  readonly #type: 'match' | 'target'
  #owner: PartOwner
  #name: string
  #given: Parameter[] = []
  /** What the options are in their canonical form, for the protocol of the rule at that time. */
  #read: { readonly protocol: number; readonly options: MatchInput | TargetInput } | undefined

  protected constructor(type: 'match' | 'target', owner: PartOwner, name: string) {
    super()
    this.#type = type
    this.#owner = owner
    this.#name = name
  }

  /** Its name as text has it, aliases kept: `state`, `NOTRACK`. */
  get name(): string {
    return this.#name
  }

  /** Its rule. */
  get rule(): PartOwner {
    return this.#owner
  }

  set rule(rule: PartOwner) {
    if (rule.family !== this.#owner.family) throw new InputError(`${this.#name} is for ${this.#owner.family === 'ip' ? 'IPv4' : 'IPv6'}, the rule is not`)
    this.#owner = rule
  }

  /**
   * Sets an option. Throws an InputError for a name that is none, a value that makes no sense, or one that cannot be
   * negated. An option that stands alone needs no value; undefined takes any out, and with `next` what stands behind it.
   */
  setParameter(name: string, ...values: readonly [value?: ParameterInput | undefined]): void {
    const value = values.length === 0 ? '' : values[0]
    const row = parameterRow(this.#type, this.#name, name, this.#owner.family)
    const parameter = value === undefined ? undefined : inside(`${this.#name}.${row.name}`, () => canonicalParameter(this.#type, this.#name, readValue(row, value), this.#context()))
    const begins = this.#given.findLastIndex((one) => one.name === NEXT) + 1
    const at = row.name === NEXT ? -1 : this.#given.findIndex((one, index) => index >= begins && this.#isOf(one, row))
    if (row.name === NEXT && !parameter && begins > 0) this.#given.splice(begins - 1)
    if (at >= 0) this.#given.splice(at, 1)
    if (parameter) this.#given.splice(at < 0 ? this.#given.length : at, 0, parameter)
    // A mark that was read is --set-xmark; --set-mark says the same in another way, and takes its place.
    if (parameter) this.#given = this.#given.filter((one) => one === parameter || !saysAgain(this.#type, this.#name, one, parameter, this.#context()))
    this.#read = undefined
  }

  /** As `setParameter`. */
  parse(name: string, value: ParameterInput): void {
    this.setParameter(name, value)
  }

  /** Sets several options. */
  setParameters(parameters: ParameterInputs): void {
    for (const [name, value] of Object.entries(demandOptions(this.#name, parameters))) if (value !== undefined) this.setParameter(name, value)
  }

  /** The value of an option as text, `!` in front where it is negated; undefined where it is not given. Of one that comes again, the last. */
  getParameter(name: string): string | undefined {
    const row = parameterRow(this.#type, this.#name, name, this.#owner.family)
    const found = this.#find(row)
    return found && textOf(found)
  }

  /**
   * The options with their values as text, their names with underscores; defaults that are printed among them. Of an option
   * that comes again behind `next` the last one (a dictionary of `easy` has all of them).
   */
  get parameters(): Record<string, string> {
    return Object.fromEntries(this.#all().map((one) => [one.name.replaceAll('-', '_'), textOf(one)]))
  }

  /** The options, as text has them, with the words of each: `{ 'tcp-flags': ['FIN,SYN', 'SYN'], dport: ['!', '80'] }`. */
  getAllParameters(): Record<string, string[]> {
    return Object.fromEntries(this.#all().map((one) => [one.name, wordsOf(one)]))
  }

  /** The value of an option; all of them without a name. */
  save(name: string): string | undefined
  save(): Record<string, string>
  save(name?: string): string | undefined | Record<string, string> {
    return name === undefined ? this.parameters : this.getParameter(name)
  }

  /** Takes all options out. */
  reset(): void {
    this.#given = []
    this.#read = undefined
  }

  /** Checks all options together. Throws an InputError that says which one is missing, or in the way. */
  finalCheck(): void {
    this.options()
  }

  /** The options in their canonical form. Throws an InputError. */
  options(): MatchInput | TargetInput {
    const protocol = this.#owner.protocolNumber
    if (this.#read?.protocol === protocol) return this.#read.options
    const options = readOptions(this.#type as 'match', this.#name, this.#given, this.#context())
    this.#read = { protocol, options }
    return options
  }

  /** Takes on options that have been read from the kernel or from text. */
  protected take(options: MatchInput | TargetInput): void {
    this.#given = [...parametersOf(options, this.#context())]
    this.#read = { protocol: this.#owner.protocolNumber, options }
  }

  /** Becomes another target. */
  protected rename(name: string): void {
    this.reset()
    this.#name = name
  }

  /** Bytes of its data in the kernel, header included. */
  get size(): number {
    return this.bytes().length
  }

  protected bytes(): Buffer {
    const { family, protocolNumber: protocol } = this.#owner
    const { matches, target } = entryParts({ protocol, ...this.alone() }, { family, sets: NO_INDEXES })
    return this.#type === 'match' ? (matches[0] as Buffer) : target
  }

  /** A rule with nothing else in it. */
  protected abstract alone(): RuleInput

  /** Whether another one says the same. */
  equals(other: unknown): boolean {
    return other instanceof Part && this.toString() === other.toString()
  }

  /** The text of iptables: `-m tcp --dport 80`. */
  override toString(): string {
    return formatRule({ protocol: this.#owner.protocolNumber, ...this.alone() }, { family: this.#owner.family }).replace(/^-p \S+(?: |$)/, '')
  }

  [inspect.custom](): string {
    const unfinished = () => `${this.#name} ${inspect(Object.fromEntries(this.#given.map((one) => [one.name, parameterValue(one)])))}`
    try {
      return `<${`${this.#kind()} ${this.toString()}`.trimEnd()}>`
    } catch {
      return `<${this.#kind()} ${unfinished()}>`
    }
  }

  /** The value of an option as its property has it: a list where it is several words. */
  property(row: ParameterRow): ParameterValue | undefined {
    const found = this.#find(row)
    return found && (found.words.length > 1 ? parameterValue(found) : textOf(found))
  }

  override unknownProperty(name: string): string {
    try {
      parameterRow(this.#type, this.#name, name, this.#owner.family)
    } catch (error) {
      return (error as InputError).message
    }
    return `'${name}' is a member of ${this.#kind()}: use setParameter('${name}', ...) for the option`
  }

  #find(row: ParameterRow): Parameter | undefined {
    return this.#all().findLast((one) => this.#isOf(one, row))
  }

  /** Whether it is this option, which may be printed by another of its names. */
  #isOf({ name }: Parameter, row: ParameterRow): boolean {
    return name === row.name || parameterRow(this.#type, this.#name, name, this.#owner.family) === row
  }

  /** All options as they will be, as far as they make sense together. */
  #all(): readonly Parameter[] {
    try {
      return parametersOf(this.options(), this.#context())
    } catch (error) {
      if (InputError.is(error)) return this.#given
      throw error
    }
  }

  #kind(): string {
    return this.#type === 'match' ? 'Match' : 'Target'
  }

  #context() {
    return { family: this.#owner.family, protocol: this.#owner.protocolNumber }
  }
}
