// The C tools of iptables-legacy 1.8.9 beside our commands: the same words to both, and what became of it.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { main as iptables } from '../../src/cli/iptables.js'
import { main as restore } from '../../src/cli/iptables-restore.js'
import { main as save } from '../../src/cli/iptables-save.js'
import type { Family } from '../../src/xtables/index.js'

export type Kind = '' | '-save' | '-restore'

/** What a command has left behind. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a command reads, and the milliseconds after which it is given up (its code is null then). */
export interface Giving {
  readonly input?: string
  readonly timeout?: number
}

const MAINS = { '': iptables, '-save': save, '-restore': restore } as const

const folder = mkdtempSync(join(tmpdir(), 'iptables-oracle-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
// A lock of this file's own: other test files are in namespaces of their own, and need not wait.
process.env.XTABLES_LOCKFILE = join(folder, 'lock')
export const LOCK_FILE: string = process.env.XTABLES_LOCKFILE

const programOf = (family: Family) => (family === 'ip' ? 'iptables' : 'ip6tables')

/** A file with this text; its path. */
export function fileWith(text: string): string {
  const path = join(folder, 'input')
  writeFileSync(path, text)
  return path
}

function call(family: Family, kind: Kind, args: readonly string[], { input = '', timeout = 20_000 }: Giving = {}): SpawnSyncReturns<string> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  return spawnSync(`${programOf(family)}-legacy${kind}`, args, { encoding: 'utf8', env, input, timeout, maxBuffer: 1 << 28 })
}

/** What the C tool does with these words. */
export function theirs(family: Family, kind: Kind, args: readonly string[], giving?: Giving): Outcome {
  const { input, timeout = 20_000 } = giving ?? {}
  const { status, stdout, stderr } = call(family, kind, input === undefined ? args : [...args, fileWith(input)], { timeout })
  return { code: status, stdout, stderr }
}

/** What our command does with these words; the text that restore reads goes through a file. */
export async function ours(family: Family, kind: Kind, args: readonly string[], { input }: Giving = {}): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((piece) => {
      texts[name] += String(piece)
      return true
    }),
  )
  // As the C tool's: with nothing to read.
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([]) })
  try {
    const tool = { name: `${programOf(family)}${kind}`, family, backend: 'legacy' } as const
    const code = await MAINS[kind](tool, input === undefined ? args : [...args, fileWith(input)])
    return { code, ...texts }
  } finally {
    Object.defineProperty(process, 'stdin', stdin)
    for (const spy of spies) spy.mockRestore()
  }
}

/** Loads a text with the C tool, counters included. Throws where it will not. */
export function load(family: Family, text: string): void {
  const { status, stderr } = call(family, '-restore', ['-c'], { input: text })
  if (status !== 0) throw new Error(`the C tool does not load this: ${stderr}\n${text}`)
}

/** What iptables-legacy-save -c says, without its comments. */
export function state(family: Family): string {
  return withoutComments(call(family, '-save', ['-c']).stdout)
}

export function withoutComments(text: string): string {
  return text.replace(/^#.*\n/gm, '')
}

/** The words of a line as a shell has them: `'two words'` is one, `''` an empty one. */
export function wordsOf(line: string): string[] {
  return (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((word) => word.replaceAll("'", ''))
}

const BUILT_IN = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
} as const

/** Empties tables. */
export function clear(family: Family, tables: readonly (keyof typeof BUILT_IN)[] = ['filter', 'nat', 'mangle', 'raw', 'security']): void {
  load(family, tables.map((name) => `*${name}\n${BUILT_IN[name].map((chain) => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`).join(''))
}

/** What the tables hold before each line. */
export const BEFORE = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:empty - [0:0]
:web - [0:0]
:unused - [0:0]
[3:300] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[100000:99999999] -A INPUT -i eth0 -j web
[0:0] -A INPUT -p udp -m udp --dport 53 -m comment --comment "two words" -j DROP
[5:50] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[1:1] -A FORWARD -g web
[2:99] -A web -m mark --mark 0x1/0xff -j RETURN
[12345678901234:12345678901234567] -A web
[9:9] -A unused -j LOG --log-prefix "a b" --log-level 7
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[6:7] -A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[8:9] -A PREROUTING -j MARK --set-xmark 0x5/0xffffffff
COMMIT
`

/** Runs a line through both tools, on the same tables: the outcome of each, and what the tables are afterwards. */
export async function both(family: Family, line: string, before: string = BEFORE) {
  const words = wordsOf(line)
  load(family, before)
  const there = theirs(family, '', words)
  const thereAfter = state(family)
  load(family, before)
  const here = await ours(family, '', words)
  return { there: { ...there, after: thereAfter }, here: { ...here, after: state(family) } }
}

/** The same exit code, the same output, and the same tables afterwards; errors may be worded in another way. */
export async function expectSame(family: Family, line: string, before: string = BEFORE): Promise<void> {
  const { there, here } = await both(family, line, before)
  expect({ ...here, stderr: '' }).toEqual({ ...there, stderr: '' })
  if (there.code !== 0) expect(here.stderr).toMatch(/^ip6?tables: .+/)
}
