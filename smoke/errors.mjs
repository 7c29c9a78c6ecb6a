// What a program prints that catches no error: the sentence, and where in the program it was. Needs root.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

const MOST = 4096
const failing = {
  ipset: `const { IPSet } = await import('netfilter-kit'); await new IPSet().add('none', '192.0.2.1')`,
  xtables: `const { parseRule } = await import('netfilter-kit/xtables'); parseRule('-p tcp --dprot 80')`,
  iptc: `const { Rule } = await import('netfilter-kit/iptc'); new Rule().src = '300.1.1.1'`,
  netlink: `const { openTransport } = await import('netfilter-kit/netlink'); await openTransport('direct', { netns: 'none' })`,
}

for (const [room, source] of Object.entries(failing)) {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { cwd: import.meta.dirname, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^(?:TextError|InputError|NoSuchObject|TransportError): /m)
  assert.ok(stderr.length < MOST, `${room}: an error that nobody caught printed ${stderr.length} characters`)
}
console.log(`  errors that nobody catches print less than ${MOST} characters`)
