import type { RuleDictionary } from '../../../src/iptc/index.js'
import { describeEasy } from '../../support/iptc.js'
import { ownLock } from '../../support/xtables.js'

ownLock()

describeEasy('what json.dumps() of python-iptables gives', ({ tables, family, options, on }) => {
  test.each<[string, string]>([
    ['{"protocol": "tcp", "tcp": {"dport": "22"}, "target": "ACCEPT", "counters": [0, 0]}', '-p tcp -m tcp --dport 22 -j ACCEPT'],
    ['{"protocol": "tcp", "tcp": {"dport": ["!", "80"], "sport": "1024:65535"}, "target": {"REJECT": {"reject-with": "tcp-reset"}}}', '-p tcp -m tcp --sport 1024:65535 ! --dport 80 -j REJECT --reject-with tcp-reset'],
    ['{"protocol": "tcp", "tcp": {"tcp-flags": ["FIN,SYN", "SYN"]}}', '-p tcp -m tcp --tcp-flags FIN,SYN SYN'],
    ['{"protocol": "tcp", "tcp": {"tcp-flags": ["!", "FIN,SYN", "SYN"]}}', '-p tcp -m tcp ! --tcp-flags FIN,SYN SYN'],
    ['{"protocol": "!udp", "in-interface": "!eth+", "out-interface": "lo", "target": {"goto": "web"}}', '! -i eth+ -o lo ! -p udp -g web'],
    ['{"recent": {"set": "", "name": "x", "rsource": ""}, "target": "web"}', 'recent'],
    ['{"comment": {"comment": "two \\"words\\""}}', '-m comment --comment "two \\"words\\""'],
    ['{"comment": "scalar"}', '-m comment --comment scalar'],
    ['{"comment": [{"comment": "a"}, {"comment": "b"}]}', '-m comment --comment a -m comment --comment b'],
    ['{"comment": ["a", "b"]}', '-m comment --comment a -m comment --comment b'],
    ['{"mark": {"mark": ["!", "0x1/0xff"]}}', '-m mark ! --mark 0x1/0xff'],
    ['{"mark": {"mark": "!0x1"}}', '-m mark ! --mark 0x1'],
    ['{"mark": "0x2"}', '-m mark --mark 0x2'],
    ['{"limit": {"limit": "5/min", "limit-burst": "7"}, "target": {"LOG": {"log-prefix": "a b: ", "log-uid": ""}}}', '-m limit --limit 5/min --limit-burst 7 -j LOG --log-prefix "a b: " --log-uid'],
    ['{"state": {"state": "RELATED,ESTABLISHED"}, "target": "RETURN"}', '-m state --state RELATED,ESTABLISHED -j RETURN'],
    ['{"protocol": "tcp", "multiport": {"dports": "22,80"}, "target": {"MARK": {"set-xmark": "0x1/0xffffffff"}}}', '-p tcp -m multiport --dports 22,80 -j MARK --set-xmark 0x1/0xffffffff'],
    ['{"protocol": "47", "target": ""}', '-p gre'],
    ['{"target": {"web": {}}}', '-j web'],
    ['{"iprange": {"src-range": ["!", "RANGE"]}}', '-m iprange ! --src-range RANGE'],
  ])('%s', async (json, text) => {
    const table = text.includes('REJECT') ? 'filter' : 'mangle'
    const range = family === 'ip' ? '10.0.0.1-10.0.0.9' : '2001:db8::1-2001:db8::9'
    await on().addChain(table, 'web', options)
    await on().addRule(table, 'INPUT', JSON.parse(json.replace('RANGE', range)) as RuleDictionary, options)
    const recent = `-m recent --set --name x --mask ${family === 'ip' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'} --rsource -j web`
    expect(tables.savedRules(family, table)).toEqual([`-A INPUT ${text === 'recent' ? recent : text.replace('RANGE', range)}`])
    const back = JSON.parse(JSON.stringify(await on().dumpChain(table, 'INPUT', options))) as RuleDictionary[]
    await on().deleteRule(table, 'INPUT', back[0] as RuleDictionary, options)
    expect(tables.savedRules(family, table)).toEqual([])
  })

  if (family === 'ip') {
    test('fragments, and addresses with their masks', async () => {
      await on().addRule('filter', 'INPUT', { fragment: true, src: '10.1.2.3/255.0.0.0', dst: '!192.168.0.1' })
      await on().addRule('filter', 'INPUT', { fragment: '!', src: '10.11.12.13/255.0.255.0' })
      expect(tables.savedRules('ip')).toEqual(['-A INPUT -s 10.0.0.0/8 ! -d 192.168.0.1/32 -f', '-A INPUT -s 10.0.12.0/255.0.255.0 ! -f'])
      expect(await on().dumpChain('filter', 'INPUT')).toMatchObject([{ src: '10.0.0.0/8', dst: '!192.168.0.1/32', fragment: true }, { src: '10.0.12.0/255.0.255.0', fragment: '!' }])
    })
  } else {
    test('the match dst stands beside an address dst', async () => {
      const rule: RuleDictionary = { dst: ['2001:db8::/32', { 'dst-len': ['!', '8'] }], target: 'ACCEPT' }
      await on().addRule('filter', 'INPUT', rule, options)
      await on().addRule('filter', 'INPUT', { dst: { 'dst-len': '16' } }, options)
      await on().addRule('filter', 'INPUT', { dst: '::1' }, options)
      expect(tables.savedRules('ip6')).toEqual(['-A INPUT -d 2001:db8::/32 -m dst ! --dst-len 8 -j ACCEPT', '-A INPUT -m dst --dst-len 16', '-A INPUT -d ::1/128'])
      const back = JSON.parse(JSON.stringify(await on().dumpChain('filter', 'INPUT', options))) as RuleDictionary[]
      for (const one of back) await on().addRule('filter', 'OUTPUT', one, options)
      expect(await on().dumpChain('filter', 'OUTPUT', options)).toEqual(back)
    })
  }
})
