import { InputError, ProtocolError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { VERDICT } from '../nft/expression/constants.js'
import type { Expression } from '../nft/expression/expression.js'
import { split } from '../nft/expression/split.js'
import type { Rule, RuleInput } from '../rule.js'
import { TextError } from './error.js'

/** What stands in text for the expressions of a rule that only nf_tables says; no C tool knows it. */
export const EXPRESSIONS_FLAG = '--nft-expressions'

/** The expressions of a rule in hexadecimal. Throws an InputError where they are none, or where conditions stand beside them. */
export function expressionsOf({ expressions, counters, ...rest }: RuleInput): string {
  if (typeof expressions !== 'string' || !/^(?:[0-9a-f]{2})+$/i.test(expressions)) throw new InputError(`'${shown(expressions)}' is no hexadecimal text`)
  const beside = Object.entries(rest).find(([, value]) => value !== undefined)
  if (beside) throw new InputError(`expressions stand for all of a rule, '${beside[0]}' cannot stand beside them`)
  return expressions
}

/** Checks rules that were read from a text; the error is a TextError at this column. */
export function checkExpressions(rules: readonly Rule[], column: number): void {
  try {
    for (const rule of rules) Array.from(split(Buffer.from(expressionsOf(rule), 'hex')))
  } catch (cause) {
    if (!InputError.is(cause) && !ProtocolError.is(cause)) throw cause
    throw new TextError(`${EXPRESSIONS_FLAG}: ${InputError.is(cause) ? cause.reason : 'these bytes are no expressions'}`, { column, cause })
  }
}

const VERDICTS = new Map<number, string>(Object.entries(VERDICT).map(([name, code]) => [code, name]))

/** What is said of the expressions of a rule in a list: what becomes of the packet, where that is known, and the name of each. */
export function listExpressions(rule: RuleInput): { readonly target: string; readonly names: string } {
  const bytes = Buffer.from(expressionsOf(rule), 'hex')
  let target = ''
  const names: string[] = []
  try {
    for (const expression of split(bytes)) {
      const verdict = verdictIn(expression)
      target = verdict ?? target
      names.push(expression.expr === 'unknown' ? singleWord(expression.name) : expression.expr)
    }
  } catch (error) {
    if (!ProtocolError.is(error)) throw error
    names.push('?')
  }
  return { target, names: names.join(' ') }
}

/** The name of a verdict, or the chain that it leads to. */
function verdictIn(expression: Expression): string | undefined {
  const verdict = expression.expr === 'immediate' ? expression.data?.verdict : undefined
  return verdict && (verdict.chain ?? VERDICTS.get(verdict.code ?? -1))
}

/** A name of the kernel's cannot break the line it stands in. */
function singleWord(name: string): string {
  return /^[\w-]+$/.test(name) ? name : '?'
}
