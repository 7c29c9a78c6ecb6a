import { setNames } from '../../src/xtables/context.js'
import { assignOptions } from '../../src/ipset/option.js'
import { describeEntry, readEntry } from '../../src/ipset/element.js'
import { typeNamed } from '../../src/ipset/header.js'
import { demandType } from '../../src/ipset/type.js'
import { Rule } from '../../src/iptc/index.js'
import { readJson, readPcap, writePcap } from '../../src/netlink/index.js'
import { encode } from '../../src/netlink/wire/codec.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../../src/netlink/wire/error.js'
import { cstring } from '../../src/netlink/wire/text.js'
import {
  decodeEntry,
  encodeEntry,
  formatRule,
  formatRuleset,
  parseRule,
  parseRuleset,
  type RuleInput,
  type RulesetInput,
} from '../../src/xtables/index.js'
import { newest } from '../../src/xtables/face.js'
import { HEADER_OFFSETS } from '../../src/xtables/header.js'
import { LegacyTable } from '../../src/xtables/legacy/table.js'
import { RuleWriter } from '../../src/xtables/nft/encode.js'
import { capturedTable } from '../support/xtables-fixtures.js'

// Inputs that `npm run fuzz` has found to be mishandled once.

/** What a function throws. */
function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

const refused = (run: () => unknown) => InputError.is(thrown(run))

describe('a rule that makes no sense has no text', () => {
  test.each<[string, unknown]>([
    ['matches that are no list', { matches: { match: 'tcp', dport: 22 }, target: { target: 'ACCEPT' } }],
    ['matches that are a number', { matches: 5, target: { target: 'ACCEPT' } }],
    ['a condition with a misspelt name', { sourse: '10.0.0.0/8', target: { target: 'ACCEPT' } }],
    ['a match that stands in a verdict', { target: { target: 'DROP', matches: [{ match: 'socket' }] } }],
    ['a target that is 0', { target: 0 }],
    ['a target that is null', { target: null }],
    ['a target whose name is an object', { target: { target: {} } }],
    ['a target whose name is a symbol', { target: { target: Symbol('s'), rateestName: 'R' } }],
    ['a fragment that is neither true nor false', { fragment: { next: true } }],
    ['no protocol at all', { protocol: { not: 0 } }],
    ['an interface that is a list', { inInterface: ['eth0'] }],
    ['an interface with half of a character', { inInterface: '+\udc00' }],
    ['a comment with half of a character', { matches: [{ match: 'comment', comment: 'a\ud800' }] }],
    [
      'chunks of SCTP without a way to match',
      { protocol: 'sctp', matches: [{ match: 'sctp', chunkTypes: { match: Object.create(null), types: ['DATA'] } }] },
    ],
    ['a rate without a unit', { matches: [{ match: 'limit', limit: { packets: 5, per: {} } }] }],
  ])('%s', (_, given) => {
    const rule = given as RuleInput
    expect(refused(() => formatRule(rule))).toBe(true)
    expect(refused(() => encodeEntry(rule))).toBe(true)
    expect(refused(() => new RuleWriter({ family: 'ip', sets: setNames([]) }).write(new Writer(64), rule))).toBe(true)
  })

  test('a fragment of IPv6', () => {
    expect(refused(() => formatRule({ fragment: true }, { family: 'ip6' }))).toBe(true)
  })

  test.each([
    [undefined],
    [null],
    [5],
    [{ filter: { INPUT: { rules: [{ target: 0 }] } } }],
    [{ filter: { INPUT: { rules: [{ matches: 'x' }] } } }],
  ])('a ruleset of %j', (given) => {
    expect(refused(() => formatRuleset(given as unknown as RulesetInput))).toBe(true)
  })
})

test('an interface whose text another rule has used is still refused when it is a list of that text', () => {
  const writer = new RuleWriter({ family: 'ip', sets: setNames([]) })
  writer.write(new Writer(64), { inInterface: 'eth7' })
  expect(refused(() => writer.write(new Writer(64), { inInterface: ['eth7'] } as unknown as RuleInput))).toBe(true)
})

test.each(['60/min', '65535/day', '9999/sec', '1000000/day'])('the rate %s is read from text as it is read from the kernel', (rate) => {
  const rule = parseRule(`-m limit --limit ${rate}`)
  expect(decodeEntry(encodeEntry(rule)).matches).toEqual(rule.matches)
  expect(parseRule(formatRule(rule))).toEqual(rule)
})

describe('names of chains and tables in a text', () => {
  test.each(['*\0filter\nCOMMIT\n', '*filter\n:a\0b - [0:0]\nCOMMIT\n', '*filter\n:a\rb - [0:0]\nCOMMIT\n'])(
    '%j cannot be read',
    (text) => {
      expect(refused(() => parseRuleset(text))).toBe(true)
    },
  )

  test.each(['a\u2028b', '\u00a0web', 'a\u3000'])('%j is what it is: no blank of iptables', (name) => {
    const ruleset = parseRuleset(`*filter\n:${name} - [0:0]\n-A INPUT -j ${name}\nCOMMIT\n`)
    expect(ruleset.filter?.[name]).toEqual({ rules: [] })
    expect(parseRuleset(formatRuleset(ruleset))).toEqual(ruleset)
  })
})

describe('a legacy table that is cut in the middle of an entry is a ProtocolError', () => {
  const { info, bytes: whole } = capturedTable()
  const read = (entries: Buffer) => LegacyTable.of('ip', info, entries, { sets: setNames([]), revision: newest, timeouts: async () => [] })

  test('whole, it is read', async () => {
    expect((await read(whole)).draft.chains.size).toBe(9)
  })

  test('wherever it is cut', async () => {
    const unnoticed: number[] = []
    for (let end = 1; end < whole.length; end++) {
      const error = await read(Buffer.from(whole.subarray(0, end))).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error === undefined) unnoticed.push(end)
      else if (!ProtocolError.is(error)) throw error
    }
    const ends: number[] = []
    for (let at = 0; at < whole.length; ends.push(at)) at += whole.readUInt16LE(at + HEADER_OFFSETS.ip.nextOffset)
    expect(ends).toEqual(expect.arrayContaining(unnoticed))
  })
})

describe('values that no text says are an InputError', () => {
  const bare = Object.create(null) as object
  const reading = { family: 'inet', purpose: 'add', lenient: false } as const

  test.each<[string, unknown]>([
    ['hash:ip', Symbol('s')],
    ['hash:ip', bare],
    ['hash:ip,port', [1n, 'tcp:80']],
    ['hash:ip,port', 1n],
    ['hash:ip,port', ['10.0.0.1', { protocol: ['tcp'], port: 80 }]],
    ['hash:ip,port', ['10.0.0.1', { protocol: bare, port: 80 }]],
    ['hash:mac', bare],
    ['hash:ip,mark', ['10.0.0.1', bare]],
    ['hash:net,iface', ['10.0.0.0/8', bare]],
    ['list:set', bare],
  ])('an entry of %s', (type, value) => {
    expect(refused(() => readEntry(demandType(type), value, reading))).toBe(true)
  })

  test.each<[string, unknown]>([
    ['timeout', bare],
    ['packets', bare],
    ['comment', bare],
    ['skbmark', [1n, 2n]],
    ['skbprio', [1n]],
    ['nomatch', bare],
    ['before', bare],
  ])('the option %s', (name, value) => {
    expect(refused(() => assignOptions({}, { [name]: value }))).toBe(true)
  })
})

describe('times of a capture', () => {
  const capture = (time: number) => ({ protocol: 12, frames: [{ direction: 'sent' as const, time, bytes: new Uint8Array(4) }] })

  test.each([-1, Number.NaN, 2 ** 32 * 1000, 1e300])('%d is none that a pcap file can hold', (time) => {
    expect(refused(() => writePcap(capture(time)))).toBe(true)
  })

  test('a pcap file with more than a second of microseconds is a ProtocolError', () => {
    const file = writePcap(capture(1_700_000_000_000))
    file.writeUInt32LE(1_000_000, 28)
    expect(ProtocolError.is(thrown(() => readPcap(file)))).toBe(true)
  })

  test('numbers too large for JSON are a ProtocolError', () => {
    const text = (protocol: string, time: string) =>
      `{"format":"netfilter-kit capture 1","protocol":${protocol},"frames":[{"direction":"sent","time":${time},"bytes":"00"}]}`
    expect(readJson(text('12', '5')).frames).toHaveLength(1)
    for (const one of [text('12', '1e999'), text('1e999', '5')]) expect(ProtocolError.is(thrown(() => readJson(one)))).toBe(true)
  })
})

test.each([[Symbol('s')], [Object.create(null)], [['tcp']]])('a match of iptc that is called %p is an InputError', (name) => {
  expect(refused(() => new Rule().createMatch(name as never))).toBe(true)
})

test('options of a target of iptc that are none are an InputError, whatever its name', () => {
  expect(refused(() => new Rule().createTarget({} as never, 5 as never))).toBe(true)
})

test('half of a character is not sent as another one', () => {
  for (const half of ['\ud800', 'a\udfffb', '\udc00']) expect(refused(() => encode(cstring(32), half))).toBe(true)
  // Those that stand for bytes which are no UTF-8 are these bytes.
  expect(encode(cstring(32), 'a\udce9')).toEqual(Buffer.of(0x61, 0xe9, 0))
})

test('an entry of a type that is made of nothing this library knows is shown', () => {
  expect(describeEntry(typeNamed('hash:quark'), { timeout: 5 })).toEqual({ entry: '', timeout: 5 })
})
