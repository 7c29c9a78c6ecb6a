import { formatRuleset, parseRuleset, type RestoreLine, restoreLines } from '../../../src/xtables/index.js'
import { textErrorOf } from './errors.js'

const lines = (text: string, options = {}) => [...restoreLines(text, { family: 'ip', ...options })]
const brief = (line: RestoreLine) =>
  line.kind === 'command'
    ? [line.line, line.command.letter, line.command.chain]
    : line.kind === 'chain'
      ? [line.line, line.chain, line.policy]
      : line.kind === 'table'
        ? [line.line, line.table]
        : [line.line, line.kind]

const TEXT = [
  '# first',
  '',
  '*filter',
  ':INPUT DROP [1:2]',
  ':web - [0:0]',
  '[3:4] -A INPUT -j web',
  '-A web -p tcp -j ACCEPT',
  'COMMIT',
  '*nat',
  ':PREROUTING ACCEPT [0:0]',
  'COMMIT',
  '# last',
].join('\n')

test('every line is read with its number', () => {
  expect(lines(TEXT).map(brief)).toEqual([
    [1, 'comment'],
    [3, 'filter'],
    [4, 'INPUT', 'DROP'],
    [5, 'web', undefined],
    [6, 'A', 'INPUT'],
    [7, 'A', 'web'],
    [8, 'commit'],
    [9, 'nat'],
    [10, 'PREROUTING', 'ACCEPT'],
    [11, 'commit'],
    [12, 'comment'],
  ])
})

test('a line feed at the end changes nothing, nor do carriage returns', () => {
  expect(lines(`${TEXT}\n`).map(brief)).toEqual(lines(TEXT).map(brief))
  expect(lines(TEXT.replaceAll('\n', '\r\n')).map(brief)).toEqual(lines(TEXT).map(brief))
})

test('counters are read when they are asked for', () => {
  const counted = (options: object) =>
    lines(TEXT, options).flatMap((line) =>
      line.kind === 'chain' && line.counters
        ? [line.counters]
        : line.kind === 'command'
          ? [line.command.rules[0]?.counters]
          : [],
    )
  const none = { packets: 0n, bytes: 0n }
  expect(counted({})).toEqual([none, undefined, undefined, none])
  expect(counted({ counters: true })).toEqual([{ packets: 1n, bytes: 2n }, { packets: 3n, bytes: 4n }, undefined, none])
  expect(counted({ counters: 'given' })).toEqual([
    { packets: 1n, bytes: 2n },
    { packets: 3n, bytes: 4n },
    undefined,
    none,
  ])
})

test('one table alone is read when that is asked for', () => {
  expect(lines(TEXT, { table: 'nat' }).map(brief)).toEqual([
    [1, 'comment'],
    [9, 'nat'],
    [10, 'PREROUTING', 'ACCEPT'],
    [11, 'commit'],
    [12, 'comment'],
  ])
})

test('other commands than -A stand in a table as well', () => {
  const text = '*filter\n-N one\n-I INPUT 2 -j one\n-D INPUT 1\n-F\n-P INPUT DROP\nCOMMIT\n'
  expect(lines(text).map(brief)).toEqual([
    [1, 'filter'],
    [2, 'N', 'one'],
    [3, 'I', 'INPUT'],
    [4, 'D', 'INPUT'],
    [5, 'F', undefined],
    [6, 'P', 'INPUT'],
    [7, 'commit'],
  ])
})

test.each<[text: string, reason: RegExp, line: number, column: number]>([
  ['-A INPUT', /stands in no table/, 1, 1],
  ['COMMIT', /stands in no table/, 1, 1],
  ['*filter\n', /COMMIT expected/, 2, 1],
  ['*filter\n-A INPUT\n', /COMMIT expected/, 3, 1],
  ['*', /table name invalid/, 1, 2],
  ['*  \n', /table name invalid/, 1, 2],
  ['*filter\n:\n', /chain name invalid/, 2, 2],
  ['*filter\n:INPUT\n', /policy invalid/, 2, 7],
  [`*filter\n:${'x'.repeat(29)} - [0:0]\n`, /invalid chain name/, 2, 2],
  ['*filter\n[1x] -A INPUT\n', /counters look like/, 2, 1],
  ['*filter\n-A INPUT -p nosuch\n', /unknown protocol 'nosuch'/, 2, 13],
  ['*filter\n[11:22] -A INPUT -p nosuch\n', /unknown protocol 'nosuch'/, 2, 21],
  ['*filter\n:INPUT DROP\n\n-A INPUT "open\n', /quote that begins here/, 4, 10],
  ['*filter\n-A INPUT -j x\0\n', /a NUL character/, 2, 14],
  ['*filter\n-A INPUT -j x\ry\n', /a line break/, 2, 14],
  ['*filter\n-t nat -A INPUT\n', /-t option cannot be used/, 2, 1],
  ['*filter\n-w 5 -A INPUT\n', /-w cannot be used/, 2, 1],
  ['*filter\nINPUT\n', /bad argument 'INPUT'/, 2, 1],
  ['*filter\n-p tcp\n', /no command specified/, 2, 1],
  ['*filter\n-A INPUT\n*nat\n', /./, 3, 1],
  ['*filter\n-A INPUT -o eth0\n', /can't use -o with INPUT/, 2, 1],
  [`*filter\n-A ${'x'.repeat(29)} -j DROP\n`, /too long/, 2, 1],
])('%j is refused', (text, reason, line, column) => {
  const error = textErrorOf(() => lines(text))
  expect(error.reason).toMatch(reason)
  expect([error.line, error.column]).toEqual([line, column])
})

describe('a ruleset', () => {
  test('is the tables of its text, with what the kernel adds of itself', () => {
    const ruleset = parseRuleset(TEXT)
    expect(Object.keys(ruleset)).toEqual(['filter', 'nat'])
    expect(Object.keys(ruleset.filter ?? {})).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'web'])
    expect(ruleset.filter?.INPUT).toEqual({
      policy: 'DROP',
      counters: { packets: 1n, bytes: 2n },
      rules: [{ target: { jump: 'web' }, counters: { packets: 3n, bytes: 4n } }],
    })
    expect(ruleset.filter?.FORWARD).toEqual({ policy: 'ACCEPT', counters: { packets: 0n, bytes: 0n }, rules: [] })
  })

  test('printed and read is the same again', () => {
    const ruleset = parseRuleset(TEXT)
    const text = formatRuleset(ruleset, { counters: true })
    expect(parseRuleset(text)).toEqual({
      ...ruleset,
      filter: {
        ...ruleset.filter,
        web: { rules: [{ protocol: 'tcp', target: { target: 'ACCEPT' }, counters: { packets: 0n, bytes: 0n } }] },
      },
    })
    expect(formatRuleset(parseRuleset(text), { counters: true })).toBe(text)
  })

  test('may have chains of any name, also of what every object has', () => {
    const text = '*filter\n:__proto__ - [0:0]\n:constructor - [0:0]\n-A __proto__ -j constructor\nCOMMIT\n'
    const ruleset = parseRuleset(text)
    expect(Object.keys(ruleset.filter ?? {})).toEqual(['INPUT', 'FORWARD', 'OUTPUT', '__proto__', 'constructor'])
    expect(formatRuleset(ruleset)).toContain('-A __proto__ -j constructor\n')
  })

  test.each<[text: string, reason: RegExp, line: number]>([
    ['*filter\n-A nosuch -j DROP\nCOMMIT\n', /there is no chain 'nosuch' in table 'filter'/, 2],
    ['*filter\n:a - [0:0]\n:a - [0:0]\nCOMMIT\n', /chain 'a' is there twice/, 3],
    ['*filter\n:INPUT MAYBE [0:0]\nCOMMIT\n', /'MAYBE' is no policy/, 2],
    ['*filter\n[1:x] -A INPUT\nCOMMIT\n', /counters look like/, 2],
    ['*filter\n:a DROP [0:0]\nCOMMIT\n', /only built-in chains have a policy/, 2],
    ['*filter\n-N INPUT\nCOMMIT\n', /exists already/, 2],
    ['*filter\n-D INPUT 1\nCOMMIT\n', /there is no rule 1 in filter INPUT/, 2],
    ['*filter\n-A INPUT -j DROP\n-R INPUT 2 -j DROP\nCOMMIT\n', /there is no rule 2/, 3],
    ['*filter\n-X INPUT\nCOMMIT\n', /is built into table 'filter'/, 2],
    ['*nat\n-A PREROUTING -j DROP\nCOMMIT\n', /DROP is therefore inhibited/, 2],
  ])('%j makes no sense', (text, reason, line) => {
    const error = textErrorOf(() => parseRuleset(text))
    expect(error.reason).toMatch(reason)
    expect(error.line).toBe(line)
  })

  test.each([
    ['a chain', { filter: { 'a\nb': { rules: [] } } }],
    ['a table', { 'a\nb': {} }],
    ['a policy', { filter: { INPUT: { policy: 'ACCEPT\n-A INPUT -j DROP', rules: [] } } }],
    [
      'counters',
      { filter: { INPUT: { policy: 'ACCEPT', counters: { packets: '0:0]\n-A INPUT', bytes: 0n }, rules: [] } } },
    ],
    ['counters of a rule', { filter: { INPUT: { rules: [{ counters: { packets: '0:0]\n-A INPUT', bytes: 0n } }] } } }],
  ])('with %s that would break a line is not printed', (_, ruleset) => {
    expect(() => formatRuleset(ruleset as never, { counters: true })).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT' }),
    )
  })
})
