import { NetfilterError, TransportError } from '../../netlink/index.js'
import { IPSET_ERR_EXIST, IPSetError } from '../error.js'
import { type CommandLine, type Environment, readCommandLine } from './command-line.js'
import { RestoreError, UsageError } from './error.js'
import type { Runner } from './runner.js'
import { splitWords } from './words.js'

/**
 * Carries out the lines of a saved ruleset; gives their number. The first that fails ends it with a RestoreError, be it a test
 * that finds nothing; what is no line's fault (closed, aborted, timed out) with the TransportError itself.
 */
export async function restoreLines(runner: Runner, pieces: AsyncIterable<readonly string[]>, env: Environment): Promise<number> {
  let number = 0
  for await (const lines of pieces) {
    for (const line of lines) {
      number++
      try {
        const quick = runner.quick(line, number)
        if (quick === undefined) {
          if (!(await restoreLine(runner, line, number, env))) return number
        } else if (quick) await quick
      } catch (error) {
        throw RestoreError.is(error) || TransportError.is(error) || !NetfilterError.is(error) ? error : new RestoreError(number, error)
      }
    }
  }
  await runner.finish()
  return number
}

/** Whether an error is that of a test that found no entry; the runner has noted it then. */
export function foundNothing(error: unknown): boolean {
  return IPSetError.is(error) && error.request === 'test' && error.errno === IPSET_ERR_EXIST
}

/** Carries out one line; false when it ends the text. */
async function restoreLine(runner: Runner, line: string, number: number, env: Environment): Promise<boolean> {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return true
  if (text === 'COMMIT') {
    await runner.finish()
    return true
  }
  const command = readCommandLine(splitWords(line), env)
  if (command.command === 'quit') {
    await runner.finish()
    return false
  }
  demandRestorable(command)
  const { found } = await runner.run(command, number)
  if (found) return true
  const [set, entry] = command.operands
  const asked = { command: 'test', set: set?.text, entry: entry?.text }
  throw new IPSetError({ errno: IPSET_ERR_EXIST, errnoName: 'IPSET_ERR_EXIST' }, asked, 'The element is not in the set')
}

function demandRestorable({ command, rest }: CommandLine): void {
  if (command === undefined) {
    throw new UsageError(rest[0] ? `No command specified: unknown argument ${rest[0].text}` : 'No command specified.')
  }
  if (command === 'restore' || command === 'version' || command === 'help') {
    throw new UsageError(`Command \`${command}' is invalid in restore mode.`)
  }
}
