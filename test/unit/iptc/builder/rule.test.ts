import { inspect } from 'node:util'
import { Accept, ArgumentList, CompositeRule, CustomArgument, CustomRule, Jump, Log, Match, Rule, type RuleArguments, RulesetError, UnboundArgument, UserChain } from '../../../../src/iptc/builder/index.js'
import { InputError } from '../../../../src/netlink/index.js'

const textOf = (given: RuleArguments) => String(new Rule(given))
/** The lines of a rule, without the comment above it. */
const linesOf = (rule: { toIptables(prefix?: string): string }) => rule.toIptables('-A INPUT').split('\n').slice(1)

describe('a rule is printed in the language of iptables', () => {
  const cases: readonly [string, RuleArguments, string][] = [
    ['as in the manual of the seed', { proto: 'tcp', dport: '22', jump: 'REJECT' }, '-p tcp -j REJECT --dport 22'],
    ['its own arguments in their order, short', { jump: 'DROP', source: '192.0.2.1', outInterface: 'eth1', in_interface: 'eth0', protocol: 'udp', d: '192.0.2.2' }, '-i eth0 -o eth1 -p udp -s 192.0.2.1 -d 192.0.2.2 -j DROP'],
    ['numbers', { proto: 6, dport: 22, jump: 'ACCEPT' }, '-p 6 -j ACCEPT --dport 22'],
    ['bigints', { jump: 'MARK', setMark: 5n }, '-j MARK --set-mark 5'],
    ['flags, with true or null', { proto: 'tcp', match: 'tcp', syn: true, jump: 'DROP' }, '-p tcp -j DROP -m tcp --syn'],
    ['flags, with null', { proto: 'tcp', match: 'tcp', syn__not: null, jump: 'DROP' }, '-p tcp -j DROP -m tcp ! --syn'],
    ['negation behind a name', { d__not: '192.0.2.1', ctstate__not: 'NEW', match: 'conntrack' }, '! -d 192.0.2.1 -m conntrack ! --ctstate NEW'],
    ['negation of a value', { d: { not: '192.0.2.1' }, match: 'conntrack', ctstate: { not: 'NEW' } }, '! -d 192.0.2.1 -m conntrack ! --ctstate NEW'],
    ['negation of a negation', { d__not: { not: '192.0.2.1' } }, '-d 192.0.2.1'],
    ['options in camelCase, snake_case and with dashes', { jump: 'LOG', logPrefix: 'a', log_level: 4, 'log-uid': true }, '-j LOG --log-prefix a --log-level 4 --log-uid'],
    ['a match in front of its options, wherever it stands', { ctstate: 'NEW', match: 'conntrack' }, '-m conntrack --ctstate NEW'],
    ['several matches', { match: ['conntrack', 'limit'], limit: '5/min', ctstate: 'NEW' }, '-m conntrack -m limit --limit 5/min --ctstate NEW'],
    ['values of several words', { match: 'set', matchSet: ['ban', 'src,dst'] }, '-m set --match-set ban src,dst'],
    ['lists of addresses', { source: ['192.0.2.1', '192.0.2.2'] }, '-s 192.0.2.1,192.0.2.2'],
    ['fragments', { f: true }, '-f'],
    ['the others of a datagram', { fragment: { not: true } }, '! -f'],
    ['a goto', { goto: 'web' }, '-g web'],
    ['its counters', { c: [5, 300], jump: 'ACCEPT' }, '-j ACCEPT -c 5 300'],
    ['values in quotes where they need them', { jump: 'LOG', logPrefix: 'a "b" \\ \'c\'' }, '-j LOG --log-prefix "a \\"b\\" \\\\ \\\'c\\\'"'],
    ['its comment last', { comment: "Don't", jump: 'DROP' }, '-j DROP -m comment --comment "Don\\\'t"'],
    ['one comment, also when its match is named', { match: ['conntrack', 'comment'], ctstate: 'NEW', comment: 'hey' }, '-m conntrack --ctstate NEW -m comment --comment hey'],
    ['nothing', {}, ''],
    ['lists of more arguments behind its own, those of the rule in front', { jump: 'DROP', args: [new Match('iprange', { srcRange: '192.0.2.1-192.0.2.9' }), new ArgumentList({ i: 'eth0' })] }, '-i eth0 -j DROP -m iprange --src-range 192.0.2.1-192.0.2.9'],
    ['a match twice', { args: [new Match('recent', { name: 'a', set: true }), new Match('recent', { name: 'b', update: true, seconds: 5 })] }, '-m recent --name a --set -m recent --name b --update --seconds 5'],
  ]

  test.each(cases)('%s', (_, given, text) => {
    expect(textOf(given)).toBe(text)
    expect(new Rule(given).toIptables('-A INPUT')).toMatch(/^# Rule: .*\(test\/unit\/iptc\/builder\/rule\.test\.ts:\d+[^\n]*\)\n-A INPUT/)
    expect(linesOf(new Rule(given))).toEqual([`-A INPUT ${text}`.trim()])
  })

  test('for IPv6 as for IPv4, where it says neither', () => {
    expect(linesOf(Rule({ source: 'fd00::/8', jump: 'ACCEPT' }))).toEqual(['-A INPUT -s fd00::/8 -j ACCEPT'])
    expect(() => Rule({ source: 'fd00::/8', d: '192.0.2.1' }).toIptables()).toThrow(RulesetError)
  })
})

describe('what makes no rule is refused, by name', () => {
  const atOnce: readonly [string, RuleArguments | (() => unknown), RegExp][] = [
    ['undefined', { source: undefined as unknown as string }, /^source: is undefined/],
    ['false', { syn: false as unknown as true }, /^syn: is false/],
    ['an object', { source: { a: 1 } as never }, /^source: is an object/],
    ['a list in a list', { matchSet: [['a']] as never }, /^matchSet: is a list in a list/],
    ['no number', { dport: Number.NaN }, /^dport: is NaN/],
    ['an empty list', { matchSet: [] }, /^matchSet: is an empty list/],
    ['a leading !', { source: '!192.0.2.1' }, /^source: .*no negation here/],
    ['a leading ! of an interface of a bridge', { match: 'physdev', physdevIn: '! eth0' }, /^physdevIn: .*no negation here/],
    ['! as a word of its own', { matchSet: ['!', 'a', 'src'] }, /^matchSet: '!' begins with !/],
    ['a word like an option', { matchSet: ['a', '-j'] }, /^matchSet: '-j' begins like an option/],
    ['a line break', { logPrefix: 'a\n-A INPUT -j ACCEPT' }, /^logPrefix: a line break/],
    ['a NUL', { logPrefix: 'a\0' }, /^logPrefix: a NUL/],
    ['half of a character', { logPrefix: '\ud800' }, /^logPrefix: .*well-formed/],
    ['a name that is none', { 'dport 22 -j ACCEPT --x': '1' }, /no name of an option/],
    ['a name with dashes in front', { '--dport': 22 }, /no name of an option/],
    ['a suffix that is none', { s__invalid: null }, /Only 'not' is supported/],
    ['a suffix that is none, of another option', { custom__invalid: null }, /Only 'not' is supported/],
    ['two suffixes', { custom__not__invalid: null }, /badly formatted argument name/],
    ['a jump that is negated', { j__not: 'DROP' }, /not invertable/],
    ['a match that is negated', { match: { not: 'tcp' } as never }, /not invertable/],
    ['a value that is missing', { source: null }, /^source: needs a value/],
    ['a value too much', { f: 'x' }, /^f: takes no value/],
    ['a list where one value goes', { proto: ['tcp', 'udp'] }, /^proto: takes one value/],
    ['two names of one argument that differ', { p: 'tcp', proto: 'udp' }, /^proto: '-p udp' contradicts '-p tcp'/],
    ['a jump and a goto', { jump: 'web', goto: 'web' }, /^goto: '-g web' contradicts '-j web'/],
    ['a family', { ipv6: true }, /tables have a family/],
    ['args that are no list', { args: 5 as never }, /^args: is a list/],
    ['args with anything in it', { args: ['-j DROP'] as never }, /^args\[0\]: is no Match/],
    ['a comment that is no text', { comment: 5 as never }, /^comment: is text, not number/],
    ['a comment of more than 255 bytes', { comment: 'ü'.repeat(128) }, /^comment: is 256 bytes long/],
    ['a Match with a second name', () => Match('tcp', { match: 'udp' }), /^match: a Match is one match/],
    ['a CustomRule that is no text', () => CustomRule(5 as never), /is text, not number/],
    ['a CustomRule of two lines', () => CustomRule('-j DROP\n-A INPUT -j ACCEPT'), /one line/],
    ['a Jump with a jump', () => Jump('web', { jump: 'ACCEPT' }), /^jump: the chain is the first/],
    ['what is no rule in a CompositeRule', () => CompositeRule(['-j DROP'] as never), /^rules\[0\]: is no rule/],
  ]

  test.each(atOnce)('%s, at once', (_, given, message) => {
    const make = typeof given === 'function' ? given : () => new Rule(given)
    expect(make).toThrow(message)
    expect(make).toThrow(InputError)
  })

  const printed: readonly [string, RuleArguments, RegExp][] = [
    ['an option that is none', { proto: 'tcp', dprot: 22, jump: 'DROP' }, /unknown option '--dprot'; did you mean '--dport'\? \(in '-p tcp -j DROP --dprot 22'\)/],
    ['a word behind an option that stands alone', { proto: 'tcp', syn: 'x' }, /bad argument 'x'/],
    ['an option in the value of one that stands alone', { proto: 'tcp', syn: '-jACCEPT' }, /'--syn' takes no value/],
    ['an option in the value of one that stands alone, with blanks', { proto: 'tcp', syn: '-j ACCEPT' }, /rule \(/],
    ['an option that would take the next one for its value', { match: 'comment', args: [ArgumentList({ comment: null, jump: 'DROP' }), ArgumentList({ limit: '5/s' })] }, /comment needs a value|bad argument/],
    ['the same, where a rule comes out', { proto: 'tcp', match: 'recent', name: null, rsource: true, set: true }, /--name needs a value/],
    ['ports as a list', { proto: 'tcp', match: 'multiport', dports: [22, 80] }, /bad argument '80'.*one word with commas/],
    ['commands', { insert: 'INPUT' }, /'--insert' is no part of a rule/],
    ['a program to run', { modprobe: '/bin/sh' }, /'--modprobe' is no part of a rule/],
    ['a target that is none for both families', { jump: 'NETMAP', to: 'nonsense' }, /NETMAP/],
    ['a line that is too long', { source: Array.from({ length: 1000 }, (_, i) => `192.0.${i >> 8}.${i & 255}`) }, /1\d,?\d* bytes long|bytes long, 10238/],
  ]

  test.each(printed)('%s, when it is printed, with the place in the program', (_, given, message) => {
    const rule = new Rule(given)
    expect(() => rule.toIptables()).toThrow(message)
    expect(() => rule.toIptables()).toThrow(/\(test\/unit\/iptc\/builder\/rule\.test\.ts:\d+/)
  })

  test('the error names comment, place and text, and keeps what the reader said', () => {
    const rule = Rule({ proto: 'tcp', dprot: 22, comment: 'no "SSH"' })
    const error = caught(() => rule.toIptables())
    expect(error).toBeInstanceOf(RulesetError)
    const { comment, location, text, line, cause, path, code } = error as RulesetError
    expect({ comment, text, line, code }).toEqual({ comment: 'no "SSH"', text: '-p tcp --dprot 22 -m comment --comment "no \\"SSH\\""', line: undefined, code: 'ERR_INPUT' })
    expect((error as RulesetError).rule).toBe(rule)
    expect(location).toMatch(/^test\/unit\/iptc\/builder\/rule\.test\.ts:\d+/)
    expect(path).toBe(`"no "SSH"" (${location})`)
    expect(InputError.is(cause)).toBe(true)
  })
})

describe('a rule is a template', () => {
  const SSH = new Rule({ proto: 'tcp', dport: 22, comment: 'SSH' })

  test('for rules with the same arguments and more', () => {
    const one = SSH({ jump: 'ACCEPT', source: '192.0.2.1', comment: 'from my desk' })
    expect(one).toBeInstanceOf(Rule)
    expect(String(one)).toBe('-p tcp -s 192.0.2.1 -j ACCEPT --dport 22 -m comment --comment "from my desk"')
    expect(String(one({ match: 'limit', limit: '5/min' }))).toBe('-p tcp -s 192.0.2.1 -j ACCEPT --dport 22 -m limit --limit 5/min -m comment --comment "from my desk"'.replace('--dport 22 -m limit --limit 5/min', '-m limit --dport 22 --limit 5/min'))
    expect(String(SSH)).toBe('-p tcp --dport 22 -m comment --comment SSH')
    expect(String(SSH({ jump: 'DROP' }))).toContain('--comment SSH')
  })

  test('and refuses what contradicts it, where the seed was silent', () => {
    expect(() => Accept({ jump: 'DROP' })).toThrow("jump: '-j DROP' contradicts '-j ACCEPT'")
    expect(() => Accept({ goto: 'web' })).toThrow(InputError)
    expect(() => SSH({ p: 'udp' })).toThrow("p: '-p udp' contradicts '-p tcp'")
    expect(() => SSH({ proto__not: 'tcp' })).toThrow("'! -p tcp' contradicts '-p tcp'")
    expect(() => SSH({ dport: 23 })).toThrow("dport: '--dport 23' contradicts '--dport 22'")
    expect(String(SSH({ dport: '22', protocol: 'tcp', jump: 'DROP' }))).toBe('-p tcp -j DROP --dport 22 -m comment --comment SSH')
  })

  test('with its matches in front of those of the new rule: a limit counts what has passed the rest', () => {
    const New = Rule({ args: [Match('conntrack', { ctstate: 'NEW' })] })
    expect(String(New({ args: [Match('limit', { limit: '5/min' })] }))).toBe('-m conntrack --ctstate NEW -m limit --limit 5/min')
  })

  test('made with or without new, and extended', () => {
    class Office extends Rule {
      constructor(more: RuleArguments = {}) {
        super({ ...more, source: '192.0.2.0/24' })
      }
    }
    const office = new Office({ jump: 'ACCEPT' })
    expect(office).toBeInstanceOf(Office)
    expect(office).toBeInstanceOf(Rule)
    expect(String(office({ proto: 'tcp' }))).toBe('-p tcp -s 192.0.2.0/24 -j ACCEPT')
    expect(Rule({ jump: 'DROP' })).toBeInstanceOf(Rule)
    expect(Jump('web')).toBeInstanceOf(Rule)
    expect(String(Jump('web')({ proto: 'tcp' }))).toBe('-p tcp -j web')
    expect([Rule.NONE, Rule.ACCEPT, Rule.DROP, Rule.REJECT, Rule.RETURN, Rule.REDIRECT, Rule.LOG, Rule.TCP, Rule.UDP, Rule.ICMP, Rule.IGMP]).toEqual(
      ['NONE', 'ACCEPT', 'DROP', 'REJECT', 'RETURN', 'REDIRECT', 'LOG', 'tcp', 'udp', 'icmp', 'igmp'])
  })
})

describe('other rules', () => {
  test('a Jump goes to a chain, with its comment unless given one', () => {
    const chain = new UserChain('web', { comment: 'the web' })
    expect(String(new Jump(chain))).toBe('-j web -m comment --comment "the web"')
    expect(String(new Jump(chain, { comment: 'else', proto__not: 'tcp' }))).toBe('! -p tcp -j web -m comment --comment else')
    expect(String(new Jump('web', { proto: 'tcp' }))).toBe('-p tcp -j web')
    expect(linesOf(new Jump(new UserChain('x', { comment: 'ü'.repeat(300) })))[0]).toContain('…')
    expect(() => new Jump('')).toThrow('needs a value')
  })

  test('a CustomRule is text, and one that is no rule is refused with its place', () => {
    expect(linesOf(new CustomRule('-p tcp --dport 22 -j DROP', 'no "SSH"'))).toEqual(['-A INPUT -p tcp --dport 22 -j DROP -m comment --comment "no \\"SSH\\""'])
    expect(linesOf(CustomRule('-s 192.0.2.1,192.0.2.2 -j DROP'))).toEqual(['-A INPUT -s 192.0.2.1,192.0.2.2 -j DROP'])
    expect(() => CustomRule('a random string').toIptables()).toThrow(/^rule \(test\/unit.*bad argument 'a'/)
    expect(() => CustomRule('-j ACCEPT -m comment --comment "open', ' x" -j DROP').toIptables()).toThrow('not closed')
    for (const text of ['-A INPUT -j ACCEPT', '-M /bin/sh', '-s 192.0.2.1,192.0.2.2 -M /bin/sh', '-j ACCEPT -t nat', '-v', '-F']) {
      expect(() => CustomRule(text).toIptables()).toThrow(RulesetError)
    }
  })

  test('a CompositeRule is several, and an error names the one', () => {
    const rule = new CompositeRule([Accept({ s: '192.0.2.1' }), new Rule({ jump: 'DROP', comment: 'rest' })], 'both')
    expect(rule.toIptables('-A INPUT')).toMatch(/^# Rule: both \(.*\)\n-A INPUT -s 192\.0\.2\.1 -j ACCEPT\n-A INPUT -j DROP -m comment --comment rest$/)
    const bad = new Rule({ dprot: 1 })
    expect((caught(() => new CompositeRule([bad]).toIptables()) as RulesetError).rule).toBe(bad)
  })

  test('inspect and text show what iptables reads', () => {
    expect(inspect(Log({ logPrefix: 'a b' }))).toBe('Rule <-j LOG --log-prefix "a b">')
    expect(inspect(Jump('web'))).toBe('Jump <-j web>')
    expect(inspect(new CustomRule('-j DROP'))).toBe('CustomRule <-j DROP>')
    expect(inspect(new Match('limit', { limit: '1/s' }))).toBe('Match <-m limit --limit 1/s>')
  })
})

describe('the arguments of a rule', () => {
  const { arguments: list } = Rule({ proto: 'tcp', dport: 22, d__not: '192.0.2.1', match: 'tcp', args: [Match('limit', { limit: '1/s' })] })

  test('are found by any of their names', () => {
    for (const name of ['p', 'proto', 'protocol']) expect(list.get(name)?.value).toBe('tcp')
    expect(list.get('destination')).toMatchObject({ name: 'd', words: ['192.0.2.1'], inverse: true })
    expect(list.get('limit')?.toIptables()).toBe('--limit 1/s')
    expect(list.get('sport')).toBeUndefined()
    expect(list.get('a__b__c')).toBeUndefined()
    expect(list.has('dport')).toBe(true)
    expect('p' in list && 'dport' in list).toBe(true)
    expect('get' in list || 'sport' in list).toBe(false)
    expect((list as unknown as Record<string, CustomArgument>).dport).toBeInstanceOf(CustomArgument)
  })

  test('stand in their order, and cannot be changed', () => {
    expect([...list].map(String)).toEqual(['-p tcp', '! -d 192.0.2.1', '-m tcp', '--dport 22', '-m limit', '--limit 1/s'])
    expect(String(list)).toBe('-p tcp ! -d 192.0.2.1 -m tcp --dport 22 -m limit --limit 1/s')
    expect(() => Object.assign(list, { proto: 'udp' })).toThrow(TypeError)
    expect(ArgumentList({ custom: 1 }).with({ another: null, args: [ArgumentList({ custom: 2 })] }).toIptables()).toBe('--custom 1 --another --custom 2')
  })

  test('may be of the caller’s own kinds', () => {
    const zone = new UnboundArgument('z', 'zoneId', { invertible: true })
    expect(zone.help()).toBe('z, zone-id (invertible)')
    expect([zone.matches('zone_id'), zone.matches('z__not'), zone.matches('zone')]).toEqual([true, true, false])
    expect(zone.bind('zoneId__not', 5).toIptables()).toBe('! -z 5')
    expect(() => zone.bind('x', 5)).toThrow(InputError)
    expect(new ArgumentList({ zoneId: 5, other: 'a b' }, [zone]).toIptables()).toBe('-z 5 --other "a b"')
    expect(new CustomArgument('log_prefix', 'a').flag).toBe('--log-prefix')
  })
})

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('this should have failed')
}

test.each([null, 5, 'tcp', ['tcp']])('%p is no arguments: a rule that matches everything is not made of it', (given) => {
  expect(() => new Rule(given as never)).toThrow(InputError)
  expect(() => new Rule({ proto: 'tcp' })(given as never)).toThrow(InputError)
})
