import { type Changes, type Family, parseRule } from '../../../src/xtables/index.js'
import { run } from '../../support/kernel.js'
import { describeTables, FAMILIES, ownLock, send, type Tables } from '../../support/xtables.js'

ownLock()

const TABLE = 'filter'
const PORTS = [7001, 7002, 7003]

/** One thing that is done to a table: as arguments of the C tool, and in a transaction. */
interface Step {
  readonly args: readonly string[]
  readonly change: (tx: Changes) => void
}

const words = (rule: string) => rule.split(' ')

const STEPS: Readonly<Record<string, (chain: string, rule: string, number: number) => Step>> = {
  append: (chain, rule) => ({
    args: ['-A', chain, ...words(rule)],
    change: (tx) => tx.append(TABLE, chain, parseRule(rule)),
  }),
  insert: (chain, rule, number) => ({
    args: ['-I', chain, `${number}`, ...words(rule)],
    change: (tx) => tx.insert(TABLE, chain, parseRule(rule), number),
  }),
  set: (chain, rule, number) => ({
    args: ['-I', chain, `${number}`, ...words(rule), '-c', '1000', '5000000000'],
    change: (tx) =>
      tx.insert(TABLE, chain, { ...parseRule(rule), counters: { packets: 1000, bytes: 5_000_000_000n } }, number),
  }),
  replace: (chain, rule, number) => ({
    args: ['-R', chain, `${number}`, ...words(rule)],
    change: (tx) => tx.replace(TABLE, chain, number, parseRule(rule)),
  }),
  delete: (chain, _, number) => ({ args: ['-D', chain, `${number}`], change: (tx) => tx.delete(TABLE, chain, number) }),
  zeroRule: (chain, _, number) => ({ args: ['-Z', chain, `${number}`], change: (tx) => tx.zero(TABLE, chain, number) }),
  zeroChain: (chain) => ({ args: ['-Z', chain], change: (tx) => tx.zero(TABLE, chain) }),
  zeroTable: () => ({ args: ['-Z'], change: (tx) => tx.zero(TABLE) }),
  policy: () => ({ args: ['-P', 'OUTPUT', 'ACCEPT'], change: (tx) => tx.setPolicy(TABLE, 'OUTPUT', 'ACCEPT') }),
  rename: () => ({ args: ['-E', 'web', 'webx'], change: (tx) => tx.renameChain(TABLE, 'web', 'webx') }),
  back: () => ({ args: ['-E', 'webx', 'web'], change: (tx) => tx.renameChain(TABLE, 'webx', 'web') }),
}

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Act = Step | { readonly send: number; readonly count: number }

/**
 * A course of steps and of datagrams between them. Chains keep one rule at least, so that every number means one.
 * `setting`: whether some steps set counters.
 */
function course(seed: number, length: number, setting: boolean): Act[] {
  const pick = numbers(seed)
  const of = <T>(list: readonly T[]) => list[pick(list.length)] as T
  const sizes = new Map([
    ['INPUT', 0],
    ['OUTPUT', 0],
    ['web', 0],
  ])
  const acts: Act[] = []
  const rule = (chain: string) => {
    const way = of(['', '', ' -j RETURN', ' -j ACCEPT', ...(chain === 'web' ? [] : [' -j web', ' -g web'])])
    return `-p udp -m udp --dport ${of(PORTS)}${way}`
  }
  for (let i = 0; i < length; i++) {
    if (pick(3) === 0) {
      acts.push({ send: of(PORTS), count: 1 + pick(3) })
      continue
    }
    const chain = of([...sizes.keys()])
    const size = sizes.get(chain) as number
    const always = ['append', 'insert', ...(setting ? ['set'] : []), 'zeroTable', 'zeroChain', 'policy', 'rename']
    const kinds = [...always, ...(size > 0 ? ['replace', 'delete', 'delete', 'zeroRule'] : [])]
    const kind = of(kinds)
    const number = 1 + pick(kind === 'insert' || kind === 'set' ? size + 1 : Math.max(size, 1))
    if (/append|insert|set/.test(kind)) sizes.set(chain, size + 1)
    if (kind === 'delete') sizes.set(chain, size - 1)
    acts.push((STEPS[kind] as (typeof STEPS)[string])(chain, rule(chain), number))
    if (kind === 'rename') acts.push({ send: of(PORTS), count: 1 }, (STEPS.back as (typeof STEPS)[string])('', '', 0))
  }
  return acts
}

/** What the table is after each act. */
async function follow(
  tables: Tables,
  family: Family,
  acts: readonly Act[],
  make: (step: Step) => void | Promise<void>,
): Promise<string[][]> {
  tables.clear(family)
  tables.tool(family, '-N', 'web')
  const states: string[][] = []
  for (const act of acts) {
    if ('send' in act) await send(family, act.send, act.count)
    else await make(act)
    states.push(tables.saved(family))
  }
  return states
}

describeTables('the counters of a table of %s', (tables) => {
  beforeAll(() => run('ip', ['link', 'set', 'lo', 'up']))

  describe.each(FAMILIES)('of family %s', (family) => {
    test.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'of rules are those of the C tool after the same course of steps and packets (%i)',
      async (seed) => {
        const acts = course(seed, 30, tables.toolCounts(family))
        const told = (states: readonly string[][]) =>
          states.map((state, i) => [
            (acts[i] as Partial<Step>).args?.join(' ') ?? 'packets',
            ...state.filter((line) => !line.startsWith(':')),
          ])
        const expected = await follow(tables, family, acts, ({ args }) => void tables.tool(family, ...args))
        const got = await tables.withTables((xt) =>
          follow(tables, family, acts, ({ change }) => xt.transaction((tx) => change(tx[family]))),
        )
        expect(told(got)).toEqual(told(expected))
        expect(expected.flat().filter((line) => /[1-9]\d*:\d+/.test(line)).length).toBeGreaterThan(20)
      },
    )

    test('of policies are kept, which iptables-legacy sets to zero with every change', async () => {
      tables.clear(family)
      const bytes = await send(family, 7001, 3)
      const kept = [`:INPUT ACCEPT [3:${bytes}]`, ':FORWARD ACCEPT [0:0]', `:OUTPUT ACCEPT [3:${bytes}]`]
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].append(TABLE, 'INPUT', parseRule('-p tcp'))))
      expect(tables.saved(family).slice(0, 3)).toEqual(kept)
      tables.tool(family, '-A', 'INPUT', '-p', 'tcp')
      const zero = [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]']
      expect(tables.saved(family).slice(0, 3)).toEqual(tables.choose({ legacy: zero, nft: kept }))
    })

    test('are kept when packets come between reading and committing', async () => {
      tables.clear(family)
      tables.tool(family, '-A', 'OUTPUT', '-p', 'udp', '--dport', '7001')
      let bytes = await send(family, 7001, 3)
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          expect((await tx.rules(TABLE, 'OUTPUT'))[0]?.counters).toEqual({ packets: 3n, bytes: BigInt(bytes) })
          tx.append(TABLE, 'INPUT', parseRule('-p tcp'))
          await tx.settle()
          bytes += await send(family, 7001, 4)
        }),
      )
      expect(tables.saved(family)).toEqual([
        `:INPUT ACCEPT [7:${bytes}]`,
        ':FORWARD ACCEPT [0:0]',
        `:OUTPUT ACCEPT [7:${bytes}]`,
        '[0:0] -A INPUT -p tcp',
        `[7:${bytes}] -A OUTPUT -p udp -m udp --dport 7001`,
      ])
    })

    const zeroed = tables.choose({ legacy: 'count the packets that came since they were read', nft: 'are zero as of the commit' })
    test(`that are zeroed ${zeroed}`, async () => {
      tables.clear(family)
      tables.tool(family, '-A', 'OUTPUT', '-p', 'udp', '--dport', '7001')
      tables.tool(family, '-A', 'OUTPUT', '-p', 'udp', '--dport', '7001')
      await send(family, 7001, 3)
      let bytes = 0
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          tx.zero(TABLE, 'OUTPUT', 1)
          tx.zero(TABLE, 'INPUT')
          await tx.settle()
          bytes = await send(family, 7001, 2)
        }),
      )
      const since = tables.choose({ legacy: `2:${bytes}`, nft: '0:0' })
      expect(tables.saved(family)).toEqual([
        `:INPUT ACCEPT [${since}]`,
        ':FORWARD ACCEPT [0:0]',
        `:OUTPUT ACCEPT [5:${2.5 * bytes}]`,
        `[${since}] -A OUTPUT -p udp -m udp --dport 7001`,
        `[5:${2.5 * bytes}] -A OUTPUT -p udp -m udp --dport 7001`,
      ])
    })

    test('are kept of rules that move when others are inserted, in a transaction of many steps', async () => {
      tables.clear(family)
      for (const port of PORTS) tables.tool(family, '-A', 'OUTPUT', '-p', 'udp', '--dport', `${port}`)
      const bytes = [await send(family, 7001, 1), await send(family, 7002, 2), await send(family, 7003, 3)]
      await tables.withTables((xt) =>
        xt.transaction(({ [family]: tx }) => {
          tx.newChain(TABLE, 'a')
          tx.append(TABLE, 'a', parseRule('-j RETURN'))
          for (let i = 0; i < 100; i++) tx.insert(TABLE, 'OUTPUT', parseRule('-p tcp -j a'), 2)
          tx.delete(TABLE, 'OUTPUT', parseRule('-p udp --dport 7002'))
          tx.delete(TABLE, 'OUTPUT', 2)
        }),
      )
      const counted = tables.saved(family).filter((line) => line.startsWith('[') && !line.startsWith('[0:0]'))
      expect(counted).toEqual([
        `[1:${bytes[0]}] -A OUTPUT -p udp -m udp --dport 7001`,
        `[3:${bytes[2]}] -A OUTPUT -p udp -m udp --dport 7003`,
      ])
      expect(tables.saved(family).filter((line) => line.endsWith('-j a'))).toHaveLength(99)
    })

    test('may be as large as 64 bits', async () => {
      tables.clear(family)
      const counters = { packets: 2n ** 64n - 1n, bytes: 2n ** 63n }
      await tables.withTables(async (xt) => {
        await xt.transaction(({ [family]: tx }) => {
          tx.append(TABLE, 'FORWARD', { ...parseRule('-p tcp'), counters })
          tx.append(TABLE, 'FORWARD', { ...parseRule('-p udp'), counters: { packets: 2 ** 53 - 1, bytes: 0 } })
        })
        await xt.transaction((tx) => tx[family].insert(TABLE, 'FORWARD', parseRule('-p sctp')))
        expect((await xt[family].read(TABLE)).FORWARD?.rules.map((one) => one.counters)).toEqual([
          { packets: 0n, bytes: 0n },
          counters,
          { packets: 2n ** 53n - 1n, bytes: 0n },
        ])
      })
      expect(tables.saved(family)).toContain('[18446744073709551615:9223372036854775808] -A FORWARD -p tcp')
    })

    test('of a built-in chain are set by a ruleset, and kept where it says nothing', async () => {
      tables.clear(family)
      const bytes = await send(family, 7001, 2)
      await tables.withTables((xt) =>
        xt.transaction((tx) =>
          tx[family].restore({
            filter: {
              INPUT: { rules: [] },
              FORWARD: { policy: 'DROP', counters: { packets: 5, bytes: 6n }, rules: [] },
            },
          }),
        ),
      )
      expect(tables.saved(family)).toEqual([
        `:INPUT ACCEPT [2:${bytes}]`,
        ':FORWARD DROP [5:6]',
        `:OUTPUT ACCEPT [2:${bytes}]`,
      ])
    })
  })
})
