import { isDeepStrictEqual } from 'node:util'
import { InputError } from '../../netlink/index.js'
import { type Family, parseCommand, parseRule, type Rule, splitRuleWords, TextError } from '../../xtables/index.js'
import type { Argument } from './argument.js'
import { word } from './word.js'

/** Where a rule is to stand. */
export interface Place {
  /** Either, unless given. */
  readonly family?: Family | undefined
  readonly table?: string | undefined
  readonly chain?: string | undefined
}

/** Bytes that iptables-restore reads at once; what is behind them would be another line to it. */
const LONGEST_LINE = 10_238

/** The rules that a text says, more than one where its addresses are lists. Throws an InputError where it says none, or anything else. */
export function checkRule(text: string, args: readonly Argument[] | undefined, place: Place): readonly Rule[] {
  return inFamily(place.family, (family) => {
    const rules = readRules(text, family, place)
    if (args) checkWords(args, rules, text, family)
    return rules
  })
}

/** Throws an InputError for what cannot be a chain of the user's. */
export function checkChainName(name: string, family: Family | undefined): void {
  inFamily(family, (one) => parseCommand(splitRuleWords(`-N ${word(name)}`), one, { restore: true }))
}

/** Reads it for the family; for either of them where there is none. */
function inFamily<T>(family: Family | undefined, read: (family: Family) => T): T {
  if (family !== undefined) return read(family)
  try {
    return read('ip')
  } catch (error) {
    if (!InputError.is(error)) throw error
    try {
      return read('ip6')
    } catch {
      throw error
    }
  }
}

function readRules(text: string, family: Family, { table = 'filter', chain = 'RULE' }: Place): readonly Rule[] {
  const line = `-A ${word(chain)} ${text}`
  const bytes = Buffer.byteLength(line)
  if (bytes > LONGEST_LINE) throw new InputError(`the line of the rule is ${bytes} bytes long, ${LONGEST_LINE} at most can be read: make several rules of it, or use a set`)
  checkOptions(text, family)
  return parseCommand(splitRuleWords(line), family, { restore: true, table }).rules
}

/** A rule has options of its own and of its extensions, and none of the command: `-M /bin/sh` is a program that iptables runs. */
function checkOptions(text: string, family: Family): void {
  try {
    // With a blank in front every word stands behind column 1, where lists of addresses are refused when all words have been read.
    parseRule(` ${text}`, { family })
  } catch (error) {
    if (!TextError.is(error) || error.column > 1) throw error
  }
}

/**
 * Whether each argument takes the words it was given, so that none becomes an option, and no option becomes a word. Only a
 * word that begins like an option can be taken for one, and with `--name=word` it cannot; behind an option without words
 * nothing changes when `-4` follows it.
 */
function checkWords(args: readonly Argument[], rules: readonly Rule[], text: string, family: Family): void {
  const joined = () => args.map((argument) => (argument.words.length > 0 ? withEquals(argument) : argument.toIptables()))
  if (args.some(({ words: [first = ''] }) => /^[-!]/.test(first)) && !saysSame(joined(), rules, family)) throw new InputError(`an option takes other words than those given in '${text}'`)
  args.forEach((argument, index) => {
    if (argument.words.length > 0) return
    const followed = args.map((one, at) => (at === index ? `${one.toIptables()} ${family === 'ip' ? '-4' : '-6'}` : one.toIptables()))
    if (!saysSame(followed, rules, family)) throw new InputError(`${argument.flag} needs a value`, { path: argument.key })
  })
}

function withEquals(argument: Argument): string {
  if (argument.name.length === 1) return argument.toIptables()
  const [first = '', ...more] = argument.words
  return [...(argument.inverse ? ['!'] : []), word(`${argument.flag}=${first}`), ...more.map(word)].join(' ')
}

function saysSame(parts: readonly string[], rules: readonly Rule[], family: Family): boolean {
  const { rules: again } = parseCommand(splitRuleWords(`-A RULE ${parts.join(' ')}`), family, { restore: true })
  return isDeepStrictEqual(again, rules)
}
