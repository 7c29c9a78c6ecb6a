// How the cost grows: a small picture for each curve, count to the right and time upwards, both by powers of ten, all with the
// same times, so that they can be compared with each other.
import { PLURAL } from '../growth.mjs'
import { grouped, median } from '../rows.mjs'
import { around, decades, element, line, logScale, move, near, text } from './svg.mjs'

const COLUMNS = 3
const GAP = 28
const LEFT = 48
const HEAD = 70
const TOP = 26
const PLOT = 170
const FOOT = 62
const KINDS = ['theirs', 'first', 'ours']

/** The part of the picture, and how high it is. */
export function curvesPart(rows, curves, width) {
  const measured = curves.map((curve) => ({ curve, points: rows.filter(({ growth }) => growth?.curve === curve.name) }))
  const shown = measured.filter(({ points }) => points.length > 0)
  if (shown.length === 0) return { height: 0, parts: [] }
  const panel = (width - GAP * (COLUMNS - 1)) / COLUMNS
  const times = around(shown.flatMap(({ points }) => points.flatMap((point) => KINDS.map((kind) => median(point.samples[kind])))))
  const high = TOP + PLOT + FOOT
  const parts = shown.map(({ curve, points }, i) =>
    move((i % COLUMNS) * (panel + GAP), HEAD + Math.floor(i / COLUMNS) * high, ...panelParts(curve, points, { times, width: panel - LEFT })),
  )
  return {
    height: HEAD + Math.ceil(shown.length / COLUMNS) * high,
    parts: [text('How the cost grows', 0, 18, { class: 'title' }), move(0, 40, legend()), ...parts],
  }
}

function legend() {
  const words = { ours: 'ours', first: 'ours, the first time in a process', theirs: 'the C tool named below, started each time' }
  let x = 0
  return ['ours', 'first', 'theirs'].map((kind) => {
    const from = x
    x += 60 + words[kind].length * 6.6
    return [line(from, -4, from + 30, -4, kind), dot(kind, from + 15, -4), text(words[kind], from + 38, 0)].join('')
  }).join('')
}

function panelParts({ what, unit, tool }, points, { times, width }) {
  const counts = around(points.map(({ growth }) => growth.count))
  const across = logScale(...counts, width)
  const up = logScale(...times, PLOT)
  const place = (count, time) => [LEFT + across(count), TOP + PLOT - up(time)]
  const rungs = decades(...times).map((time) => {
    const [x, y] = place(counts[0], time)
    return [line(x, y, LEFT + width, y, 'grid'), text(timeWords(time), x - 6, y + 4, { 'text-anchor': 'end', class: 'quiet' })].join('')
  })
  const posts = decades(...counts).map((count) => {
    const [x, y] = place(count, times[0])
    const anchor = count === counts[1] ? 'end' : 'middle'
    return line(x, TOP, x, y, 'grid') + text(grouped(count), x, y + 15, { 'text-anchor': anchor, class: 'quiet' })
  })
  const drawn = KINDS.map((kind) => {
    const places = points.map(({ growth, samples }) => place(growth.count, median(samples[kind])))
    const path = element('polyline', { points: places.map((at) => at.map(near).join(',')).join(' '), class: kind })
    return [path, ...places.map(([x, y]) => dot(kind, x, y))].join('')
  })
  const under = text(`${PLURAL[unit]}, beside ${tool}`, LEFT + width / 2, TOP + PLOT + 32, { 'text-anchor': 'middle', class: 'quiet' })
  return [text(what, 0, 12, { class: 'name' }), ...rungs, ...posts, ...drawn, under]
}

/** Round for ours, square for theirs: also told apart without colours. */
function dot(kind, x, y) {
  if (kind === 'theirs') return element('rect', { x: near(x - 3), y: near(y - 3), width: 6, height: 6, class: 'theirs-dot' })
  return element('circle', { cx: near(x), cy: near(y), r: 3.2, class: `${kind}-dot` })
}

function timeWords(seconds) {
  if (seconds >= 0.999) return `${grouped(Math.round(seconds))} s`
  return seconds >= 0.000_999 ? `${Math.round(seconds * 1e3)} ms` : `${Math.round(seconds * 1e6)} µs`
}
