import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtLibrary, builtModule, scriptFile } from './build.js'
import { environment } from './xtables.js'

/** What became of a program. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
  readonly errors: string
}

/** A program that was started. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has written to standard error so far. */
  errors(): string
}

/** Starts node with a script of the built library, as somebody else where `uid` and `gid` say so. */
export function startNode(args: readonly string[], options: SpawnOptions = {}): Running {
  // The one who runs it may be anybody.
  chmodSync(builtLibrary(), 0o755)
  return startProgram(process.execPath, args, options)
}

export function startProgram(program: string, args: readonly string[], options: SpawnOptions = {}): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000, killSignal: 'SIGKILL', cwd: '/', env: environment(), ...options })
  let output = ''
  let errors = ''
  child.stdout?.on('data', (piece) => {
    output += piece
  })
  child.stderr?.on('data', (piece) => {
    errors += piece
  })
  child.stdin?.on('error', () => {})
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, output, errors }))
  })
  return { child, ended, errors: () => errors }
}

/** The path of the command `nfkit`. */
export function nfkitScript(): string {
  return join(builtLibrary(), 'cli/nfkit.js')
}

/** Runs `nfkit` to its end. */
export function nfkit(args: readonly string[], { input, ...options }: SpawnOptions & { readonly input?: string } = {}): Promise<Ended> {
  const { child, ended } = startNode([nfkitScript(), ...args], options)
  child.stdin?.end(input ?? '')
  return ended
}

/** A folder that all may enter, with a policy in it, removed at the end. */
export function servedFolder(): { readonly folder: string; readonly socket: string; readonly policy: string; write(document: unknown): void } {
  const folder = mkdtempSync(join(tmpdir(), 'nfkit-served-'))
  chmodSync(folder, 0o755)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const policy = join(folder, 'policy.json')
  const write = (document: unknown) => writeFileSync(policy, typeof document === 'string' ? document : JSON.stringify(document), { mode: 0o644 })
  return { folder, socket: join(folder, 'nfkit.sock'), policy, write }
}

/** What a user tries, and what comes of it: `done`, or the code of the error. */
export interface Tried {
  readonly outcome: string
  readonly message: string
}

/**
 * Runs pieces of code that use `ipset`, `xt` (open through the daemon) and `parseRule`, in a process of a user; what came of each.
 * With `groups` the process begins as this one, and becomes that user by itself: so it keeps supplementary groups.
 */
export async function tryAs(who: { readonly uid: number; readonly gid: number; readonly groups?: readonly number[] }, path: string, pieces: readonly string[]): Promise<Tried[]> {
  const { uid, gid, groups } = who
  const become = groups ? `process.setgroups(${JSON.stringify(groups)}); process.setgid(${gid}); process.setuid(${uid})` : ''
  const source = `import { IPSet, WiSet } from ${JSON.stringify(builtModule())}
    import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
    ${become}
    const daemon = process.argv[2]
    const tried = []
    const attempt = async (piece) => {
      try {
        const result = await piece()
        tried.push({ outcome: 'done', message: result === undefined ? '' : JSON.stringify(result) })
      } catch (error) {
        tried.push({ outcome: error.code ?? error.name, message: error.message })
      }
    }
    const ipset = new IPSet({ daemon })
    ${pieces.map((piece) => `await attempt(async () => { ${/\bxt\b/.test(piece) ? `const xt = await openXtables({ daemon }); try { ${piece} } finally { xt.close() }` : piece} })`).join('\n')}
    ipset.close()
    process.stdout.write(JSON.stringify(tried))`
  const { child, ended } = startNode([scriptFile(source), path], groups ? {} : { uid, gid })
  child.stdin?.end()
  const { code, output, errors } = await ended
  if (code !== 0) throw new Error(`the client ended with ${code}: ${errors}`)
  return JSON.parse(output)
}
