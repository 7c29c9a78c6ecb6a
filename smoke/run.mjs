// Runs the smoke scripts against the running kernel, a room each: `npm run smoke` in a network namespace of its own,
// `npm run smoke -- --here` in this one (they make sets named smoke-*, and remove them).
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureBuilt, sandbox } from '../scripts/sandbox.mjs'

const here = process.argv.includes('--here')
ensureBuilt()
const { prefix = [], reason } = here ? {} : sandbox()
if (reason) {
  console.error(`Cannot run the smoke scripts: ${reason}. As root, 'npm run smoke -- --here' runs them without one.`)
  process.exit(1)
}
let failed = 0
const ROOMS = ['netlink', 'ipset', 'wiset', 'iptc', 'cli', 'errors']
for (const room of ROOMS) {
  console.log(room)
  const script = fileURLToPath(new URL(`${room}.mjs`, import.meta.url))
  const [program, ...args] = [...prefix, process.execPath, script]
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  if (status !== 0) failed++
}
console.log(failed === 0 ? 'All rooms work on this kernel.' : `${failed} of ${ROOMS.length} rooms failed.`)
process.exit(failed === 0 ? 0 : 1)
