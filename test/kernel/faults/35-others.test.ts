import { easyOn } from '../../../src/iptc/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { nft, nftLoad } from '../../support/nft-tables.js'
import { describeNft, describeTables, FAMILIES, ownLock } from '../../support/xtables.js'

ownLock()

/** What a container supervisor and a ban list have made. */
const OTHERS = [
  ':INPUT DROP [5:500]',
  ':FORWARD DROP [7:700]',
  ':OUTPUT ACCEPT [9:900]',
  ':DOCKER - [0:0]',
  ':DOCKER-USER - [0:0]',
  ':f2b-sshd - [0:0]',
  '[3:300] -A INPUT -p tcp -m multiport --dports 22,2222 -j f2b-sshd',
  '[4:400] -A FORWARD -j DOCKER-USER',
  '[1:100] -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '[2:200] -A FORWARD -o docker0 -j DOCKER',
  '[8:800] -A DOCKER-USER -m comment --comment "the \\"admin\\" was here" -j RETURN',
  '[6:600] -A f2b-sshd -m limit --limit 3/min -j LOG --log-prefix "f2b "',
  '[5:500] -A f2b-sshd -j RETURN',
]

describeTables('35. rules and chains of others in the tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    const others = async () => {
      const own = (line: string) => /\bapp-?\w*\b/.test(line)
      const saved = tables.saved(family).filter((line) => !own(line))
      return [saved, tables.saved(family, 'mangle')] as const
    }

    test('are what they were, counters and all, whatever is done to chains of one’s own', async () => {
      await tables.load(family, OTHERS)
      const before = await others()
      const bytes = await tables.raw(family)
      await tables.withTables(async (xt) => {
        const rules = Array.from({ length: 500 }, (_, i) => parseRule(`-p tcp --dport ${i + 1} -j ACCEPT`))
        await xt.transaction(({ [family]: tx }) => {
          tx.replaceChain('filter', 'app', rules)
          tx.newChain('filter', 'app-2')
          tx.append('filter', 'app', { target: { jump: 'app-2' } })
          tx.insert('filter', 'INPUT', { target: { jump: 'app' } }, 2)
          tx.append('filter', 'FORWARD', { target: { jump: 'app' } })
        })
        await xt.transaction(({ [family]: tx }) => {
          tx.replaceChain('filter', 'app', [...rules.slice(100), ...rules.slice(0, 50)])
          tx.zero('filter', 'app')
          tx.renameChain('filter', 'app-2', 'app-3')
        })
        expect(await others()).toEqual(before)
        const easy = easyOn({ xt })
        await easy.addRule('filter', 'app', { protocol: 'udp', target: 'DROP' }, { ipv6: family === 'ip6' })
        await xt.transaction(({ [family]: tx }) => {
          tx.restore('*filter\n:app - [0:0]\n-A app -p icmp\nCOMMIT\n'.replace('icmp', family === 'ip' ? 'icmp' : 'ipv6-icmp'), { noflush: true })
        })
        expect(await others()).toEqual(before)
        await xt.transaction(({ [family]: tx }) => {
          tx.delete('filter', 'INPUT', { target: { jump: 'app' } })
          tx.delete('filter', 'FORWARD', { target: { jump: 'app' } })
          tx.flush('filter', 'app')
          for (const chain of ['app', 'app-3']) tx.deleteChain('filter', chain)
        })
      })
      expect(await others()).toEqual(before)
      expect(await tables.raw(family)).toEqual(bytes)
    })

    test('go only when they are asked to: a flush of one chain is not one of the table', async () => {
      await tables.load(family, OTHERS)
      await tables.withTables((xt) => xt.transaction(({ [family]: tx }) => tx.flush('filter', 'f2b-sshd')))
      expect(tables.saved(family)).toEqual(OTHERS.filter((line) => !line.includes('-A f2b-sshd')))
    })
  })
})

describeNft('35. tables of others', () => {
  test('are left as they are: of nft, of other families, and of iptables that nothing was asked of', async () => {
    nft('flush', 'ruleset')
    nftLoad('table inet firewalld { chain c { type filter hook input priority 10; ct state new counter packets 5 bytes 50; }; set s { type ipv4_addr; elements = { 192.0.2.1 }; }; }\ntable netdev t { chain c { }; }\ntable ip mine { chain INPUT { counter packets 1 bytes 2; }; }\n')
    const before = nft('-a', 'list', 'ruleset')
    await using xt = await openXtables({ backend: 'nft' })
    await xt.transaction((tx) => {
      for (const family of FAMILIES) {
        tx[family].append('filter', 'INPUT', parseRule('-p tcp'))
        tx[family].restore('*mangle\n-A FORWARD -j ACCEPT\nCOMMIT\n')
      }
    })
    const after = nft('-a', 'list', 'ruleset')
    for (const table of before.split(/^(?=table )/m)) expect(after).toContain(table.trimEnd())
    expect([...after.matchAll(/^table (.*) \{/gm)].map(([, name]) => name).sort()).toEqual([
      'inet firewalld', 'ip filter', 'ip mangle', 'ip mine', 'ip6 filter', 'ip6 mangle', 'netdev t',
    ])
  })
})
