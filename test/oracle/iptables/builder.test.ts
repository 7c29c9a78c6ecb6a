// What the builder generates, given to iptables-restore --test, and loaded.
import fc from 'fast-check'
import {
  Accept, AcceptMarked, Channel, CompositeRule, CustomRule, defaultTables, Drop, DropMarked, ForwardingRule, HostList, HostRange, Hosts, ICMPChannel, InputRule, IPSet, Jump,
  Location, Log, Mark, Marked, Match, randomMark, Redirect, Reject, Return, Rule, type RuleArguments, type Tables, TCPChannel, UDPChannel, UserChain, Zone,
} from '../../../src/iptc/builder/index.js'
import { InputError, IPSet as Sets } from '../../../src/index.js'
import { formatRuleset, parseRuleset, type Xtables } from '../../../src/xtables/index.js'
import { describeCommands, type Oracle } from '../../support/iptables-oracle.js'

/** The C tool must take it, and what the kernel has then must be what we read of it. */
async function expectTaken(oracle: Oracle, xt: Xtables, tables: Tables): Promise<void> {
  const { family } = tables
  const input = tables.toIptables()
  const tried = oracle.theirs(family, '-restore', ['--test'], { input })
  expect({ ...tried, input }).toMatchObject({ code: 0, input })
  oracle.empty(family)
  oracle.restore(family, input)
  const ours = parseRuleset(input, { family })
  const theirs = Object.fromEntries(await Promise.all(Object.keys(ours).map(async (name) => [name, await xt[family].read(name)] as const)))
  expect(formatRuleset(theirs, { family })).toBe(formatRuleset(ours, { family }))
}

/** The examples of the seed's documentation. */
const EXAMPLES: readonly [string, (tables: Tables) => void][] = [
  ['a stateful firewall', (tables) => {
    const { FORWARD: forward } = tables.filter
    forward.append(Accept({ match: 'conntrack', ctstate: 'ESTABLISHED' }))
    for (const dport of ['53', '80', '443']) forward.append(Accept({ proto: 'tcp', dport }))
    forward.policy = Rule.DROP
  }],
  ['a chain of the user’s', (tables) => {
    const chain = new UserChain('test_chain', { comment: 'A user chain' })
    chain.append(new Rule({ i: 'eth0', s: '1.1.2.1', d__not: '1.1.1.2', jump: 'DROP', comment: 'A Rule' }))
    tables.filter.append(chain)
    tables.filter.INPUT.append(new Jump(chain))
  }],
  ['rules, and templates of them', (tables) => {
    const SSH = new Rule({ proto: 'tcp', dport: '22' })
    tables.filter.INPUT.append(new Rule({ proto: 'tcp', dport: '22', jump: 'REJECT' }))
    tables.filter.INPUT.append(Reject({ proto: 'tcp', dport: 22 }))
    tables.filter.INPUT.append(SSH({ jump: 'ACCEPT', source: '1.1.1.1', comment: 'Allow SSH from my workstation' }))
    tables.filter.INPUT.append(SSH({ jump: 'REJECT', comment: 'Prevent any other access to local SSH' }))
    tables.filter.FORWARD.append(SSH({ jump: 'REJECT', comment: "Don't route any SSH traffic " }))
  }],
]

/** Everything the builder has, in one set of tables. */
function everything(): Tables {
  const tables = defaultTables()
  const { filter, mangle, nat, raw, security } = tables
  const lan = new Zone('lan', 'eth0')
  const bridge = new Zone('bridge', 'br0', 'eth1')
  const office = Location.fromIpList('office', lan, '192.0.2.1, 192.0.2.16/28, 192.0.2.100-192.0.2.120')
  const channels = [new TCPChannel({ sports: '1024-65535', dports: '80, 443, 8000-8080', states: 'NEW' }), new UDPChannel({ states: 'ESTABLISHED' }), new ICMPChannel({ icmpType: 8 }), new ICMPChannel(), new Channel({ proto: 'gre' })]
  const chain = filter.append(new UserChain('web', { comment: 'the web\n-A INPUT -j ACCEPT', rules: [Return(), Log({ logPrefix: 'seen "it" ', logLevel: 7 })] }))
  filter.INPUT.append(new Jump(chain, { proto__not: 'tcp' }))
  filter.INPUT.append(new InputRule({ policy: 'ACCEPT', sources: [...office, new Location('all', bridge), lan], channels, log: true, logId: 'in', comment: 'office' }))
  filter.INPUT.append(new InputRule({ policy: 'REJECT' }))
  filter.INPUT.append(new InputRule({ policy: 'NONE' }))
  filter.FORWARD.append(new ForwardingRule({ policy: 'DROP', sources: office, destinations: [...Hosts.fromIpList('198.51.100.1,198.51.100.5-198.51.100.9')], channels, log: true, logId: 7 }))
  filter.FORWARD.append(new ForwardingRule({ policy: 'REJECT', sources: [lan], destinations: [bridge], args: [new Match('limit', { limit: '5/min' })] }))
  filter.FORWARD.append(new ForwardingRule({ policy: 'ACCEPT', sources: [new IPSet('taken')], destinations: [new IPSet('taken')] }))
  filter.FORWARD.append(new ForwardingRule({ policy: 'NONE', log: true, logCls: new Rule({ jump: 'NFLOG', nflogGroup: 3 }) }))
  filter.FORWARD.append(new Rule({ f: true, jump: 'DROP' }))
  filter.FORWARD.append(new Rule({ fragment: { not: true }, goto: 'web' }))
  filter.OUTPUT.append(new CompositeRule([Accept({ s: '192.0.2.1' }), new Rule({ j: 'DROP', d: new HostList(['192.0.2.2']).toString() })], 'both'))
  filter.OUTPUT.append(new CustomRule('-p tcp   --dport 22 -j REJECT --reject-with tcp-reset', 'a "custom" rule'))
  filter.OUTPUT.append(new Rule({ args: [new Match('recent', { name: 'a', set: true }), new HostRange('192.0.2.1-192.0.2.9').asOutput()], proto: 'tcp', match: ['tcp', 'comment'], tcpFlags: ['SYN,ACK', 'SYN'], comment: 'x' }))
  const mark = randomMark()
  mangle.PREROUTING.append(mark)
  mangle.OUTPUT.append(new Mark('0x1/0xff', { proto: 'udp' }))
  mangle.FORWARD.append(new Marked(mark, { jump: 'RETURN' }))
  mangle.FORWARD.append(DropMarked(5))
  mangle.FORWARD.append(AcceptMarked(6))
  nat.PREROUTING.append(Redirect({ proto: 'tcp', dport: 80, toPorts: '8080' }))
  nat.POSTROUTING.append(new Rule({ o: 'eth1', jump: 'MASQUERADE' }))
  raw.PREROUTING.append(new Rule({ jump: 'CT', notrack: true, proto: 'udp', dport: 53 }))
  security.INPUT.append(Drop({ match: 'conntrack', ctstate__not: ['NEW,ESTABLISHED'] }))
  return tables
}

function everything6(): Tables {
  const tables = defaultTables({ family: 'ip6' })
  const lan = new Zone('lan', 'eth0')
  tables.filter.INPUT.append(new InputRule({ policy: 'ACCEPT', sources: Location.fromIpList('office', lan, 'fd00::1, fd00:1::/32, fd00::5-fd00::9'), channels: [new ICMPChannel({ icmpType: 'echo-request', family: 'ip6' }), new TCPChannel({ dports: 22 })], log: true }))
  tables.filter.INPUT.append(Reject({ source: { not: 'fd00::/8' }, rejectWith: 'icmp6-adm-prohibited', comment: 'not\nours' }))
  tables.nat.INPUT.append(Accept())
  tables.raw.PREROUTING.append(new Rule({ jump: 'CT', notrack: true }))
  return tables
}

const PIECES = ['"', "'", '\\', ' ', '\t', '\n', '-j ACCEPT', '\n-A INPUT -j ACCEPT', '\nCOMMIT', 'unknown: -A INPUT', '#', '!', '--', 'ü', '🔥', '\u00a0', '\u2028', '$(id)', '%s', '\x1b[1m', 'a', '0', '']
const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 6 }).map((parts) => parts.join(''))
const address = fc.tuple(fc.nat(255), fc.integer({ min: 8, max: 32 })).map(([last, bits]) => `192.0.2.${last}/${bits}`)
const place = fc.oneof(
  fc.constantFrom(new Zone('lan', 'eth0'), new Zone('bridge', 'br+', 'eth1'), new IPSet('taken'), new HostRange('192.0.2.1-192.0.2.9')),
  fc.array(address, { minLength: 1, maxLength: 3 }).map((list) => new HostList(list)),
  fc.tuple(text, address).map(([name, one]) => new Location(`x${name}`, new Zone('lan', 'eth0'), new HostList([one]))),
)
const channel = fc.oneof(
  fc.nat(65535).map((dports) => new TCPChannel({ dports })),
  fc.array(fc.nat(65535), { minLength: 1, maxLength: 15 }).map((sports) => new UDPChannel({ sports })),
  fc.constantFrom(new ICMPChannel(), new ICMPChannel({ icmpType: 3 }), new TCPChannel({ states: ['NEW', 'RELATED'] })),
)
const comment = fc.option(text.filter((value) => Buffer.byteLength(value) < 200), { nil: undefined })
const policy = fc.constantFrom('ACCEPT', 'DROP', 'REJECT', 'NONE')
const plain: fc.Arbitrary<RuleArguments> = fc.record({
  proto: fc.constantFrom('tcp', 'udp'), jump: fc.constantFrom('ACCEPT', 'DROP', 'RETURN', 'web'), dport: fc.nat(65535), source__not: address, comment,
}, { requiredKeys: ['proto'] }).map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
const route = fc.record({ policy, sources: fc.array(place, { maxLength: 2 }), destinations: fc.array(place, { maxLength: 2 }), channels: fc.array(channel, { maxLength: 2 }), log: fc.boolean(), logId: fc.nat(9999), comment })
const rules = fc.array(fc.oneof(
  plain.map((given) => new Rule(given)),
  route.map((given) => new ForwardingRule(given)),
  text.map((logPrefix) => ({ logPrefix })).map((given) => () => Log(given)),
  comment.map((said) => new CustomRule('-m limit --limit 5/min -j RETURN', said)),
), { minLength: 1, maxLength: 6 })

describeCommands('what the builder generates is read by %s-restore', (oracle) => {
  let sets: Sets
  let xt: Xtables
  beforeAll(async () => {
    sets = new Sets()
    await sets.create('taken', { stype: 'hash:ip' })
    xt = await oracle.open()
  })
  afterAll(async () => {
    oracle.empty('ip')
    oracle.empty('ip6')
    xt.close()
    await sets.destroy('taken')
    sets.close()
  })

  test('the default tables', async () => {
    await expectTaken(oracle, xt, defaultTables())
    await expectTaken(oracle, xt, defaultTables({ family: 'ip6' }))
  })

  test.each(EXAMPLES)('the example of the seed: %s', async (_, fill) => {
    const tables = defaultTables()
    fill(tables)
    await expectTaken(oracle, xt, tables)
  })

  test('everything there is, for IPv4', () => expectTaken(oracle, xt, everything()))
  test('everything there is, for IPv6', () => expectTaken(oracle, xt, everything6()))

  test('whatever is in comments, names and prefixes', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(rules, comment, async (list, said) => {
        const tables = defaultTables()
        tables.filter.append(new UserChain('web', { comment: said }))
        try {
          for (const rule of list) tables.filter.FORWARD.append(typeof rule === 'function' && !(rule instanceof Rule) ? (rule as () => Rule)() : rule)
          tables.toIptables()
        } catch (error) {
          // A prefix that LOG has no room for, or that cannot stand in a rule.
          if (InputError.is(error)) return
          throw error
        }
        taken++
        await expectTaken(oracle, xt, tables)
      }),
      { numRuns: oracle.choose({ legacy: 60, nft: 40 }) },
    )
    expect(taken).toBeGreaterThan(15)
  })
})
