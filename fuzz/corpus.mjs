// What the inputs are made from: the captures of fixtures/, and a little that is written here.
import { readFileSync } from 'node:fs'

const text = (name) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
const rows = (name) =>
  text(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const hex = (one) => Buffer.from(one, 'hex')
const unique = (list) => [...new Set(list)]

const { fixtures } = JSON.parse(text('ipset/messages.json'))
const cases = rows('xtables/cases.jsonl')
const rulesets = rows('xtables/rulesets.jsonl')

/** What the ipset tool and the kernel said to each other. */
export const ipsetSent = unique(fixtures.flatMap(({ sent }) => sent)).map(hex)
export const ipsetReceived = unique(fixtures.flatMap(({ received }) => received)).map(hex)
/** The words of those commands. */
export const ipsetCommands = unique(
  fixtures.flatMap(({ setup, command }) => [...setup, command].map((words) => (Array.isArray(words) ? words.join(' ') : words))),
)

/** Rules as text, and what the kernel holds for them: `{ family, rule, bytes }`. */
export const ruleTexts = unique(cases.map(({ rule }) => rule))
export const ruleEntries = cases.filter(({ ok }) => ok).map(({ family, rule, entry }) => ({ family, rule, bytes: hex(entry) }))
export const ruleExpressions = cases
  .filter(({ nft }) => nft.ok)
  .flatMap(({ family, rule, nft }) => [
    { family, rule, bytes: hex(nft.sent) },
    { family, rule, bytes: hex(nft.dump) },
  ])

/** Texts of iptables-save, table by table: `{ family, text }`. */
export const tableTexts = rulesets.flatMap(({ family, input }) =>
  input
    .split(/(?<=COMMIT\n)/)
    .filter((one) => one.includes('*') && one.length < 4000)
    .map((one) => ({ family, text: one })),
)

/** Legacy tables as the kernel gives them, and batches of nf_tables. */
export const rulesetCaptures = rulesets

export const FAMILIES = ['ip', 'ip6']
export const SETS = ['s1', 's2', 's3', 's4']
