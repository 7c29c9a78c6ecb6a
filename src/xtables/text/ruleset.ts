import { InputError } from '../../netlink/wire/error.js'
import type { Family } from '../context.js'
import { checkCounters } from '../counters.js'
import type { TableDraft } from '../draft.js'
import { contentOf, freshTable } from '../fresh.js'
import { hookOf } from '../hooks.js'
import { applyLine } from '../restore.js'
import type { RuleInput } from '../rule.js'
import { chainOrder, dictionary, type Ruleset, type RulesetInput, type TableInput } from '../ruleset.js'
import { shown } from '../kinds/shown.js'
import { singleLine } from '../kinds/text.js'
import { chainName, formatRule } from './print.js'
import { PLACEHOLDER, restoreLines } from './restore.js'

/** How a ruleset is read. */
export interface ParseRulesetOptions {
  /** `ip` unless given. */
  readonly family?: Family
}

/**
 * The tables that a text in the language of iptables-save says, as if it were restored into empty ones. Throws a
 * TextError with the line and the column of what makes no sense.
 */
export function parseRuleset(text: string, { family = 'ip' }: ParseRulesetOptions = {}): Ruleset {
  const tables = new Map<string, TableDraft>()
  let table: TableDraft | undefined
  for (const line of restoreLines(text, { family, counters: 'given' })) {
    if (line.kind === 'table') {
      table = freshTable(family, line.table)
      tables.set(line.table, table)
    } else if (table && (line.kind === 'chain' || line.kind === 'command')) applyLine(table, line, false)
  }
  return dictionary([...tables].map(([name, draft]) => [name, contentOf(draft)] as const))
}

/** How a ruleset is printed. */
export interface FormatRulesetOptions {
  /** `ip` unless given. */
  readonly family?: Family
  /** Prints the counters of rules, too. */
  readonly counters?: boolean
}

/** Tables in the language of iptables-save: what iptables-restore reads. Throws an InputError for a rule that makes no sense. */
export function formatRuleset(ruleset: RulesetInput, options: FormatRulesetOptions = {}): string {
  if (typeof ruleset !== 'object' || ruleset === null) throw new InputError('a ruleset is an object of tables')
  return Object.entries(ruleset).map(([name, table]) => formatTable(name, table, options)).join('')
}

/** One table, from its `*name` to its `COMMIT`. */
export function formatTable(name: string, table: TableInput, options: FormatRulesetOptions = {}): string {
  return [...tableLines(name, table, options)].join('')
}

/** The lines of a table, line feeds included. Throws an InputError for a rule that makes no sense. */
export function* tableLines(name: string, table: TableInput, options: FormatRulesetOptions = {}): Generator<string> {
  if (typeof table !== 'object' || table === null) throw new InputError('a table is an object of chains', { path: name })
  for (const [chain, one] of Object.entries(table)) {
    if (!Array.isArray(one?.rules)) throw new InputError('a chain has a list of rules', { path: `${name}.${chain}.rules` })
  }
  yield `*${bareName(name)}\n`
  const chains = chainOrder(Object.keys(table), hookOf)
  for (const chain of chains) {
    const { policy, counters } = table[chain] as TableInput[string]
    if (policy !== undefined && policy !== 'ACCEPT' && policy !== 'DROP') throw new InputError(`'${shown(policy)}' is no policy`, { path: `${name}.${chain}.policy` })
    yield `:${bareName(chain)} ${policy ?? '-'} [${countersText(counters)}]\n`
  }
  for (const chain of chains) for (const rule of (table[chain] as TableInput[string]).rules) yield ruleLine(chain, rule, options)
  yield 'COMMIT\n'
}

/** `-A CHAIN rule`, behind its counters where they are wanted. Throws an InputError for a rule that makes no sense. */
export function ruleLine(chain: string, rule: RuleInput, { family = 'ip', counters = false }: FormatRulesetOptions): string {
  const text = formatRule(rule, { family })
  const counted = counters ? `[${countersText(rule.counters)}] ` : ''
  return `${isPlaceholder(rule) ? PLACEHOLDER : ''}${counted}-A ${chainName(chain)}${text === '' ? '' : ` ${text}`}\n`
}

function countersText(given: RuleInput['counters']): string {
  if (given === undefined) return '0:0'
  const { packets, bytes } = checkCounters(given)
  return `${packets}:${bytes}`
}

/** A name that stands on a line of its own, which knows no quotes. */
function bareName(name: string): string {
  if (/[ \t]/.test(singleLine(name))) throw new InputError(`'${name}' holds a blank`)
  return name
}

/** Whether a rule has parts that only this library can read back from text. */
function isPlaceholder({ matches, target, header, expressions }: RuleInput): boolean {
  return header !== undefined || expressions !== undefined || (target !== undefined && 'target' in target && target.target === 'unknown')
    || (matches?.some(({ match }) => match === 'unknown') ?? false)
}
