import { canonicalOptions, extensionOf } from '../canonical.js'
import { negatable, parseProtocol, protocolText, usualProtocol } from '../conditions.js'
import { AnySets, checkFamily, type Family } from '../context.js'
import { protocolOf } from '../entry.js'
import type { ListContext } from '../extension.js'
import type { Not } from '../kind.js'
import { formatMask, formatInet, parseNetwork, prefixOf, WIDTH } from '../kinds/address.js'
import type { Bag } from '../option.js'
import { findExtension } from '../registry.js'
import type { RuleInput } from '../rule.js'
import { listExpressions } from './expressions.js'
import { verdictOf } from '../verdict.js'

/** How a rule is listed. */
export interface ListOptions {
  readonly family?: Family
  /** `-n`: numbers in the place of names. */
  readonly numeric?: boolean
  /** `-v`: with counters and interfaces. */
  readonly verbose?: boolean
  /** `-x`: counters to the last digit. */
  readonly exact?: boolean
  /** `--line-numbers`: the rule's number in its chain. */
  readonly number?: number
  /** One rule by itself, as `iptables -v -A` shows it: words with single blanks. */
  readonly alone?: boolean
  /** Names of addresses, for a listing that is not numeric. */
  readonly names?: ReadonlyMap<string, string>
}

/** A rule as `iptables -L` shows it. It leaves out half of what a rule says: `formatRule` does not. Throws an InputError. */
export function listRule(rule: RuleInput, options: ListOptions = {}): string {
  const { family = 'ip', numeric = false, verbose = false, exact = false, number, alone = false, names } = options
  checkFamily(family)
  const context: ListContext = { family, protocol: protocolOf(rule), sets: new AnySets(), numeric }
  const column = (text: string, width: number) => (alone ? text : text.padEnd(width))
  let line = ''
  if (number !== undefined) line += `${column(String(number), 4)} `
  if (verbose && !alone) {
    const { packets = 0n, bytes = 0n } = rule.counters ?? {}
    line += `${count(BigInt(packets), exact)} ${count(BigInt(bytes), exact)} `
  }
  if (rule.expressions !== undefined) return line + foreign(rule, verbose || alone, column)
  line += `${column(targetName(rule, family), 9)} `
  const protocol = rule.protocol === undefined ? { value: 0, negated: false } : negatable(rule.protocol)
  const protocolNumber = parseProtocol(protocol.value)
  const name = alone ? usualProtocol(protocolNumber) : protocolNumber === 0 ? 'all' : protocolText(protocolNumber)
  line += `${protocol.negated ? '!' : ' '}${column(String(numeric && !alone ? protocolNumber : name), 4)} `
  line += `${alone ? 'opt ' : ''}${family === 'ip6' ? '--' : fragment(rule)} `
  if (verbose || alone) line += interfaces(rule, numeric, alone)
  line += address(rule.source, false, options, names) + address(rule.destination, true, options, names)
  if (alone) line += '  '
  if (rule.target && 'goto' in rule.target) line += '[goto] '
  for (const match of rule.matches ?? []) line += extension('match', match as Bag, context)
  return line + target(rule, context)
}

/** A rule of which nobody knows what it asks for. */
function foreign(rule: RuleInput, interfaces: boolean, column: (text: string, width: number) => string): string {
  const { target, names } = listExpressions(rule)
  const between = interfaces ? ` ${column('?', 6)} ${column('?', 6)} ` : ''
  return `${column(target, 9)}  ${column('?', 4)} -- ${between} ${column('?', 19)}  ${column('?', 19)}  nf_tables: ${names}`
}

/** What stands above the rules of a chain. */
export function listHeader({ verbose = false, exact = false, number }: ListOptions): string {
  const counts = exact ? `${'pkts'.padStart(8)} ${'bytes'.padStart(10)} ` : `${'pkts'.padStart(5)} ${'bytes'.padStart(5)} `
  return [
    number === undefined ? '' : `${'num'.padEnd(4)} `,
    verbose ? counts : '',
    `${'target'.padEnd(9)}  prot opt`,
    verbose ? ` ${'in'.padEnd(6)} ${'out'.padEnd(6)} ` : '',
    ` ${'source'.padEnd(19)}  ${'destination'.padEnd(19)} `,
  ].join('')
}

/** A counter in five characters, with K, M, G or T where it takes more; all digits when `exact`. */
export function count(value: bigint, exact: boolean, width = exact ? 8 : 5): string {
  if (exact || value <= 99_999n) return String(value).padStart(width)
  let rest = value
  for (const unit of ['K', 'M', 'G']) {
    rest = (rest + 500n) / 1000n
    if (rest <= 9999n) return `${rest}${unit}`.padStart(width)
  }
  return `${(rest + 500n) / 1000n}T`.padStart(width)
}

function targetName({ target }: RuleInput, family: Family): string {
  if (!target) return ''
  if ('jump' in target) return target.jump
  if ('goto' in target) return target.goto
  return target.target === 'unknown' ? target.name : (findExtension('target', target.target, family)?.kernel ?? String(target.target))
}

function fragment({ fragment }: RuleInput): string {
  return fragment === undefined ? '--' : fragment ? '-f' : '!f'
}

function interfaces(rule: RuleInput, numeric: boolean, alone: boolean): string {
  const any = numeric || alone ? '*' : 'any'
  const text = (given: string | Not<string> | undefined) => {
    if (given === undefined) return any
    const { value, negated } = negatable(given)
    return `${negated ? '!' : ''}${value}`
  }
  if (alone) return `in ${text(rule.inInterface)} out ${text(rule.outInterface)} `
  return ` ${text(rule.inInterface).padEnd(6)} ${text(rule.outInterface).padEnd(6)} `
}

function address(given: string | Not<string> | undefined, second: boolean, options: ListOptions, names: ListOptions['names']): string {
  const { family = 'ip', numeric = false, alone = false } = options
  const any = family === 'ip' ? '0.0.0.0/0' : '::/0'
  const { value, negated } = negatable(given ?? any)
  const network = parseNetwork(value, family)
  const full = prefixOf(network.mask, family) === 8 * WIDTH[family]
  const nobody = (family === 'ip' ? network.mask : network.address).every((byte) => byte === 0)
  const plain = formatInet(network.address, family)
  const host = numeric || alone ? plain : (names?.get(plain) ?? plain)
  const text = nobody && !numeric && !alone ? 'anywhere' : full ? host : `${host}/${formatMask(network.mask, family)}`
  const sign = negated ? '!' : ' '
  if (alone) return second ? `${sign}-> ${text}` : `${sign}${text} `
  return `${sign}${text.padEnd(19)} `
}

function extension(type: 'match' | 'target', given: Bag, context: ListContext): string {
  if (given[type] === 'unknown') return `UNKNOWN ${type} \`${String(given.name)}' `
  const found = extensionOf(type, given, context)
  const text = found.list(canonicalOptions(found, given, context), context)
  return text === '' ? '' : `${found.tight ? '' : ' '}${text}`
}

function target({ target }: RuleInput, context: ListContext): string {
  if (!target || 'jump' in target || 'goto' in target || verdictOf(target.target) !== undefined) return ''
  return extension('target', target as Bag, context)
}
