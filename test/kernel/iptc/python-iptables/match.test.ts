import { type Chain, easyOn, Match, Rule, Rule6, Table, Table6 } from '../../../../src/iptc/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import { describeTables, ownLock } from '../../../support/xtables.js'
import { eachHasChain, inserted, keeps, refuses, shown } from './setting.js'

ownLock()

/** A match of UDP ports that belongs to no rule of use. */
function ports(dport: string): Match<'udp'> {
  const match = new Match(new Rule(), 'udp')
  match.sport = '12345:55555'
  match.dport = dport
  return match
}

describe('TestMatch', () => {
  test('test_match_create', () => {
    const rule = new Rule()
    const match = rule.createMatch('udp')
    expect(rule.matches).toEqual([match])
    expect(rule.matches[0]).toBe(match)
    match.sport = '12345:55555'
    match.dport = '!33333'
    expect(match.equals(ports('!33333'))).toBe(true)
    expect(() => rule.createMatch('nosuch')).toThrow("there is no match 'nosuch' for IPv4")
    expect(() => rule.createMatch('icmp6')).toThrow(InputError)
  })

  test('test_match_compare', () => {
    const [one, other] = [ports('!33333'), ports('!33333')]
    expect(one.equals(other)).toBe(true)
    other.reset()
    other.sport = '12345:55555'
    other.dport = '33333'
    expect(one.equals(other)).toBe(false)
    expect(one.equals('-m udp')).toBe(false)
  })

  test('test_match_parameters', () => {
    const match = ports('!33333')
    expect(match.parameters).toEqual({ sport: '12345:55555', dport: '!33333' })
    match.reset()
    expect(match.parameters).toEqual({})
    expect([match.sport, match.dport]).toEqual([undefined, undefined])
  })

  test('test_get_all_parameters', () => {
    expect(ports('!33333').getAllParameters()).toEqual({ sport: ['12345:55555'], dport: ['!', '33333'] })
  })
})

describeTables('python-iptables: matches on %s', (tables) => {
  const filter = (name: string) => eachHasChain((options) => new Table(Table.FILTER, options), tables, name)
  const rule = (protocol: string) => new Rule({ src: '127.0.0.1', protocol, target: 'ACCEPT' })
  const lines = (chain: Chain) => shown(tables, chain.table.family, chain.table.name, chain.name)

  describe('TestMultiportMatch', () => {
    const setting = filter('iptc_test_udp')
    const listed = async (dports: string) => {
      const udp = rule('udp')
      udp.createMatch('multiport').dports = dports
      const read = await inserted(setting, udp)
      expect(read.matches.map((match) => [match.name, match.dports])).toEqual([['multiport', '1111,2222']])
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p udp -m multiport --dports 1111,2222 -j ACCEPT'])
    }

    test('test_multiport', () => listed('1111,2222'))

    // All text is Unicode here: digits that are none of ASCII's are refused, and a blank of any kind is.
    test('test_unicode_multiport', async () => {
      await listed(String.fromCodePoint(...[...'1111,2222'].map((letter) => letter.codePointAt(0) as number)))
      refuses(rule('udp').createMatch('multiport'), 'dports', ['1111,\uff12222', '1111,2222\ufeff', '1111,\u00a02222'])
    })
  })

  describe('TestXTUdpMatch', () => {
    const setting = filter('iptc_test_udp')

    test('test_udp_port', () => {
      const match = new Match(rule('udp'), 'udp')
      const good = ['12345', '12345:65535', '!12345', '12345:12346', '!12345:12346', '0:1234', '! 1234', '!0:12345', '!1234:65535']
      for (const key of ['sport', 'dport'] as const) {
        keeps(match, key, good.map((port) => [port, port.replace(' ', '')] as const))
        refuses(match, key, ['-1', 'asdf', '!asdf', '65536', '', '1,2', -1, 1.5, {}, null])
      }
    })

    test('test_udp_insert', async () => {
      const udp = rule('udp')
      const match = new Match(udp, 'udp')
      match.dport = '12345'
      expect(udp.matches).toEqual([])
      udp.addMatch(match)
      await inserted(setting, udp)
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p udp -m udp --dport 12345 -j ACCEPT'])
    })
  })

  describe('TestXTMarkMatch', () => {
    const setting = filter('iptc_test_mark')

    test('test_mark', () => {
      const match = new Match(rule('tcp'), 'mark')
      keeps(match, 'mark', ['0x7b', ['! 0x7b', '!0x7b'], '0x7b/0xfffefffe', '!0x7b/0xff00ff00'])
      refuses(match, 'mark', ['0xffffffffff', '123/0xffffffff1', '!asdf', '1234:1233', '', '-1', '1/', '0x'])
    })

    test('test_mark_insert', async () => {
      const tcp = rule('tcp')
      const match = new Match(tcp, 'mark')
      match.mark = '0x123'
      tcp.addMatch(match)
      await inserted(setting, tcp)
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p tcp -m mark --mark 0x123 -j ACCEPT'])
    })
  })

  describe('TestXTLimitMatch', () => {
    const setting = filter('iptc_test_limit')

    test('test_limit', () => {
      const match = new Match(rule('tcp'), 'limit')
      keeps(match, 'limit', ['1/sec', '5/min', '3/hour'])
      refuses(match, 'limit', ['asdf', '123/1', '!1', '!1/second', '', '0/sec', '-1/sec'])
    })

    test('test_limit_insert', async () => {
      const tcp = rule('tcp')
      const match = new Match(tcp, 'limit')
      match.limit = '1/min'
      tcp.addMatch(match)
      await inserted(setting, tcp)
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p tcp -m limit --limit 1/min -j ACCEPT'])
    })
  })

  describe('TestIcmpv6Match', () => {
    const setting = eachHasChain((options) => new Table6(Table6.FILTER, options), tables, 'ip6tc_test_icmpv6')

    test('test_icmpv6', async () => {
      const ping = new Rule6({ protocol: 'icmpv6', inInterface: 'eth0', target: 'ACCEPT' })
      ping.createMatch('icmp6').icmpv6Type = 'echo-request'
      const read = await inserted(setting, ping)
      expect(read.matches.map(({ name, icmpv6Type }) => [name, icmpv6Type])).toEqual([['icmp6', '128']])
      expect(lines(setting.chain)).toEqual(['-i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT'])
    })
  })

  describe('TestCommentMatch', () => {
    const setting = filter('iptc_test_comment')

    test('test_comment', async () => {
      const udp = rule('udp')
      const match = new Match(udp, 'comment')
      match.comment = 'comment test'
      expect(match.comment).toBe('comment test')
      udp.addMatch(match)
      const read = await inserted(setting, udp)
      expect(read.matches.map(({ comment }) => comment)).toEqual(['comment test'])
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p udp -m comment --comment "comment test" -j ACCEPT'])
    })
  })

  describe('TestIprangeMatch', () => {
    const setting = filter('iptc_test_iprange')
    const ranged = () => {
      const tcp = new Rule({ protocol: 'tcp', target: 'ACCEPT' })
      const match = new Match(tcp, 'iprange')
      match.srcRange = '192.168.1.100-192.168.1.200'
      match.dstRange = '172.22.33.106'
      tcp.addMatch(match)
      return tcp
    }
    const line = '-p tcp -m iprange --src-range 192.168.1.100-192.168.1.200 --dst-range 172.22.33.106-172.22.33.106'

    test('test_iprange', async () => {
      await inserted(setting, ranged())
      expect(lines(setting.chain)).toEqual([`${line} -j ACCEPT`])
    })

    test('test_iprange_tcpdport', async () => {
      const tcp = ranged()
      const match = new Match(tcp, 'tcp')
      match.dport = '22'
      tcp.addMatch(match)
      await inserted(setting, tcp)
      expect(lines(setting.chain)).toEqual([`${line} -m tcp --dport 22 -j ACCEPT`])
    })
  })

  describe('TestXTStateMatch', () => {
    const setting = filter('iptc_test_state')

    test('test_state', async () => {
      const tcp = rule('tcp')
      const match = new Match(tcp, 'state')
      match.state = 'RELATED,ESTABLISHED'
      tcp.addMatch(match)
      const read = await inserted(setting, tcp)
      expect(read.matches.map(({ name, state }) => [name, state])).toEqual([['state', 'RELATED,ESTABLISHED']])
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p tcp -m state --state RELATED,ESTABLISHED -j ACCEPT'])
    })
  })

  describe('TestXTConntrackMatch', () => {
    const setting = filter('iptc_test_conntrack')

    test('test_state', async () => {
      const tcp = rule('tcp')
      const match = new Match(tcp, 'conntrack')
      match.ctstate = 'NEW,RELATED'
      tcp.addMatch(match)
      const read = await inserted(setting, tcp)
      expect(read.matches.map(({ name, ctstate }) => [name, ctstate])).toEqual([['conntrack', 'NEW,RELATED']])
      expect(lines(setting.chain)).toEqual(['-s 127.0.0.1/32 -p tcp -m conntrack --ctstate NEW,RELATED -j ACCEPT'])
    })
  })

  describe('TestHashlimitMatch', () => {
    const setting = filter('iptc_test_hashlimit')

    test('test_hashlimit', async () => {
      const udp = rule('udp')
      const match = new Match(udp, 'hashlimit')
      match.hashlimitName = 'foo'
      match.hashlimitMode = 'srcip'
      match.hashlimitUpto = '200/sec'
      // Another name of the option before.
      match.setParameter('hashlimit', '200')
      match.hashlimitHtableExpire = '100'
      udp.addMatch(match)
      const [read] = (await inserted(setting, udp)).matches
      expect([read?.name, read?.hashlimitName, read?.hashlimitMode, read?.hashlimitUpto, read?.hashlimitBurst]).toEqual(['hashlimit', 'foo', 'srcip', '200/sec', '5'])
      expect(lines(setting.chain)).toEqual([
        '-s 127.0.0.1/32 -p udp -m hashlimit --hashlimit-upto 200/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name foo --hashlimit-htable-expire 100 -j ACCEPT',
      ])
    })
  })

  describe('TestRecentMatch', () => {
    const { addChain, addRule, deleteChain, getRule, hasRule } = easyOn({ backend: tables.backend })
    const [table, chain] = ['filter', 'iptc_test_recent']
    beforeEach(async () => {
      await deleteChain(table, chain, { flush: true, raiseExc: false })
      expect(await addChain(table, chain)).toBe(true)
    })
    afterEach(() => deleteChain(table, chain, { flush: true }))

    test('test_recent', async () => {
      const given = {
        protocol: 'udp',
        recent: { mask: '255.255.255.255', update: '', seconds: '60', rsource: '', name: 'UDP-PORTSCAN' },
        target: { REJECT: { 'reject-with': 'icmp-port-unreachable' } },
      }
      await addRule(table, chain, given)
      expect(await getRule(table, chain, { position: -1 })).toEqual({ ...given, counters: [0, 0] })
      expect(await hasRule(table, chain, given)).toBe(true)
    })
  })
})
