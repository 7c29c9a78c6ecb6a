// Whether the library is as fast as it says: each budget measured side by side with the C tool, and with the time that
// the kernel alone needs, in one run on one machine. Numbers from another day or machine would prove nothing.
//
//   npm run bench -- [--runs N] [--only NAME] [--json]
//
// --only takes a part of a case's name, such as `add/`, `iterate/hash:net` or `start/import`, or several of them between commas.
// Without it the results are also written to RESULTS.md and, for plot.mjs, to results.json. Ends with 1 when a budget is
// missed. Needs root, or user namespaces; ipset, iptables and cc.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compileKernelLimit, LIBRARY_FILE } from './programs.mjs'
import { asJson, asText, writeReport } from './report.mjs'

const FILES = ['add', 'iterate', 'replace', 'single', 'start', 'text', 'rules', 'iptc', 'daemon', 'growth']

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

/** Starts this program again in a network namespace of its own: what follows must not touch the machine's firewall. */
function reenter() {
  const rights = process.getuid() === 0 ? ['-n'] : ['-Urn']
  const env = { ...process.env, NFKIT_BENCH_LEFT: readlinkSync('/proc/self/ns/net') }
  const words = [...rights, process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { status, error } = spawnSync('unshare', words, { stdio: 'inherit', env })
  if (error) throw error
  return status ?? 1
}

function demandEverything() {
  if (!existsSync(LIBRARY_FILE)) throw new Error('dist/ is missing: run `npm run build` first')
  for (const program of ['ipset', 'iptables-legacy', 'iptables-nft', 'cc']) {
    if (spawnSync(program, ['--version']).error) throw new Error(`${program} is missing, to compare with`)
  }
  const fresh = readlinkSync('/proc/self/ns/net') !== process.env.NFKIT_BENCH_LEFT
  if (!fresh) throw new Error('this is not a fresh network namespace')
}

async function selected() {
  const all = []
  for (const file of FILES) {
    const { cases } = await import(`./cases/${file}.mjs`)
    all.push(...cases.map((one) => ({ path: `${file}/${one.name}`, one })))
  }
  if (values.only === undefined) return all.map(({ one }) => one)
  const wanted = values.only.split(',').map((part) => part.trim())
  const unknown = wanted.find((part) => part === '' || !all.some(({ path }) => path.includes(part)))
  if (unknown !== undefined) throw new Error(`no case is called '${unknown}'`)
  return all.filter(({ path }) => wanted.some((part) => path.includes(part))).map(({ one }) => one)
}

async function main() {
  demandEverything()
  const runs = Number(values.runs)
  if (!(Number.isInteger(runs) && runs > 0)) throw new Error(`--runs wants a whole number, not '${values.runs}'`)
  const cases = await selected()
  const directory = mkdtempSync(join(tmpdir(), 'nfkit-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const rows = []
  compileKernelLimit(directory)
  for (const one of cases) {
    process.stderr.write(`${one.what} `)
    rows.push(...(await one.run({ directory, runs, tick: () => process.stderr.write('.') })))
    process.stderr.write('\n')
  }
  if (values.only === undefined) writeReport(rows, runs)
  process.stdout.write(values.json ? asJson(rows, runs) : asText(rows))
  return rows.some((row) => row.holds === false) ? 1 : 0
}

process.exitCode = process.env.NFKIT_BENCH_LEFT === undefined ? reenter() : await main()
