import { InputError } from '../../netlink/wire/error.js'
import { suggestion } from '../../netlink/wire/suggestion.js'
import { AnySets, type Context, type Family } from '../context.js'
import type { Extension } from '../extension.js'
import { isNot } from '../kind.js'
import { BARE } from '../kinds/text.js'
import type { Bag } from '../option.js'
import { type ExtensionType, extensionsOf, findExtension, noExtension } from '../registry.js'
import { type Row, rows } from '../row.js'
import type { MatchInput, TargetInput } from '../rule.js'
import { isSealed } from '../sealed.js'
import { splitWords } from './lexer.js'
import { Loaded, rowOfFlag } from './loaded.js'
import { OPAQUE } from './opaque.js'
import { extensionText } from './print.js'

/** An option of a match or target as words of text: `! --dport 22` is `{ name: 'dport', negated: true, words: ['22'] }`. */
export interface Parameter {
  /** The option's text without its dashes. */
  readonly name: string
  readonly negated: boolean
  /** None for an option that stands alone. */
  readonly words: readonly string[]
}

/** What is to be known of an option to take words for it. */
export interface ParameterRow {
  /** The name it is printed by, without dashes: `source-port` gives `sport`. */
  readonly name: string
  readonly words: 0 | 1 | 2
  /** The word may be left out. */
  readonly optional: boolean
  readonly negatable: boolean
}

/** For which rule. */
export interface ParameterContext {
  readonly family: Family
  /** The number of its protocol; 0 for none. */
  readonly protocol?: number
}

function contextOf({ family, protocol = 0 }: ParameterContext): Context {
  return { family, protocol, sets: new AnySets() }
}

function extensionNamed(type: ExtensionType, name: string, family: Family): Extension | undefined {
  return name === 'unknown' ? OPAQUE[type] : findExtension(type, name, family)
}

/** The names of all extensions of a family. */
export function extensionNames(type: ExtensionType, family: Family): readonly string[] {
  return extensionsOf(type, family).map(({ name }) => name)
}

/** The name by which an extension is printed; undefined where there is none of this name, or none for the family. */
export function extensionName(type: ExtensionType, name: string, family: Family): string | undefined {
  return extensionNamed(type, name, family)?.name
}

interface Known {
  readonly row: Row
  readonly parameter: ParameterRow
}

const spellings = new WeakMap<Extension, ReadonlyMap<string, Known>>()

/** The options of an extension by all ways to spell their names. */
function spelled(extension: Extension): ReadonlyMap<string, Known> {
  let known = spellings.get(extension)
  if (!known) {
    const names = new Map<string, Known>()
    for (const row of rows(extension).values()) {
      if (row.flags.length === 0) continue
      const { words, optional = false } = row.kind
      const one = { row, parameter: { name: row.flag.slice(2), words, optional, negatable: row.negatable } }
      const dashed = row.flags.map((flag) => flag.slice(2))
      const all = [...dashed, row.key, ...dashed.flatMap((name) => [name.replaceAll('-', '_'), camelCase(name)])]
      for (const name of all) if (!names.has(name)) names.set(name, one)
    }
    known = names
    spellings.set(extension, known)
  }
  return known
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** The spellings of the options that an extension has: `tcp-flags`, `tcp_flags`, `tcpFlags`. */
export function parameterNames(type: ExtensionType, name: string, family: Family): readonly string[] {
  const extension = extensionNamed(type, name, family)
  return extension ? [...spelled(extension).keys()] : []
}

/** The option of an extension by its name in any spelling. Throws an InputError that names those there are. */
export function parameterRow(type: ExtensionType, name: string, option: string, family: Family): ParameterRow {
  return known(demand(type, name, family), option).parameter
}

function known(extension: Extension, option: string): Known {
  const found = spelled(extension).get(option)
  if (found) return found
  throw new InputError(`${extension.name} has no option '${option}'${suggestion(option, namesLike(extension, option))}`)
}

/** The names of the options in the spelling of one of them: `tcpFlags`, `tcp_flags`, or `tcp-flags`. */
function namesLike(extension: Extension, option: string): readonly string[] {
  const spell = /[A-Z]/.test(option) ? camelCase : option.includes('_') ? (name: string) => name.replaceAll('-', '_') : (name: string) => name
  return [...new Set([...spelled(extension).values()].map(({ parameter }) => spell(parameter.name)))]
}

function demand(type: ExtensionType, name: string, family: Family): Extension {
  const extension = extensionNamed(type, name, family)
  if (extension) return extension
  throw noExtension(type, name, family)
}

/**
 * The match or target that options as words say, in its canonical form. Throws an InputError that names the option that
 * makes no sense.
 */
export function readParameters(type: 'match', name: string, given: readonly Parameter[], context: ParameterContext): MatchInput
export function readParameters(type: 'target', name: string, given: readonly Parameter[], context: ParameterContext): TargetInput
export function readParameters(type: ExtensionType, name: string, given: readonly Parameter[], context: ParameterContext): MatchInput | TargetInput {
  const extension = demand(type, name, context.family)
  const loaded = new Loaded(extension, 1)
  for (const one of given) {
    const { row } = known(extension, one.name)
    loaded.give(row, { base: undefined, extension: undefined, ...tokenOf(row, one) }, one.words[1] ?? '')
  }
  return loaded.options(contextOf(context)) as unknown as MatchInput | TargetInput
}

function tokenOf(row: Row, { negated, words }: Parameter) {
  return { flag: row.flag, column: 1, valueColumn: 1, negated, value: words[0] ?? '' }
}

/** The words of one option as they would be printed; as they are where other options have a say in that. Throws an InputError where they make no sense. */
export function canonicalParameter(type: ExtensionType, name: string, given: Parameter, context: ParameterContext): Parameter {
  const { row } = known(demand(type, name, context.family), given.name)
  if (given.negated && !row.negatable) throw new InputError(`option '${row.flag}' cannot be negated`)
  const { kind } = row
  const all = contextOf(context)
  const value = kind.parse(given.words[0] ?? '', all, given.words[1] ?? '')
  if (kind.words === 0) return { name: row.flag.slice(2), negated: given.negated, words: [] }
  const text = kind.format(kind.unpack(kind.pack(value as never, all), all) as never, all)
  return { name: row.flag.slice(2), negated: given.negated, words: splitWords(text).words }
}

/** Whether two options of one extension say the same thing, so that only one of them can stand. Throws an InputError. */
export function saysAgain(type: ExtensionType, name: string, one: Parameter, other: Parameter, context: ParameterContext): boolean {
  const extension = demand(type, name, context.family)
  const said = saidBy(extension, other, context)
  return saidBy(extension, one, context).some((key) => said.includes(key))
}

/** The options, by their keys, that an option stands for: itself, unless it is a shorthand. What may come again is left out. */
function saidBy(extension: Extension, given: Parameter, context: ParameterContext): string[] {
  if (extension.collect) return []
  const { row } = known(extension, given.name)
  const all = contextOf(context)
  const value = () => row.kind.parse(given.words[0] ?? '', all, given.words[1] ?? '')
  const keys = row.shorthand ? Object.keys(row.shorthand.into(value(), all, given.negated)) : [row.key]
  return keys.filter((key) => !rows(extension).get(key)?.option?.join)
}

/**
 * The options of a match or target as words, in the order in which they are printed. Those that were not given are left out,
 * also where iptables prints them: put back, they would be other bytes (a mask of the match recent).
 * Throws an InputError.
 */
export function parametersOf(given: MatchInput | TargetInput, context: ParameterContext): readonly Parameter[] {
  const type = 'match' in given ? 'match' : 'target'
  const options = given as unknown as Bag
  const extension = demand(type, options[type] as string, context.family)
  return (isSealed(options) && oneByOne(extension, options, contextOf(context))) || cut(extension, splitWords(extensionText(given, contextOf(context))).words)
}

/** The options one by one; undefined where one has no name of its own in text. */
function oneByOne(extension: Extension, options: Bag, context: Context): Parameter[] | undefined {
  if (extension.name === 'unknown') return undefined
  const parameters: Parameter[] = []
  for (const { key, flag, kind, option } of rows(extension).values()) {
    const given = options[key]
    if (given === undefined || !option) continue
    if (flag === '') return undefined
    const negated = given === false || isNot(given)
    const text = kind.words === 0 ? '' : kind.format((isNot(given) ? given.not : given) as never, context)
    const words = kind.words === 0 ? [] : BARE.test(text) ? [text] : splitWords(text).words
    parameters.push({ name: flag.slice(2), negated, words })
  }
  return parameters
}

/** Words of text, cut where an option ends. */
function cut(extension: Extension, words: readonly string[]): Parameter[] {
  const parameters: Parameter[] = []
  let at = 0
  while (at < words.length) {
    const negated = words[at] === '!'
    if (negated) at++
    const flag = words[at++] as string
    const row = rowOfFlag(extension, flag)
    if (!row) throw new InputError(`${extension.name} prints '${flag}', which is none of its options`)
    const next = words[at]
    const count = row.kind.optional && (next === undefined || next.startsWith('-') || next.startsWith('!')) ? 0 : row.kind.words
    parameters.push({ name: flag.slice(2), negated, words: words.slice(at, at + count) })
    at += count
  }
  return parameters
}
