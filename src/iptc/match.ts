import { InputError } from '../netlink/index.js'
import { shown } from '../netlink/wire/shown.js'
import { extensionName, type MatchInput, type RuleInput } from '../xtables/index.js'
import { type ParameterInputs, Part, type PartOwner } from './part.js'
import { withProperties } from './properties.js'
import type { ParameterInput } from './value.js'

/** The names of the matches. */
export type MatchName = MatchInput['match']

/** The options of a match, in the spelling of properties; each may be given as text. */
export type MatchParameters<N extends MatchName = MatchName> = {
  readonly [K in Exclude<keyof Extract<MatchInput, { match: N }>, 'match'>]?: ParameterInput | undefined
}

/** Options whose value is two words: they are read as a list, and given as one, or as one text. */
export type TwoWords = 'matchSet' | 'addSet' | 'delSet' | 'mapSet' | 'tcpFlags' | 'chunkTypes'

/** Options as properties: text, `!` in front where negated; undefined where not given. */
export type Properties<K extends PropertyKey> = { [P in K]: (P extends TwoWords ? string | readonly string[] : string) | undefined }

type KeysOf<N extends MatchName> = MatchInput extends infer M ? (M extends { match: N } ? Exclude<keyof M, 'match' | keyof MatchPart> : never) : never

/** What a packet must be like: `new Match(rule, 'tcp', { dport: '80' })`. It is no part of the rule until `addMatch`. */
export class MatchPart extends Part {
  constructor(rule: PartOwner, name: string, parameters: ParameterInputs = {}) {
    const found = extensionName('match', name, rule.family)
    if (found === undefined) throw new InputError(`there is no match '${shown(name)}' for ${rule.family === 'ip' ? 'IPv4' : 'IPv6'}`)
    super('match', rule, found)
    Object.setPrototypeOf(this, withProperties(new.target.prototype as MatchPart, 'match', found, rule.family))
    this.setParameters(parameters)
  }

  /** A match that has been read. */
  static of(rule: PartOwner, options: MatchInput): Match {
    const match = new MatchPart(rule, options.match)
    match.take(options)
    return match as Match
  }

  override options(): MatchInput {
    return super.options() as MatchInput
  }

  /** Its bytes in the kernel (struct xt_entry_match), the name of a set replaced by its index 0. */
  get matchBuf(): Buffer {
    return this.bytes()
  }

  protected override alone(): RuleInput {
    return { matches: [this.options()] }
  }
}

/** A match with the options of its name as properties; without a name those of all matches. */
export type Match<N extends MatchName = MatchName> = MatchPart & Properties<KeysOf<N>>

interface MatchConstructor {
  new <N extends MatchName>(rule: PartOwner, name: N, parameters?: MatchParameters<N>): Match<N>
  new <S extends string>(rule: PartOwner, name: S & (S extends MatchName ? never : S), parameters?: ParameterInputs): Match
  readonly prototype: MatchPart
}

/** What a packet must be like: `new Match(rule, 'tcp', { dport: '80' })`. It is no part of the rule until `addMatch`. */
export const Match = MatchPart as unknown as MatchConstructor
