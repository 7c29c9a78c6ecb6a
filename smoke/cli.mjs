// The nfkit command on a running kernel: what it prints and its exit codes. Needs root.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const nfkit = fileURLToPath(new URL('../dist/esm/cli/nfkit.js', import.meta.url))
const name = `smoke-${process.pid}`

/** What `nfkit ipset ARGS` prints and gives. */
function ipset(args, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [nfkit, 'ipset', ...args], { input, encoding: 'utf8' })
  return { status, stdout, stderr }
}
function ok(args, input) {
  const { status, stdout, stderr } = ipset(args, input)
  assert.equal(status, 0, `ipset ${args.join(' ')}: ${stderr}`)
  return stdout
}

assert.match(ok(['version']), /^ipset v7\.17, protocol version: 7$/m)
try {
  ok(['create', name, 'hash:net,port', 'timeout', '600', 'initval', '0x12345678'])
  ok(['add', name, '10.0.0.0/8,tcp:80', 'timeout', '0'])
  ok(['-exist', 'add', name, '10.0.0.0/8,tcp:80', 'timeout', '0'])
  assert.match(ok(['list', name]), /^Type: hash:net,port$[\s\S]*^10\.0\.0\.0\/8,tcp:80 timeout 0$/m)
  assert.equal(ipset(['test', name, '10.1.2.3,tcp:80']).status, 0)
  assert.equal(ipset(['test', name, '10.1.2.3,tcp:81']).status, 1)
  console.log('  create, add, list, test')

  const saved = ok(['save', name])
  ok(['destroy', name])
  ok(['restore'], saved)
  assert.equal(ok(['save', name]), saved)
  console.log('  what is saved is restored, and saved as the same text')

  const again = ipset(['add', name, '10.0.0.0/8,tcp:80'])
  assert.equal(again.status, 1)
  assert.match(again.stderr, /it's already added/)
  assert.equal(ipset(['bogus']).status, 2)
  console.log('  exit codes: 1 for what the kernel refuses, 2 for a wrong command line')
} finally {
  ipset(['destroy', name])
}
