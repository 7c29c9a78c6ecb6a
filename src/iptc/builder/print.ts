import { InputError } from '../../netlink/index.js'
import { type Family, type Rule, TextError } from '../../xtables/index.js'
import type { AbstractChain } from './chain.js'
import type { AbstractRule, Definition } from './abstract-rule.js'
import { checkChainName, checkRule, type Place } from './check.js'
import { RulesetError } from './error.js'
import { note, oneLine } from './note.js'
import type { Origin } from './origin.js'
import type { Table } from './table.js'
import { bareName, word } from './word.js'

/** A line of a generated text, and where it comes from. */
export interface Line {
  readonly text: string
  /** Of a line with a rule. */
  readonly rule?: { readonly table: string; readonly chain: string; readonly definition: Definition; readonly read: readonly Rule[] }
}

/** A rule of its own, as `toIptables` gives it. */
export function ruleText(rule: AbstractRule, prefix: string): string {
  return [ruleNote(rule), ...checked(rule, {}).map(({ definition }) => behind(oneLine(prefix), definition.text))].join('\n')
}

/** A chain as it was at one moment: what is in it may be changed while it is printed in turns. */
export interface ChainView {
  readonly chain: AbstractChain
  readonly policy: AbstractChain['policy']
  readonly rules: readonly AbstractRule[]
}

/** A table as it was at one moment. */
export interface TableView {
  readonly table: Pick<Table, 'name' | 'debugInfo'>
  readonly chains: readonly ChainView[]
}

export function viewOf(chain: AbstractChain): ChainView {
  return { chain, policy: chain.policy, rules: [...chain] }
}

export function tableView(table: Pick<Table, 'name' | 'debugInfo' | 'values'>): TableView {
  return { table, chains: [...table.values()].map(viewOf) }
}

/** The line that says which chains there are: `:INPUT ACCEPT [0:0]`. */
export function chainHeader({ chain, policy }: ChainView, place: Place): string {
  const name = bareName(chain.name, 'chain')
  const fault = (error: unknown) => refusal(error, { path: `${place.table ?? 'chain'} ${name} (${chain.debugInfo()})`, rule: undefined, origin: chain.origin, text: undefined })
  if (policy === undefined) naming(() => checkChainName(name, place.family), fault)
  return `:${name} ${policy ?? '-'} [0:0]`
}

/** The lines of a chain behind its header: its comments and its rules. */
export function* chainLines({ chain, rules }: ChainView, place: Place): Generator<Line> {
  const { name, comment, typeName } = chain
  const here = { ...place, chain: name }
  yield { text: note(`${typeName} "${name}" (${chain.debugInfo()})`) }
  if (comment !== undefined) yield { text: note(comment) }
  for (const [index, rule] of rules.entries()) {
    checkItem(rule, chain, index, here)
    yield { text: ruleNote(rule) }
    for (const { definition, read } of checked(rule, here)) {
      yield { text: behind(`-A ${word(name)}`, definition.text), rule: { table: place.table ?? '', chain: name, definition, read } }
    }
  }
  if (rules.length === 0) yield { text: '# No rules' }
}

/** The lines of a table, from its heading to its `COMMIT`. */
export function* tableLines({ table, chains }: TableView, family: Family | undefined): Generator<Line> {
  const place = { family, table: bareName(table.name, 'table') }
  const heading = `${note(`${table.name} table (${table.debugInfo()})`)} #`
  const box = '#'.repeat([...heading].length)
  for (const text of [box, heading, box, `*${table.name}`]) yield { text }
  for (const chain of chains) yield { text: chainHeader(chain, place) }
  yield { text: '' }
  for (const chain of chains) {
    yield* chainLines(chain, place)
    yield { text: '' }
  }
  yield { text: 'COMMIT' }
}

function behind(prefix: string, text: string): string {
  return prefix === '' || text === '' ? prefix + text : `${prefix} ${text}`
}

function ruleNote(rule: AbstractRule): string {
  return note(`Rule: ${rule.comment === undefined ? '' : `${rule.comment} `}(${rule.debugInfo()})`)
}

interface Checked {
  readonly definition: Definition
  readonly read: readonly Rule[]
}

/** The rules that an object stands for, each read. Throws a RulesetError that names it. */
function checked(rule: AbstractRule, place: Place): Checked[] {
  const definitions = naming(() => rule.definitions(), (error) => refusal(error, about(rule, place)))
  return definitions.map((definition) => ({
    definition,
    read: naming(() => checkRule(definition.text, definition.args, place), (error) => refusal(error, about(definition.rule, place, definition))),
  }))
}

function naming<T>(read: () => T, refused: (error: unknown) => Error): T {
  try {
    return read()
  } catch (error) {
    throw InputError.is(error) && !RulesetError.is(error) ? refused(error) : error
  }
}

interface About {
  readonly path: string
  readonly rule: AbstractRule | undefined
  readonly origin: Origin
  readonly text: string | undefined
  /** An argument of it was given as a list. */
  readonly isList?: boolean
}

function about(rule: AbstractRule, { table, chain }: Place, definition?: Definition): About {
  const isList = definition?.args?.some(({ words }) => words.length > 1) ?? false
  return { path: placeText(rule, table, chain), rule, origin: rule.origin, text: definition?.text, isList }
}

/** `filter INPUT "from the office" (rules.mjs:12 main)`. */
export function placeText(rule: AbstractRule, table: string | undefined, chain: string | undefined): string {
  const comment = rule.comment === undefined ? 'rule' : `"${oneLine(rule.comment)}"`
  return [table, chain, comment, `(${rule.debugInfo()})`].filter((one) => one !== undefined).join(' ')
}

/** The error for a rule that cannot be read. */
function refusal(cause: unknown, { path, rule, origin, text, isList = false }: About): RulesetError {
  const { message, reason } = cause as InputError
  const said = TextError.is(cause) ? reason : message
  const advice = isList ? '; a list gives words one behind the other, where ports and states are one word with commas' : ''
  return new RulesetError(`${said}${text === undefined ? '' : ` (in '${oneLine(text)}')`}${advice}`, { path, rule, location: origin.toString(), text, cause })
}

function checkItem(rule: unknown, chain: AbstractChain, index: number, { table, chain: name }: Place): void {
  if (typeof (rule as AbstractRule | undefined)?.definitions === 'function') return
  const path = `${[table, name].filter((one) => one !== undefined).join(' ')}[${index}]`
  throw new RulesetError('is no rule: chains hold Rule, CustomRule and their kin', { path, rule: undefined, location: chain.debugInfo(), text: undefined, cause: rule })
}
