import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { askedProtocol, checkFragment, packInterface, protocolText } from '../conditions.js'
import { AnySets, checkFamily, type Context, type Family } from '../context.js'
import type { Draft } from '../header.js'
import { BLANK } from '../kinds/text.js'
import { EXTENSION_NAME_SIZE } from '../layout.js'
import { findExtension, isOfOtherFamily, noExtension } from '../registry.js'
import type { Match, Rule, Target } from '../rule.js'
import { advice } from './advice.js'
import { type Address, addressList, addressPairs, ANYWHERE, withAddresses } from './addresses.js'
import { TextError } from './error.js'
import { checkExpressions } from './expressions.js'
import { splitWords, type Words } from './lexer.js'
import { Loaded } from './loaded.js'
import { OPAQUE } from './opaque.js'
import { Scanner, type Token } from './scanner.js'
import { VERDICTS } from '../verdict.js'

/** How a text is read. */
export interface ParseOptions {
  /** `ip` unless given. */
  readonly family?: Family
}

/**
 * The rule that a text in the language of iptables-save says: `-p tcp --dport 22 -j ACCEPT`. Values come out in their
 * canonical form, as the kernel would give them back. Throws a TextError with the column of what makes no sense.
 */
export function parseRule(text: string, { family = 'ip' }: ParseOptions = {}): Rule {
  checkFamily(family)
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not text`)
  const rules = new RuleReader(family).read(splitWords(text))
  if (rules.length !== 1) {
    throw new TextError(`these are ${rules.length} rules, one for each address; give them one by one`, { column: 1 })
  }
  return rules[0] as Rule
}

/** A base option's word, its place, and whether `!` stood in front. */
interface Place {
  readonly value: string
  readonly column: number
  readonly negated: boolean
}

/** What the scanner hands over beside the rule: options of the command line. */
export type CommandToken = Token<Loaded>

/** Reads one rule, or as many as its lists of addresses mean. */
export class RuleReader {
  readonly #family: Family
  readonly #command: ((token: CommandToken, more: () => string | undefined) => void) | undefined
  readonly #loaded: Loaded[] = []
  readonly #rule: Draft = {}
  readonly #seen = new Map<string, Place>()
  #protocol: { readonly name: string; readonly number: number } | undefined
  #protocolLoaded = false
  #target: Loaded | undefined
  #verdict: Target | undefined
  /** `-4` in a rule for IPv6, or `-6` in one for IPv4: it is not for this family. */
  otherFamily = false

  /** `command` takes the options that belong to no rule; without it they are errors. */
  constructor(family: Family, command?: (token: CommandToken, more: () => string | undefined) => void) {
    this.#family = family
    this.#command = command
  }

  /** The names of the options of the rule itself that were given, such as `s` for `--source`. */
  get given(): ReadonlyMap<string, Place> {
    return this.#seen
  }

  read(words: Words): Rule[] {
    const scanner = new Scanner<Loaded>(words, this.#family, {
      exact: (flag) => this.#find((loaded) => loaded.find(flag)),
      like: (flag) => [...this.#loaded].reverse().flatMap((loaded) => loaded.like(flag)),
      loadProtocol: () => this.#loadProtocol(),
      advice: (flag) => advice(flag, this.#loaded.map(({ extension }) => extension), this.#family),
    })
    for (let token = scanner.next(); token; token = scanner.next()) {
      if (token.extension) this.#option(token, scanner)
      else if (token.base?.rule) this.#base(token, scanner)
      else if (this.#command) this.#command(token, () => scanner.more()?.value)
      else throw new TextError(`'${token.flag}' is no part of a rule`, { column: token.column })
    }
    return this.#rules()
  }

  #find<T>(look: (loaded: Loaded) => T | undefined): T | undefined {
    for (let i = this.#loaded.length - 1; i >= 0; i--) {
      const found = look(this.#loaded[i] as Loaded)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** `-p tcp --dport 22`: an option that nobody knows loads the match of the protocol, unless that is in use. */
  #loadProtocol(): boolean {
    if (!this.#protocol || this.#protocolLoaded) return false
    const { name, number } = this.#protocol
    const extension = findExtension('match', name, this.#family) ?? findExtension('match', String(protocolText(number)), this.#family)
    if (!extension || this.#loaded.some((loaded) => loaded.extension === extension)) return false
    this.#protocolLoaded = true
    this.#loaded.push(new Loaded(extension, this.#seen.get('p')?.column ?? 1))
    return true
  }

  #option(token: Token<Loaded>, scanner: Scanner<Loaded>): void {
    const { owner, row } = token.extension as NonNullable<Token<Loaded>['extension']>
    let second = ''
    if (row.kind.words === 2) {
      const more = scanner.more()
      if (!more) throw new TextError(`option '${token.flag}' requires two arguments: ${row.kind.name}`, { column: token.column })
      second = more.value
    }
    owner.give(row, token, second)
  }

  #base(token: Token<Loaded>, scanner: Scanner<Loaded>): void {
    const { letter, negatable } = token.base as NonNullable<Token<Loaded>['base']>
    const { value, valueColumn: column, negated, flag } = token
    if (letter === 'm') return this.#match(value, column, negated)
    if (negated && !negatable) throw new TextError(`cannot have ! before ${flag}`, { column: token.column })
    const key = letter === 'g' ? 'j' : letter
    if (this.#seen.has(key)) throw new TextError(`multiple ${flag} flags are not allowed`, { column: token.column })
    this.#seen.set(key, { value, column, negated })
    try {
      this.#take(letter, token, scanner)
    } catch (error) {
      throw located(error, flag, column)
    }
  }

  #take(letter: string, { value, valueColumn: column, negated }: Token<Loaded>, scanner: Scanner<Loaded>): void {
    if (letter === 'p') this.#takeProtocol(value, negated)
    else if (letter === 'i') this.#interface('inInterface', value, negated)
    else if (letter === 'o') this.#interface('outInterface', value, negated)
    else if (letter === 'f') this.#rule.fragment = checkFragment(!negated, this.#family)
    else if (letter === 'j' || letter === 'g') this.#jump(letter, value, column)
    else if (letter === 'c') this.#counters(value, scanner)
    else if (letter === 'entry-header') this.#rule.header = value
    else if (letter === 'nft-expressions') this.#rule.expressions = value
    else if (letter === '4' || letter === '6') this.otherFamily ||= (letter === '4') !== (this.#family === 'ip')
  }

  #match(name: string, column: number, negated: boolean): void {
    if (negated) throw new TextError('unexpected ! flag before --match', { column })
    const extension = name === 'unknown' ? OPAQUE.match : findExtension('match', name, this.#family)
    if (!extension) throw new TextError(noExtension('match', name, this.#family).reason, { column })
    this.#loaded.push(new Loaded(extension, column))
  }

  #takeProtocol(value: string, negated: boolean): void {
    const name = value.toLowerCase()
    const { number } = askedProtocol(negated ? { not: name } : name)
    this.#protocol = { name, number }
    const text = number === 0 ? (this.#family === 'ip' ? undefined : 'all') : protocolText(number)
    if (text !== undefined) this.#rule.protocol = negated ? { not: text } : text
  }

  #interface(key: 'inInterface' | 'outInterface', value: string, negated: boolean): void {
    packInterface(value)
    this.#rule[key] = negated ? { not: value } : value
  }

  #jump(letter: 'j' | 'g', name: string, column: number): void {
    if (name === '') throw new InputError('the name of a target cannot be empty')
    if (Buffer.byteLength(name) >= EXTENSION_NAME_SIZE) throw new InputError(`invalid target name '${name}' (${EXTENSION_NAME_SIZE - 1} characters at most)`)
    if (BLANK.test(name)) throw new InputError(`invalid target name '${name}'`)
    if (letter === 'g') this.#verdict = { goto: name }
    else if (Object.hasOwn(VERDICTS, name)) this.#verdict = { target: name as 'ACCEPT' }
    else {
      const extension = name === 'unknown' ? OPAQUE.target : findExtension('target', name, this.#family)
      if (extension) {
        this.#target = new Loaded(extension, column)
        this.#loaded.push(this.#target)
      } else if (isOfOtherFamily('target', name, this.#family)) throw noExtension('target', name, this.#family)
      else this.#verdict = { jump: name }
    }
  }

  #counters(value: string, scanner: Scanner<Loaded>): void {
    const comma = value.indexOf(',', 1)
    const packets = comma < 0 ? value : value.slice(0, comma)
    const bytes = comma < 0 ? scanner.more()?.value : value.slice(comma + 1)
    if (bytes === undefined) throw new InputError('requires packet and byte counter')
    if (!/^\d+$/.test(packets)) throw new InputError('packet counter not numeric')
    if (!/^\d+$/.test(bytes)) throw new InputError('byte counter not numeric')
    this.#rule.counters = { packets: BigInt(packets), bytes: BigInt(bytes) }
  }

  #rules(): Rule[] {
    const negated = this.#seen.get('p')?.negated ?? false
    const context: Context = { family: this.#family, protocol: negated ? 0 : (this.#protocol?.number ?? 0), sets: new AnySets() }
    const matches: Match[] = []
    for (const loaded of this.#loaded) if (loaded !== this.#target) matches.push(loaded.options(context) as unknown as Match)
    const target = this.#target ? (this.#target.options(context) as unknown as Target) : this.#verdict
    const rest = this.#rest(matches, target)
    const sources = this.#addresses('s')
    const destinations = this.#addresses('d')
    if (sources.length * destinations.length > 1 && (this.#seen.get('s')?.negated || this.#seen.get('d')?.negated)) {
      throw new TextError('! is not allowed with multiple source or destination addresses', { column: this.#seen.get('s')?.column ?? 1 })
    }
    const rules: Rule[] = []
    for (const [source, destination] of addressPairs(sources, destinations)) rules.push(withAddresses(source, destination, rest))
    if (rest.expressions !== undefined) checkExpressions(rules, this.#seen.get('nft-expressions')?.column ?? 1)
    return rules
  }

  /** All of the rule but its addresses. */
  #rest(matches: Match[], target: Target | undefined): Draft {
    const { protocol, inInterface, outInterface, fragment, header, expressions, counters } = this.#rule
    const rule: Draft = {}
    if (inInterface !== undefined) rule.inInterface = inInterface
    if (outInterface !== undefined) rule.outInterface = outInterface
    if (protocol !== undefined) rule.protocol = protocol
    if (fragment !== undefined) rule.fragment = fragment
    if (header !== undefined) rule.header = header
    if (expressions !== undefined) rule.expressions = expressions
    if (matches.length > 0) rule.matches = matches
    if (target !== undefined) rule.target = target
    if (counters !== undefined) rule.counters = counters
    return rule
  }

  #addresses(letter: 's' | 'd'): readonly Address[] {
    const place = this.#seen.get(letter)
    if (!place) return ANYWHERE
    try {
      return addressList(place.value, this.#family, place.negated)
    } catch (error) {
      throw located(error, `-${letter}`, place.column)
    }
  }
}

/** An error of an option of the rule itself, with its place. */
function located(error: unknown, flag: string, column: number): unknown {
  if (!InputError.is(error) || TextError.is(error)) return error
  return new TextError(`${flag}: ${error.reason}`, { column, cause: error })
}
