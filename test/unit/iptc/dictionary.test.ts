import fc from 'fast-check'
import { fromDictionary, type RuleDictionary, toDictionary } from '../../../src/iptc/index.js'
import { InputError } from '../../../src/netlink/index.js'
import { encodeEntry, type Family, formatRule, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { capturedRules, runs } from '../../support/xtables-fixtures.js'
import { inputErrorOf } from './errors.js'

const SETS = ['s1', 's2', 's3', 's4']
const text = (given: unknown, family: Family = 'ip') => formatRule(fromDictionary(given as RuleDictionary, family), { family })
/** A rule of text as a dictionary, its counters left out. */
const dictionary = (rule: string, family: Family = 'ip') => {
  const { counters, ...rest } = toDictionary(parseRule(rule, { family }), family)
  expect(counters).toEqual([0, 0])
  return rest
}
const over = (given: unknown): RuleDictionary => JSON.parse(JSON.stringify(given)) as RuleDictionary

describe('a dictionary', () => {
  test.each<[rule: string, dictionary: unknown, family?: Family]>([
    ['', {}],
    ['-j ACCEPT', { target: 'ACCEPT' }],
    ['-s 10.0.0.0/8 ! -d 10.0.0.1/32 ! -i eth+ -o eth1 -p tcp -j DROP', {
      src: '10.0.0.0/8', dst: '!10.0.0.1/32', 'in-interface': '!eth+', 'out-interface': 'eth1', protocol: 'tcp', target: 'DROP',
    }],
    ['-s 10.11.12.13/255.0.255.0', { src: '10.0.12.0/255.0.255.0' }],
    ['! -p tcp', { protocol: '!tcp' }],
    ['-p 47 -f', { protocol: 'gre', fragment: true }],
    ['! -f', { fragment: '!' }],
    ['-p 200', { protocol: '200' }],
    ['-p tcp -m tcp --dport 22 -j ACCEPT', { protocol: 'tcp', tcp: { dport: '22' }, target: 'ACCEPT' }],
    ['-p tcp -m tcp ! --dport 22 ! --tcp-flags SYN,ACK SYN', { protocol: 'tcp', tcp: { dport: ['!', '22'], 'tcp-flags': ['!', 'SYN,ACK', 'SYN'] } }],
    ['-m comment --comment a -m comment --comment "b c"', { comment: [{ comment: 'a' }, { comment: 'b c' }] }],
    ['-m comment --comment !x', { comment: { comment: ['!x'] } }],
    ['-m comment --comment a -m mark --mark 1 -m comment --comment b', { matches: [{ comment: { comment: 'a' } }, { mark: { mark: '0x1' } }, { comment: { comment: 'b' } }] }],
    ['-g web', { target: { goto: 'web' } }],
    ['-j web', { target: 'web' }],
    ['-j NOTRACK', { target: 'NOTRACK' }],
    ['-p tcp -j REJECT --reject-with tcp-reset', { protocol: 'tcp', target: { REJECT: { 'reject-with': 'tcp-reset' } } }],
    ['-j CONNMARK --save-mark --nfmask 0x1 --ctmask 0x2', { target: { CONNMARK: { 'save-mark': '', nfmask: '0x1', ctmask: '0x2' } } }],
    ['-m set ! --match-set bl src,dst', { set: { 'match-set': ['!', 'bl', 'src,dst'] } }],
    ['-m policy --dir in --pol ipsec --strict --reqid 1 --next --reqid 2 --next --proto ah', {
      policy: { dir: 'in', pol: 'ipsec', strict: '', reqid: '1', next: { reqid: '2', next: { proto: 'ah' } } },
    }],
    ['-d fd77::/64 -m dst --dst-len 42', { dst: ['fd77::/64', { 'dst-len': '42' }] }, 'ip6'],
    ['-m dst --dst-len 42', { dst: { 'dst-len': '42' } }, 'ip6'],
    ['-m dst --dst-len 42 -m dst --dst-len 43', { dst: [{ 'dst-len': '42' }, { 'dst-len': '43' }] }, 'ip6'],
  ])('of %s, and back', (rule, expected, family = 'ip') => {
    const made = dictionary(rule, family)
    // The order of keys is that of JSON.
    if (!('dst' in made)) expect(JSON.stringify(made)).toBe(JSON.stringify(expected))
    expect(made).toEqual(expected)
    expect(text(over(expected), family)).toBe(formatRule(parseRule(rule, { family }), { family }))
  })

  test.each<[given: unknown, rule: string, family?: Family]>([
    [{ protocol: 'TCP', tcp: { dport: 22 } }, '-p tcp -m tcp --dport 22'],
    [{ protocol: 6 }, '-p tcp'],
    [{ protocol: 'ip', src: '0.0.0.0/0' }, ''],
    [{ src: '10.1.2.3/255.255.0.0' }, '-s 10.1.0.0/16'],
    [{ protocol: 'tcp', tcp: {} }, '-p tcp -m tcp'],
    [{ protocol: 'tcp', tcp: { 'destination-port': '22', tcp_flags: ['SYN', 'SYN'], sourcePort: undefined } }, '-p tcp -m tcp --dport 22 --tcp-flags SYN SYN'],
    [{ comment: 'a' }, '-m comment --comment a'],
    [{ comment: ['a', { comment: 'b' }] }, '-m comment --comment a -m comment --comment b'],
    [{ limit: '5/min' }, '-m limit --limit 5/min'],
    [{ mark: 5 }, '-m mark --mark 0x5'],
    [{ tcp: { dport: '22' }, protocol: 'tcp', target: { ACCEPT: {} } }, '-p tcp -m tcp --dport 22 -j ACCEPT'],
    [{ target: '' }, ''],
    [{ target: { web: {} } }, '-j web'],
    [{ target: { goto: 'ACCEPT' } }, '-g ACCEPT'],
    [{ target: { REJECT: {} } }, '-j REJECT --reject-with icmp-port-unreachable'],
    [{ fragment: false, matches: [], protocol: undefined, target: undefined }, ''],
    [{ dst: ['10.0.0.1'] }, '-d 10.0.0.1/32'],
    [{ 'in-interface': '! eth0' }, '! -i eth0'],
  ])('may say it otherwise: %j', (given, rule, family = 'ip') => {
    expect(text(given, family)).toBe(rule)
  })

  test('has the counters as numbers, and as text where numbers do not tell them apart', () => {
    const counters = (packets: bigint | number, bytes: bigint | number) => toDictionary({ counters: { packets, bytes } }, 'ip').counters
    expect(counters(7n, 2n ** 53n - 1n)).toEqual([7, Number.MAX_SAFE_INTEGER])
    expect(counters(1, 2n ** 53n)).toEqual([1, '9007199254740992'])
    for (const given of [[7, 8], ['7', '8'], [7n, 8n]]) expect(fromDictionary({ counters: given as never }, 'ip').counters).toEqual({ packets: 7n, bytes: 8n })
  })

  test('is not changed, and may be frozen', () => {
    const given = Object.freeze({ protocol: 'tcp', tcp: Object.freeze({ dport: Object.freeze(['!', '22']) }) })
    expect(text(given)).toBe('-p tcp -m tcp ! --dport 22')
    expect(text(Object.assign(Object.create(null), { protocol: 'tcp' }))).toBe('-p tcp')
  })
})

describe('what is no rule is refused, with the path of what is wrong', () => {
  test.each<[given: unknown, path: string, reason: RegExp, family?: Family]>([
    [null, '', /a rule is a dictionary/],
    [[], '', /a rule is a dictionary/],
    ['x', '', /a rule is a dictionary/],
    [{ tcpp: {} }, 'tcpp', /there is no match 'tcpp' for IPv4/],
    [{ in_interface: 'eth0' }, 'in_interface', /did you mean 'in-interface'\?/],
    [{ inInterface: 'eth0' }, 'inInterface', /did you mean 'in-interface'\?/],
    [{ jump: 'ACCEPT' }, 'jump', /no key of that name: src, dst/],
    [{ constructor: {} }, 'constructor', /there is no match 'constructor'/],
    [JSON.parse('{"__proto__": {}}'), '__proto__', /there is no match '__proto__'/],
    [{ src: '10.0.0.300' }, 'src', /no IPv4 address/],
    [{ src: ['10.0.0.1'] }, 'src', /text, not object/],
    [{ src: null }, 'src', /text, not null/],
    [{ dst: [] }, 'dst', /is one address/],
    [{ dst: ['10.0.0.1', '10.0.0.2'] }, 'dst', /is one address/],
    [{ dst: { 'dst-len': 1 } }, 'dst.dst-len', /there is no match 'dst'/],
    [{ dst: ['::1', { 'dst-length': 1 }] }, 'dst[1].dst-length', /did you mean 'dstLen'|no option 'dst-length'/, 'ip6'],
    [{ protocol: true }, 'protocol', /text, not boolean/],
    [{ 'in-interface': '0123456789abcdef' }, 'in-interface', /at most 15/],
    [{ 'out-interface': '' }, 'out-interface', /leave it out/],
    [{ fragment: {} }, 'fragment', /true, '!' or false/],
    [{ fragment: true }, 'fragment', /the match frag does/, 'ip6'],
    [{ counters: [1] }, 'counters', /\[packets, bytes\]/],
    [{ counters: [1, -1] }, 'counters', /-1 is no count/],
    [{ counters: [1, { toString: 1 }] }, 'counters', /no count/],
    [{ counters: [1.5, 1] }, 'counters', /1.5 is no count/],
    [{ 'entry-header': 5 }, 'entry-header', /text, not number/],
    [{ 'nft-expressions': { toString: 1 } }, 'nft-expressions', /text, not object/],
    [{ tcp: [] }, 'tcp', /empty list/],
    [{ tcp: null }, 'tcp.tcp', /no option 'tcp'/],
    [{ tcp: { dprt: '22' } }, 'tcp.dprt', /did you mean 'dport'\?/],
    [{ tcp: { dport: null } }, 'tcp.dport', /null is no value/],
    [{ tcp: { dport: {} } }, 'tcp.dport', /an object is no value/],
    [{ tcp: { dport: ['1', '2'] } }, 'tcp.dport', /takes one word, not 2/],
    [{ tcp: { dport: '22x' } }, 'tcp.dport', /invalid port/],
    [{ tcp: { syn: 'no' } }, 'tcp.syn', /stands alone/],
    [{ comment: [{ comment: 'a' }, { coment: 'b' }] }, 'comment[1].coment', /did you mean 'comment'\?/],
    [{ hashlimit: { 'hashlimit-upto': '1/sec' } }, 'hashlimit', /--hashlimit-name' must be specified/],
    [{ matches: {} }, 'matches', /list of dictionaries/],
    [{ matches: [{}] }, 'matches[0]', /dictionary with the name of a match/],
    [{ matches: [{ tcp: {} }, 5] }, 'matches[1]', /dictionary with the name of a match/],
    [{ matches: [{ src: '10.0.0.1' }] }, 'matches[0].src', /there is no match 'src'/],
    [{ matches: [{ comment: 'a' }, { tcp: { dport: 'x' } }] }, 'matches[1].tcp.dport', /invalid port/],
    [{ policy: { dir: 'in', pol: 'ipsec', strict: '', reqid: '1', next: { reqidd: '2' } } }, 'policy.next.reqidd', /no option 'reqidd'/],
    [{ target: 5 }, 'target', /is the name of one/],
    [{ target: null }, 'target', /is the name of one/],
    [{ target: {} }, 'target', /is the name of one/],
    [{ target: { ACCEPT: {}, DROP: {} } }, 'target', /is the name of one/],
    [{ target: { goto: '' } }, 'target.goto', /name of a chain/],
    [{ target: { goto: { chain: 'x' } } }, 'target.goto', /name of a chain/],
    [{ target: { REJECT: 'tcp-reset' } }, 'target.REJECT', /dictionary of options/],
    [{ target: { REJECT: { 'reject-width': 'x' } } }, 'target.REJECT.reject-width', /no option 'reject-width'/],
    [{ target: { REJECT: { 'reject-with': 'x' } } }, 'target.REJECT.reject-with', /./],
    [{ target: { ACEPT: { x: 1 } } }, 'target.ACEPT.x', /a chain has no options/],
    [{ target: { MARK: {} } }, 'target.MARK', /MARK: /],
  ])('%j', (given, path, reason, family = 'ip') => {
    const error = inputErrorOf(() => fromDictionary(given as RuleDictionary, family))
    expect([error.path, error.reason]).toEqual([path, expect.stringMatching(reason)])
    expect(error.name).toBe('InputError')
  })

  test('also where dictionaries stand inside of each other without an end', () => {
    let next: object = { reqid: '1' }
    for (let depth = 0; depth < 50_000; depth++) next = { next }
    expect(inputErrorOf(() => fromDictionary({ policy: { dir: 'in', pol: 'ipsec', strict: '', ...next } }, 'ip')).message).toMatch(/inside of each other/)
  })
})

describe('a rule of the captured ones', () => {
  const loaded = capturedRules.filter(({ ok }) => ok)

  test('is a dictionary that JSON carries, and the same bytes again', () => {
    let exact = 0
    for (const { family, rule, entry } of loaded) {
      const made = toDictionary(parseRule(rule, { family }), family)
      expect(over(made)).toEqual(made)
      const again = fromDictionary(over(made), family)
      expect([rule, formatRule(again, { family })]).toEqual([rule, formatRule(parseRule(rule, { family }), { family })])
      const bytes = (one: RuleInput) => encodeEntry(one, { family, sets: SETS }).toString('hex')
      if (bytes(again) === entry) exact++
      // What the C tool fills in where it is not given, its own text gives, and that in bytes of its own.
      else expect([rule, bytes(again)]).toEqual([rule, bytes(parseRule(formatRule(again, { family }), { family }))])
    }
    expect(loaded.length).toBeGreaterThan(800)
    expect(loaded.length - exact).toBeLessThanOrEqual(5)
  })
})

describe('any JSON value', () => {
  const names = [...new Set(capturedRules.flatMap(({ rule }) => [...rule.matchAll(/-[mj] (\S+)/g)].map(([, name]) => name as string)))]
  const words = [...new Set(capturedRules.flatMap(({ rule }) => rule.split(' ')))]
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2))
  const scalar = fc.oneof(fc.constantFrom(...words), fc.constantFrom<unknown>('', '!', true, false, null, 0, -1, 80, 1.5, 2 ** 53, '__proto__'), fc.string({ unit: 'binary', maxLength: 6 }))
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom('next', 'toString', 'x'), scalar, { maxKeys: 2 }))
  const part = fc.oneof({ weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...options, 'next', 'x'), value, { maxKeys: 3 }) }, value, fc.array(value, { maxLength: 2 }))
  const given = fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
    {
      weight: 9,
      arbitrary: fc.dictionary(
        fc.constantFrom('src', 'dst', 'protocol', 'in-interface', 'out-interface', 'fragment', 'counters', 'target', 'matches', 'entry-header', 'nft-expressions', 'goto', ...names),
        fc.oneof(part, fc.dictionary(fc.constantFrom('goto', ...names), part, { minKeys: 1, maxKeys: 2 }), fc.array(fc.dictionary(fc.constantFrom(...names), part, { maxKeys: 2 }), { maxLength: 2 })),
        { maxKeys: 3 },
      ),
    },
  )

  test.each(['ip', 'ip6'] as const)('of %s is a rule, or an InputError with a path', (family) => {
    let rules = 0
    fc.assert(
      fc.property(given, (one) => {
        const json = JSON.parse(JSON.stringify(one)) as RuleDictionary
        let rule: RuleInput
        try {
          rule = fromDictionary(json, family)
        } catch (error) {
          if (!InputError.is(error)) throw error
          expect(error.name).toBe('InputError')
          expect(error.path !== '' || typeof json !== 'object' || json === null || Array.isArray(json) || '' in json).toBe(true)
          return
        }
        rules++
        // A header and expressions are bytes that are looked at when they are sent.
        if (rule.header !== undefined || rule.expressions !== undefined) return
        const made = toDictionary(rule, family)
        expect(formatRule(fromDictionary(made, family), { family })).toBe(formatRule(rule, { family }))
      }),
      runs(3000),
    )
    expect(rules).toBeGreaterThan(50)
  })

  test('with a key or an option left out of a rule that makes sense says less, and never another thing', () => {
    const loaded = capturedRules.filter(({ ok }) => ok)
    fc.assert(
      fc.property(fc.constantFrom(...loaded), fc.string({ minLength: 1, maxLength: 8 }), ({ family, rule }, typo) => {
        const made = toDictionary(parseRule(rule, { family }), family)
        for (const key of Object.keys(made)) {
          const misspelt = `${key}${typo}`
          const { [key]: taken, ...rest } = made as Record<string, unknown>
          const error = (() => {
            try {
              fromDictionary({ ...rest, [misspelt]: taken }, family)
            } catch (thrown) {
              return thrown
            }
            return undefined
          })()
          expect([misspelt, InputError.is(error)]).toEqual([misspelt, true])
        }
      }),
      runs(200),
    )
  })
})
