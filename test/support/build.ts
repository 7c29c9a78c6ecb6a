import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(__dirname, '../..')

let built: string | undefined

/**
 * A folder with the library as plain JavaScript, for tests that need it in another process or in a worker. Built once
 * for each state of the sources, apart from dist/, which somebody may be using.
 */
export function builtLibrary(): string {
  built ??= build()
  return built
}

function build(): string {
  const sourceMap = process.env.COVERAGE_FOLDER ? 'true' : 'false' // scripts/coverage.mjs counts by source
  const hash = createHash('sha256').update(ROOT).update(sourceMap)
  for (const file of readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })) {
    if (file.isFile()) hash.update(readFileSync(join(file.parentPath, file.name)))
  }
  const target = join(tmpdir(), `netfilter-kit-built-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(target)) return target
  const work = mkdtempSync(join(tmpdir(), 'netfilter-kit-building-'))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const args = [
    '-p',
    join(ROOT, 'tsconfig.esm.json'),
    '--outDir',
    work,
    '--declaration',
    'false',
    '--sourceMap',
    sourceMap,
  ]
  const { stdout } = spawnSync(process.execPath, [tsc, ...args], { encoding: 'utf8' })
  if (!existsSync(join(work, 'index.js'))) throw new Error(`the library cannot be built: ${stdout}`)
  writeFileSync(join(work, 'package.json'), '{"type":"module"}')
  symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'))
  try {
    renameSync(work, target)
  } catch {
    rmSync(work, { recursive: true }) // another worker was faster
  }
  return target
}

/** The address of a file of the built library, to import it by. */
export function builtModule(path = 'index.js'): string {
  return pathToFileURL(join(builtLibrary(), path)).href
}

/** A script file beside the built library, so that its packages are found. */
export function scriptFile(source: string): string {
  const folder = join(builtLibrary(), 'scripts')
  mkdirSync(folder, { recursive: true })
  const name = createHash('sha256').update(source).digest('hex').slice(0, 16)
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, source)
  return path
}

export interface Script {
  readonly child: ChildProcess
  /** Resolves with the first line it prints that begins so. Rejects when it ends before. */
  line(start: string): Promise<string>
  /** Its exit code and all it printed. */
  readonly ended: Promise<{ code: number | null; signal: string | null; output: string; errors: string }>
}

/** No script lives longer than this, ms: one that hangs is killed, and its test fails. */
const LIFETIME = 25_000

/** Runs a script that may import the library (`builtModule()`), in this process's network namespace. */
export function startScript(source: string, args: readonly string[] = [], flags: readonly string[] = []): Script {
  const child = spawn(process.execPath, [...flags, scriptFile(source), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIFETIME,
    killSignal: 'SIGKILL',
  })
  let output = ''
  let errors = ''
  const heard: (() => void)[] = []
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString()
    for (const hear of heard) hear()
  })
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece.toString()
  })
  const ended = new Promise<Awaited<Script['ended']>>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output, errors }))
  })
  const line = (start: string) =>
    new Promise<string>((resolve, reject) => {
      const hear = () => {
        const found = output
          .split('\n')
          .slice(0, -1)
          .find((one) => one.startsWith(start))
        if (found !== undefined) resolve(found)
      }
      heard.push(hear)
      hear()
      void ended.then(
        ({ code, signal }) => reject(new Error(`the script ended (${code ?? signal}): ${output}${errors}`)),
        reject,
      )
    })
  return { child, line, ended }
}
