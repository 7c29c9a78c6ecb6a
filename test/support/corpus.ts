import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Family } from '../../src/xtables/index.js'
import { start } from './xtables.js'

/** A rule of fixtures/xtables/cases.jsonl that the C tool of a backend loads. */
export interface KernelCase {
  readonly family: Family
  readonly table: string
  readonly rule: string
  /** Commands that make what it names: `@` one of the shell, `%` one of iptables. */
  readonly setup?: readonly string[]
}

interface Line extends KernelCase {
  readonly ok: boolean
  readonly nft: { readonly ok: boolean }
}

const lines = readFileSync(join(__dirname, '../../fixtures/xtables/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)

/** The rules that the C tool of a backend loads. */
export function kernelCases(backend: 'legacy' | 'nft', family: Family): KernelCase[] {
  return lines.filter((one) => one.family === family && (backend === 'legacy' ? one.ok : one.nft.ok))
}

/** Makes before the tests what rules name (sets, accounts, timeout policies), and takes it away behind them; the commands of iptables that are to be run for the rules. */
export function withSetup(cases: readonly KernelCase[]): string[][] {
  const setup = [...new Set(cases.flatMap(({ setup = [] }) => setup))]
  beforeAll(() => {
    for (const line of setup) if (line.startsWith('@')) start('sh', ['-c', line.slice(1)])
  })
  afterAll(() => {
    for (const line of setup) {
      const [, program, kind, name] = /^@(\w+) (create|add|timeout add) (\w+)/.exec(line) ?? []
      if (program === 'ipset') start(program, ['destroy', name as string])
      else if (program === 'nfacct') start(program, ['delete', name as string])
      else if (program) start(program, [(kind as string).split(' ')[0] as string, 'delete', name as string])
    }
  })
  return setup.filter((line) => line.startsWith('%')).map((line) => line.split(' ').slice(1))
}
