import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { loadLibc } from '../../src/netlink/index.js'
import { encode } from '../../src/netlink/wire/codec.js'
import { type Family, openXtables, type Xtables } from '../../src/xtables/index.js'
import { HEADER_OFFSETS } from '../../src/xtables/header.js'
import { TableReplace } from '../../src/xtables/layout.js'
import { type Info, TableSocket } from '../../src/xtables/legacy/sockopt.js'

export const FAMILIES = ['ip', 'ip6'] as const

const TOOL = { ip: 'iptables-legacy', ip6: 'ip6tables-legacy' } as const
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

/** Runs iptables-legacy or ip6tables-legacy. */
export function tool(family: Family, ...args: string[]): string {
  return start(TOOL[family], ['-w', ...args])
}

/** What the C tool's save command says of a table: chains and rules with counters, one a line. */
export function saved(family: Family, table = 'filter', prefix: readonly string[] = []): string[] {
  const [program, ...args] = [...prefix, `${TOOL[family]}-save`, '-c', '-t', table]
  const lines = start(program as string, args).split('\n')
  return lines.filter((line) => line !== '' && !/^[#*]|^COMMIT/.test(line))
}

/** The rules of it alone, without counters. */
export function savedRules(family: Family, table = 'filter', prefix: readonly string[] = []): string[] {
  return saved(family, table, prefix)
    .filter((line) => line.startsWith('['))
    .map((line) => line.slice(line.indexOf(' ') + 1))
}

/** Restores a table with the C tool; the table is emptied first. */
export function load(family: Family, lines: readonly string[], table = 'filter'): void {
  start(`${TOOL[family]}-restore`, ['-c', '-w'], `*${table}\n${lines.join('\n')}\nCOMMIT\n`)
}

/** Empties a table, all counters zero, policies ACCEPT. */
export function clear(family: Family, table = 'filter'): void {
  const chains = {
    filter: ['INPUT', 'FORWARD', 'OUTPUT'],
    mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  }
  const names = chains[table as 'filter'] ?? []
  load(
    family,
    names.map((chain) => `:${chain} ACCEPT [0:0]`),
    table,
  )
}

/** Runs a test body with the legacy tables open. */
export async function withTables<T>(body: (xt: Xtables) => Promise<T>): Promise<T> {
  await using xt = await openXtables({ backend: 'legacy' })
  return await body(xt)
}

/** What a promise is rejected with; fails the test when it is not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: Error) => reason,
  )
  if (error === undefined) throw new Error('this should have failed')
  return error
}

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

/** A socket to read and write whole tables by, past the library's rules and past the lock. */
export async function rawSocket(family: Family): Promise<TableSocket> {
  return new TableSocket(await loadLibc(), family)
}

/** A table's bytes as the kernel gives them, each entry in hexadecimal without counters and the kernel's own mark. */
export async function rawEntries(family: Family, table = 'filter'): Promise<string[]> {
  const socket = await rawSocket(family)
  try {
    const bytes = await socket.entries(table, socket.info(table).size)
    const { nextOffset, comeFrom, packets } = HEADER_OFFSETS[family]
    const entries: string[] = []
    for (let at = 0; at < bytes.length; ) {
      const size = bytes.readUInt16LE(at + nextOffset)
      const entry = Buffer.from(bytes.subarray(at, at + size))
      entry.fill(0, comeFrom, comeFrom + 4).fill(0, packets, packets + 16)
      entries.push(entry.toString('hex'))
      at += size
    }
    return entries
  } finally {
    socket.close()
  }
}

/** Puts entries at the start of a table's first chain, by one SO_SET_REPLACE; they may jump nowhere. */
export async function rawPrepend(family: Family, added: readonly Uint8Array[], table = 'filter'): Promise<void> {
  const libc = await loadLibc()
  const socket = new TableSocket(libc, family)
  const info = socket.info(table)
  const memory = libc.reserve(16 * info.entries)
  try {
    const bytes = await socket.entries(table, info.size)
    const more = Buffer.concat(added)
    const errno = await socket.replace(
      Buffer.concat([replaceHeader(info, more.length, added.length, memory.address), more, bytes]),
    )
    if (errno !== 0) throw new Error(`the kernel refuses the entries: errno ${errno}`)
  } finally {
    memory.free()
    socket.close()
  }
}

function replaceHeader(info: Info, size: number, count: number, counters: bigint): Buffer {
  const first = info.hookEntry.findIndex((_, hook) => info.validHooks & (1 << hook))
  const moved = (place: number) => (place === 0xffff_ffff ? 0 : place + size)
  return encode(TableReplace, {
    name: info.name,
    validHooks: info.validHooks,
    entries: info.entries + count,
    size: info.size + size,
    hookEntry: info.hookEntry.map((place, hook) => (hook === first ? 0 : moved(place))),
    underflow: info.underflow.map(moved),
    oldEntries: info.entries,
    counters,
  })
}
