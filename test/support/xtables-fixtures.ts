import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Family } from '../../src/xtables/index.js'
import type { Info } from '../../src/xtables/legacy/sockopt.js'

/** A rule of fixtures/xtables/cases.jsonl. */
export interface CapturedRule {
  readonly family: Family
  readonly rule: string
  readonly ok: boolean
  readonly entry: string
}

/** A ruleset of fixtures/xtables/rulesets.jsonl. */
export interface CapturedRuleset {
  readonly family: Family
  readonly input: string
  readonly save: string
  readonly tables: Readonly<Record<string, Omit<Info, 'name'> & { readonly bytes: string }>>
}

function lines<T>(name: string): readonly T[] {
  const text = readFileSync(resolve(__dirname, '../../fixtures/xtables', name), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

export const capturedRules = lines<CapturedRule>('cases.jsonl')
export const capturedRulesets = lines<CapturedRuleset>('rulesets.jsonl')

/** The table `filter` of the first captured ruleset, as the kernel gave it: nine chains of IPv4. */
export function capturedTable(): { readonly info: Info; readonly bytes: Buffer } {
  const [first] = capturedRulesets as [CapturedRuleset]
  const { bytes, ...info } = first.tables.filter as CapturedRuleset['tables'][string]
  return { info: { name: 'filter', ...info }, bytes: Buffer.from(bytes, 'hex') }
}

/** How many times a property is tried: FUZZ_FACTOR=100 tries each a hundred times as often as usual. */
export function runs(usual: number): { numRuns: number } {
  return { numRuns: usual * Number(process.env.FUZZ_FACTOR ?? 1) }
}
