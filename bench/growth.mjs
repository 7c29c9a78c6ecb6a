// The points of a curve, and the part of the report that shows the curves.
import { all } from './rounds.mjs'
import { aligned, digits, grouped, median, time, timeRow } from './rows.mjs'

/** A point of a curve: what `timed` gave at this count, beside the tool's times. */
export function growthRow({ name, what, unit, tool }, count, ours, theirs) {
  const first = all(ours, 'first')
  const row = timeRow(`${what}: ${grouped(count)}`, all(ours, 'took'), tool, theirs)
  const { samples } = row
  const each = { ours: perUnit(samples.ours, count), theirs: perUnit(theirs, count) }
  return { ...row, first: time(median(first)), each, growth: { curve: name, unit, count }, samples: { ...samples, first } }
}

const perUnit = (times, count) => `${digits((median(times) / count) * 1e6)} µs`

export const PLURAL = { entry: 'entries', rule: 'rules' }

/** All curves, each with its table and why it is so. */
export function growthSection(rows, curves) {
  const lines = [
    '## How the cost grows',
    '',
    '"Ours" is what the work takes in a process that has done it before, "the first time" what it takes in a fresh one, before',
    'V8 has compiled anything. The tools are started anew each time, and that is in their times. Where a curve is called linear, a',
    'fixed part comes first: the time for one entry or rule falls while that is spread over more of them, and then stays.',
    ...curves.flatMap((curve) => curveSection(rows.filter(({ growth }) => growth.curve === curve.name), curve)),
  ]
  return lines.join('\n')
}

function curveSection(points, { what, unit, tool, why }) {
  if (points.length === 0) return []
  const titles = [PLURAL[unit], 'ours', `per ${unit}`, 'the first time', tool, `per ${unit}`, 'ratio']
  const lines = points.map((row) => [grouped(row.growth.count), row.ours, row.each.ours, row.first, row.theirs, row.each.theirs, row.ratio])
  return ['', `### ${what}`, '', aligned([titles, ...lines]), '', why, ...lastStep(points, tool, unit)]
}

/** What the last step of a curve says in numbers, for the eye that doubts the words. */
function lastStep(points, tool, unit) {
  if (points.length < 2) return []
  const [from, to] = points.slice(-2)
  const times = (key) => digits(median(to.samples[key]) / median(from.samples[key]))
  const more = digits(to.growth.count / from.growth.count).replace(/\.?0+$/, '')
  return [`The last step, to ${more} times the ${PLURAL[unit]}, takes us ${times('ours')} times as long, and ${tool} ${times('theirs')} times.`]
}
