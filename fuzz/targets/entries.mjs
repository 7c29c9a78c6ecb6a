// The kernel's bytes of rules: entries and whole tables of the legacy backend.
import { FAMILIES, ruleEntries, rulesetCaptures, SETS } from '../corpus.mjs'
import { mutatedBytes } from '../mutate-bytes.mjs'
import { demand, demandSame, readOr, settledOr } from '../oracle.mjs'

/** Without its counters, which are set apart from it. */
const said = ({ counters: _, ...rule }) => rule

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { InputError, ProtocolError } = await load('netlink/wire/error.js')
  const { decodeEntry, encodeEntry, formatRule, parseRule } = await load('xtables/index.js')
  const { setNames } = await load('xtables/context.js')
  const { LegacyTable } = await load('xtables/legacy/table.js')
  const { join } = await load('xtables/legacy/join.js')
  const { newest } = await load('xtables/face.js')
  const inputOr = readOr(InputError)
  const protocolOr = readOr(ProtocolError)
  const protocolLater = settledOr(ProtocolError, InputError)
  const read = { sets: SETS, chain: (place) => `at${place}` }
  const entries = Object.fromEntries(
    FAMILIES.map((family) => [family, ruleEntries.filter((one) => one.family === family).map(({ bytes }) => bytes)]),
  )

  const tables = rulesetCaptures.flatMap(({ family, tables: all }) =>
    Object.entries(all).map(([name, { bytes, ...info }]) => ({ family, info: { name, ...info }, bytes: Buffer.from(bytes, 'hex') })),
  )
  const blobs = tables.map(({ bytes }) => bytes)
  const surroundings = { sets: setNames(SETS), revision: newest, timeouts: async () => ['t1'] }

  return [
    {
      name: 'legacy entries',
      make: (random) => {
        const family = random.pick(FAMILIES)
        return { family, bytes: mutatedBytes(random, entries[family]) }
      },
      check({ family, bytes }) {
        const before = Buffer.from(bytes)
        const rule = protocolOr(() => decodeEntry(bytes, { family, ...read }))
        demand(before.equals(bytes), 'reading has changed the bytes')
        if (!rule) return false
        const written = encodeEntry(rule, { family, sets: SETS, chain: (name) => Number(name.slice(2)) })
        const again = decodeEntry(written, { family, ...read })
        demandSame(said(again), said(rule), 'the rule of bytes, and of those that are written of it')
        const text = inputOr(() => formatRule(rule, { family }))
        if (text !== undefined) {
          demand(!/[\n\r\0]/.test(text), 'a rule that would not stay on its line', text)
          const parsed = inputOr(() => parseRule(text, { family }))
          if (parsed) demandSame(formatRule(parsed, { family }), text, 'printed twice')
        }
        return true
      },
    },
    {
      name: 'legacy tables',
      make: (random) => {
        const which = random.below(tables.length)
        const { info, bytes } = tables[which]
        const changed = mutatedBytes(random, random.once(10) ? blobs : [bytes])
        const lie = random.once(4)
          ? { hookEntry: info.hookEntry.map((at) => (random.once(3) ? random.below(changed.length + 8) : at)) }
          : {}
        return { which, lie, bytes: changed }
      },
      async check({ which, lie, bytes }) {
        const { family, info } = tables[which]
        const table = await protocolLater(() =>
          LegacyTable.of(family, { ...info, ...lie, size: bytes.length }, Buffer.from(bytes), surroundings),
        )
        if (!table) return false
        const content = await protocolLater(() => table.content())
        for (const chain of table.draft.chains.values()) for (const slot of chain.slots) protocolOr(() => inputOr(() => table.key(slot)))
        const joined = await protocolLater(() =>
          join(table.draft, { validHooks: info.validHooks, entries: info.entries, bytes: table.map.bytes, counters: 0n }, surroundings),
        )
        if (joined)
          demand(
            joined.bytes.length < 2 * bytes.length + 4096,
            'what is written is much longer than what was read',
            joined.bytes.length,
            bytes.length,
          )
        return content !== undefined
      },
    },
  ]
}
