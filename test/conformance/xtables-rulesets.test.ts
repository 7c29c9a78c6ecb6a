import { readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import type { TableDraft } from '../../src/xtables/draft.js'
import { freshTable } from '../../src/xtables/fresh.js'
import { type Family, formatRuleset, parseRuleset, type Table } from '../../src/xtables/index.js'
import { countersToAdd } from '../../src/xtables/legacy/counters.js'
import { join } from '../../src/xtables/legacy/join.js'
import { EntryMap } from '../../src/xtables/legacy/split.js'
import { LegacyTable } from '../../src/xtables/legacy/table.js'
import { NO_SETS } from '../../src/xtables/context.js'
import { newest } from '../../src/xtables/face.js'
import { applyLine } from '../../src/xtables/restore.js'
import { restoreLines } from '../../src/xtables/text/restore.js'

interface Captured {
  readonly validHooks: number
  readonly hookEntry: readonly number[]
  readonly underflow: readonly number[]
  readonly entries: number
  readonly size: number
  readonly bytes: string
  readonly replace: string
  readonly counters: string
}

interface Ruleset {
  readonly id: string
  readonly family: Family
  readonly input: string
  readonly save: string
  readonly tables: Readonly<Record<string, Captured>>
}

const rulesets = readFileSync(path(__dirname, '../../fixtures/xtables/rulesets.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Ruleset)

/** Where the address of the memory for counters stands in ipt_replace, and where the number of old entries does. */
const COUNTERS_AT = 88
const OLD_ENTRIES_AT = 84

/** The drafts of the tables of an input, as iptables-restore -c plans them. */
function draftsOf({ input, family }: Ruleset): Map<string, TableDraft> {
  const drafts = new Map<string, TableDraft>()
  let draft: TableDraft | undefined
  for (const line of restoreLines(input, { family, counters: true })) {
    if (line.kind === 'table') {
      draft = freshTable(family, line.table)
      drafts.set(line.table, draft)
    } else if (draft && (line.kind === 'chain' || line.kind === 'command')) applyLine(draft, line, false)
  }
  return drafts
}

/** The save text of one table, as the tool prints it, without comments. */
function textOf(save: string, table: string): string {
  return `${save.slice(save.indexOf(`*${table}\n`)).split('COMMIT\n')[0]}COMMIT\n`
}

test('the rulesets are there', () => {
  expect(rulesets).toHaveLength(13)
})

describe.each(rulesets.map((one) => [one.id, one] as const))('%s', (_id, one) => {
  test.each(Object.entries(one.tables))('table %s: the bytes that are sent', async (name, captured) => {
    const draft = draftsOf(one).get(name) as TableDraft
    const sent = Buffer.from(captured.replace, 'hex')
    const replaced = {
      validHooks: captured.validHooks,
      entries: sent.readUInt32LE(OLD_ENTRIES_AT),
      bytes: Buffer.alloc(0),
      counters: sent.readBigUInt64LE(COUNTERS_AT),
    }
    const joined = await join(draft, replaced, {})
    expect(joined.bytes.toString('hex')).toBe(captured.replace)
    const added = countersToAdd(joined.counting, Buffer.alloc(16 * replaced.entries), new EntryMap(Buffer.alloc(0), one.family))
    const counters = Buffer.from(captured.counters, 'hex').subarray(40)
    expect(Buffer.from(added.buffer).toString('hex')).toBe(counters.toString('hex'))
  })

  test.each(Object.entries(one.tables))('table %s: what the kernel gives back, as text', async (name, captured) => {
    const info = { ...captured, name }
    const table = await LegacyTable.of(one.family, info, Buffer.from(captured.bytes, 'hex'), { sets: NO_SETS, revision: newest, timeouts: async () => [] })
    const content: Table = await table.content()
    expect(formatRuleset({ [name]: content }, { family: one.family, counters: true })).toBe(textOf(one.save, name))
  })

  test('the text, read and printed', () => {
    const printed = formatRuleset(parseRuleset(one.save, { family: one.family }), { family: one.family, counters: true })
    expect(printed).toBe(one.save.replace(/^#.*\n/gm, ''))
    const fromInput = parseRuleset(one.input, { family: one.family })
    for (const name of Object.keys(one.tables)) {
      expect(formatRuleset({ [name]: fromInput[name] as Table }, { family: one.family, counters: true })).toBe(textOf(one.save, name))
    }
  })
})
