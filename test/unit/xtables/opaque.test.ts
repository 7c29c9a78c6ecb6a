import {
  decodeEntry,
  encodeEntry,
  type Family,
  formatRule,
  formatRuleset,
  parseRule,
  parseRuleset,
  type Rule,
  type RuleInput,
} from '../../../src/xtables/index.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf } from './errors.js'

/** Where the sizes of an entry's struct stand: the struct itself, the target's offset, the next entry's. */
const LAYOUT = { ip: { size: 112, at: 88 }, ip6: { size: 168, at: 140 } } as const

function extension(name: string, revision: number, info: string): Buffer {
  const data = hex(info)
  const bytes = Buffer.alloc(32 + data.length)
  bytes.writeUInt16LE(bytes.length)
  bytes.write(name, 2, 'latin1')
  bytes[31] = revision
  data.copy(bytes, 32)
  return bytes
}

/** An entry without conditions, by hand. Only for machines that store the low byte first. */
function entryOf(
  family: Family,
  matches: readonly Buffer[],
  target: Buffer,
  change: (header: Buffer) => void = () => {},
): Buffer {
  const { size, at } = LAYOUT[family]
  const header = Buffer.alloc(size)
  const parts = Buffer.concat(matches)
  header.writeUInt16LE(size + parts.length, at)
  header.writeUInt16LE(size + parts.length + target.length, at + 2)
  change(header)
  return Buffer.concat([header, parts, target])
}

const ACCEPT = extension('', 0, 'feffffff00000000')
const families: readonly Family[] = ['ip', 'ip6']

describe.each(families)('an extension that this library does not know, of %s', (family) => {
  const bytes = entryOf(
    family,
    [extension('geo', 7, '000102030405060708090a0b0c0d0e0f')],
    extension('TARPIT', 1, '0100000000000000'),
  )
  const rule: Rule = {
    matches: [{ match: 'unknown', name: 'geo', revision: 7, info: '000102030405060708090a0b0c0d0e0f' }],
    target: { target: 'unknown', name: 'TARPIT', revision: 1, info: '0100000000000000' },
    counters: { packets: 0n, bytes: 0n },
  }
  const text =
    '-m unknown --name geo --revision 7 --info 000102030405060708090a0b0c0d0e0f -j unknown --name TARPIT --revision 1 --info 0100000000000000'

  test('is its bytes, which come back', () => {
    expect(decodeEntry(bytes, { family })).toEqual(rule)
    expect(encodeEntry(rule, { family }).toString('hex')).toBe(bytes.toString('hex'))
  })

  test('has a text, which comes back', () => {
    const { counters: _, ...said } = rule
    expect(formatRule(rule, { family })).toBe(text)
    expect(parseRule(text, { family })).toEqual(said)
    expect(encodeEntry(parseRule(text, { family }), { family }).toString('hex')).toBe(bytes.toString('hex'))
  })

  test('stands in a ruleset behind a mark that other tools take for a comment', () => {
    const printed = formatRuleset(
      { filter: { INPUT: { policy: 'ACCEPT', rules: [rule, { target: { target: 'DROP' } }] } } },
      { family },
    )
    expect(printed).toBe(`*filter\n:INPUT ACCEPT [0:0]\n# unknown: -A INPUT ${text}\n-A INPUT -j DROP\nCOMMIT\n`)
    const { counters: _, ...said } = rule
    expect(parseRuleset(printed, { family }).filter?.INPUT?.rules).toEqual([said, { target: { target: 'DROP' } }])
    expect(formatRuleset(parseRuleset(printed, { family }), { family }).split('\n')).toEqual(
      expect.arrayContaining(printed.split('\n')),
    )
  })

  test('keeps its counters in text', () => {
    const counted = { ...rule, counters: { packets: 3n, bytes: 4n } }
    const printed = formatRuleset({ filter: { INPUT: { rules: [counted] } } }, { family, counters: true })
    expect(printed).toContain(`\n# unknown: [3:4] -A INPUT ${text}\n`)
  })
})

test.each<[what: string, match: Buffer]>([
  ['a revision that is not known', extension('tcp', 9, '0000ffff0000ffff0000000000000000')],
  ['a length that is not that of the struct', extension('mark', 1, '0100000001000000000000000000000000000000ffffffff')],
  ['a bit that no option says', extension('mark', 1, '01000000010000000100000000000001')],
  ['a name in other letters', extension('MARK', 1, '01000000010000000000000000000000')],
  ['a name of bytes that are no text', extension('\xff\x80', 0, '0000000000000000')],
  ['no data', extension('nodata', 0, '')],
])('%s leaves an extension unknown, and its bytes as they are', (_, match) => {
  const bytes = entryOf('ip', [match], ACCEPT)
  const rule = decodeEntry(bytes)
  expect(rule.matches?.[0]?.match).toBe('unknown')
  expect(encodeEntry(rule).toString('hex')).toBe(bytes.toString('hex'))
  expect(encodeEntry(parseRule(formatRule(rule))).toString('hex')).toBe(bytes.toString('hex'))
})

test('an extension whose size is not padded is none: the kernel has no such', () => {
  const bytes = entryOf('ip', [extension('geo', 0, '00010203')], ACCEPT)
  expect(() => decodeEntry(bytes)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
})

describe('header bytes that nobody can say', () => {
  test.each<[what: string, family: Family, change: (header: Buffer) => void]>([
    [
      'an unknown flag',
      'ip',
      (header) => {
        header[82] = 0x80
      },
    ],
    [
      'an unknown inversion',
      'ip',
      (header) => {
        header[83] = 0x80
      },
    ],
    [
      'an address beyond its mask',
      'ip',
      (header) => {
        header[3] = 1
      },
    ],
    [
      'a name of which a middle byte does not count',
      'ip',
      (header) => {
        header.write('eth0', 16)
        header.write('\xff\0\xff\xff\xff', 48, 'latin1')
      },
    ],
    [
      'a name whose mask is missing',
      'ip',
      (header) => {
        header.write('eth0', 16)
      },
    ],
    [
      'a protocol over 255',
      'ip',
      (header) => {
        header.writeUInt16LE(256, 80)
      },
    ],
    [
      'a traffic class',
      'ip6',
      (header) => {
        header[130] = 4
        header[131] = 2
      },
    ],
    [
      'a protocol whose flag is missing',
      'ip6',
      (header) => {
        header[128] = 6
      },
    ],
  ])('%s is kept as bytes, which come back through text as well', (_, family, change) => {
    const bytes = entryOf(family, [], ACCEPT, change)
    const rule = decodeEntry(bytes, { family })
    const { size, at } = LAYOUT[family]
    const header = Buffer.from(bytes.subarray(0, size)).fill(0, at)
    expect(rule).toEqual({
      header: header.toString('hex'),
      target: { target: 'ACCEPT' },
      counters: { packets: 0n, bytes: 0n },
    })
    expect(encodeEntry(rule, { family }).toString('hex')).toBe(bytes.toString('hex'))
    const text = formatRule(rule, { family })
    expect(text).toBe(`--entry-header ${header.toString('hex')} -j ACCEPT`)
    expect(encodeEntry(parseRule(text, { family }), { family }).toString('hex')).toBe(bytes.toString('hex'))
    const printed = formatRuleset({ filter: { INPUT: { rules: [rule] } } }, { family })
    expect(printed).toContain(`\n# unknown: -A INPUT ${text}\n`)
    expect(parseRuleset(printed, { family }).filter?.INPUT?.rules).toEqual([
      { header: rule.header, target: rule.target },
    ])
  })

  test('conditions beside them are refused: the bytes stand for all of them', () => {
    const header = '00'.repeat(112)
    expect(inputErrorOf(() => encodeEntry({ header, source: '10.0.0.1' })).path).toMatch(/^(header|source)$/)
  })

  test.each(['', '00', '00'.repeat(111), '00'.repeat(113), 'zz'.repeat(112), `${'00'.repeat(111)}0`])(
    '%j is no header',
    (header) => {
      expect(inputErrorOf(() => encodeEntry({ header })).reason).toMatch(/hexadecimal/)
    },
  )
})

describe('an unknown extension that is given', () => {
  const match = (parts: object): RuleInput => ({
    matches: [{ match: 'unknown', name: 'geo', revision: 0, info: '', ...parts } as never],
  })

  test('is padded as every extension is', () => {
    expect(encodeEntry({ ...match({ info: '01' }), target: { target: 'ACCEPT' } }).toString('hex')).toBe(
      entryOf('ip', [extension('geo', 0, '0100000000000000')], ACCEPT).toString('hex'),
    )
  })

  test.each<[parts: object, path: string]>([
    [{ info: '0' }, 'matches[0].info'],
    [{ info: 'zz' }, 'matches[0].info'],
    [{ info: undefined }, 'matches[0].info'],
    [{ info: 5 }, 'matches[0].info'],
    [{ revision: 256 }, 'matches[0].revision'],
    [{ revision: undefined }, 'matches[0].revision'],
    [{ name: 'x'.repeat(29) }, 'matches[0].name'],
    [{ name: 'a\0b' }, 'matches[0].name'],
    [{ name: undefined }, 'matches[0].name'],
    [{ name: 5 }, 'matches[0].name'],
  ])('with %j is refused', (parts, path) => {
    expect(inputErrorOf(() => encodeEntry(match(parts))).path).toBe(path)
  })

  test('of more bytes than an entry holds is refused', () => {
    expect(inputErrorOf(() => encodeEntry(match({ info: '00'.repeat(65_400) }))).reason).toMatch(
      /at most 65535 fit|\d+ is not a whole number/,
    )
  })
})
