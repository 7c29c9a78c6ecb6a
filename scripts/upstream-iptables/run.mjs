// Runs the iptables project's own tests (iptables-test.py over extensions/*.t of its source package) with our commands in
// the place of the C tools, and with the C tools, and says on which lines the two differ.
//
//   node scripts/upstream-iptables/run.mjs [--nft] [--source DIR] [--only 'libxt_tcp libxt_udp']
//
// With --nft on the tables of nf_tables (as `iptables-test.py -n`), without on the legacy ones. Without --source the Debian
// source package `iptables` is fetched with apt-get. Nothing of it is kept. Everything runs in a network namespace of its own.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const { values } = parseArgs({ options: { source: { type: 'string' }, only: { type: 'string' }, nft: { type: 'boolean' } } })
const variant = values.nft ? 'nft' : 'legacy'
/** What the suite calls the program; which of its lines are good depends on it. */
const executable = `xtables-${variant}-multi`

const work = mkdtempSync(join(tmpdir(), 'iptables-suite-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
const source = values.source ? resolve(values.source) : fetchSource()
if (!existsSync(join(root, 'dist/esm/cli/nfkit.js'))) throw new Error('build first: npm run build')
// A copy, so that a build during the run does not change what is tested.
cpSync(join(root, 'dist/esm'), join(work, 'nfkit'), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'))
writeFileSync(join(work, 'package.json'), '{"type":"module"}')

function fetchSource() {
  execFileSync('apt-get', ['source', '-qq', 'iptables'], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
  return join(work, readdirSync(work).find((name) => /^iptables-[\d.]+$/.test(name)))
}

/** A folder with a program that the suite takes for the C tools: `xtables-nft-multi iptables ARGS`. */
function multi(name, command) {
  const folder = join(work, name)
  mkdirSync(folder)
  writeFileSync(join(folder, executable), `#!/bin/sh\nname=$1; shift\n${command}\n`, { mode: 0o755 })
  return folder
}

const NAMES = `case $name in iptables*) name=iptables-${variant}\${name#iptables} ;; ip6tables*) name=ip6tables-${variant}\${name#ip6tables} ;; esac`
const tools = {
  iptables: multi('theirs', `${NAMES}\nexec $name "$@"`),
  nfkit: multi('ours', `${NAMES}\nexec '${process.execPath}' '${join(work, 'nfkit/cli/nfkit.js')}' $name "$@"`),
}

/** Runs one file of tests with a tool: the lines that fail, and how many there are. */
function run(tool, file) {
  const log = join(work, `${tool}-${basename(file)}.log`)
  const script = `import importlib.util
spec = importlib.util.spec_from_file_location('suite', '${join(source, 'iptables-test.py')}')
suite = importlib.util.module_from_spec(spec)
spec.loader.exec_module(suite)
suite.EXECUTABLE = '${executable}'
suite.log_file = open('${log}', 'w')
suite.fast_run_possible = lambda name: False
tests, passed = suite.run_test_file('${file}', None)
print('RESULT', tests, passed)`
  return new Promise((done, failed) => {
    const env = { ...process.env, PATH: `${tools[tool]}:${process.env.PATH}`, LC_ALL: 'C', XTABLES_LOCKFILE: join(work, `${tool}.lock`) }
    const child = spawn('unshare', ['-n', 'python3', '-c', script], { env, cwd: source, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.on('data', (text) => { out += text })
    child.stderr.on('data', (text) => { errors += text })
    child.on('error', failed)
    child.on('close', () => {
      const [, tests, passed] = /RESULT (\d+) (\d+)/.exec(out) ?? failed(new Error(`${file} with ${tool}: ${out}${errors}`)) ?? []
      const lines = new Map([...errors.matchAll(/line (\d+) \(([^\n]*)\)/g)].map(([, line, reason]) => [Number(line), reason]))
      done({ tests: Number(tests), passed: Number(passed), lines })
    })
  })
}

const wanted = values.only?.split(' ')
const files = readdirSync(join(source, 'extensions'))
  .filter((name) => name.endsWith('.t') && !/^lib(arpt|ebt)_/.test(name))
  .filter((name) => !wanted || wanted.includes(name.replace(/\.t$/, '')))
  .sort()

const total = { tests: 0, iptables: 0, nfkit: 0, differ: 0 }
for (const name of files) {
  const file = join(source, 'extensions', name)
  const [theirs, ours] = await Promise.all([run('iptables', file), run('nfkit', file)])
  total.tests += theirs.tests
  total.iptables += theirs.passed
  total.nfkit += ours.passed
  for (const line of new Set([...theirs.lines.keys(), ...ours.lines.keys()])) {
    if (theirs.lines.has(line) === ours.lines.has(line)) continue
    total.differ++
    const text = readFileSync(file, 'utf8').split('\n')[line - 1]
    console.log(`${name}:${line}: ${text}\n  iptables: ${theirs.lines.get(line) ?? 'passes'}\n  nfkit: ${ours.lines.get(line) ?? 'passes'}`)
  }
}
console.log(`${variant}: ${total.tests} lines: ${total.iptables} pass with iptables, ${total.nfkit} with nfkit; ${total.differ} differ`)
process.exitCode = total.nfkit < total.iptables ? 1 : 0
