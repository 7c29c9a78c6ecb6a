// Draws results.svg out of results.json, which a whole run of the benchmarks writes: the budgets, and how the cost grows.
//
//   npm run plot -- [FROM [TO]]
//
// FROM may also be what `npm run bench -- --only growth --json` printed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bars, comparable } from './plot/bars.mjs'
import { curvesPart } from './plot/curves.mjs'
import { move, picture, text } from './plot/svg.mjs'

const WIDTH = 960
const EDGE = 24
const beside = (name) => fileURLToPath(new URL(name, import.meta.url))

/** The picture of what was measured. */
function plot({ date, machine, runs, rows, curves }) {
  const inner = WIDTH - 2 * EDGE
  const compared = comparable(rows)
  const budgets = rows.filter(({ holds }) => holds !== undefined).length
  const parts = [bars(compared, inner, budgets - compared.length), curvesPart(rows, curves, inner)].filter(({ height }) => height > 0)
  if (parts.length === 0) throw new Error('there is nothing to draw: no row is compared with anything, and no curve was measured')
  let y = EDGE
  const placed = parts.map((part) => {
    const group = move(EDGE, y, ...part.parts)
    y += part.height + EDGE
    return group
  })
  const on = `${date}, ${machine.processor}, ${machine.kernel}, Node.js ${machine.node}; medians of ${runs} ${runs === 1 ? 'run' : 'runs'}`
  const what = 'Times of netfilter-kit beside those of the C tools, and how they grow; RESULTS.md has the numbers'
  return picture(WIDTH, y + EDGE, what, ...placed, text(on, EDGE, y, { class: 'quiet' }))
}

const [from = beside('results.json'), to = beside('results.svg')] = process.argv.slice(2)
if (!existsSync(from)) throw new Error(`${from} is missing: a whole run of \`npm run bench\` writes it`)
writeFileSync(to, plot(JSON.parse(readFileSync(from, 'utf8'))))
