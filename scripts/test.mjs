// Runs the tests; arguments go on to jest. The kernel's are run in network namespaces of their own, which takes root: an
// ordinary user becomes root of a user namespace. Where that cannot be, they are skipped, and it is said why.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sandbox } from './sandbox.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

// The cache is kept here: the usual place in /tmp bears the user's number, and root of a user namespace is not root.
const user = process.getuid?.()
const cache = `node_modules/.cache/jest-${user ?? 'user'}`
const jest = [process.execPath, 'node_modules/jest/bin/jest.js', '--cacheDirectory', cache, ...process.argv.slice(2)]

/** What stands before the command; undefined when there is nothing to be had. */
function prefix() {
  if (user === 0) return []
  const { prefix: words, reason } = sandbox()
  if (reason) {
    console.log(`The tests against the kernel are skipped: ${reason}.\n`)
    return []
  }
  // An empty /run of its own lets `ip netns add` make its files there.
  return [words[0], '--mount', ...words.slice(1), 'sh', '-c', 'mount -t tmpfs tmpfs /run 2>/dev/null; exec "$@"', 'sh']
}

if (!existsSync('node_modules/jest')) {
  console.error('jest is not installed: run npm ci first.')
  process.exit(1)
}
const [program, ...args] = [...prefix(), ...jest]
const { status } = spawnSync(program, args, { stdio: 'inherit' })
process.exit(status ?? 1)
