// Lines of a saved ruleset: their words, their commands, their order, and where in them a mistake is.
import fc from 'fast-check'
import {
  environment,
  IPSet,
  linesOf,
  readCommandLine,
  RestoreError,
  splitWords,
  UsageError,
} from '../../src/ipset/index.js'
import { compareEntries } from '../../src/ipset/text/sort.js'
import { quoteWord } from '../../src/ipset/text/words.js'
import { fakeIpset, header, revisions } from '../support/fake-ipset.js'

describe('words', () => {
  test.each([
    ['add s 10.0.0.1', ['add', 's', '10.0.0.1']],
    ['  add\ts   10.0.0.1 \r', ['add', 's', '10.0.0.1']],
    ['add s 1.1.1.1 comment "two  words"', ['add', 's', '1.1.1.1', 'comment', 'two  words']],
    ['add "a b" x', ['add', 'a b', 'x']],
    ['comment a"b c"d', ['comment', 'ab cd']],
    ['comment ""', ['comment', '']],
    ["comment 'x y'", ['comment', "'x", "y'"]],
    ['comment "back\\slash"', ['comment', 'back\\slash']],
    ['', []],
    [' \t', []],
  ])('%j', (line, texts) => {
    expect(splitWords(line).map(({ text }) => text)).toEqual(texts)
  })

  test('know where they begin', () => {
    expect(splitWords(' add  "a b" comment x"y z"').map(({ column }) => column)).toEqual([2, 7, 13, 21])
  })

  test('need both their quotes', () => {
    expect(() => splitWords('add s 1.1.1.1 comment "open')).toThrow('Missing close quote!')
  })

  test('are read back as they were written', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !/["\p{Cc}]/u.test(text))
    fc.assert(
      fc.property(fc.array(word), (texts) => {
        expect(splitWords(texts.map(quoteWord).join(' ')).map(({ text }) => text)).toEqual(texts)
      }),
    )
  })
})

describe('lines', () => {
  async function lines(pieces: readonly (string | Uint8Array)[]): Promise<string[]> {
    const found: string[] = []
    for await (const some of linesOf(pieces)) found.push(...some)
    return found
  }

  test('are the same however the text is cut', async () => {
    const text = 'create s hash:ip comment\nadd s 1.1.1.1 comment "schön 🐧"\n\nlast'
    const bytes = Buffer.from(text)
    for (let at = 0; at <= bytes.length; at++) {
      expect(await lines([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(text.split('\n'))
    }
    expect(await lines([...text])).toEqual(text.split('\n'))
    expect(await lines([`${text}\n`])).toEqual(text.split('\n'))
    expect(await lines([])).toEqual([])
  })
})

describe('commands', () => {
  const command = (line: string) => readCommandLine(splitWords(line), environment())

  // What ipset 7.17 takes a beginning of a command for.
  test.each([
    ['create', 'c cr n new -N'],
    ['add', 'a ad -A --add'],
    ['del', 'd de del -D'],
    ['test', 't te -T'],
    ['destroy', 'des x -X'],
    ['list', 'l li -L --li'],
    ['save', 's sa -S'],
    ['restore', 'r re res -R'],
    ['flush', 'f fl -F'],
    ['rename', 'ren e -E'],
    ['swap', 'sw w -W'],
    ['help', 'h -H -h'],
    ['version', 'v -V -v'],
    ['quit', 'q quit'],
  ])('%s is also %s', (name, spellings) => {
    for (const spelling of spellings.split(' ')) expect(command(`${spelling} a b`).command).toBe(name)
  })

  test.each(['create2', 'lists', '-li', '-', '""', 'frobnicate'])('%s is none', (word) => {
    expect(command(`${word} a b`).command).toBeUndefined()
  })

  test.each([
    ['create', 'Missing mandatory argument to command create'],
    ['create s', 'Missing second mandatory argument to command create'],
    ['add s', 'Missing second mandatory argument to command add'],
    ['swap s', 'Missing second mandatory argument to command swap'],
    ['list -o', 'Missing mandatory argument to option -o'],
    ['list -o html', "Syntax error: unknown output mode 'html'"],
  ])('%s is not enough', (line, sentence) => {
    expect(() => command(line)).toThrow(sentence)
  })

  test('options for all commands may stand anywhere, with one dash or two', () => {
    const env = environment()
    const {
      command: name,
      operands,
      rest,
    } = readCommandLine(splitWords('-exist list --terse s -o xml -q --file out extra'), env)
    expect([name, operands.map(({ text }) => text), rest.map(({ text }) => text)]).toEqual(['list', ['s'], ['extra']])
    expect(env).toEqual({
      exist: true,
      quiet: true,
      terse: true,
      output: 'xml',
      file: 'out',
      names: false,
      resolve: false,
      sorted: false,
    })
  })
})

describe('the order of -sorted', () => {
  // As ipset 7.17 prints them.
  test.each([
    ['2.0.0.1', '10.0.0.1', '10.0.0.9', '10.0.0.10', '100.0.0.1', '192.168.0.1'],
    ['9.0.0.0/8', '10.0.0.0', '10.0.0.0/24', '10.0.0.0/16', '10.0.0.0/8', '10.1.0.0/16'],
    ['9.0.0.1,tcp:9999', '10.0.0.1,tcp:80', '10.0.0.1,tcp:443'],
    ['::1', '2001:db8::1', '2001:db8::a', '2001:db8::10', '2001:db8:0:1::1', '2001:db9::', 'fe80::1'],
  ])('%s < %s < %s …', (...ordered) => {
    for (let i = 1; i < ordered.length; i++) {
      expect(compareEntries(ordered[i - 1]!, ordered[i]!)).toBeLessThan(0)
      expect(compareEntries(ordered[i]!, ordered[i - 1]!)).toBeGreaterThan(0)
    }
    expect([...ordered].reverse().sort(compareEntries)).toEqual(ordered)
  })
})

describe('what is restored', () => {
  async function fault(text: string): Promise<RestoreError> {
    const kernel = fakeIpset({
      header: (asked) => [header(asked, 's', 'hash:ip')],
      type: (asked) => [revisions(asked, 'hash:ip', 6)],
    })
    const error: unknown = await new IPSet({ transport: kernel }).restore(text).catch((reason: unknown) => reason)
    if (!RestoreError.is(error)) throw error
    return error
  }

  test.each([
    ['create s hash:ip\nadd s 10.0.0.300', 2, 7, /'10\.0\.0\.300' is no IPv4 address/],
    ['create s hash:nope', 1, 10, /typename 'hash:nope' is unknown/],
    ['create s hash:ip hashsize x', 1, 27, /'x' is invalid as number/],
    ['create s hash:ip bogus 1', 1, 18, /Unknown argument: `bogus'/],
    ['create s hash:ip timeout', 1, 18, /Missing mandatory argument of option `timeout'/],
    ['add s 10.0.0.1\n\n# remark\nadd s 10.0.0.2 timeout 2147484', 4, 24, /from 0 to 2147483/],
    ['add s 10.0.0.1 comment "x" comment "y"', 1, 28, /comment already specified/],
    ['add s 10.0.0.1 comment "open', 1, 24, /Missing close quote/],
    ['add s', 1, 1, /Missing second mandatory argument to command add/],
    [`create ${'n'.repeat(32)} hash:ip`, 1, 8, /32 bytes long, at most 31 fit/],
    ['flush s extra', 1, 9, /Unknown argument extra/],
    ['create s hash:ip\nadd s ::1\nadd s 10.0.0.1', 2, 7, /the set holds IPv4/],
  ] as const)('tells line and column: %j', async (text, line, column, sentence) => {
    const error = await fault(text)
    expect({ line: error.line, column: error.column }).toEqual({ line, column })
    expect(error.message).toMatch(sentence)
    expect(error.path).toBe(`line ${line}, column ${column}`)
  })

  test.each(['restore', 'help', 'version'])('cannot be %s', async (word) => {
    const error = await fault(`create s hash:ip\n${word}`)
    expect(error.line).toBe(2)
    expect(UsageError.is(error.cause)).toBe(true)
  })
})
