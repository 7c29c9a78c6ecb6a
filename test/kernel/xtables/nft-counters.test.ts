import { parseRule } from '../../../src/xtables/index.js'
import { run } from '../../support/kernel.js'
import { nft } from '../../support/nft-tables.js'
import { describeNft, FAMILIES, ownLock, send } from '../../support/xtables.js'

ownLock()

const PORT = 7001

describeNft('counters in nf_tables', (tables) => {
  beforeAll(() => run('ip', ['link', 'set', 'lo', 'up']))
  beforeEach(() => nft('flush', 'ruleset'))

  describe.each(FAMILIES)('of family %s', (family) => {
    test('of a policy are there only once they were set, by zero or by a value', async () => {
      await tables.withTables(async (xt) => {
        await xt.transaction(({ [family]: tx }) => {
          tx.append('filter', 'INPUT', parseRule('-p tcp'))
          tx.append('filter', 'OUTPUT', parseRule('-p tcp'))
        })
        await send(family, PORT, 3)
        expect((await xt[family].read('filter')).INPUT?.counters).toEqual({ packets: 0n, bytes: 0n })
        await xt.transaction(({ [family]: tx }) => {
          tx.zero('filter', 'INPUT')
          tx.restore('*filter\n:OUTPUT ACCEPT [5:500]\nCOMMIT\n', { noflush: true, counters: true })
        })
        const bytes = BigInt(await send(family, PORT, 2))
        const { INPUT, OUTPUT } = await xt[family].read('filter')
        expect([INPUT?.counters, OUTPUT?.counters]).toEqual([
          { packets: 2n, bytes },
          { packets: 7n, bytes: 500n + bytes },
        ])
      })
      expect(tables.saved(family).slice(0, 3)).toEqual([
        expect.stringMatching(/^:INPUT ACCEPT \[2:/),
        ':FORWARD ACCEPT [0:0]',
        expect.stringMatching(/^:OUTPUT ACCEPT \[7:/),
      ])
    })

    test('of rules begin with what is given, which ip6tables-nft 1.8.9 leaves out', async () => {
      const counters = { packets: 2n ** 40n, bytes: 2n ** 50n }
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].append('filter', 'INPUT', { ...parseRule('-p tcp'), counters })))
      expect(tables.saved(family)).toContain(`[${2 ** 40}:${2 ** 50}] -A INPUT -p tcp`)
      tables.tool(family, '-A', 'INPUT', '-p', 'udp', '-c', '5', '6')
      expect(tables.saved(family)).toContain(tables.toolCounts(family) ? '[5:6] -A INPUT -p udp' : '[0:0] -A INPUT -p udp')
    })

    test('of rules that stay go on while others are put before, between and behind them', async () => {
      for (const i of [1, 2, 3]) tables.tool(family, '-A', 'OUTPUT', '-p', 'udp', '--dport', `${PORT}`, '-m', 'comment', '--comment', `${i}`)
      let bytes = await send(family, PORT, 3)
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          const rules = (await tx.rules('filter', 'OUTPUT')).map(({ counters, ...rule }) => rule)
          const more = parseRule('-p tcp')
          tx.replaceChain('filter', 'OUTPUT', [more, ...rules.flatMap((rule) => [rule, more])])
          await tx.settle()
          bytes += await send(family, PORT, 4)
        }),
      )
      const counted = tables.saved(family).filter((line) => line.startsWith('[7:'))
      expect(counted).toEqual([1, 2, 3].map((i) => `[7:${bytes}] -A OUTPUT -p udp -m udp --dport ${PORT} -m comment --comment ${i}`))
    })

    test('of a rule that changes its place are those it had when it was read', async () => {
      for (const i of [1, 2, 3]) tables.tool(family, '-A', 'OUTPUT', '-p', 'udp', '--dport', `${PORT}`, '-m', 'comment', '--comment', `${i}`)
      const bytes = await send(family, PORT, 3)
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          const [one, two, three] = (await tx.rules('filter', 'OUTPUT')).map(({ counters, ...rule }) => rule)
          if (one && two && three) tx.replaceChain('filter', 'OUTPUT', [two, three, one])
        }),
      )
      expect(tables.saved(family).slice(3)).toEqual([2, 3, 1].map((i) => `[3:${bytes}] -A OUTPUT -p udp -m udp --dport ${PORT} -m comment --comment ${i}`))
    })
  })
})
