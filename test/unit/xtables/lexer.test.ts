import { splitRuleWords } from '../../../src/xtables/index.js'
import { textErrorOf } from './errors.js'

test.each<[line: string, words: readonly string[], columns: readonly number[]]>([
  ['', [], []],
  [' \t ', [], []],
  ['-p tcp', ['-p', 'tcp'], [1, 4]],
  ['  -p\t\ttcp  ', ['-p', 'tcp'], [3, 7]],
  ['--comment "two words" -j x', ['--comment', 'two words', '-j', 'x'], [1, 11, 23, 26]],
  ['""', [''], [1]],
  ['"" ""', ['', ''], [1, 4]],
  ['"a\\"b"', ['a"b'], [1]],
  ['"a\\\\"', ['a\\'], [1]],
  ['"\\a\\ \\t"', ['a t'], [1]],
  // Outside of quotes a backslash and an apostrophe are letters like others.
  ["a\\b 'c d'", ['a\\b', "'c", "d'"], [1, 5, 8]],
  // A quote may begin within a word, and its end is the end of the word.
  ['--x="a b"', ['--x=a b'], [1]],
  ['"a"b', ['a', 'b'], [1, 4]],
  ['"a""b"', ['a', 'b'], [1, 4]],
  ['"tab\there"', ['tab\there'], [1]],
  ['ä "ö ü"', ['ä', 'ö ü'], [1, 3]],
  ['a\u00a0b', ['a\u00a0b'], [1]],
  ['! -i eth0', ['!', '-i', 'eth0'], [1, 3, 6]],
])('%j is cut into %j', (line, words, columns) => {
  expect(splitRuleWords(line)).toEqual({ words, columns })
})

test('it may begin further on in a line, and columns count from its start', () => {
  expect(splitRuleWords('[1:2] -A INPUT', 5)).toEqual({ words: ['-A', 'INPUT'], columns: [7, 10] })
})

test.each([
  ['"open', 1],
  ['-m comment --comment "open', 22],
  ['a"', 2],
  ['"ends in a backslash\\', 1],
  ['"its quote is no quote\\"', 1],
])('the open quote of %j is found', (line, column) => {
  expect(textErrorOf(() => splitRuleWords(line))).toEqual({
    reason: 'the quote that begins here is not closed',
    line: 1,
    column,
  })
})

test.each([
  ['a\0b', 2, 'a NUL character'],
  ['"a\0b"', 3, 'a NUL character'],
  ['-j x\n-j y', 5, 'a line break'],
  ['"a\nb"', 3, 'a line break'],
  ['a\r', 2, 'a line break'],
  ['"a\r"', 3, 'a line break'],
])('%j holds what cannot stand in a rule', (line, column, what) => {
  expect(textErrorOf(() => splitRuleWords(line))).toEqual({ reason: `${what} cannot stand in a rule`, line: 1, column })
})

test.each(['"\\\n"', '"\\\0"', '"a\\\r-j ACCEPT"'])('a backslash in front does not let %j in', (line) => {
  expect(textErrorOf(() => splitRuleWords(line)).reason).toMatch(/cannot stand in a rule$/)
})
