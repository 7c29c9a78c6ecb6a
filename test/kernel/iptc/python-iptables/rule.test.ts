import { Chain, easy, isTableAvailable, Rule, Table, Target } from '../../../../src/iptc/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import { describeTables, ownLock, rejection } from '../../../support/xtables.js'
import { eachHasChain, inserted, insertsBefore, iteratesOver, keeps, refuses, shown, withTable } from './setting.js'

ownLock()

describeTables('python-iptables: rules on %s', (tables) => {
  const iterates = (name: string, hooks: readonly string[]) =>
    withTable(tables, name, async (table) => {
      expect(await isTableAvailable(name, { backend: tables.backend })).toBe(true)
      await iteratesOver(table, hooks, new Rule({ src: '10.0.0.0/8', target: 'ACCEPT' }))
    })

  /** A rule with a comment and a verdict. */
  const commented = (comment: string) => {
    const rule = new Rule()
    rule.createMatch('comment').comment = comment
    rule.createTarget('ACCEPT')
    return rule
  }

  describe('TestRule', () => {
    const setting = eachHasChain((options) => new Table(Table.FILTER, options), tables, 'iptc_test_chain')
    const nat = eachHasChain((options) => new Table(Table.NAT, options), tables, 'iptc_test_nat_chain')

    test('test_rule_address', () => {
      const rule = new Rule()
      expect([rule.src, rule.dst]).toEqual(['0.0.0.0/0.0.0.0', '0.0.0.0/0.0.0.0'])
      const bad = [
        '127.256.0.1/255.255.255.0', '127.0.1/255.255.255.0', '127.0.0.1/255.255.255.', '127.0.0.1 255.255.255.0', '127.0.0.1/33',
        '127.0.0.1/-5', '127.0.0.1/255.5', '127.0.0.1/', '::1', '', '!', 'localhost', '10.0.0.1,10.0.0.2', '10.0.0.1-10.0.0.2', 1, null, undefined,
      ]
      for (const key of ['src', 'dst'] as const) {
        keeps(rule, key, [
          ['127.0.0.1/255.255.255.0', '127.0.0.0/255.255.255.0'],
          ['!127.0.0.1/255.255.255.0', '!127.0.0.0/255.255.255.0'],
          ['127.0.0.1/255.255.128.0', '127.0.0.0/255.255.128.0'],
          ['127.0.0.1/16', '127.0.0.0/255.255.0.0'],
          ['127.0.0.1/24', '127.0.0.0/255.255.255.0'],
          ['127.0.0.1/17', '127.0.0.0/255.255.128.0'],
          ['!127.0.0.1/17', '!127.0.0.0/255.255.128.0'],
          ['127.0.0.1', '127.0.0.1/255.255.255.255'],
          ['! 127.0.0.1', '!127.0.0.1/255.255.255.255'],
        ])
        refuses(rule, key, bad)
      }
    })

    test('test_rule_interface', async () => {
      const { chain } = setting
      for (const name of ['eth0', 'eth+', 'ip6tnl1', 'ip6tnl+', '!ppp0', '!ppp+']) {
        const rule = new Rule()
        for (const key of ['inInterface', 'outInterface'] as const) keeps(rule, key, [name])
        rule.createTarget('ACCEPT')
        const read = await inserted({ table: setting.table, chain }, rule)
        expect([read.inInterface, read.outInterface]).toEqual([name, name])
        const [sign, plain] = name.startsWith('!') ? ['! ', name.slice(1)] : ['', name]
        expect(shown(tables, 'ip', 'filter', chain.name)).toEqual([`${sign}-i ${plain} ${sign}-o ${plain} -j ACCEPT`])
        await chain.flush()
      }
      const rule = new Rule()
      for (const key of ['inInterface', 'outInterface'] as const) refuses(rule, key, ['itsaverylonginterfacename', '0123456789abcdef', '', '!', 5])
    })

    test('test_rule_fragment', async () => {
      const rule = new Rule()
      keeps(rule, 'fragment', [
        ['1', true], ['true', true], ['asdf', true], [1, true], [0, false], ['', false], [null, false], [undefined, false],
        // There `! -f` could not be said, nor was it read.
        ['!', '!'],
      ])
      rule.createTarget('ACCEPT')
      expect((await inserted(setting, rule)).fragment).toBe('!')
      expect(shown(tables, 'ip', 'filter', setting.chain.name)).toEqual(['! -f -j ACCEPT'])
    })

    test('test_rule_protocol', () => {
      const rule = new Rule()
      const names = ['tcp', 'udp', 'icmp', 'AH', 'ESP', '!TCP', '!UDP', '!ICMP', '!ah', '!esp']
      keeps(rule, 'protocol', names.map((name) => [name, name.toLowerCase()] as const))
      refuses(rule, 'protocol', ['', 'asdf', '!', '256', -1, 1.5, '!!tcp', null, undefined])
    })

    test('test_rule_protocol_numeric', () => {
      const rule = new Rule()
      keeps(rule, 'protocol', [[33, '33'], '!33', ['17', 'udp'], [0, 'ip']])
    })

    test('test_rule_compare', () => {
      const make = () => new Rule({ src: '127.0.0.2/255.255.255.0', dst: '224.1.2.3/255.255.0.0', protocol: 'tcp', fragment: false, inInterface: 'wlan+', outInterface: 'eth1' })
      const rule = make()
      expect(rule.equals(make())).toBe(true)
      rule.src = '127.0.0.1'
      expect(rule.equals(make())).toBe(false)
      // Matches count as often as they are there, in any order; counters do not.
      const [one, other] = [make(), make()]
      for (const comment of ['a', 'b', 'a']) one.createMatch('comment', { comment })
      for (const comment of ['b', 'a', 'a']) other.createMatch('comment', { comment })
      other.setCounters([5, 6])
      expect(one.equals(other)).toBe(true)
      other.removeMatch(other.matches[1]!)
      other.createMatch('comment', { comment: 'b' })
      expect(one.equals(other)).toBe(false)
    })

    test('test_rule_standard_target', async () => {
      const { chain } = setting
      // A name that is no target is a chain to jump to: whether it is there is seen when the rule is put into a table.
      const error = await rejection(chain.insertRule(new Rule({ target: 'jump_to_chain' })))
      expect(InputError.is(error) && error.message).toMatch(/there is no chain 'jump_to_chain' in table 'filter'/)

      const rule = new Rule({ protocol: 'tcp', src: '127.0.0.1' })
      for (const name of ['RETURN', 'ACCEPT', '']) expect(new Target(rule, name).name).toBe(name)
      const target = new Target(rule, '')
      target.standardTarget = 'ACCEPT'
      expect([target.name, target.standardTarget]).toEqual(['ACCEPT', 'ACCEPT'])
      expect(() => Object.assign(target, { standardTarget: 'LOG' })).toThrow(InputError)

      rule.target = new Target(rule, chain.name)
      await chain.insertRule(rule)
      expect(shown(tables, 'ip', 'filter', chain.name)).toEqual([`-s 127.0.0.1/32 -p tcp -j ${chain.name}`])
      // As long as no packet comes into the circle.
      const circle = await rejection(new Chain(setting.table, 'INPUT').insertRule(rule))
      expect(InputError.is(circle) && circle.message).toMatch(/circle: iptc_test_chain -> iptc_test_chain/)
      await chain.deleteRule(rule)
      expect(await chain.rules).toEqual([])
    })

    test('test_rule_iterate_filter', async () => {
      await iterates('filter', ['INPUT', 'FORWARD', 'OUTPUT'])
    })

    test('test_rule_iterate_nat', async () => {
      await iterates('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'])
    })

    test('test_rule_iterate_mangle', async () => {
      await iterates('mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])
    })

    test('test_rule_iterate_rulenum', async () => {
      const { chain } = setting
      for (const number of [3, 2, 1]) await chain.insertRule(commented(`rule${number}`))
      for (const number of [4, 5, 6]) await chain.appendRule(commented(`rule${number}`))
      const rules = await chain.rules
      expect(rules.map(({ matches }) => matches.map(({ comment }) => comment))).toEqual([1, 2, 3, 4, 5, 6].map((number) => [`rule${number}`]))
      expect(shown(tables, 'ip', 'filter', chain.name)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `-m comment --comment rule${number} -j ACCEPT`))
    })

    test('test_rule_insert', async () => {
      const accept = new Rule({ protocol: 'tcp', src: '127.0.0.1' })
      accept.target = new Target(accept, 'ACCEPT')
      const reject = new Rule({ protocol: 'udp', src: '127.0.0.1' })
      const target = new Target(reject, 'REJECT')
      target.rejectWith = 'host-unreach'
      reject.target = target
      const back = new Rule({ protocol: 'tcp', dst: '10.1.1.0/255.255.255.0' })
      back.target = new Target(back, 'RETURN')
      await insertsBefore(setting, [accept, reject, back])
      expect(shown(tables, 'ip', 'filter', setting.chain.name)).toEqual([
        '-d 10.1.1.0/24 -p tcp -j RETURN',
        '-s 127.0.0.1/32 -p udp -j REJECT --reject-with icmp-host-unreachable',
        '-s 127.0.0.1/32 -p tcp -j ACCEPT',
      ])
    })

    test('test_rule_replace', async () => {
      const { chain } = setting
      await chain.insertRule(new Rule({ protocol: 'tcp', src: '127.0.0.1', target: 'ACCEPT' }), 0)
      await chain.appendRule(commented('stays'))
      const rule = new Rule({ protocol: 'udp', src: '127.0.0.1' })
      rule.target = new Target(rule, 'ACCEPT')
      await chain.replaceRule(rule, 0)
      expect((await chain.rules)[0]?.equals(rule)).toBe(true)
      expect(shown(tables, 'ip', 'filter', chain.name)).toEqual(['-s 127.0.0.1/32 -p udp -j ACCEPT', '-m comment --comment stays -j ACCEPT'])
      expect(InputError.is(await rejection(chain.replaceRule(rule, 2)))).toBe(true)
      expect(InputError.is(await rejection(chain.replaceRule(rule, -1)))).toBe(true)
    })

    test('test_rule_multiple_parameters', async () => {
      const { table, chain } = setting
      table.autocommit = false
      await table.refresh()
      const rule = new Rule({ dst: '127.0.0.1', protocol: 'tcp' })
      const match = rule.createMatch('tcp')
      match.sport = '1234'
      match.dport = '8080'
      rule.createTarget('REJECT').rejectWith = 'icmp-host-unreachable'
      await chain.insertRule(rule)
      expect(shown(tables, 'ip', 'filter', chain.name)).toEqual([])
      await table.commit()
      await table.refresh()
      const [read, ...others] = await chain.rules
      expect(others).toEqual([])
      expect([read?.src, read?.dst, read?.protocol]).toEqual(['0.0.0.0/0.0.0.0', '127.0.0.1/255.255.255.255', 'tcp'])
      expect(read?.matches.map(({ name, sport, dport }) => [name, sport, dport])).toEqual([['tcp', '1234', '8080']])
      expect(read?.target?.rejectWith).toBe('icmp-host-unreachable')
      expect(shown(tables, 'ip', 'filter', chain.name)).toHaveLength(1)
    })

    test('test_rule_delete', async () => {
      const { table, chain } = setting
      table.autocommit = false
      await table.refresh()
      for (const dport of ['8001', '8002', '8003']) {
        const rule = new Rule({ dst: '127.0.0.1', protocol: 'tcp' })
        // There this was kept as a property that meant nothing, and the rule was for all ports.
        expect(() => Object.assign(rule, { dport })).toThrow(InputError)
        rule.createMatch('tcp', { dport })
        rule.createTarget('REJECT').rejectWith = 'icmp-host-unreachable'
        await chain.insertRule(rule)
      }
      await table.commit()
      await table.refresh()
      expect(shown(tables, 'ip', 'filter', chain.name)).toHaveLength(3)
      for (const rule of await chain.rules) await chain.deleteRule(rule)
      await table.commit()
      expect(shown(tables, 'ip', 'filter', chain.name)).toEqual([])
    })

    test('test_rule_delete_nat', async () => {
      const { table, chain } = nat
      table.autocommit = false
      await table.refresh()
      for (const port of ['8001', '8002', '8003']) {
        const rule = new Rule({ dst: '127.0.0.1', protocol: 'udp' })
        expect(() => Object.assign(rule, { dport: '8080' })).toThrow(InputError)
        rule.createMatch('udp', { dport: '8080' })
        rule.createTarget('DNAT').toDestination = `127.0.0.0:${port}`
        await chain.insertRule(rule)
      }
      await table.commit()
      await table.refresh()
      expect(shown(tables, 'ip', 'nat', chain.name)).toEqual(
        ['8003', '8002', '8001'].map((port) => `-d 127.0.0.1/32 -p udp -m udp --dport 8080 -j DNAT --to-destination 127.0.0.0:${port}`),
      )
      for (const rule of await chain.rules) await chain.deleteRule(rule)
      await table.commit()
      expect(shown(tables, 'ip', 'nat', chain.name)).toEqual([])
    })

    test('test_rule_to_dict', () => {
      const rule = new Rule({ protocol: 'tcp', src: '127.0.0.1/32' })
      rule.target = new Target(rule, 'ACCEPT')
      expect(easy.decodeIptcRule(rule)).toEqual({ protocol: 'tcp', src: '127.0.0.1/32', target: 'ACCEPT', counters: [0, 0] })
    })

    test('test_rule_from_dict', () => {
      const rule = new Rule({ protocol: 'tcp', src: '127.0.0.1/32' })
      rule.target = new Target(rule, 'ACCEPT')
      const given = Object.freeze({ protocol: 'tcp', src: '127.0.0.1/32', target: 'ACCEPT' })
      expect(easy.encodeIptcRule(given).equals(rule)).toBe(true)
    })
  })
})
