import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { builtLibrary } from '../support/build.js'

const RUN = resolve(__dirname, '../../fuzz/run.mjs')
/** As in support/seed.ts: in CI the inputs are the same each time. */
const seed = process.env.FUZZ_SEED ?? (process.env.CI === undefined ? undefined : '20261121')

function fuzz(...args: string[]) {
  const words = [RUN, '--built', builtLibrary(), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 50_000, killSignal: 'SIGKILL' })
  return { status, said: stdout + stderr }
}

const folder = mkdtempSync(join(tmpdir(), 'fuzz-run-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('some seconds of `npm run fuzz` find nothing, and try every target', () => {
  const { status, said } = fuzz('--seconds', '10', ...(seed === undefined ? [] : ['--seed', seed]))
  expect([status, status === 0 ? '' : said]).toEqual([0, ''])
  expect(said).toMatch(/^no findings in \d+ s$/m)
  const rows = said.split('\n').filter((line) => /^\S.*\S {2,}[\d,]+ {2,}[\d,]+ {2,}[\d,]+ {2,}[\d,]+$/.test(line))
  expect(rows.length).toBeGreaterThan(30)
}, 60_000)

const TARGETS = `
export async function allTargets() {
  return [
    { name: 'sound', make: (random) => random.below(9), check: (input) => input > 4 },
    { name: 'of another class', make: (random) => 'x'.repeat(random.below(40)), check(text) { if (text.length > 20) text.missing.member; return true } },
    { name: 'without an end', make: (random) => random.below(50), check(input) { while (input === 7); return true } },
    { name: 'without a bound', make: (random) => random.below(50), check(input) { const held = []; while (input === 7) held.push(new Array(1000000).fill(held.length)); return true } },
    { name: 'later', make: (random) => random.below(50), async check(input) { await null; if (input === 7) throw new RangeError('later'); return true } },
  ]
}
`

test('what throws what it must not, hangs, or fills the memory is found, told and kept', () => {
  const file = join(folder, 'targets.mjs')
  writeFileSync(file, TARGETS)
  const kept = join(folder, 'findings')
  const { status, said } = fuzz('--seconds', '14', '--seed', '5', '--targets', file, '--folder', kept)
  expect(status).toBe(1)
  expect(said).toMatch(/^finding: of another class: TypeError: /m)
  expect(said).toMatch(/^finding: without an end: no end within 1000 ms$/m)
  expect(said).toMatch(/^finding: without a bound: memory: /m)
  expect(said).toMatch(/^finding: later: RangeError: later/m)
  expect(said).not.toMatch(/^finding: sound/m)
  // As small as it can be made, and with what is needed to try it again.
  expect(said).toContain(`enough "${'x'.repeat(21)}"`)
  expect(said).toMatch(/again: node fuzz\/run\.mjs --seed 5 --target 'later' --input \d+/)
  // Memory may fill up at more than one input, each time with another message.
  const targets = new Set(readdirSync(kept).map((name) => name.replace(/-5-\d+\.txt$/, '')))
  expect([...targets].sort()).toEqual(['later', 'of_another_class', 'without_a_bound', 'without_an_end'])
  for (const name of readdirSync(kept)) expect(readFileSync(join(kept, name), 'utf8')).toMatch(/^finding: .*\n {2}seed 5, target /)

  const [, number = ''] = /target 'later', input (\d+)/.exec(said) ?? []
  const again = fuzz('--seed', '5', '--targets', file, '--target', 'later', '--input', number)
  expect([again.status, again.said]).toEqual([1, expect.stringMatching(/^later \d+: 7$/m)])
}, 90_000)
