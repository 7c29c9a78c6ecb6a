import { execFileSync } from 'node:child_process'
import { installed } from './installed.js'

export { installed }

/** Why tests that need the kernel cannot run here; undefined when they can. */
function missing(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.env.FRESH_NETNS !== 'yes') return 'no right to make a network namespace (not root, and no user namespaces)'
  return undefined
}

const reason = missing()
if (reason !== undefined && process.env.CI === 'true') throw new Error(`kernel tests cannot run in CI: ${reason}`)

/** `describe` for tests against the running kernel. Where they cannot run, their names say why. */
export const describeKernel: (name: string, body: () => void) => void =
  reason === undefined ? describe : (name, body) => describe.skip(`${name} [skipped: ${reason}]`, body)

/** `describe` for tests that compare with a C tool. A missing tool is a failure in CI. */
export function describeOracle(program: string, name: string, body: () => void): void {
  if (installed(program)) return describeKernel(name, body)
  if (process.env.CI === 'true') throw new Error(`${program} is not installed`)
  describe.skip(`${name} [skipped: ${program} is not installed]`, body)
}

/** Runs a program in this file's namespace; what it prints. Throws when it fails. */
export function run(program: string, args: readonly string[], input?: string): string {
  return execFileSync(program, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 })
}
