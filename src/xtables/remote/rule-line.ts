import { type Failure, remakeFailure, tellFailure } from '../../netlink/index.js'
import { ProtocolError } from '../../netlink/wire/error.js'
import type { Family } from '../context.js'
import { encodeEntry } from '../entry.js'
import { NumberedSets } from '../nft/key.js'
import type { Counters, Rule, RuleInput } from '../rule.js'
import { formatRule } from '../text/print.js'
import { parseRule } from '../text/rule.js'
import { fromJson, toJson } from './message.js'

const NOTHING: Counters = Object.freeze({ packets: 0n, bytes: 0n })
/** In front of the reason for which a rule cannot be read. */
export const UNREADABLE = '!'

/** A rule without what it has counted, as JSON. */
export function ruleJson({ counters: _, ...rule }: Rule): string {
  try {
    return JSON.stringify(rule)
  } catch {
    // It holds a wide number.
    return toJson(rule)
  }
}

/** `packets:bytes`, then the rule as JSON; nothing in front of a rule that counts nothing. */
export function ruleLine(rule: Rule): string {
  const { counters } = rule
  return counters === undefined ? ruleJson(rule) : `${counters.packets}:${counters.bytes}${ruleJson(rule)}`
}

/** What stands in the place of a rule that cannot be read. */
export function unreadableLine(error: unknown): string {
  return `${UNREADABLE}${JSON.stringify(tellFailure(error))}`
}

/** The part of a line that says what the rule is. */
export function jsonOf(line: string): string {
  return line.slice(line.indexOf('{'))
}

/** The rule of a line. Throws what it was that it cannot be read for. */
export function readRuleLine(line: string): Rule {
  if (line.startsWith(UNREADABLE)) throw remakeFailure(fromJson(line.slice(UNREADABLE.length)) as Failure)
  const at = line.indexOf('{')
  const rule = fromJson(at > 0 ? line.slice(at) : line)
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) throw new ProtocolError('a rule is an object')
  if (at <= 0) return rule as Rule
  return { ...(rule as Rule), counters: readCounters(line.slice(0, at)) }
}

/** The counters that `packets:bytes` says. */
export function readCounters(text: string): Counters {
  if (text === '0:0') return NOTHING
  const [, packets, bytes] = /^(\d{1,20}):(\d{1,20})$/.exec(text) ?? []
  if (packets === undefined || bytes === undefined) throw new ProtocolError('counters look like packets:bytes')
  return { packets: BigInt(packets), bytes: BigInt(bytes) }
}

const PLAIN = 0
const WIDE = 1
const OTHER = 2
const DEEPEST = 6

/** What a rule that somebody has made is sent as. Throws an InputError for what JSON has no word for, and no rule holds. */
export function givenJson(rule: RuleInput, family: Family): string {
  const { counters: _, ...rest } = rule
  const sort = sortOf(rest, 0)
  if (sort === PLAIN) return JSON.stringify(rest)
  if (sort === WIDE) return toJson(rest)
  // Its bytes are what is most particular of what it is made of.
  if (rest.expressions === undefined) encodeEntry(rest, { family, sets: new NumberedSets() })
  return ruleJson(parseRule(formatRule(rest, { family }), { family }))
}

/** What must never be done is to leave something out that JSON does not say: the rule would let more through. */
function sortOf(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return PLAIN
    case 'number':
      return Number.isFinite(value) ? PLAIN : OTHER
    case 'bigint':
      return WIDE
    case 'object':
      break
    default:
      return OTHER
  }
  if (value === null) return PLAIN
  if (depth > DEEPEST) return OTHER
  let sort = PLAIN
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const one = value[i] === undefined ? OTHER : sortOf(value[i], depth + 1)
      if (one > sort) sort = one
    }
    return sort
  }
  const above = Object.getPrototypeOf(value)
  // An object of another realm has another Object.prototype, with nothing above it either.
  if (above !== null && Object.getPrototypeOf(above) !== null) return OTHER
  for (const key in value) {
    const one = key === 'toJSON' || !Object.hasOwn(value, key) ? OTHER : sortOf((value as Record<string, unknown>)[key], depth + 1)
    if (one > sort) sort = one
  }
  return sort
}
