import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { format } from 'node:util'
import { transformSync } from '@swc/core'

/** A piece of JavaScript or TypeScript of a page: what it says it prints stands behind `// ` on the line that prints. */
export interface Example {
  readonly line: number
  readonly heading: string
  readonly code: string
  readonly prints: readonly string[]
}

const FENCE = /^```(?:js|ts)\n([\s\S]*?)^```$/gm

/** The examples of a Markdown page of the repository. */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(join(__dirname, '../..', page), 'utf8')
  return [...text.matchAll(FENCE)].map(({ index, 1: code = '' }) => {
    const before = text.slice(0, index)
    const heading = [...before.matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? ''
    const prints = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, expected]) => expected!)
    return { line: before.split('\n').length, heading, code, prints }
  })
}

const here = createRequire(__filename)

/** Runs an example against the sources; the lines it prints. */
export async function runExample(code: string): Promise<string[]> {
  const options = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } } as const
  const { code: body } = transformSync(code, options)
  const printed: string[] = []
  const log = (...values: unknown[]) => printed.push(...format(...values).split('\n'))
  const load = (name: string) => (name.startsWith('node:') ? here(name) : require(join(__dirname, '../../src', name.replace('netfilter-kit', ''), 'index')))
  const AsyncFunction = (async () => {}).constructor as new (...words: string[]) => (...values: unknown[]) => Promise<void>
  const quiet = { stderr: { write() {} } }
  await new AsyncFunction('require', 'exports', 'console', 'process', body)(load, {}, { log }, quiet)
  return printed
}
