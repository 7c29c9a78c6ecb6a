import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { builtModule, scriptFile } from './build.js'
import { environment } from './xtables.js'

/** Files of scripts: written once, since others may just be reading them. */
const files = new Map<string, string>()

function fileOf(source: string): string {
  const file = files.get(source) ?? scriptFile(source)
  files.set(source, file)
  return file
}

const running = new Set<ChildProcess>()

// What a test that failed has left behind.
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** A script in a process of its own, and what it has printed. */
export class Process {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  printed = ''
  errors = ''

  constructor(source: string, args: readonly string[]) {
    const child = spawn(process.execPath, [fileOf(source), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment() })
    this.child = child
    running.add(child)
    child.once('close', () => running.delete(child))
    child.stdout.on('data', (piece: Buffer) => {
      this.printed += piece.toString()
    })
    child.stderr.on('data', (piece: Buffer) => {
      this.errors += piece.toString()
    })
    this.ended = once(child, 'close').then(() => {})
  }

  /** Whether it has printed all of a line. */
  has(line: string): boolean {
    return this.printed.startsWith(`${line}\n`) || this.printed.includes(`\n${line}\n`)
  }

  /** The numbers that it has printed behind a word. */
  numbers(word: string): number[] {
    return [...this.printed.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, number]) => Number(number))
  }

  /** Waits until something is so, with what has been printed. Throws when the process ends before. */
  async until(holds: () => boolean): Promise<void> {
    const gone = this.ended.then(() => Promise.reject(new Error(`the script has ended (${this.child.exitCode ?? this.child.signalCode}): ${this.printed.slice(-500)}${this.errors}`)))
    gone.catch(() => {})
    while (!holds()) await Promise.race([once(this.child.stdout as NodeJS.ReadableStream, 'data'), gone])
  }

  /** Ends it with a signal, and waits for its end. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal)
    await this.ended
  }
}

/** A daemon in a process of its own, for everybody: `[path, backend]`. SIGTERM closes it. */
export const DAEMON = () => `
import { openDaemon } from ${JSON.stringify(builtModule('iptc/daemon/server.js'))}
const [path, backend] = process.argv.slice(2)
const daemon = await openDaemon({ path, backend, policy: { mayTable: () => true, maySet: () => true, mayWatch: () => true } })
process.once('SIGTERM', () => daemon.close())
console.log('ready')
`

/** Starts such a daemon, and waits until it listens. */
export async function startDaemon(path: string, backend: string): Promise<Process> {
  const daemon = new Process(DAEMON(), [path, backend])
  await daemon.until(() => daemon.has('ready'))
  return daemon
}
