import { InputError } from '../../netlink/index.js'
import { readName } from './name.js'
import { readValue } from './value.js'
import { word } from './word.js'

/** What an argument takes: a word, nothing, or a list whose words are joined with commas. */
type Takes = 'word' | 'nothing' | 'list'

/** An option that belongs to a rule itself, by its letter and its long names. */
export class UnboundArgument {
  readonly shortName: string
  readonly longName: string
  readonly invertible: boolean
  readonly takes: Takes
  readonly #names: readonly string[]

  constructor(shortName: string, longName: string, options: { readonly invertible?: boolean; readonly takes?: Takes; readonly aliases?: readonly string[] } = {}) {
    this.shortName = shortName
    this.longName = readName(longName).name
    this.invertible = options.invertible ?? false
    this.takes = options.takes ?? 'word'
    this.#names = [shortName, this.longName, ...(options.aliases ?? [])]
  }

  /** Whether a key means this argument, in any spelling: `inInterface`, `in_interface__not`, `i`. Throws an InputError for what is no key. */
  matches(key: string): boolean {
    return this.#names.includes(readName(key).name)
  }

  /** The argument with a value. Throws an InputError where the two do not fit. */
  bind(key: string, given: unknown): BoundArgument {
    if (!this.matches(key)) throw new InputError(`'${key}' is not the name of ${this.help()}`)
    const { words, inverse } = readValue(key, this.shortName, given)
    const negated = readName(key).inverse !== inverse
    if (negated && !this.invertible) throw new InputError(`${key}: This argument is not invertable`)
    return new BoundArgument(this, key, this.#words(key, words), negated)
  }

  /** `s, source (invertible)`. */
  help(): string {
    return `${this.#names.join(', ')}${this.invertible ? ' (invertible)' : ''}`
  }

  #words(key: string, words: readonly string[]): readonly string[] {
    if (this.takes === 'nothing') {
      if (words.join('') !== '') throw new InputError('takes no value: give true or null', { path: key })
      return []
    }
    if (words.length === 0 || words.includes('')) throw new InputError('needs a value', { path: key })
    if (this.takes === 'list') return [words.join(',')]
    if (words.length > 1) throw new InputError('takes one value, not a list', { path: key })
    return words
  }
}

/** An option with its value: what one item of an ArgumentList is. */
export abstract class Argument {
  /** A letter, or words with dashes in between: `p`, `ctstate`, `log-prefix`. */
  readonly name: string
  /** How the caller wrote the name. */
  readonly key: string
  /** None for an option that stands alone. */
  readonly words: readonly string[]
  readonly inverse: boolean

  protected constructor(name: string, key: string, words: readonly string[], inverse: boolean) {
    this.name = name
    this.key = key
    this.words = words
    this.inverse = inverse
  }

  /** The value as text: words with blanks in between; undefined for none. */
  get value(): string | undefined {
    return this.words.length === 0 ? undefined : this.words.join(' ')
  }

  /** `-p`, `--dport`. */
  get flag(): string {
    return `${this.name.length === 1 ? '-' : '--'}${this.name}`
  }

  /** Whether a key means this argument. */
  abstract hasName(key: string): boolean

  /** Whether both say the same. */
  equals({ name, words, inverse }: Argument): boolean {
    return name === this.name && inverse === this.inverse && words.length === this.words.length && words.every((one, index) => one === this.words[index])
  }

  /** The argument in the language of iptables: `! -d 192.0.2.1`. */
  toIptables(): string {
    return [...(this.inverse ? ['!'] : []), this.flag, ...this.words.map(word)].join(' ')
  }

  toString(): string {
    return this.toIptables()
  }
}

/** An argument of the rule itself, with its value. */
export class BoundArgument extends Argument {
  readonly argument: UnboundArgument

  constructor(argument: UnboundArgument, key: string, words: readonly string[], inverse: boolean) {
    super(argument.shortName, key, words, inverse)
    this.argument = argument
  }

  hasName(key: string): boolean {
    return this.argument.matches(key)
  }
}

/** An option of a match or a target, with its value. */
export class CustomArgument extends Argument {
  constructor(key: string, given: unknown) {
    const { name, inverse } = readName(key)
    if (/^(?:4|6|ipv4|ipv6)$/.test(name)) throw new InputError(`${key}: tables have a family, rules have none; say it to Tables or defaultTables`)
    const reading = readValue(key, name, given)
    super(name, key, reading.words, inverse !== reading.inverse)
  }

  hasName(key: string): boolean {
    return readName(key).name === this.name
  }
}

/** The arguments of a rule itself, in the order in which they are printed. */
export const KNOWN: readonly UnboundArgument[] = [
  new UnboundArgument('i', 'inInterface', { invertible: true }),
  new UnboundArgument('o', 'outInterface', { invertible: true }),
  new UnboundArgument('p', 'proto', { invertible: true, aliases: ['protocol'] }),
  new UnboundArgument('s', 'source', { invertible: true, takes: 'list', aliases: ['src'] }),
  new UnboundArgument('d', 'destination', { invertible: true, takes: 'list', aliases: ['dst'] }),
  new UnboundArgument('f', 'fragment', { invertible: true, takes: 'nothing', aliases: ['fragments'] }),
  new UnboundArgument('j', 'jump'),
  new UnboundArgument('g', 'goto'),
  new UnboundArgument('m', 'match'),
]
