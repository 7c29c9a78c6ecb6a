import fc from 'fast-check'
import { formatRule, InputError, parseRule, type Rule, type RuleInput } from '../../../src/xtables/index.js'
import { fromJson, Lines, readMessage, toJson } from '../../../src/xtables/remote/message.js'
import { givenJson, readRuleLine, ruleLine, unreadableLine } from '../../../src/xtables/remote/rule-line.js'
import { requestCheck } from '../../../src/xtables/remote/schema.js'
import { Shared } from '../../../src/xtables/remote/shared.js'
import { Turns } from '../../../src/xtables/remote/turns.js'
import { ProtocolError } from '../../../src/netlink/index.js'
import { sleep } from '../../support/waiting.js'
import { capturedRules } from '../../support/xtables-fixtures.js'
import { rejection } from '../../support/rejection.js'
import { thrownBy } from '../../support/thrown.js'

describe('a rule as a line', () => {
  test('comes back as it was, whichever extension it has', () => {
    let count = 0
    for (const family of ['ip', 'ip6'] as const) {
      for (const { rule: text } of capturedRules) {
        let rule: Rule
        try {
          rule = parseRule(text, { family })
        } catch {
          continue
        }
        const counted = { ...rule, counters: { packets: 2n ** 64n - 1n, bytes: 0n } }
        const line = ruleLine(counted)
        expect(line).not.toContain('\n')
        expect(readRuleLine(line)).toEqual(counted)
        const { counters: _, ...said } = rule
        expect(readRuleLine(givenJson(rule, family))).toEqual(said)
        expect(formatRule(readRuleLine(givenJson(structuredClone(rule), family)), { family })).toBe(formatRule(rule, { family }))
        count++
      }
    }
    expect(count).toBeGreaterThan(300)
  })

  test('keeps any text in it on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (comment) => {
        const rule = { matches: [{ match: 'comment', comment }], counters: { packets: 0n, bytes: 0n } } as unknown as Rule
        const line = ruleLine(rule)
        expect(line).not.toContain('\n')
        expect(readRuleLine(line)).toEqual(rule)
      }),
    )
  })

  test('that cannot be read says why, as often as it is asked', () => {
    const line = unreadableLine(new ProtocolError('cut', { offset: 3 }))
    for (let i = 0; i < 2; i++) expect(ProtocolError.is(thrownBy(() => readRuleLine(line)))).toBe(true)
  })

  test.each(['', 'x', '[]', '7', '{', '1:{}', 'a:b{}', '1:2', '1:2[]', `${'9'.repeat(21)}:0{}`, '-1:0{}'])('is refused where it makes no sense: %p', (line) => {
    expect(ProtocolError.is(thrownBy(() => readRuleLine(line)))).toBe(true)
  })
})

describe('a rule that somebody gives', () => {
  const given = (rule: unknown) => givenJson(rule as RuleInput, 'ip')

  test.each([
    ['a function', { source: () => '1.2.3.4' }],
    ['a symbol', { source: Symbol('x') }],
    ['a date', { source: new Date(0) }],
    ['NaN', { matches: [{ match: 'mark', mark: Number.NaN }] }],
    ['what is endless', { matches: [{ match: 'mark', mark: Number.POSITIVE_INFINITY }] }],
    ['a map', { matches: new Map([['match', 'tcp']]) }],
    ['a hole', { matches: [undefined, { match: 'tcp', dport: '22' }] }],
    ['something that says what else it is', { source: { toJSON: () => '0.0.0.0/0' } }],
    ['a function deep inside', { protocol: 'tcp', matches: [{ match: 'multiport', dports: [1, () => 2] }] }],
  ])('is never sent without what JSON does not say: %s', (_, rule) => {
    expect(InputError.is(thrownBy(() => given(rule)))).toBe(true)
  })

  test('is sent as its text would be read where it is no plain object', () => {
    class Mine {
      readonly protocol = 'tcp'
      get target() {
        return { target: 'ACCEPT' }
      }
    }
    const inherited = Object.create({ source: '10.0.0.1' }, { protocol: { value: 'udp', enumerable: true } })
    const inner = Object.create({ match: 'tcp' }, { dport: { value: '22', enumerable: true } })
    expect(readRuleLine(given({ protocol: 'tcp', matches: [inner] }))).toEqual(parseRule('-p tcp -m tcp --dport 22'))
    expect(readRuleLine(given(inherited))).toEqual(parseRule(formatRule({ ...inherited })))
    expect(readRuleLine(given(new Mine()))).toEqual({ protocol: 'tcp' })
  })

  test('keeps wide numbers, and leaves out what is undefined', () => {
    const rule = { source: undefined, matches: [{ match: 'quota', quota: 2n ** 63n }] }
    expect(readRuleLine(given(rule))).toEqual({ matches: [{ match: 'quota', quota: 2n ** 63n }] })
  })

  test('of another realm is a plain object, too', () => {
    const { runInNewContext } = require('node:vm')
    expect(given(runInNewContext('({ protocol: "tcp", matches: [{ match: "tcp", dport: "22" }] })'))).toBe('{"protocol":"tcp","matches":[{"match":"tcp","dport":"22"}]}')
  })
})

describe('JSON with wide numbers and bytes', () => {
  test('gives back what it was made of', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.string(), fc.integer(), fc.boolean(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 9 }), fc.array(tie('value')), fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', '$bigint', '$bytes')), tie('value'))),
    })).value
    // An object that looks like what stands for a number or for bytes is taken for that.
    const looks = (text: string) => /\{"\$b(igint|ytes)":"/.test(text.replace(/\{"\$bigint":"-?\d+"\}|\{"\$bytes":"[\w+/=]*"\}/g, ''))
    fc.assert(fc.property(value, (one) => looks(toJson(one)) || expect(fromJson(toJson(one))).toEqual(one) === undefined))
  })

  test('reads no number that nobody could need', () => {
    const long = { $bigint: '9'.repeat(1000) }
    expect(fromJson(JSON.stringify(long))).toEqual(long)
    expect(ProtocolError.is(thrownBy(() => fromJson('{')))).toBe(true)
  })

  test('stands before its lines', () => {
    const { head, lines } = readMessage(Buffer.from('{"a":1}\nx\n\ny'))
    expect([head, lines.next(), lines.next(), lines.left, lines.next(), lines.left]).toEqual([{ a: 1 }, 'x', '', true, 'y', false])
    expect(ProtocolError.is(thrownBy(() => lines.next()))).toBe(true)
    expect(new Lines('abc', 3).left).toBe(false)
  })
})

test('the check of a request takes what it is, and nothing beside it; whatever comes is a request or an InputError', async () => {
  const check = await requestCheck()
  const read = { id: 1, method: 'read', family: 'ip', table: 'filter' }
  expect(check(read)).toEqual(read)
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ id: fc.anything(), method: fc.constantFrom('read', 'commit', 'open', '__proto__'), family: fc.anything(), table: fc.anything(), tables: fc.anything() })), (value) => {
      try {
        expect(typeof check(value).id).toBe('number')
      } catch (error) {
        expect(InputError.is(error)).toBe(true)
      }
    }),
  )
})

describe('work for many', () => {
  test('is shared by those who ask while it waits, and done again for those who ask while it is done', async () => {
    const shared = new Shared<number>()
    let runs = 0
    const work = async () => {
      const number = ++runs
      await sleep(10)
      return number
    }
    const first = [shared.get('a', work), shared.get('a', work)]
    await new Promise((resolve) => setImmediate(resolve))
    const later = [shared.get('a', work), shared.get('b', work), shared.get('a', work)]
    expect(await Promise.all([...first, ...later])).toEqual([1, 1, 3, 2, 3])
    expect(await shared.get('a', work)).toBe(4)
  })

  test('that fails fails for those who shared it, and not for the next', async () => {
    const shared = new Shared<number>()
    const failing = () => Promise.reject(new RangeError('no'))
    const both = [shared.get('a', failing), shared.get('a', failing)].map(rejection)
    expect((await Promise.all(both)).map(({ message }) => message)).toEqual(['no', 'no'])
    expect(await shared.get('a', async () => 5)).toBe(5)
  })

  test('is done in turns; who is called off is left out', async () => {
    const turns = new Turns()
    const order: number[] = []
    const one = (number: number, signal?: AbortSignal) =>
      turns.take(async () => {
        await sleep(5)
        order.push(number)
      }, signal)
    const off = new AbortController()
    const all = [one(1), rejection(one(2, off.signal)), one(3), rejection(turns.take(() => Promise.reject(new RangeError('no')))), one(4)]
    off.abort(new RangeError('called off'))
    const said = await Promise.all(all)
    expect([order, (said[1] as Error).message, (said[3] as Error).message]).toEqual([[1, 3, 4], 'called off', 'no'])
  })
})
