import fc from 'fast-check'
import { type ParameterInput, parameterValue, readValue, textOf, wordsOf } from '../../../src/iptc/value.js'
import type { ParameterRow } from '../../../src/xtables/index.js'
import { runs } from '../../support/xtables-fixtures.js'
import { inputErrorOf, valueOr } from './errors.js'

const row = (words: 0 | 1 | 2, more: Partial<ParameterRow> = {}): ParameterRow => ({ name: 'opt', words, optional: false, negatable: true, ...more })

describe('a value that is given', () => {
  test.each<[what: string, row: ParameterRow, given: ParameterInput, negated: boolean, words: readonly string[]]>([
    ['a word', row(1), '80', false, ['80']],
    ['a number', row(1), 80, false, ['80']],
    ['a large number', row(1), 2n ** 64n, false, ['18446744073709551616']],
    ['a word that is not to be', row(1), '!80', true, ['80']],
    ['with blanks behind the !', row(1), '!  80', true, ['80']],
    ['as a list', row(1), ['!', '80'], true, ['80']],
    ['in a list, ! belongs to the word', row(1), ['!80'], false, ['!80']],
    ['a list of the word !', row(1), ['!'], false, ['!']],
    ['one ! more is the word’s', row(1), '!!x', true, ['!x']],
    ['no word that can be negated', row(1, { negatable: false }), '!80', false, ['!80']],
    ['an empty word', row(1), '', false, ['']],
    ['a word with blanks', row(1), 'a b', false, ['a b']],
    ['a word with blanks around', row(1), ' a ', false, [' a ']],
    ['a flag', row(0), '', false, []],
    ['a flag as true', row(0), true, false, []],
    ['a flag as 1', row(0), 1, false, []],
    ['a flag as "yes"', row(0), 'yes', false, []],
    ['a flag as an empty list', row(0), [], false, []],
    ['a flag that is not to be', row(0), '!', true, []],
    ['a flag that is not to be, as a list', row(0), ['!'], true, []],
    ['two words as one', row(2), 'bl src', false, ['bl', 'src']],
    ['two words, what is behind the first blank is the second', row(2), 'bl src,dst x', false, ['bl', 'src,dst x']],
    ['two words as a list', row(2), ['bl', 'src'], false, ['bl', 'src']],
    ['two words that are not to be', row(2), '!bl src', true, ['bl', 'src']],
    ['two words that are not to be, as a list', row(2), ['!', 'bl', 'src'], true, ['bl', 'src']],
    ['two words, the first of them !', row(2), ['!', 'src'], false, ['!', 'src']],
    ['a word that may be left out', row(1, { optional: true }), '', false, []],
    ['one that is left out, negated', row(1, { optional: true }), '!', true, []],
    ['one that may be left out, as a list', row(1, { optional: true }), ['5'], false, ['5']],
  ])('%s', (_, of, given, negated, words) => {
    expect(readValue(of, given)).toEqual({ name: 'opt', negated, words })
  })

  test.each<[what: string, row: ParameterRow, given: unknown, reason: RegExp]>([
    ['null', row(1), null, /^null is no value/],
    ['undefined', row(1), undefined, /^undefined is no value/],
    ['false', row(1), false, /^false is no value/],
    ['NaN', row(1), Number.NaN, /^NaN is no value/],
    ['Infinity', row(1), Number.POSITIVE_INFINITY, /^Infinity is no value/],
    ['an object', row(1), {}, /^an object is no value/],
    ['a list in a list', row(1), [['80']], /^an object is no value/],
    ['a function', row(1), () => 1, /is no value/],
    ['a symbol', row(1), Symbol('x'), /is no value/],
    ['two words for one', row(1), ['a', 'b'], /^--opt takes one word, not 2/],
    ['no word for one', row(1), [], /^--opt takes one word, not none/],
    ['one word for two', row(2), 'bl', /^--opt takes two words, not 1/],
    ['three words for two', row(2), ['a', 'b', 'c'], /^--opt takes two words, not 3/],
    ['a word for a flag', row(0), 'x', /^--opt stands alone/],
    ['"no" for a flag', row(0), 'no', /^--opt stands alone/],
    ['false for a flag', row(0), 'false', /^--opt stands alone/],
    ['0 for a flag', row(0), 0, /^--opt stands alone/],
    ['a flag that cannot be negated', row(0, { negatable: false }), '!', /^--opt stands alone/],
  ])('%s is refused', (_, of, given, reason) => {
    expect(inputErrorOf(() => readValue(of, given as ParameterInput)).reason).toMatch(reason)
  })

  test('may be anything: it is read, or an InputError', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }), fc.constantFrom(0, 1, 2), fc.boolean(), fc.boolean(), (given, words, optional, negatable) => {
        const read = valueOr(() => readValue(row(words as 0, { optional, negatable }), given as ParameterInput))
        if (read) expect(read.words.every((word) => typeof word === 'string') && read.words.length <= words).toBe(true)
      }),
      runs(500),
    )
  })
})

describe('a parameter', () => {
  test.each([
    [false, ['80'], '80', ['80'], '80'],
    [true, ['80'], '!80', ['!', '80'], ['!', '80']],
    [false, [], '', [], ''],
    [true, [], '!', ['!'], '!'],
    [false, ['bl', 'src'], 'bl src', ['bl', 'src'], ['bl', 'src']],
    [true, ['bl', 'src'], '!bl src', ['!', 'bl', 'src'], ['!', 'bl', 'src']],
    [false, ['!x'], '!x', ['!x'], ['!x']],
    [false, [''], '', [''], ''],
  ])('negated %s, of the words %j', (negated, words, text, list, value) => {
    const parameter = { name: 'opt', negated, words }
    expect([textOf(parameter), wordsOf(parameter), parameterValue(parameter)]).toEqual([text, list, value])
  })

  test('is the same again when its value is given, whatever its words are', () => {
    const word = fc.oneof(fc.constantFrom('!', '!x', '', ' ', 'a b', '! a', 'true', '-j'), fc.string({ unit: 'binary', maxLength: 6 }))
    const parameters = fc.constantFrom(0, 1, 2).chain((count) => fc.tuple(fc.boolean(), fc.array(word, { minLength: count, maxLength: count })))
    fc.assert(
      fc.property(parameters, fc.boolean(), ([negated, words], negatable) => {
        const parameter = { name: 'opt', negated: negated && negatable, words }
        const of = row(words.length as 0, { negatable })
        expect(readValue(of, parameterValue(parameter))).toEqual(parameter)
        expect(JSON.parse(JSON.stringify(parameterValue(parameter)))).toEqual(parameterValue(parameter))
      }),
      runs(500),
    )
  })
})
