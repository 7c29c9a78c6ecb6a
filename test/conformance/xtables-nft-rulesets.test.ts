import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messages, readNfGenMsg } from '../../src/netlink/index.js'
import { type AttributeSet, attr, attributes, NESTED } from '../../src/netlink/wire/attributes.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { addressFamily } from '../../src/xtables/context.js'
import { type ChainInput, type Counters, type Family, formatRuleset, type RuleInput, type TableInput } from '../../src/xtables/index.js'
import { baseOf } from '../../src/xtables/nft/base.js'
import { RuleReader } from '../../src/xtables/nft/decode.js'
import { compatOf, RuleWriter } from '../../src/xtables/nft/encode.js'
import { expressionList } from '../../src/xtables/nft/expression/expression.js'
import { ChainAttributes, RuleAttributes, TableAttributes } from '../../src/xtables/nft/messages.js'
import { restoreLines } from '../../src/xtables/text/restore.js'

// What iptables-nft-restore sends for whole inputs, and what the kernel dumps and iptables-nft-save prints afterwards.

interface Ruleset {
  readonly id: string
  readonly family: Family
  readonly input: string
  readonly nft: { readonly sent: readonly string[]; readonly rules: readonly (readonly [table: string, chain: string, expressions: string])[]; readonly save: string }
}

const rulesets = readFileSync(join(__dirname, '../../fixtures/xtables/rulesets.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Ruleset)

/** NFNL_MSG_BATCH_BEGIN and _END; NFT_MSG_* of nf_tables. */
const TYPE = { begin: 0x10, end: 0x11, newTable: 0xa00, newChain: 0xa03, newRule: 0xa06 }
/** NLM_F_REQUEST with NLM_F_CREATE, and with NLM_F_EXCL or NLM_F_APPEND. */
const FLAGS = { request: 0x001, create: 0x401, only: 0x201, append: 0xc01 }
const POLICY: Readonly<Record<string, number>> = { DROP: 0, ACCEPT: 1 }

const NOTHING: Counters = { packets: 0n, bytes: 0n }

/** What is sent for a rule, with its expressions as values. */
const Expressions = attributes('NFTA_RULE', { ...RuleAttributes.rows, expressions: attr(4, expressionList, 'EXPRESSIONS', 'what it does') })

interface Sent {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly family: number
  readonly value: Readonly<Record<string, unknown>>
  readonly bytes: string
  readonly set: AttributeSet<never> | undefined
}

/** Attributes with zeros between them: the tool leaves there what its memory held. */
function cleaned(bytes: Buffer): Buffer {
  for (let at = 0; at < bytes.length; ) {
    const end = at + bytes.readUInt16LE(at)
    const next = (end + 3) & -4
    if (bytes.readUInt16LE(at + 2) & NESTED) cleaned(bytes.subarray(at + 4, end))
    bytes.fill(0, end, next)
    at = next
  }
  return bytes
}

/** The messages of all batches. */
function sentOf({ nft }: Ruleset): readonly Sent[][] {
  const sets = { [TYPE.newTable]: TableAttributes, [TYPE.newChain]: ChainAttributes, [TYPE.newRule]: Expressions } as unknown as Record<number, AttributeSet<never>>
  return nft.sent.map((datagram) =>
    [...messages(Buffer.from(datagram, 'hex'))].map((message): Sent => {
      const { type, flags, sequence, body } = message
      const { family } = readNfGenMsg(message)
      const attributes = Buffer.from(body.bytes.subarray(body.at, body.end))
      const set = sets[type]
      return { type, flags, sequence, family, value: set ? set.read(body) : {}, bytes: set ? cleaned(attributes).toString('hex') : '', set }
    }),
  )
}

interface Asked {
  readonly chain: string
  readonly rule: RuleInput
  readonly text: string
}

/** The rules of an input in its order, of all tables. */
function rulesOf({ input, family }: Ruleset): Asked[] {
  return [...restoreLines(input, { family, counters: 'given' })].flatMap((line) =>
    line.kind === 'command' ? line.command.rules.map((rule) => ({ chain: line.command.chain as string, rule, text: line.text })) : [],
  )
}

/** The messages of iptables-nft-restore for an input, expressions apart: it asks for the table in front of each change. */
function askedOf({ input, family }: Ruleset): object[][] {
  const batches: object[][] = []
  let table = ''
  let number = addressFamily(family)
  const add = (type: number, flags: number, value: object) => {
    const batch = batches.at(-1) as object[]
    batch.push({ type, flags, sequence: batch.length + 1, family: number, value })
  }
  for (const line of restoreLines(input, { family, counters: 'given' })) {
    if (line.kind === 'table') {
      batches.push([{ type: TYPE.begin, flags: FLAGS.request, sequence: 1, family: 0, value: {} }])
      ;({ table } = line)
    } else if (line.kind === 'chain') {
      const { chain, policy, counters = NOTHING } = line
      const base = baseOf(table, chain)
      add(TYPE.newTable, FLAGS.create, { name: table })
      if (base) {
        const { hook, priority, type } = base
        const known = { table, name: chain, hook: { number: hook, priority: priority >>> 0 }, type }
        add(TYPE.newChain, FLAGS.create, { ...known, policy: POLICY.ACCEPT })
        add(TYPE.newChain, FLAGS.create, { ...known, policy: POLICY[policy as string], counters })
      } else add(TYPE.newChain, FLAGS.only, { table, name: chain })
    } else if (line.kind === 'command') {
      const { chain } = line.command
      for (const rule of line.command.rules) {
        add(TYPE.newTable, FLAGS.create, { name: table })
        add(TYPE.newRule, FLAGS.append, { table, chain, compat: compatOf(rule) })
      }
    } else if (line.kind === 'commit') {
      number = 0
      add(TYPE.end, FLAGS.request, {})
      number = addressFamily(family)
    }
  }
  return batches
}

function write(rule: RuleInput, family: Family): string {
  const writer = new Writer(256)
  // ip6tables-nft-restore 1.8.9 does not look at the counters of rules.
  new RuleWriter({ family }).write(writer, rule, family === 'ip' ? (rule.counters as Counters | undefined) : NOTHING)
  return writer.written().toString('hex')
}

function rewritten({ set, value }: Sent): string {
  const writer = new Writer(256)
  set?.write(writer, value as never)
  return writer.written().toString('hex')
}

/** The save text of one table. */
function textOf(save: string, table: string): string {
  return `${save.slice(save.indexOf(`*${table}\n`)).split('COMMIT\n')[0]}COMMIT\n`
}

/** A table as it was sent, with the rules that the kernel has in it. */
function dumped({ nft, family }: Ruleset, table: string, sent: readonly Sent[]): TableInput {
  const reader = new RuleReader(family)
  const chains = new Map<string, Omit<ChainInput, 'rules'>>()
  for (const { type, value } of sent) {
    const { table: of, name, policy, counters } = value as { table?: string; name?: string; policy?: number; counters?: Counters }
    if (type !== TYPE.newChain || of !== table) continue
    chains.set(name as string, policy === undefined ? {} : { policy: policy === POLICY.DROP ? 'DROP' : 'ACCEPT', counters: counters ?? NOTHING })
  }
  const rules = (chain: string) => nft.rules.filter((one) => one[0] === table && one[1] === chain).map(([, , expressions]) => reader.read(Buffer.from(expressions, 'hex')))
  return Object.fromEntries(Array.from(chains, ([name, chain]) => [name, { ...chain, rules: rules(name) }]))
}

test('the rulesets are there, with rules', () => {
  expect(rulesets).toHaveLength(13)
  expect(rulesets.flatMap(rulesOf)).toHaveLength(143)
  expect(rulesets.flatMap(({ nft }) => nft.rules)).toHaveLength(143)
})

describe.each(rulesets.map((one) => [one.id, one] as const))('%s', (_id, one) => {
  const sent = sentOf(one)
  const news = sent.flat().filter(({ type }) => type === TYPE.newRule)
  const rules = rulesOf(one)

  test('tables, chains and the places of rules are those that are sent', () => {
    const found = sent.map((batch) => batch.map(({ type, flags, sequence, family, value: { expressions: _, ...value } }) => ({ type, flags, sequence, family, value: type > 0xff ? value : {} })))
    expect(found).toEqual(askedOf(one))
  })

  if (rules.length > 0) {
    test.each(rules.map(({ rule, text }, i) => [text, rule, news[i] as Sent] as const))('%s: its expressions and COMPAT', (_text, rule, { value }) => {
      const writer = new Writer(256)
      expressionList.write(writer, value.expressions as never)
      expect(write(rule, one.family)).toBe(writer.written().toString('hex'))
      expect(compatOf(rule)).toEqual(value.compat)
    })
  }

  test('messages that are read and written again are the same bytes', () => {
    expect(news).toHaveLength(rules.length)
    const known = sent.flat().filter(({ set }) => set)
    expect(known.length).toBe(sent.flat().length - 2 * sent.length)
    for (const message of known) expect(rewritten(message)).toBe(message.bytes)
  })

  test.each([...one.input.matchAll(/^\*(\w+)$/gm)].map(([, table]) => table as string))('table %s: the dumped rules are the text that is saved', (table) => {
    const text = formatRuleset({ [table]: dumped(one, table, sent.flat()) }, { family: one.family, counters: true })
    expect(text).toBe(textOf(one.nft.save, table))
  })
})
