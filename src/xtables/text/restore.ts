import type { Family } from '../context.js'
import { InputError } from '../../netlink/wire/error.js'
import { EXTENSION_NAME_SIZE } from '../layout.js'
import type { Counters } from '../rule.js'
import { type Command, parseCommand } from './command.js'
import { TextError } from './error.js'
import { splitWords } from './lexer.js'

/** A line of an iptables-restore input, read. */
export type RestoreLine =
  | { readonly kind: 'table'; readonly line: number; readonly table: string }
  | { readonly kind: 'chain'; readonly line: number; readonly chain: string; readonly policy: string | undefined; readonly counters: Counters | undefined }
  | { readonly kind: 'command'; readonly line: number; readonly command: Command; readonly text: string }
  | { readonly kind: 'commit'; readonly line: number }
  | { readonly kind: 'comment'; readonly line: number; readonly text: string }

/** How a text is read. */
export interface RestoreOptions {
  readonly family: Family
  /** Reads the counters in front of rules and behind policies, which must be there; `given`: where they are. */
  readonly counters?: boolean | 'given'
  /** Reads the lines of this table alone. */
  readonly table?: string | undefined
}

/** What a rule is printed behind that no C tool has words for: they take it for a comment. */
export const PLACEHOLDER = '# unknown: '

/** Reads the lines of a text in the language of iptables-save, one by one. Throws a TextError with line and column. */
export function* restoreLines(text: string, { family, counters = false, table: only }: RestoreOptions): Generator<RestoreLine> {
  let table: string | undefined
  let skipping = false
  let line = 0
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    let content = text.slice(at, end < 0 ? text.length : end)
    at = end < 0 ? text.length : end + 1
    line++
    if (content.endsWith('\r')) content = content.slice(0, -1)
    if (content === '') continue
    if (content.startsWith(PLACEHOLDER) && table !== undefined) content = content.slice(PLACEHOLDER.length)
    const first = content[0]
    if (first === '#') yield { kind: 'comment', line, text: content }
    else if (first === '*' && table === undefined) {
      table = firstWords(content)[0] ?? ''
      if (!isName(table)) throw new TextError('table name invalid', { line, column: 2 })
      skipping = only !== undefined && only !== table
      if (!skipping) yield { kind: 'table', line, table }
    } else if (table === undefined) {
      throw outOfPlace(`'${content}' stands in no table: a line such as *filter comes first`, line)
    } else if (content === 'COMMIT') {
      table = undefined
      if (!skipping) yield { kind: 'commit', line }
    } else if (skipping) continue
    else if (first === ':') yield chainLine(content, line, counters)
    else yield commandLine(content, line, { family, counters, table })
  }
  if (table !== undefined) throw outOfPlace('COMMIT expected', line + 1)
}

/** The words behind the first character of a line that knows no quotes. */
function firstWords(content: string): string[] {
  return content.slice(1).split(/[ \t]+/).filter((word) => word !== '')
}

/** Whether a word can be a name that is printed on such a line. */
function isName(word: string): boolean {
  return word !== '' && !/[\0\r]/.test(word)
}

/** What is wrong with the order of the lines, and with no word in them: its cause is an InputError of that kind. */
function outOfPlace(reason: string, line: number): TextError {
  return new TextError(reason, { line, column: 1, cause: new InputError('the order of the lines') })
}

function chainLine(content: string, line: number, counters: boolean | 'given'): RestoreLine {
  const [chain = '', policy, counted] = firstWords(content)
  if (!isName(chain)) throw new TextError('chain name invalid', { line, column: 2 })
  if (Buffer.byteLength(chain) >= EXTENSION_NAME_SIZE) {
    throw new TextError(`invalid chain name '${chain}' (${EXTENSION_NAME_SIZE - 1} chars max)`, { line, column: 2 })
  }
  if (policy === undefined || policy.startsWith('[')) throw new TextError(`policy invalid: chain '${chain}' needs ACCEPT, DROP or -`, { line, column: content.length + 1 })
  if (policy === '-') return { kind: 'chain', line, chain, policy: undefined, counters: undefined }
  const column = content.indexOf(policy) + 1
  const found = /^\[(\d+):(\d+)\]$/.exec(counted ?? '')
  if (counters === true && !found) throw new TextError(`invalid policy counters for chain '${chain}'`, { line, column })
  const values = counters && found ? { packets: BigInt(found[1] as string), bytes: BigInt(found[2] as string) } : { packets: 0n, bytes: 0n }
  return { kind: 'chain', line, chain, policy, counters: values }
}

function commandLine(content: string, line: number, options: RestoreOptions & { readonly table: string }): RestoreLine {
  let start = 0
  let counted: Counters | undefined
  if (content[0] === '[') {
    const found = (options.counters ? /^\[(\d+):(\d+)\]/ : /^\[([^:\]]*):([^\]]*)\]/).exec(content)
    if (!found) throw new TextError('counters look like [packets:bytes]', { line, column: 1 })
    start = found[0].length
    if (options.counters) counted = { packets: BigInt(found[1] as string), bytes: BigInt(found[2] as string) }
  }
  try {
    const command = parseCommand(splitWords(content, start), options.family, { restore: true, table: options.table })
    const twice = counted && command.rules.some(({ counters }) => counters)
    if (twice) throw new TextError('counters stand in front of the rule, and in it once more', { column: 1 })
    return { kind: 'command', line, command: counted ? { ...command, rules: command.rules.map((rule) => ({ ...rule, counters: counted })) } : command, text: content }
  } catch (error) {
    if (!InputError.is(error)) throw error
    throw new TextError(error.reason, { line, column: TextError.is(error) ? error.column : 1, cause: error })
  }
}
