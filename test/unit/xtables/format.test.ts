import { formatRule, formatRuleset, listRule, parseRule, parseRuleset, type RuleInput, type RulesetInput } from '../../../src/xtables/index.js'
import { inputErrorOf } from './errors.js'

test.each<[rule: RuleInput, text: string]>([
  [{}, ''],
  [{ target: { target: 'ACCEPT' } }, '-j ACCEPT'],
  [{ target: { jump: 'web' } }, '-j web'],
  [{ target: { goto: 'web' } }, '-g web'],
  [{ source: '10.0.0.1' }, '-s 10.0.0.1/32'],
  [{ source: '10.1.2.3/8' }, '-s 10.0.0.0/8'],
  [{ source: '10.0.0.0/255.255.0.255' }, '-s 10.0.0.0/255.255.0.255'],
  [{ source: '0.0.0.0/0', destination: { not: '0.0.0.0/0' } }, '! -d 0.0.0.0/0'],
  [{ inInterface: '+', outInterface: { not: '+' } }, '! -o +'],
  [{ inInterface: 'eth+', outInterface: { not: 'lo' } }, '-i eth+ ! -o lo'],
  [{ inInterface: 'a b' }, '-i "a b"'],
  [{ inInterface: 'a"\\' }, '-i "a\\"\\\\"'],
  [{ protocol: 6 }, '-p tcp'],
  [{ protocol: 'TCP' }, '-p tcp'],
  [{ protocol: 'all' }, ''],
  [{ protocol: { not: 253 } }, '! -p 253'],
  [{ fragment: true }, '-f'],
  [{ fragment: false }, '! -f'],
  [{ protocol: 'tcp', matches: [{ match: 'tcp', dport: '22' }] }, '-p tcp -m tcp --dport 22'],
  [
    { protocol: 'tcp', matches: [{ match: 'tcp', dport: { not: [1, 1023] }, sport: 5 }] },
    '-p tcp -m tcp --sport 5 ! --dport 1:1023',
  ],
  [{ protocol: 'tcp', matches: [{ match: 'tcp', syn: true }] }, '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN'],
  [{ matches: [{ match: 'comment', comment: 'say "hi"\\' }] }, '-m comment --comment "say \\"hi\\"\\\\"'],
  [{ target: { jump: 'a b' } }, '-j "a b"'],
])('%j is printed as %s', (rule, text) => {
  expect(formatRule(rule)).toBe(text)
})

test('conditions, matches and target are printed in the order of the tool, whatever order they were given in', () => {
  const rule: RuleInput = {
    target: { target: 'DROP' },
    matches: [
      { match: 'mark', mark: '0x1' },
      { match: 'comment', comment: 'x' },
    ],
    fragment: true,
    protocol: 'udp',
    outInterface: 'b',
    inInterface: 'a',
    destination: '10.0.0.2',
    source: '10.0.0.1',
  }
  expect(formatRule(rule)).toBe(
    '-s 10.0.0.1/32 -d 10.0.0.2/32 -i a -o b -p udp -f -m mark --mark 0x1 -m comment --comment x -j DROP',
  )
})

test('counters stand in front of the target, and only when they are wanted', () => {
  const rule: RuleInput = { protocol: 'tcp', target: { jump: 'x' }, counters: { packets: 5n, bytes: 2n ** 64n - 1n } }
  expect(formatRule(rule)).toBe('-p tcp -j x')
  expect(formatRule(rule, { counters: true })).toBe('-p tcp -c 5 18446744073709551615 -j x')
  expect(formatRule({}, { counters: true })).toBe('-c 0 0')
  expect(parseRule(formatRule(rule, { counters: true })).counters).toEqual(rule.counters)
})

test('IPv6 has addresses of its own', () => {
  expect(formatRule({ source: 'FD00:0::1', destination: { not: 'fd00::/8' } }, { family: 'ip6' })).toBe(
    '-s fd00::1/128 ! -d fd00::/8',
  )
  expect(formatRule({ source: '::/0' }, { family: 'ip6' })).toBe('')
})

test('an empty object says nothing, and a rule that is printed reads as itself', () => {
  const text =
    '-s 10.0.0.0/8 ! -i lo -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW,ESTABLISHED -m comment --comment "a b" -j ACCEPT'
  expect(formatRule(parseRule(text))).toBe(text)
  expect(parseRule(formatRule(parseRule(text)))).toEqual(parseRule(text))
})

test.each<[what: string, rule: unknown]>([
  ['a comment', { matches: [{ match: 'comment', comment: 'a\n-A INPUT -j ACCEPT' }] }],
  ['an interface', { inInterface: 'a\nb' }],
  ['a chain', { target: { jump: 'a\nb' } }],
  ['a chain gone to', { target: { goto: 'a\0b' } }],
  ['the name of an unknown match', { matches: [{ match: 'unknown', name: 'a\nb', revision: 0, info: '' }] }],
  [
    'the data of an unknown match',
    { matches: [{ match: 'unknown', name: 'a', revision: 0, info: '00\n-A INPUT -j ACCEPT' }] },
  ],
  [
    'the revision of an unknown target',
    { target: { target: 'unknown', name: 'a', revision: '0\n-A INPUT', info: '' } },
  ],
  ['a header', { header: '00\n-A INPUT -j ACCEPT' }],
  ['a verdict', { target: { target: 'X\n-A INPUT -j ACCEPT' } }],
  ['counters', { counters: { packets: '0\n-A INPUT -j ACCEPT', bytes: 0n } }],
])('%s that would break the line is refused, not printed', (_, rule) => {
  expect(inputErrorOf(() => formatRule(rule as RuleInput, { counters: true })).reason).toBeTruthy()
})

test.each<[rule: unknown, reason: RegExp]>([
  [{ matches: [{ match: 'nosuch' }] }, /there is no match 'nosuch'/],
  [{ target: { target: 'accept' } }, /there is no target 'accept'/],
  [{ matches: [{ match: 'tcp', tcpflags: 'SYN SYN' }] }, /there is no option 'tcpflags'; did you mean 'tcpFlags'\?/],
  [{ matches: [{ match: 'ttl', ttlEq: 256 }] }, /256|255/],
  [{ source: '10.0.0.1/33' }, /invalid mask '33'/],
])('%j has no text', (rule, reason) => {
  expect(inputErrorOf(() => formatRule(rule as RuleInput)).reason).toMatch(reason)
})

test.each<[rule: unknown, path: string]>([
  [{ source: '10.0.0.x' }, 'source'],
  [{ destination: { not: 'fd00::1' } }, 'destination'],
  [{ inInterface: '' }, 'inInterface'],
  [{ protocol: 'nosuch' }, 'protocol'],
  [{ matches: [{ match: 'tcp' }, { match: 'tcp', dport: 99999 }], protocol: 'tcp' }, 'matches[1].dport'],
  [{ matches: [{ match: 'nosuch' }] }, 'matches[0]'],
  [{ matches: [undefined] }, 'matches[0]'],
  [{ target: { target: 'LOG', logLevl: 4 } }, 'target.logLevl'],
  [{ target: { target: 'ACCEPT', logLevel: 4 } }, 'target.logLevel'],
  [{ target: { jump: '' } }, 'target'],
  [{ target: null }, 'target'],
])('%j: the error names the value by its path', (rule, path) => {
  expect(inputErrorOf(() => formatRule(rule as RuleInput)).path).toBe(path)
})

test.each<[target: unknown, path: string]>([
  [{ jump: 'web', target: 'DROP' }, 'target.target'],
  [{ jump: 'web', goto: 'www' }, 'target.goto'],
  [{ goto: 'web', rejectWith: 'tcp-reset' }, 'target.rejectWith'],
])('%j: what stands beside a jump is refused, not lost', (target, path) => {
  expect(inputErrorOf(() => formatRule({ target } as RuleInput)).path).toBe(path)
  expect(formatRule({ target: { jump: 'web', goto: undefined } } as RuleInput)).toBe('-j web')
})

test.each(['inet', 'inet6', 'ipv6', '', null, 6])('%j is no family: it would be taken for the other one', (family) => {
  const options = { family } as never
  for (const use of [() => formatRule({}, options), () => parseRule('', options), () => listRule({}, options), () => parseRuleset('', options)]) {
    expect(inputErrorOf(use)).toEqual({ reason: `'${family}' is no family: give ip or ip6`, path: 'family' })
  }
})

test.each([undefined, null, 5, {}])('%p is no text of a rule or a ruleset', (text) => {
  for (const read of [parseRule, parseRuleset]) expect(inputErrorOf(() => read(text as never)).reason).toBe(`'${String(text)}' is not text`)
})

test('a target without a name cannot be listed either', () => {
  expect(inputErrorOf(() => listRule({ target: {} } as RuleInput)).reason).toBe("there is no target 'undefined'")
})

describe('a ruleset', () => {
  test('that cannot be printed is refused with the place of what is wrong', () => {
    const bad = (ruleset: unknown) => inputErrorOf(() => formatRuleset(ruleset as RulesetInput)).path
    expect(bad({ filter: { web: { rules: [{}, { protocol: 'tcp', matches: [{ match: 'tcp', dport: 'x' }] }] } } })).toBe('filter web rule 2.matches[0].dport')
    expect(bad({ filter: { web: {} } })).toBe('filter.web.rules')
    expect(bad({ filter: { web: null } })).toBe('filter.web.rules')
    expect(bad({ filter: null })).toBe('filter')
    expect(bad(null)).toBe('')
  })

  test('is not printed with a name that cannot be read back', () => {
    for (const ruleset of [{ '': {} }, { filter: { '': { rules: [] } } }]) {
      expect(inputErrorOf(() => formatRuleset(ruleset as RulesetInput)).reason).toMatch(/without a name/)
    }
  })
})
