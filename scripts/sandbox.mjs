// Runs a script of this repository in a network namespace of its own, so that whatever it does to the firewall, the
// machine's own is not touched: `node scripts/sandbox.mjs demo/demo.mjs`. Builds the package first if dist is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Root takes `unshare --net`; everybody else, and root without that right, becomes root of a user namespace first. */
const WAYS = [['--net'], ['--user', '--map-root-user', '--net']]

/** The words to put before a command to run it in a new network namespace, or `{ reason }` why there is none. */
export function sandbox() {
  if (process.platform !== 'linux') return { reason: `network namespaces are Linux's, this is ${process.platform}` }
  let said = ''
  for (const options of process.getuid() === 0 ? WAYS : WAYS.slice(1)) {
    const { status, stderr, error } = spawnSync('unshare', [...options, 'true'], { encoding: 'utf8' })
    if (status === 0) return { prefix: ['unshare', ...options] }
    said = error?.code === 'ENOENT' ? 'the program unshare is not installed (Debian: apt-get install util-linux)' : stderr.trim()
  }
  const advice = process.getuid() === 0 ? 'this container needs CAP_SYS_ADMIN' : 'run it as root, or let users make namespaces'
  return { reason: `no network namespace can be made here: ${said}; ${advice}` }
}

/** Builds the package when it has not been built yet. */
export function ensureBuilt() {
  if (existsSync(new URL('../dist/cjs/package.json', import.meta.url))) return
  console.log('Building the package first ...')
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureBuilt()
  const { prefix, reason } = sandbox()
  if (reason) {
    console.error(`Cannot run ${process.argv[2]}: ${reason}.`)
    process.exit(1)
  }
  const [program, ...options] = [...prefix, process.execPath, ...process.argv.slice(2)]
  const { status } = spawnSync(program, options, { cwd: root, stdio: 'inherit', env: { ...process.env, NFKIT_SANDBOX: '1' } })
  process.exit(status ?? 1)
}
