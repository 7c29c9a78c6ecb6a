// Writes RESULTS.md: the numbers of a whole run, with what they were measured on, so that they can be judged later.
// No name of the machine and no path on it: the file is published.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { MORE_STARTS } from './cases/start.mjs'
import { disturbances } from './others.mjs'
import { table } from './rows.mjs'

const TARGET = new URL('RESULTS.md', import.meta.url)

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

export function writeReport(rows, runs) {
  const budgets = rows.filter((row) => row.holds !== undefined)
  const missed = budgets.filter((row) => !row.holds)
  const today = new Date().toISOString().slice(0, 10)
  const lines = [
    '# Results of `npm run bench`',
    '',
    `Measured on ${today}, all contenders in turns in one run, in a network namespace`,
    `of its own. Medians of ${runs} runs, each in a fresh process (${MORE_STARTS * runs} of the short starts).`,
    '"The kernel alone" is `kernel-limit.c`: system calls on messages written beforehand.',
    '',
    ...machine().map(([name, value]) => `- ${name}: ${value}`),
    '',
    table(rows),
    '',
    missed.length === 0 ? 'Every budget holds.' : `${missed.length} of ${budgets.length} budgets are missed.`,
    '',
  ]
  writeFileSync(TARGET, lines.join('\n'))
}
