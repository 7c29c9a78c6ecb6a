import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Family, openXtables, type Xtables, type XtablesOptions } from '../../src/xtables/index.js'
import { describeOracle } from './kernel.js'
import { rawEntries } from './legacy-tables.js'
import { rawRules } from './nft-tables.js'

export const FAMILIES = ['ip', 'ip6'] as const

const LOOPBACK = { ip: '127.0.0.1', ip6: '::1' } as const
/** Bytes of the headers of a UDP datagram: what a rule counts more than its content. */
const HEADERS = { ip: 28, ip6: 48 } as const

/** Gives this file's tests a lock of their own, removed at the end; the folder it is in. */
export function ownLock(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xtables-lock-'))
  process.env.XTABLES_LOCKFILE = join(folder, 'lock')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The environment with what tests have set: programs do not get that by themselves, `process` is a copy in a test. */
export function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...more }
}

/** Runs a program with this test's lock; what it prints. */
export function start(program: string, args: readonly string[], input?: string): string {
  return execFileSync(program, args, { encoding: 'utf8', env: environment(), input, stdio: 'pipe', maxBuffer: 1 << 28 })
}

/** How tests of both backends open the tables. */
export const opening: { way: (options: XtablesOptions) => Promise<Xtables> } = { way: openXtables }

const BACKENDS = ['legacy', 'nft'] as const

/** Tables that tests fill, and their chains. */
const CHAINS = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
} as const

/** The tables of one backend, by the C tools and by this library. */
export class Tables {
  readonly backend: (typeof BACKENDS)[number]
  /** The C tool of each family; its other commands are called so with `-save` and `-restore` behind it. */
  readonly programs: Readonly<Record<Family, string>>

  constructor(backend: (typeof BACKENDS)[number]) {
    this.backend = backend
    this.programs = { ip: `iptables-${backend}`, ip6: `ip6tables-${backend}` }
  }

  /** What holds for one backend and what for the other. */
  choose<T, U>(by: { readonly legacy: T; readonly nft: U }): T | U {
    return by[this.backend]
  }

  /** Runs the C tool. */
  tool(family: Family, ...args: string[]): string {
    return start(this.programs[family], ['-w', ...args])
  }

  /** What the C tool's save command says of a table: chains and rules with counters, one a line. */
  saved(family: Family, table = 'filter', prefix: readonly string[] = []): string[] {
    const [program, ...args] = [...prefix, `${this.programs[family]}-save`, '-c', '-t', table]
    const lines = start(program as string, args).split('\n')
    return lines.filter((line) => line !== '' && !/^[#*]|^COMMIT/.test(line))
  }

  /** The rules of it alone, without counters. */
  savedRules(family: Family, table = 'filter', prefix: readonly string[] = []): string[] {
    return this.saved(family, table, prefix)
      .filter((line) => line.startsWith('['))
      .map((line) => line.slice(line.indexOf(' ') + 1))
  }

  /**
   * Restores a table with the C tool; the table is emptied first. Counters of rules that the tool leaves out
   * (`toolCounts`) are restored by this library.
   */
  async load(family: Family, lines: readonly string[], table = 'filter'): Promise<void> {
    const text = `*${table}\n${lines.join('\n')}\nCOMMIT\n`
    start(`${this.programs[family]}-restore`, ['-c', '-w'], text)
    const counted = (all: readonly string[]) => all.filter((line) => /^\[(?!0:0\])/.test(line)).length
    if (counted(this.saved(family, table)) === counted(lines)) return
    await this.withTables((xt) => xt.transaction((tx) => tx[family].restore(text, { counters: true })))
  }

  /** Empties a table, all counters zero, policies ACCEPT. */
  clear(family: Family, table: keyof typeof CHAINS = 'filter'): void {
    const lines = [`*${table}`, ...CHAINS[table].map((chain) => `:${chain} ACCEPT [0:0]`), 'COMMIT\n']
    start(`${this.programs[family]}-restore`, ['-c', '-w'], lines.join('\n'))
  }

  /** Whether the C tool takes counters of rules: ip6tables-nft and ip6tables-nft-restore 1.8.9 leave them out, 1.8.13 does not. */
  toolCounts(family: Family): boolean {
    if (this.backend === 'legacy' || family === 'ip') return true
    const [, release] = /v1\.8\.(\d+)/.exec(start(this.programs.ip6, ['--version'])) ?? []
    return release === undefined || Number(release) >= 13
  }

  /** Opens the tables; through a daemon where a test file has asked for that (`through-daemon.ts`). */
  open(options: { readonly netns?: string } = {}): Promise<Xtables> {
    return opening.way({ backend: this.backend, ...options })
  }

  /** Runs a test body with the tables open. */
  async withTables<T>(body: (xt: Xtables) => Promise<T>): Promise<T> {
    await using xt = await this.open()
    return await body(xt)
  }

  /** What the kernel holds in a table, in its own bytes, without counters: in hexadecimal, a rule an item. */
  raw(family: Family, table = 'filter'): Promise<string[]> {
    return this.backend === 'legacy' ? rawEntries(family, table) : rawRules(family, table)
  }
}

const LEGACY = new Tables('legacy')
const NFT = new Tables('nft')

/** `describe` for what both backends must do: once for each, `%s` in the name stands for its C tool. */
export function describeTables(name: string, body: (tables: Tables) => void): void {
  for (const tables of [LEGACY, NFT]) {
    describeOracle(tables.programs.ip, name.replace('%s', tables.programs.ip), () => {
      // Packets pass the tables of both.
      afterAll(() => {
        for (const family of FAMILIES) for (const table of ['filter', 'mangle'] as const) tables.clear(family, table)
      })
      body(tables)
    })
  }
}

/** `describe` for what concerns the legacy tables alone. */
export function describeLegacy(name: string, body: (tables: Tables) => void): void {
  describeOracle(LEGACY.programs.ip, `${name} (legacy only)`, () => body(LEGACY))
}

/** `describe` for what concerns the tables of nf_tables alone. */
export function describeNft(name: string, body: (tables: Tables) => void): void {
  describeOracle(NFT.programs.ip, `${name} (nf_tables only)`, () => body(NFT))
}

export { rejection } from './rejection.js'

/** Sends datagrams to a port of the loopback interface, each once the one before has arrived; the bytes rules count. */
export async function send(family: Family, port: number, count: number, content = 72): Promise<number> {
  const type = family === 'ip' ? 'udp4' : 'udp6'
  const [from, to] = [createSocket(type), createSocket(type)]
  to.bind(port, LOOPBACK[family])
  await once(to, 'listening')
  try {
    for (let i = 0; i < count; i++) {
      const arrived = once(to, 'message')
      from.send(Buffer.alloc(content), port, LOOPBACK[family])
      await arrived
    }
  } finally {
    from.close()
    to.close()
  }
  return count * (content + HEADERS[family])
}

/** Starts a program, and waits until it prints a line. */
export async function holding(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: environment() })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

/** Ends a program that a test started, and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}
