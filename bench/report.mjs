// Writes RESULTS.md and results.json: the numbers of a whole run, with what they were measured on, so that they can be judged
// later. No name of the machine and no path on it: the files are published.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { curves } from './cases/growth.mjs'
import { MORE_STARTS } from './cases/start.mjs'
import { growthSection } from './growth.mjs'
import { disturbances } from './others.mjs'
import { table } from './rows.mjs'

const TARGET = new URL('RESULTS.md', import.meta.url)
const DATA = new URL('results.json', import.meta.url)

/** Machine and versions. */
export function machine() {
  const [processor] = cpus()
  const koffi = JSON.parse(readFileSync(new URL('../node_modules/koffi/package.json', import.meta.url), 'utf8')).version
  return [
    ['processor', `${processor.model.trim()}, ${cpus().length} cores`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GB`],
    ['kernel', `Linux ${release()} ${process.arch}`],
    ['node', `${process.version}, V8 ${process.versions.v8}`],
    ['koffi', koffi],
    ['ipset', firstLine('ipset', ['--version'])],
    ['iptables', firstLine('iptables-nft', ['--version'])],
    ['C compiler', firstLine('cc', ['--version'])],
    ['disturbed runs', disturbances()],
  ]
}

function firstLine(program, words) {
  return execFileSync(program, words, { encoding: 'utf8' }).split('\n')[0].trim()
}

const today = () => new Date().toISOString().slice(0, 10)

/** The rows beside each other, and those of the curves. */
function parted(rows) {
  return { compared: rows.filter((row) => row.growth === undefined), grown: rows.filter((row) => row.growth !== undefined) }
}

/** Everything that was measured, each sample too: what plot.mjs reads. */
export function asJson(rows, runs) {
  const described = curves.map(({ name, what, unit, tool, why }) => ({ name, what, unit, tool, why }))
  return `${JSON.stringify({ date: today(), machine: Object.fromEntries(machine()), runs, rows, curves: described }, null, 2)}\n`
}

/** For the terminal. */
export function asText(rows) {
  const { compared, grown } = parted(rows)
  const parts = [machine().map(([name, value]) => `${name}: ${value}`).join('\n')]
  if (compared.length > 0) parts.push(table(compared))
  if (grown.length > 0) parts.push(growthSection(grown, curves))
  return `\n${parts.join('\n\n')}\n`
}

export function writeReport(rows, runs) {
  const { compared, grown } = parted(rows)
  const budgets = rows.filter((row) => row.holds !== undefined)
  const missed = budgets.filter((row) => !row.holds)
  const lines = [
    '# Results of `npm run bench`',
    '',
    `Measured on ${today()}, all contenders in turns in one run, in a network namespace`,
    `of its own. Medians of ${runs} runs, each in a fresh process (${MORE_STARTS * runs} of the short starts).`,
    '"The kernel alone" is `kernel-limit.c`: system calls on messages written beforehand.',
    '',
    ...machine().map(([name, value]) => `- ${name}: ${value}`),
    '',
    table(compared),
    '',
    missed.length === 0 ? 'Every budget holds.' : `${missed.length} of ${budgets.length} budgets are missed.`,
    '',
    growthSection(grown, curves),
    '',
  ]
  writeFileSync(TARGET, lines.join('\n'))
  writeFileSync(DATA, asJson(rows, runs))
}
