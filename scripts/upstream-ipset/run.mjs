// Runs the ipset project's own test suite (tests/*.t of its source package) with our command in the place of `ipset`,
// and with the C tool, and says on which lines the two differ. Each file runs in a network namespace of its own.
//
//   node scripts/upstream-suite/run.mjs [--source DIR] [--only 'FILE FILE'] [--jobs N]
//
// Without --source the Debian source package `ipset` is fetched with apt-get. Nothing of it is kept. The lines of the
// files start our command as it is; the shell scripts beside them, which start it tens of thousands of times, reach it
// through forward.c and server.mjs.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))
const { values } = parseArgs({
  options: { source: { type: 'string' }, only: { type: 'string' }, jobs: { type: 'string', default: '2' } },
})

/** The files in the order of the suite's own runner; those that send packets need a tool that Debian does not have. */
const FILES = [
  'init', 'ipmap', 'bitmap:ip', 'macipmap', 'portmap', 'iphash', 'hash:ip', 'hash:ip6', 'ipporthash', 'hash:ip,port',
  'hash:ip6,port', 'ipmarkhash', 'hash:ip,mark', 'hash:ip6,mark', 'ipportiphash', 'hash:ip,port,ip', 'hash:ip6,port,ip6',
  'nethash', 'hash:net', 'hash:net6', 'hash:net,port', 'hash:net6,port', 'hash:ip,port,net', 'hash:ip6,port,net6',
  'hash:net,net', 'hash:net6,net6', 'hash:net,port,net', 'hash:net6,port,net6', 'hash:net,iface', 'hash:mac', 'comment',
  'setlist', 'restore',
]

const work = mkdtempSync(join(tmpdir(), 'ipset-suite-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
const tests = join(values.source ? resolve(values.source) : fetchSource(), 'tests')
if (!existsSync(join(root, 'dist/esm/cli/nfkit.js'))) throw new Error('build first: npm run build')
// A copy, so that a build during the run (some fifteen minutes) does not change what is tested.
cpSync(join(root, 'dist/esm'), join(work, 'nfkit'), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'))
writeFileSync(join(work, 'package.json'), '{"type":"module"}')
const wrapper = join(work, 'nfkit-ipset')
writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${join(work, 'nfkit/cli/nfkit.js')}' ipset "$@"\n`, { mode: 0o755 })

const forward = join(work, 'forward')
execFileSync('cc', ['-O2', '-o', forward, join(here, 'forward.c')])

function fetchSource() {
  execFileSync('apt-get', ['source', '-qq', 'ipset'], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
  return join(work, readdirSync(work).find((name) => /^ipset-[\d.]+$/.test(name)))
}

/** The shell script that runs a file's lines one after the other and prints a line of its own for each. */
function script(file, tool) {
  const lines = readFileSync(join(tests, `${file}.t`), 'utf8').split('\n')
  const parts = ['export LC_ALL=C', `export IPSET_BIN='${tool === wrapper ? forward : tool}'`, 'ip link add eth0 type dummy', 'ip addr add dev eth0 10.255.255.0/24', 'ip link set dev eth0 up', `'${tool}' -X test >/dev/null 2>&1`]
  if (tool === wrapper) {
    parts.unshift(
      'export NFKIT_FORWARD="$PWD/forward.socket"',
      `'${process.execPath}' '${join(here, 'server.mjs')}' forward.socket '${join(work, 'nfkit/cli/ipset.js')}' & server=$!`,
      'trap "kill $server" EXIT',
      'while [ ! -S forward.socket ]; do sleep 0.1; done',
    )
  }
  lines.forEach((line, i) => {
    const [, expected, command] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    if (expected === '#' && command === 'eof') lines.length = i
    if (command === undefined || expected === '#') return
    if (expected === 'skip') {
      parts.push(`eval ${quote(command)} >/dev/null || { echo "SKIPPED ${i + 1}"; exit 0; }`)
      return
    }
    let nth = 0
    const run = command.replace(/ipset(?=\s|$)/g, () => (nth++ === 0 ? `'${tool}' 2>.foo.err` : `'${tool}'`))
    parts.push(`eval ${quote(run)} >.out </dev/null; r=$?; [ "$r" = "${expected}" ] && echo "RESULT ${i + 1} pass" || echo "RESULT ${i + 1} fail"`)
  })
  return `${parts.join('\n')}\n`
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function runFile(file, tool, label) {
  const folder = join(work, `${label}-${file.replaceAll(/[:,]/g, '_')}`)
  cpSync(tests, folder, { recursive: true })
  execFileSync('sh', ['-c', 'chmod a+x check_* *.sh'], { cwd: folder })
  writeFileSync(join(folder, 'run-lines.sh'), script(file, tool))
  return new Promise((done) => {
    const child = spawn('unshare', ['-n', 'bash', 'run-lines.sh'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.on('data', (data) => {
      text += data
    })
    child.on('close', () => done(new Map([...text.matchAll(/^RESULT (\d+) (pass|fail)$/gm)].map(([, line, result]) => [Number(line), result]))))
  })
}

const wanted = values.only ? values.only.split(' ') : FILES
const jobs = wanted.flatMap((file) => [[file, 'ipset', 'c'], [file, wrapper, 'nfkit']])
const results = new Map()
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) results.set(`${job[2]} ${job[0]}`, await runFile(...job))
  }),
)

/** Lines on which the two differ in a file. */
function differing(file) {
  const [theirs, ours] = [results.get(`c ${file}`), results.get(`nfkit ${file}`)]
  return [...theirs.keys()].filter((line) => ours.get(line) !== theirs.get(line))
}

// Some lines expect that an entry with four seconds to live has not gone yet, a dozen commands later: on a busy machine
// it has. A file with differences runs once more, by itself, and that run counts.
for (const file of wanted.filter((name) => differing(name).length > 0)) {
  console.log(`${file}.t: ${differing(file).length} lines differ, once more by itself`)
  for (const [tool, label] of [['ipset', 'c'], [wrapper, 'nfkit']]) results.set(`${label} ${file}`, await runFile(file, tool, `${label}-again`))
}

let total = 0
let passedC = 0
let passedOurs = 0
const differences = []
for (const file of wanted) {
  const source = readFileSync(join(tests, `${file}.t`), 'utf8').split('\n')
  const theirs = results.get(`c ${file}`)
  const ours = results.get(`nfkit ${file}`)
  for (const [line, result] of theirs) {
    total++
    if (result === 'pass') passedC++
    if (ours.get(line) === 'pass') passedOurs++
    if (ours.get(line) !== result) differences.push(`${file}.t:${line}: ipset ${result}, nfkit ${ours.get(line)}: ${source[line - 1]}`)
  }
}
for (const line of differences) console.log(line)
console.log(`${total} lines: ${passedC} pass with ipset, ${passedOurs} with nfkit ipset; ${differences.length} differ`)
process.exitCode = differences.length === 0 ? 0 : 1
