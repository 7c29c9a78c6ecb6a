import { Chain, Policy, Rule, Table } from '../../../../src/iptc/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import { run } from '../../../support/kernel.js'
import { describeTables, ownLock, rejection, send } from '../../../support/xtables.js'
import { withTable } from './setting.js'

ownLock()

/** The chains that packets enter from the kernel. */
const BUILT_IN = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
} as const

describeTables('python-iptables: chains on %s', (tables) => {
  /** The chains of a table with one of the user's among them, and which of them are built in. */
  const chainsOf = (name: keyof typeof BUILT_IN) =>
    withTable(tables, name, async (table) => {
      const own = await table.createChain('iptc_test_chain')
      try {
        return (await table.chains).map((chain) => [chain.name, chain.isBuiltin()])
      } finally {
        await own.delete()
      }
    })

  /** Sets policies of a built-in chain: they are read back as the same objects; one that is none is refused. */
  const takesPolicies = (name: keyof typeof BUILT_IN, hook: string) =>
    withTable(tables, name, async (table) => {
      const chain = new Chain(table, hook)
      for (const policy of [new Policy('DROP'), new Policy('ACCEPT')]) {
        await chain.setPolicy(policy)
        expect(await chain.getPolicy()).toBe(policy)
        expect(tables.saved('ip', name).find((line) => line.startsWith(`:${hook} `))).toContain(` ${policy.name} `)
      }
      const error = await rejection(chain.setPolicy(new Policy('RETURN')))
      expect(InputError.is(error) && error.message).toMatch(/RETURN/)
      expect(await chain.getPolicy()).toBe(new Policy('ACCEPT'))
    })

  describe('TestChain', () => {
    test('test_chain', () => {
      const table = new Table(Table.FILTER)
      const names = ['INPUT', 'FORWARD', 'OUTPUT']
      const chains = names.map((name) => new Chain(table, name))
      expect(new Set(chains).size).toBe(3)
      for (const [index, name] of names.entries()) expect(new Chain(table, name)).toBe(chains[index])
      // Chains belong to a table, which belongs to its connection: those of another one are others.
      expect(new Chain(new Table(Table.FILTER), 'INPUT')).not.toBe(chains[0])
    })

    test('test_is_chain', async () => {
      for (const [name, chains] of Object.entries(BUILT_IN)) {
        await withTable(tables, name, async (table) => {
          for (const chain of chains) expect([name, chain, await table.isChain(chain), await table.isChain(new Chain(table, chain))]).toEqual([name, chain, true, true])
          expect(await table.isChain('iptc_no_chain')).toBe(false)
          expect(await table.isChain('constructor')).toBe(false)
        })
      }
    })

    test('test_builtin_chain', async () => {
      for (const [name, chains] of Object.entries(BUILT_IN)) {
        const table = new Table(name)
        for (const chain of chains) expect([name, chain, table.builtinChain(chain), table.builtinChain(new Chain(table, chain))]).toEqual([name, chain, true, true])
        expect(table.builtinChain('iptc_test_chain')).toBe(false)
      }
      expect(new Table('filter').builtinChain('PREROUTING')).toBe(false)
    })

    test('test_chain_filter', async () => {
      expect(await chainsOf('filter')).toEqual([...BUILT_IN.filter.map((name) => [name, true]), ['iptc_test_chain', false]])
    })

    test('test_chain_nat', async () => {
      expect(await chainsOf('nat')).toEqual([...BUILT_IN.nat.map((name) => [name, true]), ['iptc_test_chain', false]])
    })

    test('test_chain_mangle', async () => {
      expect(await chainsOf('mangle')).toEqual([...BUILT_IN.mangle.map((name) => [name, true]), ['iptc_test_chain', false]])
    })

    test('test_chain_raw', async () => {
      expect(await chainsOf('raw')).toEqual([...BUILT_IN.raw.map((name) => [name, true]), ['iptc_test_chain', false]])
    })

    test('test_chain_counters', async () => {
      run('ip', ['link', 'set', 'lo', 'up'])
      for (const name of Object.keys(BUILT_IN)) {
        await withTable(tables, name, async (table) => {
          await table.createChain('iptc_test_chain')
          for (const chain of await table.chains) {
            await chain.zeroCounters()
            expect([name, chain.name, await chain.getCounters()]).toEqual([name, chain.name, chain.isBuiltin() ? [0n, 0n] : undefined])
          }
          await table.deleteChain('iptc_test_chain')
        })
      }
      await withTable(tables, 'filter', async (table) => {
        const chain = new Chain(table, 'INPUT')
        await chain.zeroCounters()
        const bytes = await send('ip', 9751, 3)
        // iptables-nft keeps no counters of policies, nor does the kernel for chains of nf_tables.
        expect(await chain.getCounters()).toEqual(tables.choose({ legacy: [3n, BigInt(bytes)], nft: [0n, 0n] }))
        await chain.appendRule(new Rule({ protocol: 'udp', target: 'ACCEPT' }))
        await send('ip', 9751, 2)
        const counted = async () => (await chain.rules)[0]?.counters[0]
        expect(await counted()).toBe(2n)
        await chain.zeroCounters()
        expect([await counted(), await chain.getCounters()]).toEqual([0n, [0n, 0n]])
        await chain.flush()
      })
    })

    test('test_create_chain', async () => {
      await withTable(tables, 'filter', async (table) => {
        const chain = new Chain(table, 'iptc_test_chain')
        expect(await table.isChain(chain)).toBe(false)
        expect(await table.createChain(chain)).toBe(chain)
        expect(await table.isChain(chain)).toBe(true)
        const error = await rejection(table.createChain(chain))
        expect(InputError.is(error) && error.message).toMatch(/iptc_test_chain/)
        await table.deleteChain(chain)
        expect(await table.isChain(chain)).toBe(false)
      })
    })

    test('test_filter_policy', async () => {
      await takesPolicies('filter', 'INPUT')
    })

    test('test_nat_policy', async () => {
      await takesPolicies('nat', 'PREROUTING')
      await takesPolicies('mangle', 'FORWARD')
    })
  })
})
