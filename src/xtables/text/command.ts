import { InputError } from '../../netlink/wire/error.js'
import { checkChainName } from '../change.js'
import type { Family } from '../context.js'
import { parseUint } from '../kinds/number.js'
import { EXTENSION_NAME_SIZE } from '../layout.js'
import type { Rule } from '../rule.js'
import { TextError } from './error.js'
import type { Words } from './lexer.js'
import { type CommandToken, RuleReader } from './rule.js'

/** What an iptables command does, by its letter. */
export type CommandLetter = 'A' | 'C' | 'D' | 'I' | 'R' | 'L' | 'S' | 'F' | 'Z' | 'N' | 'X' | 'P' | 'E'

/** An iptables command, read. */
export interface Command {
  /** undefined where there is nothing to do: `-4` in a line of an ip6tables-restore. */
  readonly letter: CommandLetter | undefined
  readonly chain: string | undefined
  /** The number of a rule. */
  readonly number: number | undefined
  /** More than one where the addresses are lists. */
  readonly rules: readonly Rule[]
  /** For `-E`. */
  readonly newName: string | undefined
  /** For `-P`. */
  readonly policy: string | undefined
  /** `-L -Z`, `-S -Z`: sets counters to zero when they have been listed; of one rule where the number is that of `-Z`. */
  readonly zero: false | 'chain' | 'rule'
  readonly table: string | undefined
  /** How many times `-v` was given. */
  readonly verbose: number
  readonly numeric: boolean
  readonly exact: boolean
  readonly lineNumbers: boolean
  /** Seconds to wait for the lock; below 1: as long as it takes. */
  readonly wait: number
  /** `-h` or `-V`. */
  readonly info: 'help' | 'version' | undefined
}

/** Options that a command does not take (iptables(8)). `r`: those of a rule. */
const ILLEGAL: Readonly<Record<CommandLetter, string>> = {
  A: 'nx0', I: 'nx0', R: 'nx0', C: 'nx0c', D: 'nx0c', L: 'rc', P: 'nrx0',
  F: 'nrx0c', Z: 'nrx0c', N: 'nrx0c', X: 'nrx0c', E: 'nrx0c', S: 'nrx0c',
}
const RULE_LETTERS = 'sdpjiof'

/** Thrown where the reading of a command ends early. */
const ASKED = Symbol('-h or -V')

class CommandReader {
  letter: CommandLetter | undefined
  chain: string | undefined
  number: number | undefined
  newName: string | undefined
  policy: string | undefined
  zero: Command['zero'] = false
  table: string | undefined
  verbose = 0
  numeric = false
  exact = false
  lineNumbers = false
  wait = 0
  info: 'help' | 'version' | undefined
  readonly #restore: boolean
  #zeroes: Command['zero'] = false
  #interval: number | undefined
  #column = 1

  constructor(restore: boolean) {
    this.#restore = restore
  }

  take(token: CommandToken, more: () => string | undefined): void {
    const { flag, negated, column, value } = token
    const letter = (token.base as NonNullable<CommandToken['base']>).letter
    if (negated) throw new TextError(`unexpected '!' flag before ${flag}`, { column })
    this.#column = column
    switch (letter) {
      case 'A': case 'C': case 'N':
        return this.#command(letter, value)
      case 'D': case 'Z': case 'L': case 'S': {
        this.#command(letter, value || more())
        const number = more()
        if (letter === 'Z') this.#zeroes = number === undefined ? 'chain' : 'rule'
        return this.#numbered(number)
      }
      case 'I':
        this.#command(letter, value)
        this.#numbered(more())
        this.number ??= 1
        return
      case 'R':
        this.#command(letter, value)
        this.#numbered(more())
        if (this.number === undefined) throw this.#error('-R requires a rule number')
        return
      case 'F': case 'X':
        return this.#command(letter, value || more())
      case 'E':
        this.#command(letter, value)
        this.newName = more()
        if (this.newName === undefined) throw this.#error('-E requires old-chain-name and new-chain-name')
        return
      case 'P':
        this.#command(letter, value)
        this.policy = more()
        if (this.policy === undefined) throw this.#error('-P requires a chain and a policy')
        return
      default:
        return this.#option(letter, value, more)
    }
  }

  #option(letter: string, value: string, more: () => string | undefined): void {
    switch (letter) {
      case 't':
        if (this.#restore) throw this.#error('the -t option cannot be used here: the table is that of the lines around it')
        this.table = value
        return
      case 'v':
        this.verbose++
        return
      case 'n':
        this.numeric = true
        return
      case 'x':
        this.exact = true
        return
      case '0':
        this.lineNumbers = true
        return
      case 'w': case 'W': {
        if (this.#restore) throw this.#error(`-${letter} cannot be used here`)
        const text = value || more()
        const number = text === undefined ? -1 : Number.parseInt(text, 10)
        if (Number.isNaN(number)) throw this.#error(letter === 'w' ? 'wait seconds not numeric' : 'wait interval not numeric')
        if (letter === 'w') this.wait = number
        else this.#interval = number
        return
      }
      case 'h':
        return this.#ask('help')
      case 'V':
        return this.#ask('version')
      case 'M':
        return
    }
  }

  /** What stands behind `-h` or `-V` is not looked at. */
  #ask(info: 'help' | 'version'): never {
    if (this.#restore) throw this.#error('a question cannot stand in the middle of a change')
    this.info = info
    throw ASKED
  }

  #command(letter: CommandLetter, chain: string | undefined): void {
    const before = this.letter
    const zeroes = (a: string, b: string) => a === 'Z' && (b === 'L' || b === 'S')
    if (before !== undefined && !zeroes(letter, before) && !zeroes(before, letter)) {
      throw this.#error(`cannot use -${letter} with -${before}`)
    }
    if (before === undefined || letter !== 'Z') this.letter = letter
    if (chain === undefined) return
    this.chain = chain
    if (Buffer.byteLength(chain) >= EXTENSION_NAME_SIZE) {
      throw this.#error(`chain name '${chain}' too long (must be under ${EXTENSION_NAME_SIZE} chars)`)
    }
  }

  #numbered(text: string | undefined): void {
    if (text === undefined) return
    const number = parseUint(text, 1, 0x7fff_ffff)
    if (number < 0) throw this.#error(`invalid rule number '${text}'`)
    this.number = number
  }

  check(given: ReadonlyMap<string, unknown>, family: Family): void {
    if (this.wait === 0 && this.#interval !== undefined) throw this.#error('--wait-interval only makes sense with --wait')
    const { letter } = this
    if (letter === undefined) return
    if (letter !== 'Z') this.zero = this.#zeroes
    const byNumber = letter === 'D' && this.number !== undefined
    const illegal = byNumber ? 'nrx0c' : ILLEGAL[letter]
    const used = [...given.keys(), ...(this.numeric ? 'n' : ''), ...(this.exact ? 'x' : ''), ...(this.lineNumbers ? '0' : '')]
    const bad = used.find((one) => illegal.includes(one) || (illegal.includes('r') && (one.length > 1 || RULE_LETTERS.includes(one))))
    if (bad !== undefined) throw this.#error(`illegal option '-${bad}' with this command`)
    this.#checkInterfaces(given)
    if (letter === 'N') this.#checkName(family)
  }

  #checkName(family: Family): void {
    try {
      checkChainName(family, this.chain as string)
    } catch (error) {
      throw InputError.is(error) ? this.#error(error.reason) : error
    }
  }

  #checkInterfaces(given: ReadonlyMap<string, unknown>): void {
    if (!'ACDIR'.includes(this.letter as string)) return
    const incoming = this.chain === 'PREROUTING' || this.chain === 'INPUT'
    const outgoing = this.chain === 'POSTROUTING' || this.chain === 'OUTPUT'
    if (incoming && given.has('o')) throw this.#error(`can't use -o with ${this.chain}`)
    if (outgoing && given.has('i')) throw this.#error(`can't use -i with ${this.chain}`)
  }

  #error(reason: string): TextError {
    return new TextError(reason, { column: this.#column })
  }
}

function readUntilAsked(reader: RuleReader, words: Words): Rule[] {
  try {
    return reader.read(words)
  } catch (error) {
    if (error !== ASKED) throw error
    return []
  }
}

/** Reads the words of an iptables command. `restore`: a line of iptables-restore, which knows its table. Throws a TextError. */
export function parseCommand(words: Words, family: Family, { restore = false, table = 'filter' } = {}): Command {
  const command = new CommandReader(restore)
  const reader = new RuleReader(family, (token, more) => command.take(token, more))
  const rules = readUntilAsked(reader, words)
  const column = words.columns[0] ?? 1
  if (command.info === undefined && reader.otherFamily) {
    if (!restore) throw new TextError('the command is for the other family', { column })
    command.letter = undefined
  } else if (command.info === undefined) {
    if (command.letter === undefined) throw new TextError('no command specified', { column })
    command.check(reader.given, family)
    const drops = command.policy === 'DROP' || rules.some(({ target }) => target && 'target' in target && target.target === 'DROP')
    if ((command.table ?? table) === 'nat' && drops) {
      throw new TextError('the "nat" table is not intended for filtering, the use of DROP is therefore inhibited', { column })
    }
    if (command.letter === 'R' && rules.length !== 1) throw new TextError('replacement rule does not specify a unique address', { column })
  }
  const { letter, chain, number, newName, policy, zero, verbose, numeric, exact, lineNumbers, wait, info } = command
  return { letter, chain, number, rules, newName, policy, zero, table: command.table, verbose, numeric, exact, lineNumbers, wait, info }
}
