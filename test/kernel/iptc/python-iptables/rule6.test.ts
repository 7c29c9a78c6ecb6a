import { Chain, easy, isTable6Available, Rule, Rule6, Table6, Target } from '../../../../src/iptc/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import { describeTables, ownLock, rejection } from '../../../support/xtables.js'
import { eachHasChain, insertsBefore, iteratesOver, keeps, refuses, shown, withTable6 } from './setting.js'

ownLock()

describeTables('python-iptables: rules of IPv6 on %s', (tables) => {
  const iterates = (name: string, hooks: readonly string[]) =>
    withTable6(tables, name, async (table) => {
      expect(await isTable6Available(name, { backend: tables.backend })).toBe(true)
      await iteratesOver(table, hooks, new Rule6({ src: '2001:db8::/32', target: 'ACCEPT' }))
    })

  describe('TestRule6', () => {
    const setting = eachHasChain((options) => new Table6(Table6.FILTER, options), tables, 'iptc_test_chain')

    test('test_create_mask', () => {
      expect(Rule6.createMask(10)).toEqual([0xff, 0xc0, ...Array<number>(14).fill(0)])
      expect(Rule6.createMask(27)).toEqual([0xff, 0xff, 0xff, 0xe0, ...Array<number>(12).fill(0)])
      expect(Rule6.createMask(0)).toEqual(Array<number>(16).fill(0))
      expect(Rule6.createMask(128)).toEqual(Array<number>(16).fill(0xff))
      for (const length of [-1, 129, 1.5, Number.NaN]) expect(() => Rule6.createMask(length)).toThrow(InputError)
    })

    test('test_rule_address', () => {
      const rule = new Rule6()
      expect([rule.src, rule.dst]).toEqual(['::/0', '::/0'])
      const bad = [
        '2001:fg::/::', '2001/ffff::', '2001::/-1', '2001::/129', '::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        '::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:', '1.2.3.4', '', '!', 'host.example', '2001::1,2001::2', 7, null, undefined,
      ]
      for (const key of ['src', 'dst'] as const) {
        keeps(rule, key, ['::/128', '!2000::1/16', '2001::/64', '!2001::1/48', ['::1', '::1/128'], ['! ::1', '!::1/128']])
        refuses(rule, key, bad)
      }
    })

    test('test_rule_interface', () => {
      const rule = new Rule6()
      for (const key of ['inInterface', 'outInterface'] as const) {
        keeps(rule, key, ['eth0', 'eth+', 'ip6tnl1', 'ip6tnl+', '!ppp0', '!ppp+', '0123456789abcde'])
        refuses(rule, key, ['itsaverylonginterfacename', '0123456789abcdef', '!0123456789abcdef', '', '!', 5])
        // There it could never be taken back.
        rule[key] = undefined
        expect(rule[key]).toBeUndefined()
      }
      expect(String(rule)).toBe('')
    })

    test('test_rule_protocol', () => {
      const rule = new Rule6()
      const names = ['tcp', 'udp', 'icmp', 'AH', 'ESP', '!TCP', '!UDP', '!ICMP', '!ah', '!esp', 'sctp', '!SCTP']
      keeps(rule, 'protocol', names.map((name) => [name, name.toLowerCase()] as const))
      refuses(rule, 'protocol', ['', 'asdf', '!', '256', -1, 1.5, '!!tcp', null, undefined])
    })

    test('test_rule_protocol_numeric', () => {
      const rule = new Rule6()
      keeps(rule, 'protocol', [[33, '33'], '!33', ['6', 'tcp'], [58, 'icmpv6'], [0, 'ip']])
    })

    test('test_rule_compare', () => {
      const make = () => new Rule6({ src: '::1/128', dst: '2001::/8', protocol: 'tcp', inInterface: 'wlan+', outInterface: 'eth1' })
      const rule = make()
      expect(rule.equals(make())).toBe(true)
      rule.counters = [1, 2]
      expect(rule.equals(make())).toBe(true)
      rule.src = '::1/ffff::'
      expect([rule.src, rule.equals(make())]).toEqual(['::1/16', false])
      expect(new Rule6({ protocol: 'tcp' }).equals(new Rule({ protocol: 'tcp' }))).toBe(false)
    })

    test('test_rule_standard_target', async () => {
      const { chain } = setting
      // A name that is no target is a chain to jump to: whether it is there is seen when the rule is put into a table.
      const lost = new Rule6({ target: 'jump_to_chain' })
      const error = await rejection(chain.insertRule(lost))
      expect(InputError.is(error) && error.message).toMatch(/there is no chain 'jump_to_chain' in table 'filter'/)

      const rule = new Rule6({ protocol: 'tcp', src: '::1' })
      for (const name of ['RETURN', 'ACCEPT', '']) expect(new Target(rule, name).name).toBe(name)
      const target = new Target(rule, '')
      target.standardTarget = 'ACCEPT'
      expect([target.name, target.standardTarget]).toEqual(['ACCEPT', 'ACCEPT'])

      rule.target = new Target(rule, chain.name)
      await chain.insertRule(rule)
      expect(shown(tables, 'ip6', 'filter', chain.name)).toEqual([`-s ::1/128 -p tcp -j ${chain.name}`])
      // As long as no packet comes into the circle.
      const circle = await rejection(new Chain(setting.table, 'INPUT').insertRule(rule))
      expect(InputError.is(circle) && circle.message).toMatch(/circle: iptc_test_chain -> iptc_test_chain/)
      await chain.deleteRule(rule)
      expect(await chain.rules).toEqual([])
    })

    test('test_rule_iterate_filter', async () => {
      await iterates('filter', ['INPUT', 'FORWARD', 'OUTPUT'])
    })

    test('test_rule_iterate_raw', async () => {
      await iterates('raw', ['PREROUTING', 'OUTPUT'])
    })

    test('test_rule_iterate_mangle', async () => {
      await iterates('mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])
    })

    test('test_rule_iterate_security', async () => {
      await iterates('security', ['INPUT', 'FORWARD', 'OUTPUT'])
    })

    test('test_rule_insert', async () => {
      const accept = new Rule6({ protocol: 'tcp', src: '::1' })
      accept.target = new Target(accept, 'ACCEPT')
      const reject = new Rule6({ protocol: 'udp', src: '::1' })
      const target = new Target(reject, 'REJECT')
      target.rejectWith = 'addr-unreach'
      reject.target = target
      const back = new Rule6({ protocol: 'tcp', dst: '2001::/16' })
      back.target = new Target(back, 'RETURN')
      await insertsBefore(setting, [accept, reject, back])
      expect(shown(tables, 'ip6', 'filter', setting.chain.name)).toEqual([
        '-d 2001::/16 -p tcp -j RETURN',
        '-s ::1/128 -p udp -j REJECT --reject-with icmp6-addr-unreachable',
        '-s ::1/128 -p tcp -j ACCEPT',
      ])
    })

    test('test_rule_to_dict', () => {
      const rule = new Rule6({ protocol: 'tcp', src: '::1/128' })
      rule.target = new Target(rule, 'ACCEPT')
      expect(easy.decodeIptcRule(rule)).toEqual({ protocol: 'tcp', src: '::1/128', target: 'ACCEPT', counters: [0, 0] })
    })

    test('test_rule_from_dict', () => {
      const rule = new Rule6({ protocol: 'tcp', src: '::1/128' })
      rule.target = new Target(rule, 'ACCEPT')
      const made = easy.encodeIptcRule({ protocol: 'tcp', src: '::1/128', target: 'ACCEPT' }, { ipv6: true })
      expect(made).toBeInstanceOf(Rule6)
      expect(made.equals(rule)).toBe(true)
    })
  })
})
