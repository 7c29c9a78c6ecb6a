// Each line of what is known to be wrong with PyPTables, seen not to be so here.
import * as builder from '../../../../src/iptc/builder/index.js'
import { parseRuleset } from '../../../../src/xtables/index.js'

const { Accept, BuiltinChain, CustomRule, defaultTables, ForwardingRule, HostRange, InputRule, restore, Rule, RulesetError, Table, Tables } = builder

test('a rule that logs has --log-prefix, which iptables knows, and no --prefix', () => {
  for (const rule of [new ForwardingRule({ policy: 'DROP', log: true, logId: 3 }), new InputRule({ policy: 'DROP', log: true })]) {
    expect(rule.toIptables()).toMatch(/-j LOG --log-prefix "(FWD 3|IN) D"/)
    expect(rule.toIptables()).not.toMatch(/ --prefix/)
  }
})

test('a range as output is one of destinations', () => {
  expect(new HostRange('192.0.2.1-192.0.2.9').asOutput().toIptables()).toBe('-m iprange --dst-range 192.0.2.1-192.0.2.9')
})

test('everything can be imported by name', () => {
  const classes = [builder.Channel, builder.StatefulChannel, builder.PortChannel, builder.TCPChannel, builder.UDPChannel, builder.ICMPChannel]
  const places = [builder.Hosts, builder.HostList, builder.HostRange, builder.Location, builder.Zone, builder.IPSet]
  expect([...classes, ...places].map((one) => one.name)).toEqual([
    'Channel', 'StatefulChannel', 'PortChannel', 'TCPChannel', 'UDPChannel', 'ICMPChannel', 'Hosts', 'HostList', 'HostRange', 'Location', 'Zone', 'IPSet',
  ])
})

test('an error says what is wrong, and where', async () => {
  const tables = defaultTables()
  tables.filter.INPUT.append(Rule({ proto: 'tcp', dprot: 22, comment: 'no SSH' }))
  await expect(restore(tables)).rejects.toThrow(/^filter INPUT "no SSH" \(test\/unit\/iptc\/builder\/defects\.test\.ts:\d+.*unknown option '--dprot'/)
  await expect(restore(tables)).rejects.toBeInstanceOf(RulesetError)
})

test('a comment with a line break brings no line', () => {
  const tables = defaultTables()
  tables.filter.INPUT.append(Accept({ i: 'lo', comment: 'mine\n-A INPUT -j ACCEPT' }))
  expect(parseRuleset(tables.toIptables()).filter?.INPUT?.rules).toEqual([
    { inInterface: 'lo', matches: [{ match: 'comment', comment: 'mine -A INPUT -j ACCEPT' }], target: { target: 'ACCEPT' } },
  ])
})

test('numbers are values', () => {
  expect(String(Rule({ dport: 22, proto: 'tcp' }))).toBe('-p tcp --dport 22')
})

test('a template and what it is given contradict each other aloud', () => {
  expect(() => Accept({ jump: 'DROP' })).toThrow("'-j DROP' contradicts '-j ACCEPT'")
})

test('the heading of a chain has no quote too many', () => {
  const { rules } = new BuiltinChain('INPUT', 'ACCEPT').toIptables()
  expect(rules.split('\n')[0]).toMatch(/^# Builtin Chain "INPUT" \([^"]*\)$/)
})

test('text that is no rule is not printed as one', () => {
  expect(() => new Tables(new Table('filter', new BuiltinChain('INPUT', 'ACCEPT', { rules: [new CustomRule('a random string')] }))).toIptables()).toThrow(RulesetError)
})

test('marks of chance are each there once', () => {
  expect(new Set(Array.from({ length: 500 }, () => builder.randomMark().mark)).size).toBe(500)
})

test('ports of sources and destinations together are two matches, as multiport takes one of them', () => {
  expect(Rule({ jump: 'ACCEPT', args: [builder.TCPChannel({ sports: 1, dports: 2 })] }).toIptables()).toContain('-m multiport --dports 2 -m multiport --sports 1')
})
