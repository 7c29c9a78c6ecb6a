import { inspect } from 'node:util'
import {
  AcceptMarked, ArgumentList, Channel, DropMarked, ForwardingRule, HostList, HostRange, Hosts, ICMPChannel, InputRule, IPSet, Location, Mark, Marked,
  Match, PortChannel, randomMark, Rule, RulesetError, StatefulChannel, TCPChannel, UDPChannel, Zone,
} from '../../../../src/iptc/builder/index.js'
import { InputError } from '../../../../src/netlink/index.js'

/** The lines of a rule, without the comment above it. */
const linesOf = (rule: { toIptables(prefix?: string): string }) => rule.toIptables('-A X').split('\n').slice(1)

describe('places', () => {
  const office = new Zone('office', 'eth0')
  const bridge = new Zone('bridge', 'br0', 'eth1')
  const cases: readonly [string, { asInput(): ArgumentList; asOutput(): ArgumentList; toString(): string }, string, string, string][] = [
    ['a zone', office, '-i eth0', '-o eth0', 'office'],
    ['a zone at the port of a bridge', bridge, '-i br0 -m physdev --physdev-in eth1', '-o br0 -m physdev --physdev-out eth1', 'bridge'],
    ['hosts', new HostList(['192.0.2.1', '198.51.100.0/24']), '-s 192.0.2.1,198.51.100.0/24', '-d 192.0.2.1,198.51.100.0/24', '192.0.2.1,198.51.100.0/24'],
    ['a range, whose output is of destinations', new HostRange('192.0.2.1 - 192.0.2.9'), '-m iprange --src-range 192.0.2.1-192.0.2.9', '-m iprange --dst-range 192.0.2.1-192.0.2.9', '192.0.2.1-192.0.2.9'],
    ['a set', new IPSet('ban'), '-m set --match-set ban src', '-m set --match-set ban dst', 'ban'],
    ['a location: a whole zone', new Location('all', bridge), '-i br0 -m physdev --physdev-in eth1', '-o br0 -m physdev --physdev-out eth1', 'all'],
    ['a location: hosts in a zone', new Location('printer', office, new HostList(['192.0.2.7'])), '-i eth0 -s 192.0.2.7', '-o eth0 -d 192.0.2.7', 'office: printer'],
    ['a location: hosts anywhere', new Location('printer', null, new HostRange('192.0.2.7-192.0.2.8')), '-m iprange --src-range 192.0.2.7-192.0.2.8', '-m iprange --dst-range 192.0.2.7-192.0.2.8', 'Anywhere: printer'],
  ]

  test.each(cases)('%s', (_, place, input, output, text) => {
    expect([place.asInput(), place.asOutput(), place].map(String)).toEqual([input, output, text])
    expect(inspect(place)).toContain(String(place).replace(/.*: /, ''))
    for (const list of [place.asInput(), place.asOutput()]) expect(() => new Rule({ args: [list] }).toIptables()).not.toThrow()
  })

  test('are read from a text of addresses, networks and ranges', () => {
    const hosts = Hosts.fromIpList('192.0.2.1, 192.0.2.5-192.0.2.9 ,198.51.100.0/24')
    expect(hosts.map(String)).toEqual(['192.0.2.1,198.51.100.0/24', '192.0.2.5-192.0.2.9'])
    expect(hosts[0]).toBeInstanceOf(HostList)
    expect(hosts[1]).toBeInstanceOf(HostRange)
    expect(Location.fromIpList('x', office, '192.0.2.1,192.0.2.5-192.0.2.9').map(String)).toEqual(['office: x', 'office: x'])
  })

  const refused: readonly [string, () => unknown][] = [
    ['no text, as rules without sources are for all', () => Hosts.fromIpList('')],
    ['a comma too much', () => Hosts.fromIpList('192.0.2.1,')],
    ['an empty list', () => new HostList([])],
    ['a text for a list', () => new HostList('192.0.2.1')],
    ['a number for a name', () => new IPSet(5 as never)],
    ['an empty interface', () => new Zone('x', '')],
    ['a location that is everywhere', () => new Location('x', null)],
    ['a zone that is none', () => new Location('x', 'eth0' as never)],
    ['hosts that are none', () => new Location('x', null, '192.0.2.1' as never)],
  ]
  test.each(refused)('%s is refused', (_, make) => expect(make).toThrow(InputError))
})

describe('channels', () => {
  const cases: readonly [ArgumentList, string, string][] = [
    [new Channel({ proto: 'gre' }), '-p gre', 'gre'],
    [new Channel({ proto__not: 'tcp' }), '! -p tcp', '! tcp'],
    [new StatefulChannel({ proto: 'tcp', states: 'NEW, ESTABLISHED' }), '-p tcp -m conntrack --ctstate NEW,ESTABLISHED', 'tcp, NEW,ESTABLISHED'],
    [new PortChannel({ proto: 'sctp', dports: [5060, '5070-5080'] }), '-p sctp -m multiport --dports 5060,5070:5080', 'sctp, ports any -> 5060,5070:5080'],
    [new TCPChannel({ sports: '1', dports: '2' }), '-p tcp -m multiport --dports 2 -m multiport --sports 1', 'tcp, ports 1 -> 2'],
    [new TCPChannel({ dports: 'ftp-data, ssh-telnet', sports: ['http-alt', '1-ftp'] }), '-p tcp -m multiport --dports ftp-data,ssh:telnet -m multiport --sports http-alt,1:ftp', 'tcp, ports http-alt,1:ftp -> ftp-data,ssh:telnet'],
    [new TCPChannel({ dports: 0 }), '-p tcp -m multiport --dports 0', 'tcp, ports any -> 0'],
    [new UDPChannel({ states: ['ESTABLISHED'] }), '-p udp -m conntrack --ctstate ESTABLISHED', 'udp, ESTABLISHED, ports any -> any'],
    [new TCPChannel({ match: 'tcp', syn: true }), '-p tcp -m tcp --syn', 'tcp, ports any -> any'],
    [new ICMPChannel({ icmpType: '1' }), '-p icmp --icmp-type 1', 'icmp, type 1'],
    [new ICMPChannel(), '-p icmp', 'icmp, type any'],
    [new ICMPChannel({ icmpType: 'echo-request', family: 'ip6' }), '-p ipv6-icmp --icmpv6-type echo-request', 'ipv6-icmp, type echo-request'],
  ]
  test.each(cases)('%s', (channel, text, name) => {
    expect([channel.toIptables(), String(channel)]).toEqual([text, name])
    expect(linesOf(new Rule({ jump: 'ACCEPT', args: [channel] }))).toHaveLength(1)
  })

  const refused: readonly [string, () => unknown][] = [
    ['no protocol', () => new Channel()],
    ['no ports, which would be any', () => new TCPChannel({ dports: '' })],
    ['no states, which would be any', () => new StatefulChannel({ proto: 'tcp', states: [] })],
    ['a protocol beside its own', () => new TCPChannel({ proto: 'udp' })],
    ['a family that is none', () => new ICMPChannel({ family: 'ipv6' as never })],
  ]
  test.each(refused)('%s is refused', (_, make) => expect(make).toThrow(InputError))
})

describe('rules for packets on their way', () => {
  const lan = new Zone('lan', 'eth0')
  const hosts = Location.fromIpList('office', lan, '192.0.2.1,192.0.2.5-192.0.2.9')

  test('are one for each source, destination and channel, logged first', () => {
    const rule = new ForwardingRule({
      policy: 'DROP', sources: hosts, destinations: [new IPSet('ban')], channels: [new TCPChannel({ dports: 80 }), new Channel({ proto: 'gre' })], log: true, logId: 17, comment: 'C',
      args: [new Match('limit', { limit: '1/s' })],
    })
    const plus = 'plus -m limit --limit 1/s'
    const expected = ['-j LOG --log-prefix "FWD 17 D"', '-j DROP'].flatMap((end) =>
      [['-s 192.0.2.1 ', ''], ['', '-m iprange --src-range 192.0.2.5-192.0.2.9 ']].flatMap(([source, range]) => [
        `-A X -i eth0 -p tcp ${source}${end} ${range}-m set --match-set ban dst -m multiport --dports 80 -m limit --limit 1/s -m comment --comment "C: route lan: office -> ban, channel tcp, ports any -> 80, ${plus}"`,
        `-A X -i eth0 -p gre ${source}${end} ${range}-m set --match-set ban dst -m limit --limit 1/s -m comment --comment "C: route lan: office -> ban, channel gre, ${plus}"`,
      ]))
    expect(linesOf(rule)).toEqual(expected)
    expect(rule.toIptables()).toMatch(/^# Rule: C \(test\/unit\/iptc\/builder\/routes\.test\.ts:\d+/)
  })

  const cases: readonly [string, { toIptables(prefix?: string): string }, readonly string[]][] = [
    ['of any source', new ForwardingRule({ policy: 'ACCEPT', destinations: [lan] }), ['-A X -o eth0 -j ACCEPT -m comment --comment "route any -> lan"']],
    ['to any destination', new ForwardingRule({ policy: 'REJECT', sources: [lan], destinations: [] }), ['-A X -i eth0 -j REJECT -m comment --comment "route lan -> any"']],
    ['of anything', new ForwardingRule({ policy: 'DROP' }), ['-A X -j DROP']],
    ['of anything, with a comment', new ForwardingRule({ policy: 'DROP', comment: 'rest' }), ['-A X -j DROP -m comment --comment rest']],
    ['that are logged only', new ForwardingRule({ policy: 'NONE', log: true, sources: [lan] }), ['-A X -i eth0 -j LOG --log-prefix "FWD N" -m comment --comment "route lan -> any"']],
    ['that are nothing', new InputRule({ policy: 'NONE' }), []],
    ['to this machine', new InputRule({ policy: 'ACCEPT', sources: [lan], channels: [new UDPChannel({ dports: '53' })], log: true }), [
      '-A X -i eth0 -p udp -j LOG --log-prefix "IN A" -m multiport --dports 53 -m comment --comment "route lan -> any, channel udp, ports any -> 53"',
      '-A X -i eth0 -p udp -j ACCEPT -m multiport --dports 53 -m comment --comment "route lan -> any, channel udp, ports any -> 53"',
    ]],
    ['logged by NFLOG', new InputRule({ policy: 'DROP', log: true, logCls: new Rule({ jump: 'NFLOG', nflogGroup: 5 }) }), ['-A X -j NFLOG --nflog-group 5 --nflog-prefix "IN D"', '-A X -j DROP']],
    ['logged by a template with a prefix of its own', new InputRule({ policy: 'NONE', log: true, logCls: new Rule({ jump: 'LOG', logPrefix: 'mine' }) }), ['-A X -j LOG --log-prefix mine']],
    ['logged by a function', new InputRule({ policy: 'NONE', log: true, logCls: (more) => new Rule({ ...more, jump: 'LOG', logLevel: 7 }) }), ['-A X -j LOG --log-prefix "IN N" --log-level 7']],
  ]
  test.each(cases)('%s', (_, rule, lines) => expect(linesOf(rule)).toEqual(lines))

  test('have comments that fit: what is made is cut, what is given is refused', () => {
    const many = new HostList(Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`))
    const [line = ''] = linesOf(new InputRule({ policy: 'DROP', sources: [many] }))
    const comment = /--comment "(.*)"$/.exec(line)?.[1] ?? ''
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(255)
    expect(comment).toMatch(/^route 192\.0\.2\.0,.*…$/)
    expect(() => new InputRule({ policy: 'DROP', comment: 'x'.repeat(256) })).toThrow('comment: is 256 bytes long')
  })

  test('are refused with their place when they contradict themselves', () => {
    const rule = new ForwardingRule({ policy: 'DROP', sources: [lan], args: [new ArgumentList({ i: 'eth1' })] })
    expect(() => rule.toIptables()).toThrow(/^rule \(test\/unit.*multiple -i flags/)
    expect(() => new InputRule({ policy: 'DROP', log: true, logId: 'x'.repeat(30) }).toIptables()).toThrow(/logId: .* is 35 bytes long, and a prefix in the log 29 at most/)
    expect(() => new InputRule({ policy: 'DROP', log: true, logId: 'x'.repeat(24) }).toIptables()).not.toThrow()
    expect(() => new InputRule({ policy: 'DROP', log: true, logId: 'a\nb' }).toIptables()).toThrow(RulesetError)
  })

  const refused: readonly [string, object, RegExp][] = [
    ['a policy that is none', { policy: 'BAD' }, /^policy: policy must be either/],
    ['no policy', {}, /^policy: /],
    ['a source that is no place', { policy: 'DROP', sources: ['192.0.2.1'] }, /^sources\[0\]: is no place/],
    ['a source that is no list', { policy: 'DROP', sources: lan }, /^sources: is a list/],
    ['a text of sources', { policy: 'DROP', sources: '192.0.2.1' }, /^sources: is a list/],
    ['a channel that is no list', { policy: 'DROP', channels: 5 }, /^channels: is a list/],
    ['args that are no list', { policy: 'DROP', args: null }, /^args: is a list/],
    ['a channel that is none', { policy: 'DROP', channels: ['tcp'] }, /^channels\[0\]: /],
    ['args that are none', { policy: 'DROP', args: [{}] }, /^args\[0\]: /],
    ['a template that is none', { policy: 'DROP', logCls: {} }, /^logCls: /],
    ['a log that is neither true nor false', { policy: 'DROP', log: 'yes' }, /^log: /],
    ['a misspelt option, which would let more pass', { policy: 'ACCEPT', source: [lan] }, /^source: there is no such option/],
  ]
  test.each(refused)('%s is refused', (_, options, message) => {
    expect(() => new ForwardingRule(options as never)).toThrow(message)
    expect(() => new InputRule(options as never)).toThrow(message)
  })

  test('destinations are for packets that pass through', () => {
    expect(() => new InputRule({ policy: 'DROP', destinations: [lan] } as never)).toThrow('destinations: there is no such option')
  })
})

describe('marks', () => {
  test('are set and found again', () => {
    const mark = new Mark(123, { proto: 'tcp' })
    expect(linesOf(mark)).toEqual(['-A X -p tcp -j MARK --set-mark 123'])
    expect(linesOf(new Marked(mark, { jump: 'RETURN' }))).toEqual(['-A X -j RETURN -m mark --mark 123'])
    expect(linesOf(Marked('0x1/0xff'))).toEqual(['-A X -m mark --mark 0x1/0xff'])
    expect(linesOf(DropMarked(7n, { match: 'limit', limit: '1/s' }))).toEqual(['-A X -j DROP -m mark -m limit --limit 1/s --mark 7'])
    expect(linesOf(AcceptMarked(mark, { comment: 'c' }))).toEqual(['-A X -j ACCEPT -m mark --mark 123 -m comment --comment c'])
    expect([mark.mark, new Marked(mark).mark, mark instanceof Rule]).toEqual([123, 123, true])
    expect(linesOf(mark({ i: 'eth0' }))).toEqual(['-A X -i eth0 -p tcp -j MARK --set-mark 123'])
  })

  test.each([-1, 0.5, 2 ** 32, Number.NaN, '', {}, undefined, -1n])('%p is none', (mark) => {
    expect(() => new Mark(mark as never)).toThrow(InputError)
    expect(() => new Marked(mark as never)).toThrow(InputError)
  })

  test('have their own arguments', () => {
    expect(() => new Mark(1, { jump: 'ACCEPT' })).toThrow('jump: ')
    expect(() => new Marked(1, { mark: 2 })).toThrow('mark: ')
    expect(() => new DropMarked(1, { jump: 'ACCEPT' })).toThrow('jump: ')
  })

  test('of chance are each there once, and go on when all have been used', () => {
    const given = new Mark(40_000).mark
    const marks = Array.from({ length: 2000 }, () => Number(randomMark().mark))
    expect(new Set(marks).size).toBe(2000)
    expect(marks).not.toContain(given)
    expect(Math.min(...marks)).toBeGreaterThan(0)
    expect(Math.max(...marks)).toBeLessThan(65_536)
    for (let mark = 1; mark <= 65_535; mark++) new Mark(mark)
    expect(Number(randomMark().mark)).toBeGreaterThan(0)
  })
})
