import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './kernel.js'
import { packageFolder } from './package-folder.js'
import { asShown } from './page-steps.js'
import { type Ended, type Running, startProgram } from './served.js'

/** Where the examples are. */
export const EXAMPLES = join(__dirname, '../../examples')

/** Examples as programs. */
export interface Examples {
  /** Starts one, in this file's network namespace. */
  begin(name: string, ...args: string[]): Running
  /** Runs one to its end. */
  finish(name: string, args?: readonly string[], input?: string): Promise<Ended>
}

/** The file names of all examples. */
export const exampleNames = (): string[] => readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'))

/** The examples in a folder of their own, where the package is found as an installed one is. */
export function installedExamples(): Examples {
  const folder = packageFolder()
  cpSync(EXAMPLES, join(folder, 'examples'), { recursive: true })
  const begin: Examples['begin'] = (name, ...args) => startProgram(process.execPath, [join(folder, 'examples', `${name}.mjs`), ...args], { cwd: folder })
  const finish: Examples['finish'] = (name, args = [], input = '') => {
    const { child, ended } = begin(name, ...args)
    child.stdin?.end(input)
    return ended
  }
  return { begin, finish }
}

/** How an example ends that had nothing to complain of. */
export const done = (output: string) => ({ code: 0, signal: null, output, errors: '' })

/** What a program writes, as it comes. */
export function linesOf(stream: ChildProcess['stdout']): { until(line: RegExp): Promise<void> } {
  let text = ''
  stream?.on('data', (piece) => {
    text += piece
  })
  return {
    async until(line) {
      while (!line.test(text)) {
        const outcome = await Promise.race([once(stream!, 'data'), once(stream!, 'close').then(() => 'closed')])
        if (outcome === 'closed' && !line.test(text)) throw new Error(`the example ended without ${line}: ${text}`)
      }
    },
  }
}

/** What the save command prints of a table, without what is there in an empty one. */
export function saved(program: 'iptables' | 'ip6tables', table: string, prefix: readonly string[] = []): string[] {
  const [first, ...rest] = [...prefix, `${program}-save`, '-t', table]
  return asShown(run(first as string, rest)).filter((line) => !/^(\*|COMMIT|:[A-Z]+ ACCEPT )/.test(line))
}

/** All that is in the tables of both families. */
export function left(): string[] {
  return (['iptables', 'ip6tables'] as const).flatMap((program) => ['filter', 'nat', 'mangle', 'raw'].flatMap((table) => saved(program, table)))
}
