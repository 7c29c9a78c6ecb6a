import fc from 'fast-check'
import { addLineNumbers, colorize, CustomRule, defaultTables, makeColorizer, uncolorize } from '../../../../src/iptc/builder/index.js'
import { InputError } from '../../../../src/netlink/index.js'

test('a colour is a code of the terminal', () => {
  expect(makeColorizer('1;31')('x')).toBe('\x1b[1;31mx\x1b[0m')
  expect(makeColorizer(32)('x')).toBe('\x1b[32mx\x1b[0m')
  expect(() => makeColorizer('red')).toThrow(InputError)
  expect(() => makeColorizer('0m\x1b[31')).toThrow(InputError)
})

test('headings, comments, tables, chains, options and ! have each a colour of their own', () => {
  const lines = ['# x #', '# x', '*filter', ':INPUT ACCEPT [0:0]', 'COMMIT', '']
  expect(colorize(lines.join('\n')).split('\n')).toEqual(['\x1b[1;32m# x #\x1b[0m', '\x1b[32m# x\x1b[0m', '\x1b[1;36m*filter\x1b[0m', '\x1b[36m:INPUT ACCEPT [0:0]\x1b[0m', '\x1b[36mCOMMIT\x1b[0m', ''])
  expect(colorize('-A X ! -p tcp --comment "a  -j ! \\" b"')).toBe('\x1b[33m-A\x1b[0m X \x1b[1;31m!\x1b[0m \x1b[33m-p\x1b[0m tcp \x1b[33m--comment\x1b[0m "a  -j ! \\" b"')
})

test('a text without its colours is what it was, blanks and all', () => {
  const tables = defaultTables()
  tables.filter.INPUT.append(new CustomRule('-p tcp   -j DROP', 'two  blanks'))
  expect(uncolorize(colorize(tables.toIptables()))).toBe(tables.toIptables())
  fc.assert(fc.property(fc.string(), (text) => fc.pre(!text.includes('\x1b')) ?? expect(uncolorize(colorize(text))).toBe(text)))
})

test('lines have numbers, all of one width', () => {
  expect(addLineNumbers('a\nb')).toBe('1 | a\n2 | b')
  expect(addLineNumbers('a\nb\n')).toBe('1 | a\n2 | b\n')
  expect(addLineNumbers('a\nb\nc', 98)).toBe(' 98 | a\n 99 | b\n100 | c')
  expect(addLineNumbers('', 5)).toBe('5 | ')
  expect(() => addLineNumbers('a', Number.NaN)).toThrow(InputError)
})
