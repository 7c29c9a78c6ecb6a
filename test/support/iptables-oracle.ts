// The C tools of iptables 1.8.9, -legacy and -nft, beside our commands: the same words to both, and what became of it.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { main as iptables } from '../../src/cli/iptables.js'
import { main as restore } from '../../src/cli/iptables-restore.js'
import { main as save } from '../../src/cli/iptables-save.js'
import { type Family, openXtables, type Xtables } from '../../src/xtables/index.js'
import { describeOracle } from './kernel.js'

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

/** A file with this text; its path. */
export function fileWith(text: string): string {
  const path = join(folder, 'input')
  writeFileSync(path, text)
  return path
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
export type TableName = keyof typeof BUILT_IN
const TABLES = Object.keys(BUILT_IN) as TableName[]

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

/** The C tools of one backend, and our commands on the same. */
export class Oracle {
  readonly backend: 'legacy' | 'nft'
  /** What was loaded last, and what the tables were then. */
  readonly #loaded = new Map<Family, { readonly text: string; readonly state: string }>()

  constructor(backend: 'legacy' | 'nft') {
    this.backend = backend
  }

  /** The name of a C tool: `ip6tables-nft-save`. */
  program(family: Family, kind: Kind = ''): string {
    return `${family === 'ip' ? 'iptables' : 'ip6tables'}-${this.backend}${kind}`
  }

  /** What holds for one backend and what for the other. */
  choose<T>(by: { readonly legacy: T; readonly nft: T }): T {
    return by[this.backend]
  }

  /** Opens the tables. */
  open(): Promise<Xtables> {
    return openXtables({ backend: this.backend })
  }

  #call(family: Family, kind: Kind, args: readonly string[], { input = '', timeout = 20_000 }: Giving = {}): SpawnSyncReturns<string> {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
    return spawnSync(this.program(family, kind), args, { encoding: 'utf8', env, input, timeout, maxBuffer: 1 << 28 })
  }

  /** What the C tool does with these words. */
  theirs(family: Family, kind: Kind, args: readonly string[], giving?: Giving): Outcome {
    const { input, timeout = 20_000 } = giving ?? {}
    const { status, stdout, stderr } = this.#call(family, kind, input === undefined ? args : [...args, fileWith(input)], { timeout })
    return { code: status, stdout, stderr }
  }

  /** What our command does with these words; the text that restore reads goes through a file. */
  async ours(family: Family, kind: Kind, args: readonly string[], { input }: Giving = {}): Promise<Outcome> {
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
      const tool = { name: `${family === 'ip' ? 'iptables' : 'ip6tables'}${kind}`, family, backend: this.backend }
      const code = await MAINS[kind](tool, input === undefined ? args : [...args, fileWith(input)])
      return { code, ...texts }
    } finally {
      Object.defineProperty(process, 'stdin', stdin)
      for (const spy of spies) spy.mockRestore()
    }
  }

  /**
   * Makes tables what a text says, with the C tool, counters included; on nf_tables all others go. Nothing is done where
   * they are so still: that takes most of the time of a test. Throws where the C tool will not.
   */
  load(family: Family, text: string): void {
    const last = this.#loaded.get(family)
    if (text !== '' && last?.text === text && last.state === this.state(family)) return
    if (this.backend === 'nft') this.empty(family)
    if (text !== '') this.restore(family, text)
    this.#loaded.set(family, { text, state: this.state(family) })
  }

  /** Loads a text with the C tool, counters included. Throws where it will not. */
  restore(family: Family, text: string): void {
    const { status, stderr } = this.#call(family, '-restore', ['-c'], { input: text })
    if (status !== 0) throw new Error(`the C tool does not load this: ${stderr}\n${text}`)
  }

  #nft(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('nft', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`nft ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  /**
   * What the C tool's save command says, with counters and without its comments. On nf_tables, where it shows chains that
   * are not there, these as well, one a line; a table without any is none.
   */
  state(family: Family): string {
    const saved = withoutComments(this.#call(family, '-save', ['-c']).stdout)
    if (this.backend === 'legacy') return saved
    const chains = this.#chains(family)
    const tables = saved.split(/^(?=\*)/m).filter((text) => chains.some((chain) => chain.startsWith(text.slice(1, text.indexOf('\n')))))
    return [...tables.sort(), ...chains].join('')
  }

  /** The chains that nf_tables has: table, name, and where packets enter it. */
  #chains(family: Family): string[] {
    let table = ''
    const chains: string[] = []
    for (const line of this.#nft('list', 'chains', family).split('\n')) {
      const [, kind, name] = /^\t?(table \w+|chain) (.+) \{$/.exec(line) ?? []
      if (kind === 'chain') chains.push(`${table} ${name}\n`)
      else if (kind) table = name as string
      else if (line.startsWith('\t\t')) chains.push(`${chains.pop()?.trimEnd()} ${line.trim()}\n`)
    }
    return chains.sort()
  }

  /** Makes a family hold nothing. */
  empty(family: Family): void {
    if (this.backend === 'nft') this.#nft('flush', 'ruleset', family)
    else this.clear(family)
  }

  /** Empties tables. */
  clear(family: Family, tables: readonly TableName[] = TABLES): void {
    this.restore(family, tables.map((name) => `*${name}\n${BUILT_IN[name].map((chain) => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`).join(''))
  }

  /** Runs a line through both tools, on the same tables: the outcome of each, and what the tables are afterwards. */
  async both(family: Family, line: string, before: string = BEFORE) {
    const words = wordsOf(line)
    this.load(family, before)
    const there = this.theirs(family, '', words)
    const thereAfter = this.state(family)
    this.load(family, before)
    const here = await this.ours(family, '', words)
    return { there: { ...there, after: thereAfter }, here: { ...here, after: this.state(family) } }
  }

  /** The same exit code, the same output, and the same tables afterwards; errors may be worded in another way. */
  async expectSame(family: Family, line: string, before: string = BEFORE): Promise<void> {
    const { there, here } = await this.both(family, line, before)
    expect({ ...here, stderr: '' }).toEqual({ ...there, stderr: '' })
    if (there.code !== 0) expect(here.stderr).toMatch(/^ip6?tables: .+/)
  }
}

/** `describe` for what our commands must do as the C tools: once for each backend; `%s` in the name stands for the C tool. */
export function describeCommands(name: string, body: (oracle: Oracle) => void): void {
  for (const backend of ['nft', 'legacy'] as const) describeCommandsOn(backend, name, body)
}

/** The same for one backend alone. */
export function describeCommandsOn(backend: 'legacy' | 'nft', name: string, body: (oracle: Oracle) => void): void {
  const oracle = new Oracle(backend)
  describeOracle(oracle.program('ip'), name.replace('%s', oracle.program('ip')), () => {
    // Some commands say so when the other backend holds rules as well.
    afterAll(() => {
      for (const family of ['ip', 'ip6'] as const) oracle.empty(family)
    })
    body(oracle)
  })
}
