// What is shown: a line while it runs, findings, and the table at the end.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import progress from 'cli-progress'

/** A line of progress on a terminal; nothing elsewhere. */
export function progressLine(seconds) {
  if (!process.stderr.isTTY) return { update() {}, stop() {} }
  const bar = new progress.SingleBar({
    format: '{bar} {value}/{total} s | {inputs} inputs | {found} findings | {memory} MB',
    hideCursor: true,
    fps: 1,
  })
  bar.start(seconds, 0, { inputs: 0, found: 0, memory: 0 })
  return { update: (second, told) => bar.update(Math.min(second, seconds), told), stop: () => bar.stop() }
}

/** Control characters as escapes: what is found may hold any, and is shown on terminals. */
const visible = (line) => line.replace(/[^\P{Cc}\t]/gu, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** A finding as text, whole. */
export function findingText({ kind, target, number, input, small, error, times }, seed) {
  return [
    `finding: ${kind}`,
    `  seed ${seed}, target '${target}', input ${number}${times > 1 ? `, and ${times - 1} more like it` : ''}`,
    `  input ${input}`,
    ...(small === undefined ? [] : [`  enough ${small}`]),
    ...error.split('\n').map((line) => `  ${line}`),
    `  again: node fuzz/run.mjs --seed ${seed} --target '${target}' --input ${number}`,
    '',
  ]
    .map(visible)
    .join('\n')
}

/** Puts a finding into a folder, a file of its own. */
export function saveFinding(folder, finding, seed) {
  mkdirSync(folder, { recursive: true })
  const name = `${finding.target}-${seed}-${finding.number}`.replace(/[^\w.-]+/g, '_')
  writeFileSync(join(folder, `${name}.txt`), findingText(finding, seed))
}

/** Rows as a table whose columns are aligned; numbers to the right. */
export function table(titles, rows) {
  const all = [titles, ...rows.map((row) => row.map(String))]
  const widths = titles.map((_, i) => Math.max(...all.map((row) => row[i].length)))
  const line = (row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()
  return [line(all[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...all.slice(1).map(line)].join('\n')
}

const grouped = (number) => Math.round(number).toLocaleString('en-US')

/** The table of what was tried: `counts` of all inputs, those taken and those refused, and the milliseconds, by target. */
export function resultTable(names, counts) {
  const rows = names.flatMap((name, i) => {
    const [all, taken, refused] = counts.slice(3 * i, 3 * i + 3)
    const spent = counts[3 * names.length + i]
    return all > 0 ? [[name, grouped(all), grouped(taken), grouped(refused), spent > 0 ? grouped((1000 * all) / spent) : '']] : []
  })
  const sum = (at) => names.reduce((before, _, i) => before + counts[3 * i + at], 0)
  return table(['target', 'inputs', 'accepted', 'refused', 'inputs/s'], [...rows, ['all', ...[0, 1, 2].map((at) => grouped(sum(at))), '']])
}
