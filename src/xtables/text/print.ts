import { InputError, inside } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { canonicalOptions, extensionOf } from '../canonical.js'
import { askedProtocol, checkFragment, negatable, packInterface, protocolText } from '../conditions.js'
import { AnySets, checkFamily, type Context, type Family } from '../context.js'
import { checkKeys, protocolOf } from '../entry.js'
import { type Row, rows } from '../row.js'
import { checkCounters } from '../counters.js'
import { checkJumpAlone } from '../jump.js'
import { isNot, type Not } from '../kind.js'
import { formatNetwork, formatNetwork4, parseNetwork, parseNetwork4 } from '../kinds/address.js'
import { quote, singleLine, word } from '../kinds/text.js'
import type { Bag } from '../option.js'
import type { MatchInput, Opaque, RuleInput, TargetInput } from '../rule.js'
import { EXPRESSIONS_FLAG, expressionsOf } from './expressions.js'
import { checkVerdict, verdictOf } from '../verdict.js'

const NOTHING = { packets: 0n, bytes: 0n }

/** How a rule is printed. */
export interface FormatOptions {
  /** `ip` unless given. */
  readonly family?: Family
  /** Prints the counters as an option (`-c 5 300`), as `iptables -S -v` does. */
  readonly counters?: boolean
}

/**
 * A rule in the language of iptables-save, without its chain: `-p tcp -m tcp --dport 22 -j ACCEPT`. Throws an InputError that names
 * the value (`path`) for a rule that makes no sense.
 *
 * @example
 * formatRule({ protocol: 'tcp', matches: [{ match: 'tcp', dport: 22 }], target: { target: 'ACCEPT' } })
 */
export function formatRule(rule: RuleInput, { family = 'ip', counters = false }: FormatOptions = {}): string {
  checkFamily(family)
  checkKeys(rule)
  const context: Context = { family, protocol: protocolOf(rule), sets: new AnySets() }
  let text = rule.expressions === undefined ? conditions(rule, family) : ` ${EXPRESSIONS_FLAG} ${expressionsOf(rule)}`
  const { matches, target } = rule
  if (matches !== undefined) {
    if (!Array.isArray(matches)) throw new InputError('is no list', { path: 'matches' })
    for (let i = 0; i < matches.length; i++) text += inside(`matches[${i}]`, () => formatMatch(matches[i] as MatchInput, context))
  }
  if (counters) {
    const { packets, bytes } = checkCounters(rule.counters ?? NOTHING)
    text += ` -c ${packets} ${bytes}`
  }
  if (target !== undefined) text += inside('target', () => formatTarget(target, context))
  return text.slice(1)
}

function conditions(rule: RuleInput, family: Family): string {
  if (rule.header !== undefined) return ` --entry-header ${hexText(rule.header)}`
  const { source, destination, inInterface, outInterface, protocol, fragment } = rule
  let text = ''
  if (source !== undefined) text += inside('source', () => address('-s', source, family))
  if (destination !== undefined) text += inside('destination', () => address('-d', destination, family))
  if (inInterface !== undefined) text += inside('inInterface', () => device('-i', inInterface))
  if (outInterface !== undefined) text += inside('outInterface', () => device('-o', outInterface))
  if (protocol !== undefined) {
    const { number, negated } = inside('protocol', () => askedProtocol(protocol))
    if (number !== 0) text += `${negated ? ' !' : ''} -p ${protocolText(number)}`
  }
  if (fragment !== undefined) text += inside('fragment', () => checkFragment(fragment, family)) ? ' -f' : ' ! -f'
  return text
}

function address(flag: string, given: string | Not<string>, family: Family): string {
  const { value, negated } = negatable(given)
  if (family === 'ip') {
    const network = parseNetwork4(value)
    return network.mask === 0 && !negated ? '' : `${negated ? ' !' : ''} ${flag} ${formatNetwork4(network)}`
  }
  const network = parseNetwork(value, family)
  if (!negated && network.mask.every((byte) => byte === 0)) return ''
  return `${negated ? ' !' : ''} ${flag} ${formatNetwork(network, family)}`
}

function device(flag: string, given: string | Not<string>): string {
  const { value, negated } = negatable(given)
  // Throws for what is no name of one.
  packInterface(value)
  if (value === '+' && !negated) return ''
  return `${negated ? ' !' : ''} ${flag} ${word(value)}`
}

/** ` -m name`, and its options. */
function formatMatch(match: MatchInput, context: Context): string {
  if (typeof match !== 'object' || match === null) throw new InputError('a match is an object')
  if (match.match === 'unknown') return ` -m unknown${opaque(match)}`
  const extension = extensionOf('match', match as Bag, context)
  return ` -m ${extension.name}${formatOptions(match as Bag, context, 'match')}`
}

function formatTarget(target: TargetInput, context: Context): string {
  if (typeof target !== 'object' || target === null) throw new InputError('a target is an object')
  if ('jump' in target || 'goto' in target) {
    checkJumpAlone(target)
    const [flag, name] = 'jump' in target ? ['-j', target.jump] : ['-g', target.goto]
    if (name === '') throw new InputError('a jump needs the name of a chain')
    return ` ${flag} ${chainName(name)}`
  }
  if (target.target === 'unknown') return ` -j unknown${opaque(target)}`
  if (verdictOf(target.target) !== undefined) {
    checkVerdict(target)
    return ` -j ${target.target}`
  }
  const options = formatOptions(target as Bag, context, 'target')
  return ` -j ${target.target}${options}`
}

/** The options of a match or target as text, without its name. */
export function extensionText(given: MatchInput | TargetInput, context: Context): string {
  if ('match' in given) return given.match === 'unknown' ? opaque(given) : formatOptions(given as Bag, context, 'match')
  if (!('target' in given) || verdictOf(given.target) !== undefined) return ''
  return given.target === 'unknown' ? opaque(given) : formatOptions(given as Bag, context, 'target')
}

/** Refuses what is no hexadecimal text. */
function hexText(given: unknown): string {
  if (typeof given === 'string' && /^(?:[0-9a-f]{2})*$/i.test(given)) return given
  throw new InputError(`'${shown(given)}' is no hexadecimal text`)
}

/** The name of a chain as a word of a rule. Throws an InputError for what cannot stand in one. */
export function chainName(name: string): string {
  return word(singleLine(name))
}

function opaque({ name, revision, info }: Opaque): string {
  if (!Number.isInteger(revision) || revision < 0 || revision > 0xff) throw new InputError(`'${shown(revision)}' is no revision`)
  hexText(info)
  return ` --name ${quote(singleLine(name))} --revision ${revision}${info === '' ? '' : ` --info ${info}`}`
}

function formatOptions(given: Bag, context: Context, type: 'match' | 'target'): string {
  const extension = extensionOf(type, given, context)
  const options = canonicalOptions(extension, given, context)
  if (extension.save) {
    const text = extension.save(options, context)
    return text === '' ? '' : ` ${text}`
  }
  let text = ''
  for (const row of rows(extension).values()) {
    const value = options[row.key]
    if (value !== undefined && row.option) text += formatOption(row, value, options, context)
  }
  return text
}

function formatOption(row: Row, value: unknown, options: Bag, context: Context): string {
  const place = row.option as NonNullable<Row['option']>
  if (place.shown && !place.shown(options, context)) return ''
  if (place.save) {
    const text = place.save(value as never, context, options)
    return text === '' ? '' : ` ${text}`
  }
  const negated = value === false || isNot(value)
  const start = `${negated ? ' !' : ''} ${row.flag}`
  if (row.kind.words === 0) return start
  return `${start} ${row.kind.format((isNot(value) ? value.not : value) as never, context)}`
}
