import { InputError, inside } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { checkFamily, type Family } from '../context.js'
import { checkCounters } from '../counters.js'
import type { TableDraft } from '../draft.js'
import { contentOf, freshTable } from '../fresh.js'
import { hookOf } from '../hooks.js'
import { applyLine } from '../restore.js'
import type { RuleInput } from '../rule.js'
import { type ChainInput, chainOrder, dictionary, givenChains, givenTables, type Ruleset, type RulesetInput, type TableInput } from '../ruleset.js'
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
  checkFamily(family)
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not text`)
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

/** Tables in the language of iptables-save: what iptables-restore reads. Throws an InputError that names the rule that makes no sense. */
export function formatRuleset(ruleset: RulesetInput, options: FormatRulesetOptions = {}): string {
  return givenTables(ruleset).flatMap(([name, table]) => [...tableLines(name, table, options)]).join('')
}

/** The lines of a table, from its `*name` to its `COMMIT`, line feeds included. Throws an InputError that names the rule that makes no sense. */
export function* tableLines(name: string, table: TableInput, options: FormatRulesetOptions = {}): Generator<string> {
  const chains = new Map(givenChains(name, table))
  yield `*${bareName(name)}\n`
  const order = chainOrder(chains.keys(), hookOf)
  for (const chain of order) {
    const { policy, counters } = chains.get(chain) as ChainInput
    if (policy !== undefined && policy !== 'ACCEPT' && policy !== 'DROP') throw new InputError(`'${shown(policy)}' is no policy`, { path: `${name}.${chain}.policy` })
    yield `:${bareName(chain)} ${policy ?? '-'} [${countersText(counters)}]\n`
  }
  for (const chain of order) {
    for (const [index, rule] of (chains.get(chain) as ChainInput).rules.entries()) {
      yield inside(`${name} ${chain} rule ${index + 1}`, () => ruleLine(chain, rule, options))
    }
  }
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
  if (name === '') throw new InputError('a table or a chain without a name cannot be read back')
  if (/[ \t]/.test(singleLine(name))) throw new InputError(`'${name}' holds a blank`)
  return name
}

/** Whether a rule has parts that only this library can read back from text. */
function isPlaceholder({ matches, target, header, expressions }: RuleInput): boolean {
  return header !== undefined || expressions !== undefined || (target !== undefined && 'target' in target && target.target === 'unknown')
    || (matches?.some(({ match }) => match === 'unknown') ?? false)
}
