import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import { extensionName, type RuleInput, type Target as RuleTarget, type TargetInput } from '../xtables/index.js'
import type { Properties } from './match.js'
import { demandOptions, type ParameterInputs, Part, type PartOwner } from './part.js'
import { withProperties } from './properties.js'
import type { ParameterInput } from './value.js'
import { VERDICTS } from './verdict.js'

type Named = Extract<TargetInput, { target: string }>

/** The names of the targets; any other name is that of a chain. */
export type TargetName = Named['target']

/** The options of a target, in the spelling of properties; each may be given as text. */
export type TargetParameters<N extends TargetName = TargetName> = {
  readonly [K in Exclude<keyof Extract<Named, { target: N }>, 'target'>]?: ParameterInput | undefined
}

type KeysOf<N extends TargetName> = Named extends infer T ? (T extends { target: N } ? Exclude<keyof T, 'target' | keyof TargetPart> : never) : never

/** What a target is: nothing, a verdict, an extension, or a chain to go on in. */
type Sort = 'none' | 'verdict' | 'extension' | 'jump' | 'goto'

function sortOf(name: string, rule: PartOwner, goto = false): Sort {
  if (typeof name !== 'string' || /\s/.test(name) || (name === '' && goto)) throw new InputError(`${inspect(name)} is no name of a target or chain`)
  if (typeof goto !== 'boolean') throw new InputError(`goto is true or false, not ${inspect(goto)}`)
  if (goto) return 'goto'
  if (name === '') return 'none'
  if (VERDICTS.includes(name)) return 'verdict'
  return extensionName('target', name, rule.family) === undefined ? 'jump' : 'extension'
}

/**
 * What becomes of a packet: a verdict, an extension (`new Target(rule, 'REJECT', { rejectWith: 'tcp-reset' })`), or any other
 * name for a chain to jump to, or to go to with `{ goto: true }`; `''` for none. Whether that chain is there is seen when the
 * rule is put into a table. It is no part of the rule until it is assigned to `rule.target`.
 */
export class TargetPart extends Part {
  #sort: Sort

  constructor(rule: PartOwner, name: string, parameters: ParameterInputs & { readonly goto?: boolean | undefined } = {}) {
    const { goto, ...options } = demandOptions(name, parameters)
    const sort = sortOf(name, rule, goto as boolean | undefined)
    const found = sort === 'extension' ? (extensionName('target', name, rule.family) as string) : name
    super('target', rule, found)
    this.#sort = sort
    if (sort === 'extension') Object.setPrototypeOf(this, withProperties(new.target.prototype as TargetPart, 'target', found, rule.family))
    this.setParameters(options)
  }

  /** A target that has been read. */
  static of(rule: PartOwner, options: RuleTarget): Target {
    if ('jump' in options) return new TargetPart(rule, '').#chain(options.jump, 'jump')
    if ('goto' in options) return new TargetPart(rule, '').#chain(options.goto, 'goto')
    const target = new TargetPart(rule, options.target)
    if (target.#sort === 'extension') target.take(options)
    return target as Target
  }

  /** Whether it goes to a chain and does not come back (`-g`). */
  get goto(): boolean {
    return this.#sort === 'goto'
  }

  /** The name of a verdict or a chain. Setting it makes another target of this one; its options are gone then. */
  get standardTarget(): string {
    return this.name
  }

  set standardTarget(name: string) {
    const sort = sortOf(name, this.rule)
    if (sort === 'extension') throw new InputError(`'${name}' has options: make a Target of it`)
    this.#chain(name, sort)
  }

  override setParameter(name: string, ...values: readonly [value?: ParameterInput | undefined]): void {
    if (this.#sort !== 'extension') throw new InputError(`${this.name || 'no target'} has no option '${name}'`)
    super.setParameter(name, ...values)
  }

  override getParameter(name: string): string | undefined {
    return this.#sort === 'extension' ? super.getParameter(name) : undefined
  }

  override get parameters(): Record<string, string> {
    return this.#sort === 'extension' ? super.parameters : {}
  }

  override getAllParameters(): Record<string, string[]> {
    return this.#sort === 'extension' ? super.getAllParameters() : {}
  }

  override options(): TargetInput {
    if (this.#sort === 'extension') return super.options() as TargetInput
    if (this.#sort === 'jump') return { jump: this.name }
    if (this.#sort === 'goto') return { goto: this.name }
    return { target: this.name as 'ACCEPT' }
  }

  override finalCheck(): void {
    if (this.#sort === 'extension') super.finalCheck()
  }

  /** Its bytes in the kernel (struct xt_entry_target), the place of a chain left 0. */
  get target(): Buffer {
    return this.bytes()
  }

  /** Whether there is a target at all. */
  get isNone(): boolean {
    return this.#sort === 'none'
  }

  protected override alone(): RuleInput {
    return this.#sort === 'none' ? {} : { target: this.options() }
  }

  override unknownProperty(name: string): string {
    return this.#sort === 'extension' ? super.unknownProperty(name) : `${this.name || 'no target'} has no option '${name}'`
  }

  #chain(name: string, sort: Sort): Target {
    this.rename(name)
    this.#sort = sort
    return this as unknown as Target
  }
}

/** A target with the options of its name as properties; without a name those of all targets. */
export type Target<N extends TargetName = TargetName> = TargetPart & Properties<KeysOf<N>>

interface TargetConstructor {
  new <N extends TargetName>(rule: PartOwner, name: N, parameters?: TargetParameters<N>): Target<N>
  new <S extends string>(rule: PartOwner, name: S & (S extends TargetName ? never : S), parameters?: ParameterInputs & { readonly goto?: boolean | undefined }): Target
  readonly prototype: TargetPart
}

/** What becomes of a packet: `new Target(rule, 'REJECT', { rejectWith: 'tcp-reset' })`. */
export const Target = TargetPart as unknown as TargetConstructor

/** Goes on in a chain without coming back: `rule.target = new Goto(rule, 'web')`. */
export class Goto extends TargetPart {
  constructor(rule: PartOwner, chain: string) {
    super(rule, chain, { goto: true })
  }
}
