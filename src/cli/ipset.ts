import { createReadStream } from 'node:fs'
import {
  type CommandLine,
  type Environment,
  environment,
  foundNothing,
  IPSetError,
  linesOf,
  RestoreError,
  readCommandLine,
  restoreLines,
  Runner,
  Session,
  splitWords,
  UsageError,
  type Word,
} from '../ipset/index.js'
import { InputError, NetfilterError } from '../netlink/index.js'
import { throughDaemon } from './daemon-path.js'
import { helpText, VERSION_LINE } from './ipset-help.js'
import { hostNames, namesOfHosts } from './names.js'
import { type Output, outputTo } from './output.js'

// Exit codes of the ipset tool: include/libipset/ipset.h of ipset 7.17, enum ipset_exit_code.
const OTHER_PROBLEM = 1
const PARAMETER_PROBLEM = 2

/** The `ipset` command: arguments, output and exit codes of ipset 7.17. */
export async function main(args: readonly string[]): Promise<number> {
  const env = environment()
  try {
    return await command(args, env)
  } catch (error) {
    return report(error, env.quiet)
  }
}

async function command(args: readonly string[], env: Environment): Promise<number> {
  const line = readCommandLine(args.map((text, i) => ({ text, column: i + 1 })), env)
  if (line.command === undefined && line.rest[0]?.text === '-') return interactive(env)
  demandCommand(line)
  if (line.command === 'quit') return 0
  if (line.command === 'help') {
    process.stdout.write(helpText(line.operands[0]?.text))
    return 0
  }
  if (line.command === 'version') {
    process.stdout.write(VERSION_LINE)
    await withSession(async () => {})
    return 0
  }
  if (line.command !== 'restore') return withSession((session) => one(session, line, env))
  if (line.rest[0]) throw new UsageError(`Unknown argument ${line.rest[0].text}`)
  return withSession((session) => restore(session, env))
}

function demandCommand({ command, rest }: CommandLine): void {
  if (command !== undefined) return
  throw new UsageError(rest[0] ? `No command specified: unknown argument ${rest[0].text}` : 'No command specified.')
}

async function one(session: Session, line: CommandLine, env: Environment): Promise<number> {
  const lists = line.command === 'list' || line.command === 'save'
  const output = outputTo(lists ? env.file : undefined)
  try {
    const { found } = await runner(session, env, output).run(line)
    return found ? 0 : OTHER_PROBLEM
  } finally {
    output.close()
  }
}

async function restore(session: Session, env: Environment): Promise<number> {
  const output = outputTo(undefined)
  const input = env.file === undefined ? process.stdin : fileInput(env.file)
  await restoreLines(runner(session, env, output), linesOf(input), env)
  return 0
}

/** Opened once: a pipe has but one reader. */
async function* fileInput(path: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 })
  } catch (cause) {
    throw new InputError(`Cannot open ${path} for reading: ${(cause as Error).message}`, { cause })
  }
}

/** The prompt: a line is a command; errors are told and forgotten. */
async function interactive(env: Environment): Promise<number> {
  return withSession(async (session) => {
    const output = outputTo(undefined)
    await output.write('ipset> ')
    for await (const lines of linesOf(process.stdin)) {
      for (const text of lines) {
        if (!(await prompted(session, text, env, output))) return 0
        await output.write('ipset> ')
      }
    }
    return 0
  })
}

/** Carries out a line of the prompt; false when it was the last. */
async function prompted(session: Session, text: string, env: Environment, output: Output): Promise<boolean> {
  const words: Word[] = []
  try {
    words.push(...splitWords(text))
    if (words.length === 0 || text.trim().startsWith('#')) return true
    const line = readCommandLine(words, env)
    if (line.command === 'quit') return false
    if (line.command === undefined) await output.write('No command specified\n')
    else if (line.command === 'help') await output.write(helpText(line.operands[0]?.text))
    else if (line.command === 'version') await output.write(VERSION_LINE)
    else if (line.command === 'restore') await output.write('Restore command is not supported in interactive mode\n')
    else await runner(session, env, output).run(line)
  } catch (error) {
    report(error, false)
  }
  Object.assign(env, environment())
  return true
}

async function withSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(throughDaemon())
  try {
    return await use(session)
  } finally {
    session.connection.close()
  }
}

function runner(session: Session, env: Environment, output: Output): Runner {
  return new Runner(session, env, {
    out: (text) => output.write(text),
    note(kind, text) {
      if (!env.quiet) process.stderr.write(`${kind === 'warning' ? 'Warning: ' : ''}${text}\n`)
    },
    resolve: hostNames,
    rewrite: namesOfHosts,
  })
}

/** Says what went wrong, as the ipset tool does, and gives the exit code. */
function report(error: unknown, quiet: boolean): number {
  if (!NetfilterError.is(error)) throw error
  const cause = RestoreError.is(error) ? error.cause : error
  const usage = UsageError.is(cause)
  // A test that found nothing has said so.
  if (!quiet && !foundNothing(cause)) {
    const where = RestoreError.is(error) ? `Error in line ${error.line}: ` : ''
    process.stderr.write(`ipset v7.17: ${where}${sentence(cause)}\n`)
    if (usage) process.stderr.write("Try `ipset help' for more information.\n")
  }
  return usage ? PARAMETER_PROBLEM : OTHER_PROBLEM
}

function sentence(error: unknown): string {
  return IPSetError.is(error) ? error.sentence : (error as Error).message
}
