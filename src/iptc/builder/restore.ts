import { breathe, busy, InputError, KernelError } from '../../netlink/index.js'
import { demandOptions } from '../../netlink/wire/suggestion.js'
import { type Family, formatRule, openXtables, type Rule, TextError, type Transaction, type TransactionOptions, type Xtables, type XtablesOptions } from '../../xtables/index.js'
import type { Definition } from './abstract-rule.js'
import { RulesetError } from './error.js'
import { type Line, placeText } from './print.js'
import { linesOf, Tables, textOf } from './tables.js'

/** How tables are put into the kernel. */
export interface RestoreOptions extends XtablesOptions, TransactionOptions {
  /** Reads, plans and checks everything, and changes nothing. */
  readonly test?: boolean | undefined
  /** Adds to what is in the tables; without it they are emptied first. Tables that are not named stay as they are. */
  readonly noflush?: boolean | undefined
  /** Takes the counters of the text, too. */
  readonly counters?: boolean | undefined
  /** A connection that is open already, and stays open. One is opened and closed unless given. */
  readonly xt?: Pick<Xtables, 'transaction'> | undefined
  /** What a text is for: `ip` unless given. Tables know their family. */
  readonly family?: Family | undefined
}

/** What can be restored: tables, or text in the language of iptables-save. */
export type Restorable = Tables | string

const FLAGS = ['test', 'noflush', 'counters'] as const
const CONNECTION: readonly string[] = ['backend', 'netns', 'warn', 'daemon']
const KEYS: readonly string[] = [...FLAGS, 'xt', 'family', 'wait', 'signal', 'attempts', ...CONNECTION]

/** A text that is to be restored, and where its lines come from. */
interface Part {
  readonly family: Family
  readonly text: string
  /** undefined for a text of the caller's. */
  readonly lines: readonly Line[] | undefined
}

/** A rule of a generated text. */
interface Found {
  readonly table: string
  readonly chain: string
  readonly definition: Definition
  /** Line of the text, from 1. */
  readonly line: number
}

/**
 * Puts tables into the kernel: all of them in one transaction, or nothing. Several may be given as a list, of either
 * family. Throws a RulesetError that names the rule the reader or the kernel refuses, by its comment and the place in the
 * program where it was made; a TransportError, LockError or ConflictError where it cannot be done.
 *
 * @example
 * await restore(tables, { test: true })
 */
export async function restore(what: Restorable | readonly Restorable[], options: RestoreOptions = {}): Promise<void> {
  checkOptions(options)
  const { xt: lent, family, noflush = false, counters = false, test, wait, signal, attempts, ...connection } = options
  const all = Array.isArray(what) ? (what as readonly Restorable[]) : [what as Restorable]
  if (!noflush) checkTwice(all)
  // All begin at once: what is put into the tables from now on does not count.
  const parts = await Promise.all(all.map((one) => partOf(one, family)))
  const xt = lent ?? (await openXtables(connection))
  try {
    await xt.transaction((tx) => plan(tx, parts, { noflush, counters }), {
      ...(test === undefined ? {} : { test }),
      ...(wait === undefined ? {} : { wait }),
      ...(signal === undefined ? {} : { signal }),
      ...(attempts === undefined ? {} : { attempts }),
    })
  } catch (error) {
    throw explained(error, parts, noflush)
  } finally {
    if (!lent) (xt as Xtables).close()
  }
}

function checkOptions(options: RestoreOptions): void {
  demandOptions(options, KEYS)
  const bad = FLAGS.find((key) => options[key] !== undefined && typeof options[key] !== 'boolean')
  if (bad !== undefined) throw new InputError('is true or false', { path: bad })
  const both = options.xt === undefined ? undefined : Object.keys(options).find((key) => CONNECTION.includes(key))
  if (both !== undefined) throw new InputError('an open connection has its own', { path: both })
  const { family } = options
  if (family !== undefined && family !== 'ip' && family !== 'ip6') throw new InputError(`'${String(family)}' is no family; there are ip and ip6`, { path: 'family' })
}

/** The second of two tables of a name would empty the first. */
function checkTwice(all: readonly Restorable[]): void {
  const seen = new Set<string>()
  for (const one of all) {
    if (!(one instanceof Tables)) continue
    for (const name of one.keys()) {
      const key = `${one.family} ${name}`
      if (seen.has(key)) throw new InputError(`table ${name} of family ${one.family} is there twice: put its chains into one, or give noflush: true`)
      seen.add(key)
    }
  }
}

async function partOf(what: Restorable, family: Family | undefined): Promise<Part> {
  if (typeof what === 'string') return { family: family ?? 'ip', text: what, lines: undefined }
  if (!(what instanceof Tables)) throw new InputError('restore takes Tables, text in the language of iptables-save, or a list of them')
  if (family !== undefined && family !== what.family) throw new InputError(`these tables are of family ${what.family}`, { path: 'family' })
  const lines: Line[] = []
  for (const line of linesOf(what)) {
    lines.push(line)
    if (busy()) await breathe()
  }
  return { family: what.family, text: textOf(lines), lines }
}

async function plan(tx: Transaction, parts: readonly Part[], options: { readonly noflush: boolean; readonly counters: boolean }): Promise<void> {
  for (const part of parts) {
    try {
      tx[part.family].restore(part.text, options)
      await tx[part.family].settle()
    } catch (error) {
      throw ofLine(error, part)
    }
  }
}

/** The error for a line of a generated text, which TextErrors have. */
function ofLine(error: unknown, { lines }: Part): unknown {
  if (!TextError.is(error) || lines === undefined) return error
  const { rule } = lines[error.line - 1] ?? {}
  return rule ? refusal(error, { ...rule, line: error.line }, error.reason) : error
}

/** The error for a rule that was refused when all were planned, by its place in the tables. */
function explained(error: unknown, parts: readonly Part[], noflush: boolean): unknown {
  if (RulesetError.is(error) || !(KernelError.is(error) || InputError.is(error))) return error
  for (const part of parts) {
    const found = findRule(error.path, part, noflush)
    if (found) return refusal(error, found, reasonOf(error))
  }
  return error
}

function reasonOf(error: InputError | KernelError): string {
  if (InputError.is(error)) return error.reason
  return error.message.startsWith(`${error.path}: `) ? error.message.slice(error.path.length + 2) : error.message
}

/** The rule at a place such as `filter INPUT rule 3 (-j LOG)`. Beside rules that were there before, numbers say nothing. */
function findRule(path: string, { family, lines }: Part, noflush: boolean): Found | undefined {
  const counts = new Map<string, number>()
  for (const [index, { rule }] of (lines ?? []).entries()) {
    for (const read of rule?.read ?? []) {
      const { table, chain } = rule as NonNullable<Line['rule']>
      const place = `${table} ${chain} rule`
      const number = (counts.get(place) ?? 0) + 1
      counts.set(place, number)
      if (isAt(path, { place, number, read, family, noflush })) return { ...(rule as NonNullable<Line['rule']>), line: index + 1 }
    }
  }
  return undefined
}

interface Candidate {
  readonly place: string
  readonly number: number
  readonly read: Rule
  readonly family: Family
  readonly noflush: boolean
}

function isAt(path: string, { place, number, read, family, noflush }: Candidate): boolean {
  if (!path.startsWith(`${place} `)) return false
  const [, at, rest = ''] = /^(\d+)(.*)$/s.exec(path.slice(place.length + 1)) ?? []
  const sameText = !rest.startsWith(' (') || rest === ` (${formatRule(read, { family })})`
  return sameText && (noflush ? rest !== '' : Number(at) === number)
}

function refusal(cause: InputError | KernelError, { table, chain, definition, line }: Found, reason: string): RulesetError {
  const { rule, text } = definition
  return new RulesetError(`${reason} (in '${text}')`, { path: placeText(rule, table, chain), rule, location: rule.debugInfo(), text, line, cause })
}
