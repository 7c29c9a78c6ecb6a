import { TextError, UsageError } from './error.js'
import type { Word } from './words.js'

export type CommandName =
  | 'create' | 'add' | 'del' | 'test' | 'destroy' | 'list' | 'save' | 'restore' | 'flush' | 'rename' | 'swap' | 'help' | 'version' | 'quit'

/** Forms in which sets can be printed. */
export type OutputForm = 'plain' | 'save' | 'xml' | 'json'

/** What holds for every command of a run: the ipset tool's options before or behind the command. */
export interface Environment {
  /** -exist: what is there, or gone, already is no error. */
  exist: boolean
  quiet: boolean
  resolve: boolean
  sorted: boolean
  /** -name: names alone. */
  names: boolean
  /** -terse: no entries. */
  terse: boolean
  output: OutputForm | undefined
  file: string | undefined
}

/** What the options of a command line say when none is given. */
export function environment(): Environment {
  return { exist: false, quiet: false, resolve: false, sorted: false, names: false, terse: false, output: undefined, file: undefined }
}

/** A command with its words, not yet looked at. */
export interface CommandLine {
  readonly command: CommandName | undefined
  /** What the command must have: the set, then its type, the entry or the second set. */
  readonly operands: readonly Word[]
  /** What is left: options of the type. */
  readonly rest: readonly Word[]
}

interface Row {
  readonly name: CommandName
  /** Other spellings; like the name itself they may be cut short. The first row that fits is meant. */
  readonly aliases: readonly string[]
  readonly operands: 0 | 1 | 2
  /** The operand may be missing. */
  readonly optional?: true
  readonly usage: string
  readonly doc: string
}

/** The commands in the order in which a beginning of one is looked for. */
export const COMMANDS: readonly Row[] = [
  { name: 'create', aliases: ['new', '-N'], operands: 2, usage: 'SETNAME TYPENAME [OPTION...]', doc: 'make a set' },
  { name: 'add', aliases: ['-A'], operands: 2, usage: 'SETNAME ENTRY [OPTION...]', doc: 'add an entry to a set' },
  { name: 'del', aliases: ['-D'], operands: 2, usage: 'SETNAME ENTRY', doc: 'delete an entry from a set' },
  { name: 'test', aliases: ['-T'], operands: 2, usage: 'SETNAME ENTRY', doc: 'tell whether an entry is in a set' },
  { name: 'destroy', aliases: ['x', '-X'], operands: 1, optional: true, usage: '[SETNAME]', doc: 'remove a set, or all sets' },
  { name: 'list', aliases: ['-L'], operands: 1, optional: true, usage: '[SETNAME]', doc: 'print a set, or all sets' },
  { name: 'save', aliases: ['-S'], operands: 1, optional: true, usage: '[SETNAME]', doc: 'print sets as restore reads them' },
  { name: 'restore', aliases: ['-R'], operands: 0, usage: '', doc: 'carry out the commands of a file' },
  { name: 'flush', aliases: ['-F'], operands: 1, optional: true, usage: '[SETNAME]', doc: 'remove all entries of a set, or of all sets' },
  { name: 'rename', aliases: ['e', '-E'], operands: 2, usage: 'SETNAME NEWNAME', doc: 'give a set another name' },
  { name: 'swap', aliases: ['w', '-W'], operands: 2, usage: 'SETNAME SETNAME', doc: 'exchange the contents of two sets' },
  { name: 'help', aliases: ['-h', '-H'], operands: 1, optional: true, usage: '[TYPENAME]', doc: 'print this, or what a set type takes' },
  { name: 'version', aliases: ['-v', '-V'], operands: 0, usage: '', doc: 'print the version' },
  { name: 'quit', aliases: [], operands: 0, usage: '', doc: 'leave the interactive mode' },
]

type Setting = 'exist' | 'quiet' | 'resolve' | 'sorted' | 'names' | 'terse'

/** The options that hold for every command. One more leading dash is taken too. */
export const ENVIRONMENT_OPTIONS: readonly { names: readonly [string, string]; key: Setting | 'output' | 'file'; usage?: string; doc: string }[] = [
  { names: ['-o', '-output'], key: 'output', usage: 'plain|save|xml|json', doc: 'form in which sets are printed' },
  { names: ['-s', '-sorted'], key: 'sorted', doc: 'print the entries of hash sets sorted' },
  { names: ['-q', '-quiet'], key: 'quiet', doc: 'print no notices and errors' },
  { names: ['-r', '-resolve'], key: 'resolve', doc: 'print host names instead of addresses' },
  { names: ['-!', '-exist'], key: 'exist', doc: 'what is there already, or gone, is no error' },
  { names: ['-n', '-name'], key: 'names', doc: 'print names only' },
  { names: ['-t', '-terse'], key: 'terse', doc: 'print no entries' },
  { names: ['-f', '-file'], key: 'file', usage: 'FILE', doc: 'file to restore from, or to print to' },
]

/** Takes the options that hold for every command out of the words and puts them into `env`; then the command. Throws a UsageError. */
export function readCommandLine(words: readonly Word[], env: Environment): CommandLine {
  const left = takeEnvironment(words, env)
  const [first] = left
  if (!first) return { command: undefined, operands: [], rest: [] }
  const row = findCommand(first.text)
  if (!row) return { command: undefined, operands: [], rest: left }
  const operands = left.slice(1, 1 + row.operands)
  if (!row.optional && operands.length < row.operands) {
    const which = operands.length === 0 ? 'mandatory' : 'second mandatory'
    throw new UsageError(`Missing ${which} argument to command ${row.name}`, { column: first.column })
  }
  return { command: row.name, operands, rest: left.slice(1 + operands.length) }
}

function takeEnvironment(words: readonly Word[], env: Environment): Word[] {
  const left: Word[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const text = word.text.startsWith('--') ? word.text.slice(1) : word.text
    const option = ENVIRONMENT_OPTIONS.find(({ names }) => names.includes(text))
    const comment = left.at(-1)?.text === 'comment' && findCommand(left[0]!.text)?.name === 'add'
    if (!option || word.quoted || comment) {
      left.push(word)
      continue
    }
    if (option.usage === undefined) {
      env[option.key as Setting] = true
      continue
    }
    const value = words[++i]
    if (!value) throw new UsageError(`Missing mandatory argument to option ${option.names[0]}`, { column: word.column })
    if (option.key === 'file') env.file = value.text
    else env.output = demandOutput(value)
  }
  return left
}

function demandOutput({ text, column }: Word): OutputForm {
  if (text === 'plain' || text === 'save' || text === 'xml' || text === 'json') return text
  throw new TextError(`Syntax error: unknown output mode '${text}'`, { column })
}

function findCommand(text: string): Row | undefined {
  const word = text.startsWith('--') ? text.slice(2) : text
  if (word === '' || text === '-') return undefined
  return COMMANDS.find(({ name, aliases }) => name.startsWith(word) || aliases.some((alias) => alias.startsWith(word)))
}
