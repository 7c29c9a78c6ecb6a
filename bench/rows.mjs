// Rows of the result: what was measured, beside what it is compared with, and whether the budget holds.

/** The longest the event loop may stand still, in milliseconds. */
const STALL = 20

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Times compared. `budget` is { faster: n }, { within: n }, or nothing where the row only informs. `relation` is the same
 * in numbers: how much of their time ours is, and how much it may be.
 */
export function timeRow(what, ours, comparedWith, theirs, budget = {}) {
  const our = median(ours)
  const their = median(theirs)
  const { faster, within } = budget
  const gain = their / our
  const forward = faster !== undefined || (within === undefined && gain >= 1)
  const ratio = forward ? `${digits(gain)} x faster` : `${digits(1 / gain)} x the time`
  const limit = faster === undefined ? within : 1 / faster
  const relation = { ratio: our / their, limit }
  const row = { what, ours: time(our), comparedWith, theirs: time(their), ratio, budget: '', relation, samples: { ours, theirs } }
  if (faster !== undefined) return { ...row, budget: `at least ${faster} x faster`, holds: gain >= faster }
  return within === undefined ? row : { ...row, budget: `at most ${within} x`, holds: 1 / gain <= within }
}

/** Operations a second, compared with a rate that `factor` times is wanted of. */
export function rateRow(what, ours, comparedWith, theirs, factor) {
  const our = median(ours)
  const their = median(theirs)
  const ratio = `${digits(our / their)} x`
  const relation = { ratio: their / our, limit: factor === undefined ? undefined : 1 / factor }
  const row = { what, ours: rate(our), comparedWith, theirs: rate(their), ratio, budget: '', relation, samples: { ours, theirs } }
  return factor === undefined ? row : { ...row, budget: `at least ${factor} x`, holds: our >= factor * their }
}

/** A measure with a fixed bound, `least` or `most`. */
export function boundRow(what, ours, unit, { least, most }) {
  const our = median(ours)
  const budget = least === undefined ? `at most ${grouped(most)} ${unit}` : `at least ${grouped(least)} ${unit}`
  const holds = least === undefined ? our <= most : our >= least
  const row = { what, ours: `${digits(our)} ${unit}`, comparedWith: '', theirs: '', ratio: '' }
  return { ...row, budget, holds, samples: { ours } }
}

export function stallRow(what, ours) {
  return boundRow(`longest stall of the event loop: ${what}`, ours, 'ms', { most: STALL })
}

/** Seconds in words. */
export function time(value) {
  return value < 0.5 ? `${digits(value * 1000)} ms` : `${digits(value)} s`
}

function rate(value) {
  return `${grouped(Math.round(value))}/s`
}

/** Three digits, or all of them. */
export function digits(value) {
  return value >= 1000 ? grouped(Math.round(value)) : value.toPrecision(3)
}

export function grouped(value) {
  return value.toLocaleString('en-US')
}

const COLUMNS = [
  ['what', 'what'],
  ['ours (median)', 'ours'],
  ['compared with', 'comparedWith'],
  ['theirs (median)', 'theirs'],
  ['ratio', 'ratio'],
  ['budget', 'budget'],
  ['holds', 'holds'],
]

function cell(row, key) {
  if (key !== 'holds') return row[key]
  return row.holds === undefined ? '' : row.holds ? 'yes' : 'NO'
}

/** The rows as a Markdown table. */
export function table(rows) {
  return aligned([COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, key]) => cell(row, key)))])
}

/** A Markdown table, its titles first, whose columns are also aligned for the eye. */
export function aligned(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)))
  const text = lines.map((line) => `| ${line.map((word, i) => word.padEnd(widths[i])).join(' | ')} |`)
  return [text[0], `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...text.slice(1)].join('\n')
}
