import { detect, openXtables, parseRule } from '../../../src/xtables/index.js'
import { nft } from '../../support/nft-tables.js'
import { describeOracle } from '../../support/kernel.js'
import { ownLock, start } from '../../support/xtables.js'

ownLock()

describeOracle('iptables-legacy', '22. rules in both backends', () => {
  beforeEach(() => {
    nft('flush', 'ruleset')
    for (const program of ['iptables-legacy', 'ip6tables-legacy']) start(`${program}-restore`, ['-w'], '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n')
  })
  const legacy = () => start('iptables-legacy', ['-w', '-A', 'INPUT', '-p', 'udp'])
  const nftRules = () => {
    start('iptables-nft', ['-A', 'INPUT', '-p', 'tcp'])
    start('ip6tables-nft', ['-t', 'raw', '-A', 'OUTPUT', '-p', 'tcp'])
  }

  test('are told: nf_tables is used, and a warning says where the others are', async () => {
    legacy()
    nftRules()
    const warnings: string[] = []
    await using xt = await openXtables({ warn: (text) => warnings.push(text) })
    expect(xt.backend).toBe('nft')
    expect(warnings).toEqual([expect.stringMatching(/the legacy tables hold rules, too, and packets pass both: iptables-legacy-save/)])
    const found = await detect()
    expect(found).toMatchObject({
      backend: 'nft',
      warning: warnings[0],
      nft: { available: true, rules: 2, tables: { ip: { filter: 1 }, ip6: { raw: 1 } } },
      legacy: { available: true, rules: 1, tables: { ip: { filter: 1 } } },
    })
  })

  test('of which one alone holds rules are no reason to warn: that one is used', async () => {
    const opened = async () => {
      const warnings: string[] = []
      await using xt = await openXtables({ warn: (text) => warnings.push(text) })
      const { warning, backend } = await detect()
      expect([warning, backend]).toEqual([undefined, xt.backend])
      return [xt.backend, warnings]
    }
    expect(await opened()).toEqual(['nft', []])
    legacy()
    expect(await opened()).toEqual(['legacy', []])
    start('iptables-legacy', ['-w', '-F'])
    nftRules()
    expect(await opened()).toEqual(['nft', []])
  })

  test.each([
    ['a policy that drops', ['-P', 'FORWARD', 'DROP'], ['-P', 'FORWARD', 'ACCEPT']],
    ['a chain of the user’s', ['-N', 'web'], ['-X', 'web']],
  ])('may be none yet: who has %s uses its backend, too', async (_, make, undo) => {
    start('iptables-legacy', ['-w', ...make])
    try {
      await using xt = await openXtables()
      expect(xt.backend).toBe('legacy')
      expect(await detect()).toMatchObject({ backend: 'legacy', legacy: { inUse: true, rules: 0 }, nft: { inUse: false } })
      start('iptables-nft', make)
      await using both = await openXtables({ warn: () => {} })
      expect(both.backend).toBe('nft')
    } finally {
      start('iptables-legacy', ['-w', ...undo])
    }
  })

  test('are a warning of the process, once for each opening, where nobody else is told', async () => {
    legacy()
    nftRules()
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    try {
      await using xt = await openXtables()
      await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p icmp')))
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/iptables-legacy-save/), 'FirewallWarning']])
    } finally {
      warn.mockRestore()
    }
    expect(start('iptables-legacy-save', [])).not.toMatch(/icmp/)
  })
})
