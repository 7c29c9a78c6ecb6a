import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messages, openTransport, Recorder, SUBSYSTEM } from '../../src/netlink/index.js'
import { type Family, Xtables } from '../../src/xtables/index.js'
import { NftBackend } from '../../src/xtables/nft/backend.js'
import { withCounters } from '../../src/xtables/nft/encode.js'
import { MESSAGE } from '../../src/xtables/nft/messages.js'
import { expressionsOf, type KernelRule } from '../../src/xtables/nft/rules.js'
import { run } from './kernel.js'

/** A rule of fixtures/xtables/cases.jsonl that iptables-nft 1.8.9 loads, and what it prints of it. */
export interface NftCase {
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly rule: string
  /** Commands that make what it names: `@` one of the shell, `%` one of iptables. */
  readonly setup?: readonly string[]
  readonly expect: string
}

/** The rules that iptables-nft loads. */
export const nftCases: readonly NftCase[] = readFileSync(join(__dirname, '../../fixtures/xtables/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as NftCase & { readonly nft: { readonly ok: boolean; readonly expect: string } })
  .flatMap(({ nft, ...one }) => (nft.ok ? [{ ...one, expect: nft.expect }] : []))

/** What has been asked of nf_tables, by the names of its messages: `newRule`, `getRule`; `batch` for the begin of one. */
export class Conversation {
  readonly #recorder: Recorder
  #seen = 0

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** How many messages of each kind were sent since the last call. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {}
    const { frames } = this.#recorder.capture
    for (const { direction, bytes } of frames.slice(this.#seen)) {
      if (direction !== 'sent') continue
      for (const { type } of messages(bytes)) {
        const name = type === BATCH_BEGIN ? 'batch' : type >> 8 === SUBSYSTEM.nftables ? NAMES.get(type & 0xff) : undefined
        if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
      }
    }
    this.#seen = frames.length
    return counts
  }
}

/** include/uapi/linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN */
const BATCH_BEGIN = 0x10
const NAMES = new Map<number, string>(Object.entries(MESSAGE).map(([name, number]) => [number, name]))

/** Opens the tables of nf_tables, and keeps what is said. Close the tables. */
export async function recorded(): Promise<{ readonly xt: Xtables; readonly said: Conversation }> {
  const recorder = new Recorder(await openTransport())
  return { xt: new Xtables(await NftBackend.open({ transport: recorder })), said: new Conversation(recorder) }
}

/** The rules of a table as the kernel gives them; none where there is no such table. */
export async function kernelRules(family: Family, table = 'filter'): Promise<KernelRule[]> {
  const backend = await NftBackend.open()
  try {
    return await backend.link.rules(family, await backend.link.generation(), table)
  } finally {
    backend.close()
  }
}

/** Each rule of a table, by chain: its chain, and its expressions in hexadecimal with counters zero. */
export async function rawRules(family: Family, table = 'filter'): Promise<string[]> {
  const rules = await kernelRules(family, table)
  rules.sort((a, b) => (a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : 0))
  return rules.map((rule) => `${rule.chain} ${withCounters(expressionsOf(rule), { packets: 0n, bytes: 0n }).toString('hex')}`)
}

/** Lines that nft writes to its errors of every table that iptables-nft has made: no complaint. */
const MANAGED = /^# Warning: table ip6? \w+ is managed by iptables-nft, do not touch!$/

/** Runs nft; what it prints. Throws when it fails, or complains. */
export function nft(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('nft', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  const complaints = stderr.split('\n').filter((line) => line !== '' && !MANAGED.test(line))
  if (status !== 0 || complaints.length > 0) throw new Error(`nft ${args.join(' ')}: exit code ${status}: ${stderr}`)
  return stdout
}

/** Gives nft a text. */
export function nftLoad(text: string): void {
  run('nft', ['-f', '-'], text)
}

/** The lines that nft lists of a table, without blanks around them, each rule with its handle. */
export function listed(family: Family, table = 'filter'): string[] {
  return nft('-a', 'list', 'table', family, table)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** The handles of the rules of a chain, in order. */
export async function handles(family: Family, chain: string, table = 'filter'): Promise<bigint[]> {
  return (await kernelRules(family, table)).filter((rule) => rule.chain === chain).map(({ handle }) => handle)
}
