import { InputError, inside } from '../netlink/index.js'
import { nearest } from '../netlink/wire/suggestion.js'
import { extensionName, extensionNames, type Family, type MatchInput, parametersOf, protocolOf, type RuleInput, type TargetInput } from '../xtables/index.js'
import { addressText, demandText, fragmentValue, protocolText, readAddress, readFragment, readInterface, readProtocol } from './conditions.js'
import { readCounters } from './counters.js'
import { fromOptionDictionary, isDictionary, type ParameterDictionary, readOptions, toOptionDictionary } from './options.js'
import type { ParameterInput } from './value.js'
import { VERDICTS } from './verdict.js'

export type { ParameterDictionary } from './options.js'

/** The target of a rule: its name, its name with its options, or a chain to go to without coming back. */
export type TargetDictionary = string | { readonly [name: string]: ParameterDictionary } | { readonly goto: string }

/** What a match may be given as: its options, the value of the option of its name, or a list for one match each. */
export type MatchDictionary = ParameterDictionary | ParameterInput | readonly (ParameterDictionary | ParameterInput)[]

/**
 * A rule as a dictionary, as `iptc.easy` has it: any key but those below is the name of a match. It is plain JSON.
 *
 * @example
 * const rule: RuleDictionary = { protocol: 'tcp', src: '10.0.0.0/8', tcp: { dport: '22' }, target: 'ACCEPT' }
 */
export interface RuleDictionary {
  readonly src?: string
  /** The destination; with a dictionary in the list also the IPv6 match of this name. */
  readonly dst?: string | MatchDictionary
  readonly protocol?: string | number
  readonly 'in-interface'?: string
  readonly 'out-interface'?: string
  /** `true`: second and further fragments; `'!'`: all others. */
  readonly fragment?: boolean | string | number
  /** Packets and bytes. */
  readonly counters?: readonly [number | bigint | string, number | bigint | string]
  readonly target?: TargetDictionary
  /** Matches in order, a dictionary each, where other matches stand between two of the same name. */
  readonly matches?: readonly { readonly [name: string]: MatchDictionary }[]
  /** A header that no conditions say, in hexadecimal. */
  readonly 'entry-header'?: string
  /** The expressions of a rule that only nf_tables says, in hexadecimal. */
  readonly 'nft-expressions'?: string
  readonly [match: string]: unknown
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A match as it is given, and where it stands. */
interface Given {
  readonly path: string
  readonly name: string
  readonly value: unknown
}

/** The rule that a dictionary says. Throws an InputError with the path of a key that is none, or a value that makes no sense. */
export function fromDictionary(given: RuleDictionary, family: Family): RuleInput {
  if (!isDictionary(given)) throw new InputError('a rule is a dictionary')
  const rule: Mutable<RuleInput> = {}
  const parts: Given[] = []
  for (const [key, value] of Object.entries(given)) if (value !== undefined) inside(key, () => readKey(rule, parts, key, value, family))
  const context = { family, protocol: protocolOf(rule) }
  const matches = parts.flatMap(({ path, name, value }) => inside(path, () => readMatches(name, value, context)))
  if (matches.length > 0) rule.matches = matches
  if (given.target !== undefined) {
    const target = inside('target', () => readTarget(given.target, context))
    if (target) rule.target = target
  }
  return rule
}

/** A key that says a condition; the others are kept for when the conditions are known. */
function readKey(rule: Mutable<RuleInput>, parts: Given[], key: string, value: unknown, family: Family): void {
  switch (key) {
    case 'src':
      rule.source = readAddress(value, family)
      return
    case 'dst': {
      const list = Array.isArray(value) ? value : [value]
      const address = list.filter((one) => !isDictionary(one))
      if (list.length === 0 || address.length > 1) throw new InputError('is one address, or with it dictionaries for the match dst of IPv6')
      if (address.length > 0) rule.destination = readAddress(address[0], family)
      for (const [index, one] of list.entries()) if (isDictionary(one)) parts.push({ path: list === value ? `dst[${index}]` : 'dst', name: key, value: one })
      return
    }
    case 'protocol': {
      const protocol = readProtocol(value)
      if (protocol !== undefined) rule.protocol = protocol
      return
    }
    case 'in-interface':
      rule.inInterface = readInterface(value)
      return
    case 'out-interface':
      rule.outInterface = readInterface(value)
      return
    case 'fragment': {
      const fragment = readFragment(value, family)
      if (fragment !== undefined) rule.fragment = fragment
      return
    }
    case 'counters':
      rule.counters = readCounters(value)
      return
    case 'entry-header':
      rule.header = demandText(value, 'a header')
      return
    case 'nft-expressions':
      rule.expressions = demandText(value, 'a list of expressions')
      return
    case 'target':
      return
    case 'matches':
      if (!Array.isArray(value)) throw new InputError('is a list of dictionaries, one for each match')
      for (const [index, one] of value.entries()) parts.push(...inside(`[${index}]`, () => inOrder(one, `matches[${index}]`, family)))
      return
    default:
      if (extensionName('match', key, family) === undefined) throw new InputError(unknownKey(key, family))
      parts.push({ path: key, name: key, value })
  }
}

/** The matches of a dictionary in `matches`. */
function inOrder(one: unknown, path: string, family: Family): Given[] {
  const entries = isDictionary(one) ? Object.entries(one) : []
  if (entries.length === 0) throw new InputError('is a dictionary with the name of a match and its options')
  return entries.map(([name, value]) => {
    if (extensionName('match', name, family) === undefined) throw new InputError(`there is no match '${name}' for ${toolsOf(family)}`, { path: name })
    return { path: `${path}.${name}`, name, value }
  })
}

function toolsOf(family: Family): string {
  return family === 'ip' ? 'IPv4' : 'IPv6'
}

const KEYS = ['src', 'dst', 'protocol', 'in-interface', 'out-interface', 'fragment', 'counters', 'target']

function unknownKey(key: string, family: Family): string {
  const near = nearest(key, [...KEYS, ...extensionNames('match', family)])
  return `there is no match '${key}' for ${toolsOf(family)}, and no key of that name${near ? `; did you mean '${near}'?` : `: ${KEYS.join(', ')}`}`
}

interface Context {
  readonly family: Family
  readonly protocol: number
}

function readMatches(name: string, value: unknown, context: Context): MatchInput[] {
  if (!Array.isArray(value)) return [readMatch(name, value, context)]
  if (value.length === 0) throw new InputError('is an empty list, which is no match: leave it out')
  return value.map((one, index) => inside(`[${index}]`, () => readMatch(name, one, context)))
}

function readMatch(name: string, value: unknown, context: Context): MatchInput {
  const options = isDictionary(value) ? value : { [name]: value }
  return readOptions('match', name, fromOptionDictionary('match', name, options, context.family), context)
}

function readTarget(value: unknown, context: Context): TargetInput | undefined {
  if (value === '') return undefined
  if (typeof value === 'string') return isExtension(value, context) ? readOptions('target', value, [], context) : verdictOrChain(value)
  const [entry, ...more] = isDictionary(value) ? Object.entries(value) : []
  if (!entry || more.length > 0) throw new InputError("a target is the name of one, { NAME: options } or { goto: 'chain' }")
  const [name, options] = entry
  if (name === 'goto') {
    if (typeof options !== 'string' || options === '') throw new InputError('is the name of a chain', { path: 'goto' })
    return { goto: options }
  }
  if (!isDictionary(options)) throw new InputError('is a dictionary of options', { path: name })
  if (isExtension(name, context)) return inside(name, () => readOptions('target', name, fromOptionDictionary('target', name, options, context.family), context))
  const extra = Object.keys(options)[0]
  if (extra !== undefined) throw new InputError(`there is no target '${name}', and a chain has no options`, { path: `${name}.${extra}` })
  return verdictOrChain(name)
}

function isExtension(name: string, { family }: Context): boolean {
  return !VERDICTS.includes(name) && extensionName('target', name, family) !== undefined
}

function verdictOrChain(name: string): TargetInput {
  return VERDICTS.includes(name) ? { target: name as 'ACCEPT' } : { jump: name }
}

/**
 * A rule as a dictionary. Counters are numbers; beyond 2^53, where numbers are not exact, decimal text. Throws an InputError for a rule
 * that makes no sense.
 */
export function toDictionary(rule: RuleInput, family: Family): RuleDictionary {
  const dictionary: Record<string, unknown> = {}
  if (rule.source !== undefined) dictionary.src = addressText(rule.source)
  if (rule.destination !== undefined) dictionary.dst = addressText(rule.destination)
  if (rule.protocol !== undefined) dictionary.protocol = rule.protocol === 'all' ? 'all' : protocolText(rule.protocol)
  if (rule.inInterface !== undefined) dictionary['in-interface'] = addressText(rule.inInterface)
  if (rule.outInterface !== undefined) dictionary['out-interface'] = addressText(rule.outInterface)
  if (rule.fragment !== undefined) dictionary.fragment = fragmentValue(rule.fragment)
  if (rule.header !== undefined) dictionary['entry-header'] = rule.header
  if (rule.expressions !== undefined) dictionary['nft-expressions'] = rule.expressions
  const context = { family, protocol: protocolOf(rule) }
  if (rule.matches) addMatches(dictionary, rule.matches, context)
  if (rule.target) dictionary.target = targetDictionary(rule.target, context)
  const { packets = 0n, bytes = 0n } = rule.counters ?? {}
  dictionary.counters = [countOf(packets), countOf(bytes)]
  return dictionary as RuleDictionary
}

function countOf(count: bigint | number): number | string {
  return count <= Number.MAX_SAFE_INTEGER ? Number(count) : String(count)
}

function addMatches(dictionary: Record<string, unknown>, matches: readonly MatchInput[], context: Context): void {
  const apart = matches.some(({ match }, index) => index > 0 && match !== matches[index - 1]?.match && matches.slice(0, index - 1).some((one) => one.match === match))
  if (apart) {
    dictionary.matches = matches.map((match) => ({ [match.match]: toOptionDictionary(parametersOf(match, context)) }))
    return
  }
  for (const match of matches) {
    const options = toOptionDictionary(parametersOf(match, context))
    const before = dictionary[match.match]
    if (before === undefined) dictionary[match.match] = options
    else if (Array.isArray(before)) before.push(options)
    else dictionary[match.match] = [before, options]
  }
}

function targetDictionary(target: TargetInput, context: Context): TargetDictionary {
  if ('jump' in target) return target.jump
  if ('goto' in target) return { goto: target.goto }
  const parameters = VERDICTS.includes(target.target) ? [] : parametersOf(target, context)
  return parameters.length === 0 ? target.target : { [target.target]: toOptionDictionary(parameters) }
}
