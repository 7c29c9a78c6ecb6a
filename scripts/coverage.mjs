// Measures which lines and branches of src the tests run, by room: `npm run coverage`; arguments go on to jest. It counts in
// jest's own processes and in those that tests start (the command, daemons, rivals, workers) and do not kill. What did not
// run is listed in coverage/missing.txt.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { tableOfRooms } from './covered/rooms.mjs'
import { Script } from './covered/script.mjs'
import { countable } from './covered/source.mjs'
import { linesOf } from './covered/source-map.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')
const out = join(root, 'coverage')
const children = join(out, 'children')

function runTests() {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(children, { recursive: true })
  chmodSync(children, 0o1777) // some of the processes belong to other users
  const reporters = ['default', './test/support/skip-reporter.cjs', './scripts/covered/reporter.mjs'].map((name) => `--reporters=${name}`)
  const preload = `--require=${JSON.stringify(join(root, 'scripts/covered/children.cjs'))}`
  const { status } = spawnSync(process.execPath, ['scripts/test.mjs', '--coverage', '--coverageReporters=none', ...reporters, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${preload}`, COVERAGE_FOLDER: out },
  })
  return status ?? 1
}

/** What a process has told; nothing where it was killed while it did. */
function told(name) {
  try {
    return JSON.parse(readFileSync(join(children, name), 'utf8'))
  } catch {
    return { result: [] }
  }
}

/** What ran in the processes that tests started: their scripts, by file of src. */
function inChildren() {
  const scripts = new Map()
  for (const name of readdirSync(children)) {
    const { result, 'source-map-cache': maps = {} } = told(name)
    for (const { url, functions } of result) {
      const { lineLengths, data } = maps[url] ?? {}
      const prefix = pathToFileURL(`${src}/`).href
      const source = data?.sources[0]
      if (data?.sources.length !== 1 || !source.startsWith(prefix)) continue
      const file = source.slice(prefix.length)
      if (!scripts.has(file)) scripts.set(file, new Script(lineLengths, data.mappings))
      scripts.get(file).add(functions)
    }
  }
  return scripts
}

const status = runTests()
if (!existsSync(join(out, 'jest.json'))) {
  console.error('Nothing can be counted: jest was ended before its time.')
  process.exit(status || 1)
}
const ranInJest = JSON.parse(readFileSync(join(out, 'jest.json'), 'utf8'))
const ranInChildren = inChildren()
rmSync(children, { recursive: true })

const missing = []
const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.ts')).sort().map((file) => {
  const text = readFileSync(join(src, file), 'utf8')
  const rows = text.split('\n')
  const starts = linesOf(text)
  const rowOf = (at) => starts.findLastIndex((start) => start <= at)
  const ran = [...new Set([...(ranInJest[file] ?? []), ...(ranInChildren.get(file)?.ranIn(text) ?? [])])]
  const ranRows = new Set(ran.map(rowOf))
  const { lines, branches } = countable(text)
  const missingLines = lines.filter((row) => !ranRows.has(row))
  const missingBranches = branches.filter(([start, end]) => !ran.some((at) => at >= start && at < end))
  for (const row of missingLines) missing.push(`${file}:${row + 1}: line: ${rows[row].trim()}`)
  for (const [start, end] of missingBranches) missing.push(`${file}:${rowOf(start) + 1}: branch: ${text.slice(start, end).split('\n')[0]}`)
  return {
    file,
    lines: { ran: lines.length - missingLines.length, all: lines.length },
    branches: { ran: branches.length - missingBranches.length, all: branches.length },
  }
})
writeFileSync(join(out, 'missing.txt'), `${missing.join('\n')}\n`)
console.log(`\n${tableOfRooms(files)}`)
process.exit(status)
