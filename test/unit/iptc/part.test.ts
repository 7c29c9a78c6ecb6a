import { inspect } from 'node:util'
import fc from 'fast-check'
import { Goto, Match, Rule, Rule6, Target } from '../../../src/iptc/index.js'
import { encodeEntry, type Family, formatRule, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { capturedRules, runs } from '../../support/xtables-fixtures.js'
import { inputErrorOf, valueOr } from './errors.js'

const SETS = ['s1', 's2', 's3', 's4']
const tcp = () => new Rule({ protocol: 'tcp' })
/** Properties that types do not know: other spellings, and those of any match. */
type Loose = Record<string, unknown>

describe('a match', () => {
  test('has its options as properties, in the spelling of text with dashes, underscores, and of JavaScript', () => {
    const match = new Match(tcp(), 'iprange') as Match<'iprange'> & Loose
    match.srcRange = '10.0.0.1-10.0.0.9'
    expect([match['src-range'], match.src_range, match.srcRange]).toEqual(Array(3).fill('10.0.0.1-10.0.0.9'))
    match.src_range = '10.0.0.2-10.0.0.9'
    expect(match.parameters).toEqual({ src_range: '10.0.0.2-10.0.0.9' })
    match['src-range'] = '10.0.0.3'
    expect(match.getAllParameters()).toEqual({ 'src-range': ['10.0.0.3-10.0.0.3'] })
    expect([match.getParameter('src_range'), match.save('srcRange'), match.save()]).toEqual(['10.0.0.3-10.0.0.3', '10.0.0.3-10.0.0.3', { src_range: '10.0.0.3-10.0.0.3' }])
    expect(Object.keys(match)).toEqual([])
  })

  test('checks a value when it is set, and keeps what it had when it is none', () => {
    const match = new Match(tcp(), 'tcp', { dport: 80 })
    const error = inputErrorOf(() => Object.assign(match, { dport: '80x' }))
    expect([error.path, error.message]).toEqual(['tcp.dport', "tcp.dport: invalid port/service '80x' specified"])
    expect(match.dport).toBe('80')
    expect(inputErrorOf(() => Object.assign(match, { sprot: '1' })).message).toBe("tcp has no option 'sprot'; did you mean 'sport'?")
    expect(inputErrorOf(() => match.setParameter('nosuch', '1')).message).toMatch(/^tcp has no option 'nosuch'; there are sport, /)
    expect(inputErrorOf(() => new Match(tcp(), 'tcp', { sprot: '1' } as Loose as never)).message).toMatch(/did you mean 'sport'/)
    expect(inputErrorOf(() => new Match(tcp(), 'limit', { limit: '!5/min' })).path).toBe('limit.limit')
  })

  test('takes an option out for undefined, be it one with a value or one that stands alone', () => {
    const match = new Match(tcp(), 'tcp', { dport: '80', syn: '', sport: undefined })
    expect(String(match)).toBe('-m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN')
    match.dport = undefined
    expect(String(match)).toBe('-m tcp --tcp-flags FIN,SYN,RST,ACK SYN')
    const none = new Match(tcp(), 'recent', { set: '', rttl: undefined, name: 'x' })
    none.setParameter('rttl', undefined)
    expect(none.getParameter('rttl')).toBeUndefined()
    none.setParameter('rsource')
    expect(none.getParameter('rsource')).toBe('')
    none.parse('rsource', '')
    match.reset()
    expect([String(match), match.parameters]).toEqual(['-m tcp', {}])
  })

  test('has options of two words as lists, and takes them as one text too', () => {
    const match = new Match(tcp(), 'tcp', { tcpFlags: 'SYN,ACK SYN' })
    expect([match.tcpFlags, match.getParameter('tcp-flags'), match.parameters]).toEqual([['SYN,ACK', 'SYN'], 'SYN,ACK SYN', { tcp_flags: 'SYN,ACK SYN' }])
    match.tcpFlags = ['!', 'ALL', 'NONE']
    expect([match.tcpFlags, String(match)]).toEqual([['!', 'FIN,SYN,RST,PSH,ACK,URG', 'NONE'], '-m tcp ! --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE'])
    expect(match.getAllParameters()).toEqual({ 'tcp-flags': ['!', 'FIN,SYN,RST,PSH,ACK,URG', 'NONE'] })
  })

  test('that was read takes another option that says the same in the place of what it has', () => {
    const target = Rule.from(parseRule('-j MARK --set-mark 1')).target as Target
    target.setMark = '2'
    expect(String(target)).toBe('-j MARK --set-xmark 0x2/0xffffffff')
    const match = Rule.from(parseRule('-p tcp -m tcp --tcp-flags ALL SYN --dport 80')).matches[0] as Match
    match.syn = ''
    expect(String(match)).toBe('-m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN')
  })

  test('says how an option is set whose name is that of a member', () => {
    const match = new Match(tcp(), 'recent', { set: '' })
    expect(() => Object.assign(match, { name: 'seen' })).toThrow("use setParameter('name', ...)")
    expect(match.name).toBe('recent')
    const target = new Target(new Rule(), 'CONNSECMARK')
    expect(() => Object.assign(target, { save: '' })).toThrow("use setParameter('save', ...)")
    expect(typeof target.save).toBe('function')
  })

  test('leaves options whose names members have to setParameter', () => {
    const match = new Match(tcp(), 'recent', { set: '', name: 'seen' })
    expect([match.name, match.getParameter('name')]).toEqual(['recent', 'seen'])
    expect(match.unknownProperty('name')).toBe("'name' is a member of Match: use setParameter('name', ...) for the option")
    match.setParameter('name', 'other')
    expect(String(match)).toContain('--name other')
  })

  test('keeps the name it was given, where that is an alias', () => {
    const match = new Match(tcp(), 'state', { state: 'NEW' })
    expect([match.name, String(match)]).toEqual(['state', '-m state --state NEW'])
    expect(match.equals(new Match(tcp(), 'conntrack', { ctstate: 'NEW' }))).toBe(false)
  })

  test('takes elements of a list one after the other: next begins one', () => {
    const match = new Match(new Rule(), 'policy', { dir: 'in', pol: 'ipsec', strict: '' })
    match.setParameter('reqid', '1')
    match.setParameter('reqid', '2')
    match.setParameter('next')
    match.setParameter('reqid', '3')
    match.setParameter('reqid', '4')
    expect(String(match)).toBe('-m policy --dir in --pol ipsec --strict --reqid 2 --next --reqid 4')
    // The last of those that come again, which is the one that is set; a dictionary of easy has all of them.
    expect([match.parameters.reqid, match.reqid, match.getParameter('reqid'), match.save('reqid')]).toEqual(['4', '4', '4', '4'])
    match.setParameter('reqid', undefined)
    match.proto = 'esp'
    expect([match.proto, String(match)]).toEqual(['esp', '-m policy --dir in --pol ipsec --strict --reqid 2 --next --proto esp'])
    match.next = undefined
    expect(String(match)).toBe('-m policy --dir in --pol ipsec --strict --reqid 2')
    match.next = undefined
    expect([match.reqid, match.next]).toEqual(['2', undefined])
  })

  test('knows that something is missing when all is there together', () => {
    const match = new Match(tcp(), 'hashlimit', { hashlimitUpto: '5/sec' })
    expect(match.hashlimitUpto).toBe('5/sec')
    expect([inputErrorOf(() => match.finalCheck()).message, inputErrorOf(() => match.options()).path]).toEqual(["hashlimit: option '--hashlimit-name' must be specified", ''])
    expect(inspect(match)).toBe("<Match hashlimit { 'hashlimit-upto': '5/sec' }>")
    match.hashlimitName = 'x'
    match.finalCheck()
    expect(inspect(match)).toBe('<Match -m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name x>')
  })

  test('is for the protocol that its rule has at last', () => {
    const rule = new Rule()
    expect(inputErrorOf(() => rule.createMatch('multiport', { dports: '80' })).message).toMatch(/^multiport.dports: multiport needs '-p tcp'/)
    rule.protocol = 'udp'
    const match = rule.createMatch('multiport', { dports: '80' })
    expect(String(rule)).toBe('-p udp -m multiport --dports 80')
    expect(match.rule).toBe(rule)
    rule.protocol = 'icmp'
    expect(inputErrorOf(() => rule.finalCheck()).message).toMatch(/multiport needs/)
    rule.protocol = 'tcp'
    expect([String(match), match.size > 0, match.matchBuf.length === match.size]).toEqual(['-m multiport --dports 80', true, true])
  })

  test('may be of a class that somebody has derived, and only then', () => {
    class Own extends (Match as unknown as new (...args: ConstructorParameters<typeof Match>) => Match<'tcp'>) {
      shout(): string {
        return String(this).toUpperCase()
      }
    }
    new Match(tcp(), 'tcp')
    const own = new Own(tcp(), 'tcp', { dport: '80' })
    expect([own instanceof Own, own.shout(), own.dport]).toEqual([true, '-M TCP --DPORT 80', '80'])
    expect(new Match(tcp(), 'tcp')).not.toBeInstanceOf(Own)
  })

  test('that was read finds an option by each of its names, whichever is printed', () => {
    const rule = Rule.from(parseRule('-m rateest --rateest RE1 --rateest-eq --rateest-pps 5'))
    const [match] = rule.matches as [Match & Loose]
    expect([match.rateest, match.rateest1, match.getParameter('rateest1'), match.getParameter('rateest')]).toEqual(['RE1', 'RE1', 'RE1', 'RE1'])
    match.rateest = 'RE2'
    expect(String(rule)).toBe('-m rateest --rateest RE2 --rateest-eq --rateest-pps 5')
  })

  test('belongs to a family', () => {
    expect(inputErrorOf(() => new Match(new Rule6(), 'ttl')).message).toBe("there is no match 'ttl' for IPv6")
    expect(inputErrorOf(() => new Match(new Rule(), 'nosuch')).message).toBe("there is no match 'nosuch' for IPv4")
    const match = new Match(new Rule(), 'tcp')
    expect(inputErrorOf(() => new Rule6().addMatch(match)).message).toMatch(/tcp is for IPv4, the rule is not/)
    expect(inputErrorOf(() => new Match(tcp(), 'tcp', null as never)).message).toMatch(/options of tcp are given by their names/)
  })
})

describe('a target', () => {
  test('is a verdict, an extension, a chain, or none', () => {
    const rule = tcp()
    const shown = (target: Pick<Target, 'name' | 'standardTarget' | 'goto' | 'isNone'>) => [target.name, target.standardTarget, target.goto, target.isNone, String(target), inspect(target)]
    expect(shown(new Target(rule, 'ACCEPT'))).toEqual(['ACCEPT', 'ACCEPT', false, false, '-j ACCEPT', '<Target -j ACCEPT>'])
    expect(shown(new Target(rule, 'web'))).toEqual(['web', 'web', false, false, '-j web', '<Target -j web>'])
    expect(shown(new Target(rule, 'web', { goto: true }))).toEqual(['web', 'web', true, false, '-g web', '<Target -g web>'])
    expect(shown(new Goto(rule, 'web'))).toEqual(['web', 'web', true, false, '-g web', '<Target -g web>'])
    expect(shown(new Target(rule, ''))).toEqual(['', '', false, true, '', '<Target>'])
    expect(shown(new Target(rule, 'REJECT'))).toEqual(['REJECT', 'REJECT', false, false, '-j REJECT --reject-with icmp-port-unreachable', '<Target -j REJECT --reject-with icmp-port-unreachable>'])
  })

  test('has no options where it is no extension', () => {
    for (const name of ['ACCEPT', 'web', '']) {
      const target = new Target(tcp(), name)
      expect(inputErrorOf(() => target.setParameter('x', '1')).message).toMatch(/has no option 'x'/)
      expect(inputErrorOf(() => Object.assign(target, { x: '1' })).message).toMatch(/has no option 'x'/)
      expect([target.getParameter('x'), target.parameters, target.getAllParameters()]).toEqual([undefined, {}, {}])
      target.finalCheck()
    }
    inputErrorOf(() => new Target(tcp(), 'ACCEPT', { x: '1' }))
    expect(inputErrorOf(() => new Target(tcp(), 'REJECT', { rejectWidth: 'x' } as Loose as never)).message).toMatch(/did you mean 'rejectWith'/)
  })

  test('becomes another verdict or chain, and is no extension by that', () => {
    const rule = tcp()
    const target = rule.createTarget('ACCEPT')
    target.standardTarget = 'web'
    expect(String(rule)).toBe('-p tcp -j web')
    target.standardTarget = ''
    expect(String(rule)).toBe('-p tcp')
    expect(inputErrorOf(() => Object.assign(target, { standardTarget: 'LOG' })).message).toMatch(/LOG.*make a Target/)
    rule.target = undefined
    expect([rule.target, String(rule)]).toEqual([undefined, '-p tcp'])
  })

  test.each(['two words', ' ', 'a\tb', 5, null, undefined, {}])('is not named %j', (name) => {
    inputErrorOf(() => new Target(tcp(), name as string))
    inputErrorOf(() => new Target(tcp(), name as string, { goto: true }))
  })

  test('goes to a chain that has a name, for true and false alone', () => {
    inputErrorOf(() => new Target(tcp(), '', { goto: true }))
    inputErrorOf(() => new Target(tcp(), 'web', { goto: 'yes' } as Loose as never))
    expect(String(new Target(tcp(), 'web', { goto: false }))).toBe('-j web')
  })

  test('may depend on the protocol of its rule', () => {
    const rule = new Rule()
    const target = rule.createTarget('REJECT', { rejectWith: 'tcp-reset' })
    rule.protocol = 'tcp'
    expect([target.rejectWith, String(rule)]).toEqual(['tcp-reset', '-p tcp -j REJECT --reject-with tcp-reset'])
    expect(target.target.length).toBe(target.size)
  })

  test('counts among others by what it says', () => {
    const mark = (setMark: string) => new Target(tcp(), 'MARK', { setMark })
    expect([mark('1').equals(mark('0x1')), mark('1').equals(mark('2')), new Target(tcp(), 'web').equals(new Goto(tcp(), 'web'))]).toEqual([true, false, false])
  })
})

describe('a rule of the captured ones', () => {
  const loaded = capturedRules.filter(({ ok }) => ok)
  const bytes = (rule: RuleInput, family: Family) => encodeEntry(rule, { family, sets: SETS }).toString('hex')
  const make = (family: Family) => (family === 'ip' ? Rule : Rule6)

  test('is the same as an object, whether its parts were looked at or not', () => {
    for (const { family, rule: text, entry } of loaded) {
      const rule = make(family).from(parseRule(text, { family }))
      expect(bytes(rule.toRule(), family)).toBe(entry)
      expect(rule.matches.length + (rule.target ? 1 : 0)).toBeGreaterThanOrEqual(0)
      expect([text, bytes(rule.toRule(), family)]).toEqual([text, entry])
      expect(String(rule)).toBe(formatRule(parseRule(text, { family }), { family }))
    }
    expect(loaded.length).toBeGreaterThan(800)
  })

  test('is the same when it is put together from what its objects say', () => {
    let many = 0
    for (const { family, rule: text } of loaded) {
      const rule = make(family).from(parseRule(text, { family }))
      const { src, dst, protocol, inInterface, outInterface, fragment } = rule
      const copy = new (make(family))({ src, dst, protocol, ...(inInterface !== undefined && { inInterface }), ...(outInterface !== undefined && { outInterface }), fragment })
      // What an object says of a list of elements is the last one.
      if (text.includes(' --next')) continue
      for (const match of rule.matches) copy.createMatch(match.name, match.getAllParameters())
      if (rule.target) copy.createTarget(rule.target.name, { ...rule.target.getAllParameters(), ...(rule.target.goto && { goto: true }) } as never)
      expect(String(copy)).toBe(String(rule))
      expect(copy.equals(rule)).toBe(true)
      many++
    }
    expect(many).toBeGreaterThan(800)
  })

  test('keeps its options when each is set to what it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...loaded), ({ family, rule: text }) => {
        const rule = make(family).from(parseRule(text, { family }))
        const before = String(rule)
        for (const part of [...rule.matches, ...(rule.target ? [rule.target] : [])]) {
          if (text.includes(' --next')) continue
          for (const [name, words] of Object.entries(part.getAllParameters())) part.setParameter(name, words)
        }
        expect(String(rule)).toBe(before)
      }),
      runs(300),
    )
  })
})

test('any value of any option is set and printed, or an InputError', () => {
  const parts = [...new Set(capturedRules.flatMap(({ family, rule }) => {
    const read = valueOr(() => parseRule(rule, { family }))
    return read ? (read.matches ?? []).map(({ match }) => `${family} ${match}`) : []
  }))]
  const words = [...new Set(capturedRules.flatMap(({ rule }) => rule.split(' ')))]
  const value = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 8 }), fc.integer(), fc.array(fc.constantFrom(...words), { maxLength: 3 }), fc.anything())
  fc.assert(
    fc.property(fc.constantFrom(...parts), fc.array(fc.tuple(fc.nat(), value), { maxLength: 4 }), (part, values) => {
      const [family, name] = part.split(' ') as [Family, string]
      const rule = new (family === 'ip' ? Rule : Rule6)({ protocol: 'tcp' })
      const match = new Match(rule, name)
      const prototype = Object.getPrototypeOf(match) as object
      const options = Object.keys(Object.getOwnPropertyDescriptors(prototype))
      for (const [at, given] of values) {
        const option = options[at % Math.max(1, options.length)]
        if (option !== undefined) valueOr(() => match.setParameter(option, given as string))
      }
      const text = valueOr(() => String(match))
      // They share their bytes: the kernel refuses both together.
      if (text !== undefined) expect(text).not.toMatch(/[\n\0]/)
      expect(inspect(match)).toMatch(/^<Match /)
    }),
    runs(1000),
  )
})
