import { easy as plainEasy, type MatchDictionary, type RuleDictionary } from '../../../src/iptc/index.js'
import { InputError, KernelError, TransportError } from '../../../src/netlink/index.js'
import { LockError } from '../../../src/xtables/index.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeEasy, emptyTables, note, refusal } from '../../support/iptc.js'
import { describeTables, ownLock, rejection, start } from '../../support/xtables.js'

ownLock()

const ADDRESS = { ip: '10.1.2.0/24', ip6: '2001:db8::/64' } as const

describeEasy('what cannot be', ({ tables, family, options, on, xt }) => {
  const nothing = () => expect(tables.savedRules(family)).toEqual([])

  test.each<[string, RuleDictionary, string, RegExp]>([
    ['a key', { protcol: 'tcp' }, 'protcol', /protocol/],
    ['a key in another spelling', { in_interface: 'eth0' }, 'in_interface', /did you mean 'in-interface'/],
    ['a match', { protocol: 'tcp', tcpp: { dport: '1' } }, 'tcpp', /no match 'tcpp'/],
    ['an option of a match', { protocol: 'tcp', tcp: { dprt: '1' } }, 'tcp.dprt', /did you mean 'dport'/],
    ['an option of the second of two', { protocol: 'tcp', tcp: [{ dport: '1' }, { dprt: '1' }] }, 'tcp[1].dprt', /dport/],
    ['an option of a target', { target: { REJECT: { 'reject-wth': 'x' } } }, 'target.REJECT.reject-wth', /reject-?[wW]ith/],
    ['an option of a verdict', { target: { ACCEPT: { x: '1' } } }, 'target.ACCEPT.x', /ACCEPT/],
    ['two targets', { target: { a: {}, b: {} } } as unknown as RuleDictionary, 'target', /target/],
    ['counters', { counters: [1] } as unknown as RuleDictionary, 'counters', /packets/],
    ['a value', { protocol: 'tcp', tcp: { dport: '70000' } }, 'tcp', /70000/],
    ['no value', { protocol: 'tcp', tcp: { dport: [] } }, 'tcp.dport', /one word/],
  ])('a misspelt rule installs nothing, and says where it is wrong: %s', async (_name, rule, path, message) => {
    const error = (await rejection(on().addRule('filter', 'INPUT', rule, options))) as InputError
    expect(error).toBeInstanceOf(InputError)
    expect(error.path.startsWith(path)).toBe(true)
    expect(error.message).toMatch(message)
    expect(on().testRule(rule, options)).toBe(false)
    nothing()
  })

  test('in a list of rules its number is said', async () => {
    const error = (await rejection(on().batchAddRules('filter', [['INPUT', note('a')], ['INPUT', { protocol: 'tcp', tcp: { dprt: '1' } }]], options))) as InputError
    expect([error.path, InputError.is(error)]).toEqual(['[1].tcp.dprt', true])
    nothing()
  })

  test('a chain that is not there', async () => {
    const calls = [
      () => on().addRule('filter', 'nope', note('a'), options), () => on().insertRule('filter', 'nope', note('a'), options), () => on().deleteRule('filter', 'nope', note('a'), options),
      () => on().replaceRule('filter', 'nope', note('a'), note('b'), options), () => on().hasRule('filter', 'nope', note('a'), options), () => on().getRule('filter', 'nope', options),
      () => on().addRule('filter', 'INPUT', { target: 'nope' }, options), () => on().addRule('filter', 'INPUT', { target: { goto: 'nope' } }, options),
      () => on().zeroChain('filter', 'nope', options), () => on().addRule('filter', 'constructor', note('a'), options), () => on().dumpChain('filter', '__proto__', options),
    ]
    for (const call of calls) expect(await refusal(call())).toMatch(/there is no chain '(nope|constructor|__proto__)' in table 'filter'/)
    nothing()
  })

  test('a set that is not there', async () => {
    for (const rule of [{ set: { 'match-set': ['nope', 'src'] } }, { set: { 'match-set': ['!', 'nope', 'src'] } }, { target: { SET: { 'add-set': ['nope', 'src'] } } }]) {
      expect(await refusal(on().addRule('filter', 'INPUT', rule, options))).toContain("there is no set 'nope'; create it first")
    }
    nothing()
  })

  test('a set that is there takes one text for both words', async () => {
    start('ipset', ['create', 'bl', 'hash:ip', 'family', family === 'ip' ? 'inet' : 'inet6'])
    try {
      await on().addRule('filter', 'INPUT', { set: { 'match-set': 'bl src' } }, options)
      await on().addRule('filter', 'INPUT', { set: { 'match-set': ['!', 'bl', 'src'] } }, options)
      expect(tables.savedRules(family)).toEqual(['-A INPUT -m set --match-set bl src', '-A INPUT -m set ! --match-set bl src'])
    } finally {
      emptyTables(tables)
      start('ipset', ['destroy', 'bl'])
    }
  })

  test('a table that is misspelt', async () => {
    const calls = [
      () => on().addRule('fitler', 'INPUT', note('a'), options), () => on().dumpTable('fitler', options), () => on().batchBegin('fitler', options), () => on().hasChain('FILTER', 'INPUT', options),
      () => on().flushTable('', options), () => on().getPolicy('toString', 'INPUT', options),
    ]
    for (const call of calls) expect(await refusal(call())).toMatch(/there is no table '.*'; there are filter, nat, mangle, raw, security/)
  })

  test('what the kernel refuses', async () => {
    const error = await rejection(on().addRule('filter', 'INPUT', { tcp: { dport: '22' } }, options))
    expect(error).toBeInstanceOf(KernelError)
    expect(error.message).toContain('filter INPUT rule 1 (-m tcp --dport 22)')
    expect(await refusal(on().addRule('filter', 'INPUT', { target: 'MASQUERADE' }, options))).toContain('nat')
    expect(await on().addChain('filter', 'x'.repeat(29), { ...options, raiseExc: false })).toBe(false)
    nothing()
  })

  test('a connection that is lent stays open; one that each call opens goes', async () => {
    await plainEasy.addRule('filter', 'INPUT', note('own'), { ...options, backend: tables.backend })
    await plainEasy.addRule('filter', 'INPUT', note('lent'), { ...options, xt: xt() })
    expect(Object.keys(await xt()[family].read('filter'))).toContain('INPUT')
    expect(await plainEasy.dumpChain('filter', 'INPUT', { ...options, backend: tables.backend })).toHaveLength(2)
  })
})

describeEasy('what makes sense', ({ options, on, family }) => {
  test('testRule: true for rules, never for garbage', () => {
    const good: unknown[] = [{}, { target: '' }, { target: 'ACCEPT' }, { target: 'web' }, { target: { goto: 'web' } }, { src: `!${ADDRESS[family]}` }, { protocol: 6, tcp: { dport: 22 } }, { counters: [1, '2'] }, { set: { 'match-set': ['a', 'src'] } }]
    const bad: unknown[] = [null, undefined, 1, '', 'ACCEPT', [], [{}], { x: 1 }, { target: 1 }, { target: {} }, { target: null }, { target: [] }, { target: 'a b' }, { target: '-j' }, { target: '!x' }, { target: 'x'.repeat(29) }, { target: { goto: '' } }, { target: { goto: 'x'.repeat(29) } }, { target: { '': {} } }, { target: { goto: 'a', ACCEPT: {} } }, { src: '300.1.1.1' }, { src: family === 'ip' ? '::1' : '1.2.3.4' }, { src: 1 }, { dst: ['::1', '::2'] }, { 'in-interface': 'x'.repeat(16) }, { protocol: '' }, { protocol: 'nope' }, { protocol: 256 }, { counters: [-1, 0] }, { counters: ['a', 0] }, { protocol: 'tcp', tcp: { dport: {} } }, { protocol: 'tcp', tcp: { dport: true } }, { protocol: 'tcp', tcp: null }, { comment: 'x'.repeat(256) }, { 'entry-header': '00' }, { 'nft-expressions': 'zz' }, { matches: {} }, { matches: [1] }, { matches: [{ nope: {} }] }, JSON.parse('{"__proto__": {"dport": "1"}}'), { constructor: {} }, { toString: {} }]
    expect(good.filter((rule) => !on().testRule(rule as RuleDictionary, options))).toEqual([])
    expect(bad.filter((rule) => on().testRule(rule as RuleDictionary, options))).toEqual([])
  })

  test('testMatch', () => {
    const good: [string, unknown][] = [['tcp', { dport: '22' }], ['tcp', {}], ['tcp', [{ dport: '1' }, { dport: '2' }]], ['limit', '1/sec'], ['comment', 'x'], ['udp', { sport: ['!', '1'] }], ['state', { state: 'NEW' }], ['multiport', { dports: '1,2' }]]
    const bad: [string, unknown][] = [['', {}], ['nope', {}], ['src', '1.2.3.4'], ['protocol', 'tcp'], ['target', 'ACCEPT'], ['matches', []], ['counters', [1, 2]], ['tcp', { dprt: '22' }], ['tcp', { dport: '70000' }], ['tcp', '22'], ['tcp', null], ['comment', {}], ['limit', { limit: '1/fortnight' }], ['constructor', {}], ['ACCEPT', {}]]
    if (family === 'ip6') {
      good.push(['dst', { 'dst-len': '8' }], ['icmp6', { 'icmpv6-type': 'echo-request' }])
      bad.push(['dst', '2001:db8::1'], ['icmp', { 'icmp-type': '8' }])
    } else bad.push(['dst', '10.0.0.1'], ['dst', { 'dst-len': '8' }], ['icmp6', { 'icmpv6-type': 'echo-request' }])
    expect(good.filter(([name, value]) => !on().testMatch(name, value as MatchDictionary, options))).toEqual([])
    expect(bad.filter(([name, value]) => on().testMatch(name, value as MatchDictionary, options))).toEqual([])
  })

  test('testTarget', () => {
    const good: [string, unknown][] = [['ACCEPT', {}], ['ACCEPT', ''], ['REJECT', { 'reject-with': 'tcp-reset' }], ['REJECT', ''], ['LOG', { 'log-prefix': 'a b' }], ['goto', 'web'], ['web', {}], ['DNAT', { 'to-destination': family === 'ip' ? '1.2.3.4' : '::1' }]]
    const bad: [string, unknown][] = [['', {}], ['', ''], ['a b', {}], ['x'.repeat(29), {}], ['goto', ''], ['goto', {}], ['ACCEPT', { x: '1' }], ['REJECT', { 'reject-with': 'nope' }], ['REJECT', null], ['REJECT', 'nope'], ['LOG', { 'log-prefx': 'x' }], ['DNAT', {}], ['web', { x: '1' }]]
    expect(good.filter(([name, value]) => !on().testTarget(name, value as object, options))).toEqual([])
    expect(bad.filter(([name, value]) => on().testTarget(name, value as object, options))).toEqual([])
  })
})

describeTables('who may not', (tables) => {
  test('somebody who is not root is told so', async () => {
    const script = startScript(
      `import { easy } from ${JSON.stringify(builtModule('iptc/index.js'))}
// What is loaded at first use may be for root alone to read.
await easy.getTables({ backend: process.argv[2] })
process.setgroups([])
process.setgid(65534)
process.setuid(65534)
const calls = [() => easy.addRule('filter', 'INPUT', { target: 'ACCEPT' }, { backend: process.argv[2] }), () => easy.dumpTable('filter', { backend: process.argv[2] })]
for (const call of calls) await call().then(() => console.log('done'), (error) => console.log(JSON.stringify([error.name, error.code, error.message])))
`,
      [tables.backend],
    )
    const { code, output, errors } = await script.ended
    expect([code, errors]).toEqual([0, ''])
    const told = output.trim().split('\n').map((line) => JSON.parse(line) as [string, string, string])
    const permission = [TransportError.name, 'ERR_PERMISSION', expect.stringContaining('run as root or with CAP_NET_ADMIN')]
    // The lock on the legacy tables is a file, which root has made.
    expect(told).toEqual([tables.choose({ legacy: [LockError.name, 'ERR_LOCK', expect.stringContaining('run as root')], nft: permission }), permission])
    expect(tables.savedRules('ip')).toEqual([])
  })
})
