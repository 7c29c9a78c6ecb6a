import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import {
  canonicalParameter, entryParts, type Family, formatRule, type MatchInput, type Parameter, parameterNames, parameterRow, parametersOf,
  readParameters, type RuleInput, type SetNames, type TargetInput,
} from '../xtables/index.js'
import { Guarded } from './guard.js'
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

/** Sets have indexes where there is a kernel only. */
const NO_INDEXES: SetNames = { index: () => 0, name: () => undefined }

/** Begins the next element of a list of elements: options behind it may have the names of options before it. */
const NEXT = 'next'

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
   * negated. Undefined takes it out.
   */
  setParameter(name: string, value: ParameterInput | undefined = ''): void {
    const row = parameterRow(this.#type, this.#name, name, this.#owner.family)
    const parameter = value === undefined ? undefined : canonicalParameter(this.#type, this.#name, readValue(row, value), this.#context())
    const begins = this.#given.findLastIndex((one) => one.name === NEXT) + 1
    const at = row.name === NEXT ? -1 : this.#given.findIndex((one, index) => index >= begins && one.name === row.name)
    if (at >= 0) this.#given.splice(at, 1)
    if (parameter) this.#given.splice(at < 0 ? this.#given.length : at, 0, parameter)
    this.#read = undefined
  }

  /** As `setParameter`. */
  parse(name: string, value: ParameterInput): void {
    this.setParameter(name, value)
  }

  /** Sets several options. */
  setParameters(parameters: ParameterInputs): void {
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) this.setParameter(name, value)
  }

  /** The value of an option as text, `!` in front where it is negated; undefined where it is not given. */
  getParameter(name: string): string | undefined {
    const row = parameterRow(this.#type, this.#name, name, this.#owner.family)
    const found = this.#all().find((one) => one.name === row.name)
    return found && textOf(found)
  }

  /** The options with their values as text, their names with underscores; defaults that are printed among them. */
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
    const options = readParameters(this.#type as 'match', this.#name, this.#given, this.#context())
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
    return formatRule({ protocol: this.#owner.protocolNumber, ...this.alone() }, { family: this.#owner.family }).replace(/^-p \S+ /, '')
  }

  [inspect.custom](): string {
    const unfinished = () => `${this.#name} ${inspect(Object.fromEntries(this.#given.map((one) => [one.name, parameterValue(one)])))}`
    try {
      return `<${this.#kind()} ${this.toString()}>`
    } catch {
      return `<${this.#kind()} ${unfinished()}>`
    }
  }

  /** The value of an option as its property has it: a list where it is several words. */
  property(name: string): ParameterValue | undefined {
    const found = this.#all().find((one) => one.name === name)
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

const prototypes = new Map<string, object>()

/** The prototype of a part with its options as properties; those whose names are taken by members are left to `setParameter`. */
export function withProperties(base: Part, type: 'match' | 'target', name: string, family: Family): object {
  const key = `${type} ${name} ${family}`
  let prototype = prototypes.get(key)
  if (!prototype) {
    prototype = Object.create(base) as object
    for (const option of parameterNames(type, name, family)) {
      if (option in base) continue
      const row = parameterRow(type, name, option, family)
      Object.defineProperty(prototype, option, {
        enumerable: false,
        get(this: Part) {
          return this.property(row.name)
        },
        set(this: Part, value: ParameterInput | undefined) {
          this.setParameter(option, value)
        },
      })
    }
    prototypes.set(key, prototype)
  }
  return prototype
}
