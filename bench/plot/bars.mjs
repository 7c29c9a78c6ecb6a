// How much of another's time ours is, a bar for each budget: to the left of the middle line we are faster.
import { around, decades, element, line, logScale, move, near, text } from './svg.mjs'

const NAMES = 340
const RATIOS = 166
const ROW = 34
const HEAD = 76
const BAR = 14
const RULE = 'Bars to the left: we are faster. The upright mark is the budget: a bar that ends to the right of it has missed it.'

/** The rows that have a budget and somebody to compare with. */
export const comparable = (rows) => rows.filter(({ relation, holds }) => relation !== undefined && holds !== undefined)

/** The part of the picture, and how high it is; `left` is the number of budgets with nobody to compare with. */
export function bars(rows, width, left) {
  if (rows.length === 0) return { height: 0, parts: [] }
  const [from, to] = around([1, ...rows.flatMap(({ relation }) => [relation.ratio, relation.limit])])
  const length = width - NAMES - RATIOS
  const at = logScale(from, to, length)
  const bottom = HEAD + rows.length * ROW
  const grid = decades(from, to).map((value) => {
    const x = NAMES + at(value)
    const words = text(relationWords(value), x, HEAD - 14, { 'text-anchor': 'middle', class: 'quiet' })
    return line(x, HEAD - 6, x, bottom, value === 1 ? 'same' : 'grid') + words
  })
  const more = `Budgets with a bound of their own, and nobody to be beside: ${left}. They are in the table.`
  const note = left === 0 ? [] : [text(more, 0, bottom + 18, { class: 'quiet' })]
  const parts = [
    text('Our time beside theirs', 0, 18, { class: 'title' }),
    text(RULE, 0, 36, { class: 'quiet' }),
    ...grid,
    ...rows.map((row, i) => move(0, HEAD + i * ROW, bar(row, at, length))),
    ...note,
  ]
  return { height: bottom + (left === 0 ? 4 : 26), parts }
}

function relationWords(value) {
  if (value === 1) return 'as long'
  return value < 1 ? `${Math.round(1 / value).toLocaleString('en-US')} x faster` : `${value.toLocaleString('en-US')} x the time`
}

function bar({ what, comparedWith, ratio, relation, holds }, at, length) {
  const middle = ROW / 2
  const [end, same, limit] = [relation.ratio, 1, relation.limit].map((value) => NAMES + at(value))
  const place = { x: near(Math.min(end, same)), y: near(middle - BAR / 2), width: near(Math.max(1, Math.abs(end - same))), height: BAR }
  return [
    text(what, 0, middle - 2),
    text(`beside ${comparedWith}`, 0, middle + 12, { class: 'quiet' }),
    element('rect', { ...place, class: holds ? 'held' : 'missed' }),
    line(limit, middle - BAR / 2 - 4, limit, middle + BAR / 2 + 4, 'budget'),
    text(holds ? ratio : `${ratio}, missed`, NAMES + length + 12, middle + 4),
  ].join('')
}
