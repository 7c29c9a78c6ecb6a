import { formatRule, formatRuleset, listRule, parseRule, parseRuleset, type Rule, type RuleInput, TextError } from '../../../src/xtables/index.js'
import { inputErrorOf } from './errors.js'

/** `ct state new counter accept`, as the kernel gives it. */
const CT = [
  '20000100070001006374000014000200080001000000000108000200000000004c0001000c00010062697477697365003c00020008000100000000010800020000000001',
  '080003000000000408000600000000000c00040008000100080000000c00050008000100000000002c00010008000100636d7000200002000800010000000001',
  '08000200000000010c00030008000100000000002c0001000c000100636f756e746572001c0002000c00010000000000000000000c0002000000000000000000',
  '300001000e000100696d6d6564696174650000001c0002000800010000000000100002000c0002000800010000000001',
].join('')
/** `ip saddr { ... } jump web`. */
const JUMP = [
  '340001000c0001007061796c6f6164002400020008000100000000010800020000000001080003000000000c0800040000000004',
  '300001000b0001006c6f6f6b75700000200002000b0001005f5f7365743000000800020000000001080005000000000',
  '0380001000e000100696d6d65646961746500000024000200080001000000000018000200140002000800010',
  '0fffffffd0800020077656200',
].join('')
const COUNTED = { packets: 5n, bytes: 300n }

describe('expressions of nf_tables in text', () => {
  test('stand behind an option of their own', () => {
    const rule: Rule = { expressions: CT, counters: COUNTED }
    expect(formatRule(rule)).toBe(`--nft-expressions ${CT}`)
    expect(formatRule(rule, { counters: true })).toBe(`--nft-expressions ${CT} -c 5 300`)
    expect(parseRule(`--nft-expressions ${CT}`)).toEqual({ expressions: CT })
    expect(parseRule(`-c 5 300 --nft-expressions ${CT}`, { family: 'ip6' })).toEqual(rule)
  })

  test('make the line of a ruleset a comment for C tools, which is read back here', () => {
    const ruleset = {
      filter: {
        INPUT: { policy: 'ACCEPT', counters: { packets: 0n, bytes: 0n }, rules: [{ target: { target: 'DROP' }, counters: { packets: 1n, bytes: 2n } }, { expressions: CT, counters: COUNTED }] },
        FORWARD: { policy: 'ACCEPT', counters: { packets: 0n, bytes: 0n }, rules: [] },
        OUTPUT: { policy: 'ACCEPT', counters: { packets: 0n, bytes: 0n }, rules: [] },
        web: { rules: [{ expressions: JUMP, counters: COUNTED }] },
      },
    } as const
    const text = formatRuleset(ruleset, { counters: true })
    expect(text.split('\n').slice(5, 8)).toEqual([
      '[1:2] -A INPUT -j DROP',
      `# unknown: [5:300] -A INPUT --nft-expressions ${CT}`,
      `# unknown: [5:300] -A web --nft-expressions ${JUMP}`,
    ])
    expect(parseRuleset(text)).toEqual(ruleset)
    expect(formatRuleset(ruleset)).toContain(`\n# unknown: -A INPUT --nft-expressions ${CT}\n`)
  })

  test('are listed by what becomes of the packet and the names of them; what they ask for is not known', () => {
    const rule: Rule = { expressions: CT, counters: COUNTED }
    expect(listRule(rule)).toBe('ACCEPT     ?    --  ?                    ?                    nf_tables: ct bitwise cmp counter immediate')
    expect(listRule(rule, { numeric: true, verbose: true, number: 3 })).toBe(
      '3        5   300 ACCEPT     ?    --  ?      ?       ?                    ?                    nf_tables: ct bitwise cmp counter immediate',
    )
    expect(listRule({ expressions: JUMP })).toMatch(/^web {8}\?/)
    expect(listRule(rule, { alone: true })).toBe('ACCEPT  ? --  ? ?  ?  ?  nf_tables: ct bitwise cmp counter immediate')
  })

  test('that name no verdict, or hold a line break, or are none, are listed all the same', () => {
    expect(listRule({ expressions: '0c000180070001006374' + '0000' })).toMatch(/^ +\? .* nf_tables: ct$/)
    expect(listRule({ expressions: '0c0001800700010061' + '0a0000' })).toMatch(/ nf_tables: \?$/)
    expect(listRule({ expressions: '00' })).toMatch(/ nf_tables: \?$/)
  })

  test.each<[what: string, text: string, column: number]>([
    ['no hexadecimal text', '--nft-expressions xyz', 19],
    ['half a byte', '--nft-expressions 0', 19],
    ['nothing', '--nft-expressions ""', 19],
    ['a byte that is no expression', '--nft-expressions 00', 19],
    ['an attribute that ends too early', '--nft-expressions 0400018004000080ff', 19],
    ['a condition beside them', `-p tcp --nft-expressions ${CT}`, 26],
    ['an address beside them', `--nft-expressions ${CT} -s 10.0.0.1`, 19],
    ['a match beside them', `--nft-expressions ${CT} -m mark --mark 1`, 19],
    ['a target beside them', `--nft-expressions ${CT} -j DROP`, 19],
    ['a chain beside them', `--nft-expressions ${CT} -g web`, 19],
    ['the struct of an entry beside them', `--nft-expressions ${CT} --entry-header ${'00'.repeat(112)}`, 19],
  ])('%s is refused', (_, text, column) => {
    expect(() => parseRule(text)).toThrow(expect.objectContaining({ constructor: TextError, column }))
  })

  test.each([
    ['without a value', '--nft-expressions'],
    ['negated', `! --nft-expressions ${CT}`],
    ['twice', `--nft-expressions ${CT} --nft-expressions ${CT}`],
    ['abbreviated', `--nft ${CT}`],
  ])('%s it is refused', (_, text) => {
    expect(() => parseRule(text)).toThrow(TextError)
  })

  test.each<[what: string, rule: RuleInput]>([
    ['no hexadecimal text', { expressions: 'zz' }],
    ['nothing', { expressions: '' }],
    ['a number', { expressions: 5 as never }],
    ['a protocol', { expressions: CT, protocol: 'tcp' }],
    ['matches', { expressions: CT, matches: [] }],
    ['a target', { expressions: CT, target: { target: 'DROP' } }],
    ['the struct of an entry', { expressions: CT, header: '00'.repeat(112) }],
  ])('data with %s are not printed', (_, rule) => {
    expect(inputErrorOf(() => formatRule(rule)).reason).toMatch(/no hexadecimal|stand/)
    expect(inputErrorOf(() => listRule(rule)).reason).toMatch(/no hexadecimal|stand/)
  })
})
