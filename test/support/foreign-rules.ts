import {
  encodeEntry,
  type Family,
  formatRuleset,
  parseRule,
  parseRuleset,
  type Rule,
  type RuleInput,
} from '../../src/xtables/index.js'
import { NftBackend } from '../../src/xtables/nft/backend.js'
import { rawPrepend, rawSocket } from './legacy-tables.js'
import type { Tables } from './xtables.js'

const TABLE = 'filter'
const ACCEPT = { target: { target: 'ACCEPT' } } as const

/** Empties INPUT and all else of a table. */
export function empty(tables: Tables, family: Family): Promise<void> {
  return tables.withTables((xt) => xt.transaction((tx) => tx[family].restore({ filter: {} })))
}

/** Whether the kernel has an extension in this revision. */
export async function hasExtension({ backend }: Tables, family: Family, type: 'match' | 'target', name: string, revision: number): Promise<boolean> {
  if (backend === 'legacy') {
    const socket = await rawSocket(family)
    try {
      return socket.hasRevision(type, name, revision) === true
    } finally {
      socket.close()
    }
  }
  const nft = await NftBackend.open()
  try {
    return await nft.link.hasRevision(family, type, name, revision)
  } finally {
    nft.close()
  }
}

/** Puts rules at the start of INPUT: into a legacy table as bytes, past this library. */
export async function prepend(tables: Tables, family: Family, rules: readonly RuleInput[]): Promise<void> {
  if (tables.backend === 'legacy') return rawPrepend(family, rules.map((rule) => encodeEntry(rule, { family })))
  await tables.withTables((xt) =>
    xt.transaction((tx) => {
      for (const rule of [...rules].reverse()) tx[family].insert(TABLE, 'INPUT', rule)
    }),
  )
}

/** Changes a table in many ways around a foreign rule, which the kernel has as the second of INPUT; how it is read. */
export async function survives(tables: Tables, family: Family, rule: RuleInput): Promise<Rule> {
  await prepend(tables, family, [{ protocol: 'tcp', ...ACCEPT }, rule, { protocol: 'tcp', ...ACCEPT }])
  const second = async () => (await tables.raw(family))[1]
  const before = await second()
  const started = (await tables.raw(family)).join()
  return tables.withTables(async (xt) => {
    await xt.transaction((tx) => tx[family].append(TABLE, 'OUTPUT', parseRule('-p udp')))
    expect(await second()).toBe(before)
    await xt.transaction(({ [family]: tx }) => {
      tx.newChain(TABLE, 'a-chain')
      tx.append(TABLE, 'a-chain', parseRule('-p udp -j RETURN'))
      tx.insert(TABLE, 'INPUT', parseRule('-p udp -j a-chain'))
      tx.delete(TABLE, 'INPUT', 2)
    })
    expect(await second()).toBe(before)
    await xt.transaction(({ [family]: tx }) => {
      tx.replace(TABLE, 'INPUT', 1, { protocol: 'tcp', ...ACCEPT })
      tx.flush(TABLE, 'a-chain')
      tx.deleteChain(TABLE, 'a-chain')
      tx.delete(TABLE, 'OUTPUT', 1)
    })
    expect((await tables.raw(family)).join()).toBe(started)
    return (await xt[family].readAll()).filter?.INPUT?.rules[1] as Rule
  })
}

/** Takes the second rule out by what was read, and puts all back from data and from text: the same bytes again. */
export async function comesBack(tables: Tables, family: Family): Promise<void> {
  const before = await tables.raw(family)
  await tables.withTables(async (xt) => {
    const ruleset = await xt[family].readAll()
    const text = formatRuleset(ruleset, { family, counters: true })
    await xt.transaction((tx) => tx[family].delete(TABLE, 'INPUT', ruleset.filter?.INPUT?.rules[1] as Rule))
    expect(await tables.raw(family)).toEqual(before.filter((_, i) => i !== 1))
    for (const again of [ruleset, parseRuleset(text, { family })]) {
      await xt.transaction((tx) => tx[family].restore({ filter: {} }))
      expect(await tables.raw(family)).toHaveLength(before.length - 3)
      await xt.transaction((tx) => tx[family].restore({ filter: again.filter as never }))
      expect(await tables.raw(family)).toEqual(before)
    }
  })
}
