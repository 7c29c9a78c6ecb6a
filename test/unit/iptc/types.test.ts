import {
  Chain, type Easy, easy, easyOn, Goto, iptcAbort, iptcCommand, iptcCommit, iptcReturn, Match, type MatchName, needXtables, Policy, Rule, Rule6, type RuleDictionary,
  Table, Table6, type TableDictionary, Target, type TargetName,
} from '../../../src/iptc/index.js'
import type { Xtables } from '../../../src/xtables/index.js'

// What the compiler must take and refuse: `npm run typecheck` fails where a line marked @ts-expect-error is taken. The
// functions are never called.

/** True where two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_same: Same<A, B>): void => {}

const never: readonly ((xt: Xtables) => unknown)[] = [
  function rules() {
    const rule = new Rule({ protocol: 'tcp', src: '10.0.0.0/8', inInterface: 'eth0', fragment: '!', counters: [1, 2n], target: 'ACCEPT' })
    rule.dst = '!10.0.0.1'
    rule.protocol = 6
    rule.inInterface = null
    rule.inInterface = undefined
    same<string | undefined, typeof rule.outInterface>(true)
    same<[packets: bigint, bytes: bigint], ReturnType<typeof rule.getCounters>>(true)
    // @ts-expect-error a misspelt attribute
    new Rule({ protcol: 'tcp' })
    // @ts-expect-error an address is text
    new Rule({ src: 1 })
    // @ts-expect-error a rule has no port: its match has
    rule.dport = '22'
    // @ts-expect-error Python's spelling
    rule.in_interface = 'eth0'
    // @ts-expect-error two counts
    rule.counters = [1]
    // @ts-expect-error the number of a protocol is computed
    rule.protocolNumber = 6
    const six: Rule = new Rule6()
    return six
  },

  function matches() {
    const rule = new Rule()
    const tcp = rule.createMatch('tcp', { dport: '22', sport: 1024, tcpFlags: ['FIN,SYN', 'SYN'] })
    tcp.dport = '!80'
    tcp.dport = undefined
    same<string | undefined, typeof tcp.sport>(true)
    same<string | readonly string[] | undefined, typeof tcp.tcpFlags>(true)
    // @ts-expect-error an option of another match
    tcp.ctstate = 'NEW'
    // @ts-expect-error a property that is none
    tcp.dprt
    // @ts-expect-error an object is no value
    rule.createMatch('tcp', { dport: {} })
    // @ts-expect-error misspelt
    rule.createMatch('tcp', { dprt: '1' })
    // @ts-expect-error misspelt
    rule.createTarget('REJECT', { rejectWth: 'tcp-reset' })
    // @ts-expect-error misspelt
    new Match(rule, 'tcp', { dprt: '1' })
    const hashlimit = new Match(rule, 'hashlimit', { hashlimitName: 'x', hashlimitUpto: '1/sec', hashlimitMode: 'srcip' })
    hashlimit.hashlimitBurst = '5'
    const set = new Match(rule, 'set', { matchSet: ['!', 'a', 'src'] })
    set.matchSet = 'a src'
    // A name that is known when it runs takes any option.
    const name: string = 'tcp'
    rule.createMatch(name, { anything: '1' }).setParameter('anything', '1')
    const known: MatchName = 'conntrack'
    rule.addMatch(new Match(rule, known, { ctstate: 'NEW' }))
    // @ts-expect-error no match of this name
    const unknown: MatchName = 'tcpp'
    return unknown
  },

  function targets() {
    const rule = new Rule()
    const reject = rule.createTarget('REJECT', { rejectWith: 'tcp-reset' })
    same<string | undefined, typeof reject.rejectWith>(true)
    reject.rejectWith = 'icmp-port-unreachable'
    // @ts-expect-error an option of another target
    reject.toDestination = '1.2.3.4'
    rule.createTarget('web', { goto: true })
    rule.target = new Goto(rule, 'web')
    rule.target = new Target(rule, 'MARK', { setMark: 1 })
    rule.target = undefined
    rule.target = null
    // @ts-expect-error a target is an object: createTarget('ACCEPT')
    rule.target = 'ACCEPT'
    // @ts-expect-error read only
    reject.goto = true
    const name: TargetName = 'NFLOG'
    // @ts-expect-error no target of this name
    const unknown: TargetName = 'NFLGO'
    return [name, unknown]
  },

  async function tables(xt: Xtables) {
    const table = new Table('filter', { xt, autocommit: false })
    new Table('nat', true)
    new Table6('mangle', { backend: 'nft', netns: 'x' })
    // @ts-expect-error a misspelt option
    new Table('filter', { autocomit: false })
    // @ts-expect-error no backend
    new Table('filter', { backend: 'nftables' })
    same<Promise<Chain[]>, typeof table.chains>(true)
    const chain = await table.createChain('web')
    same<Chain, typeof chain>(true)
    same<Promise<Rule[]>, typeof chain.rules>(true)
    // @ts-expect-error a list comes as a promise
    chain.rules.length
    await chain.appendRule({ protocol: 'tcp', matches: [{ match: 'tcp', dport: 22 }], target: { target: 'ACCEPT' } })
    // @ts-expect-error a dictionary is for easy
    await chain.appendRule({ protocol: 'tcp', tcp: { dport: '22' } })
    // @ts-expect-error text is for parseRule
    await chain.appendRule('-j ACCEPT')
    await chain.setPolicy(new Policy('DROP'), [1n, '2'])
    // @ts-expect-error a name is read only
    chain.name = 'x'
    await table.commit({ attempts: 3, wait: 1000 })
    await using used = table
    return used
  },

  async function dictionaries(xt: Xtables) {
    const rule: RuleDictionary = {
      protocol: 'tcp', src: '!10.0.0.0/8', 'in-interface': 'eth+', fragment: '!', counters: [1, '2'], tcp: { dport: ['!', '80'], 'tcp-flags': ['SYN', 'SYN'] },
      comment: [{ comment: 'a' }, 'b'], limit: '1/sec', target: { REJECT: { 'reject-with': 'tcp-reset' } },
    }
    const goto: RuleDictionary = { target: { goto: 'web' } }
    // @ts-expect-error an address is text
    const wrong: RuleDictionary = { src: 1 }
    // @ts-expect-error two counts
    const counted: RuleDictionary = { counters: [1] }
    // @ts-expect-error a target is no number
    const numbered: RuleDictionary = { target: 1 }
    const on: Easy = easyOn({ xt })
    same<Promise<void>, ReturnType<typeof on.addRule>>(true)
    same<Promise<boolean>, ReturnType<Easy['hasRule']>>(true)
    same<Promise<TableDictionary>, ReturnType<Easy['dumpTable']>>(true)
    same<Promise<RuleDictionary[]>, ReturnType<Easy['dumpChain']>>(true)
    same<Promise<number>, ReturnType<Easy['getRulePosition']>>(true)
    same<Promise<[number | string, number | string]>, ReturnType<Easy['getRuleCounters']>>(true)
    same<Promise<string[]>, ReturnType<Easy['getTables']>>(true)
    await easy.addRule('filter', 'INPUT', rule, { ipv6: true, position: -1, xt })
    await easy.batchAddRules('filter', [['INPUT', goto], ['INPUT', goto, 1]])
    await easy.deleteRule('filter', 'INPUT', goto, { raiseExc: false })
    // @ts-expect-error insertRule has no position
    await easy.insertRule('filter', 'INPUT', rule, { position: 1 })
    // @ts-expect-error addRule always throws
    await easy.addRule('filter', 'INPUT', rule, { raiseExc: false })
    // @ts-expect-error Python's spelling
    await easy.addRule('filter', 'INPUT', rule, { ipv6: true, raise_exc: false })
    // @ts-expect-error the position is an option
    await easy.addRule('filter', 'INPUT', rule, 1)
    return [wrong, counted, numbered]
  },

  async function transactions() {
    const add = iptcCommand({ maxRetry: 3, logger: console })(function* (port: number) {
      const table: Table = yield new Table('filter', { autocommit: false })
      yield new Chain(table, 'INPUT').appendRule({ protocol: 'tcp' })
      yield iptcCommit(table)
      if (port === 0) iptcAbort()
      return { port }
    })
    same<Promise<{ port: number } | undefined>, ReturnType<typeof add>>(true)
    same<[port: number], Parameters<typeof add>>(true)
    // @ts-expect-error its argument is a number
    await add('22')
    iptcCommand()(async function* () {
      yield new Table6('nat')
      iptcReturn(true)
    })
    // @ts-expect-error a number is nothing to wait for
    iptcCommand()(function* () {
      yield 7
    })
    // @ts-expect-error a function that is no generator
    iptcCommand()(() => 7)
    // @ts-expect-error a misspelt option
    iptcCommand({ maxretry: 3 })
    const helper = needXtables(async (xt, table: string) => [xt.backend, table])
    same<Promise<string[]>, ReturnType<typeof helper>>(true)
    // @ts-expect-error the connection, or what to open one with, comes first
    await helper('filter')
  },
]

test('the compiler has seen them', () => {
  expect(never).toHaveLength(6)
})
