import { attr, attributes } from '../../../src/netlink/wire/attributes.js'
import { decode, encode } from '../../../src/netlink/wire/codec.js'
import { Reader } from '../../../src/netlink/wire/cursor.js'
import { be32, u8 } from '../../../src/netlink/wire/integers.js'
import { list } from '../../../src/netlink/wire/list.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf, literally, protocolErrorOf } from './literal.js'

// The hexadecimal is that of a little-endian machine.

const Data = attributes(
  'DATA',
  { cidr: attr(3, u8, 'CIDR', 'prefix'), lineno: attr(9, be32, 'LINENO', 'line') },
  { announceByteOrder: true },
)
const Adt = list('ADT', attr(7, Data, 'DATA', 'one'))
const Numbers = list('NUMBERS', attr(1, be32, 'NUMBER', 'one'))

describe('a list of one attribute', () => {
  literally(Adt, [
    [[], ''],
    [[{ cidr: 24 }], '0c00 0780  0500 0300 18 000000'],
    [
      [{ cidr: 8, lineno: 1 }, { lineno: 2 }, {}],
      '1400 0780 0500 0300 08 000000 0800 0940 00000001  0c00 0780 0800 0940 00000002  0400 0780',
    ],
  ])
  literally(Numbers, [[[1, 2], '0800 0100 00000001 0800 0100 00000002']])

  test('names the item that is wrong', () => {
    expect(inputErrorOf(() => encode(Adt, [{ cidr: 8 }, { cidr: 300 }]))).toMatchObject({ path: '[1].cidr' })
    const Outer = attributes('OUTER', { adt: attr(8, Adt, 'ADT', 'many') })
    expect(inputErrorOf(() => encode(Outer, { adt: [{ cidr: 8 }, { cidr: 300 }] }))).toMatchObject({
      path: 'adt[1].cidr',
    })
  })

  test('refuses another attribute among its own, and says where', () => {
    const given = hex('ffff  0c00 0780 0500 0300 18 000000  0400 0680')
    const error = protocolErrorOf(() => Adt.read(new Reader(given, 2)))
    expect(error).toMatchObject({ offset: 14, message: expect.stringMatching(/6.*7/) })
  })

  test('takes its own without the flags, as older kernels write them', () => {
    expect(decode(Adt, hex('0c00 0700  0500 0300 18 000000'))).toEqual([{ cidr: 24 }])
  })

  test.each([
    ['0000 0780', 0],
    ['0800 0780 0500 0300', 4],
    ['0400 0780 04', 4],
  ])('%s is a ProtocolError at byte %i', (given, offset) => {
    expect(protocolErrorOf(() => decode(Adt, hex(given)))).toMatchObject({ offset })
  })

  test('of more than 65,535 bytes is refused by the attribute around it', () => {
    const Outer = attributes('OUTER', { adt: attr(8, Adt, 'ADT', 'many') })
    expect(inputErrorOf(() => encode(Outer, { adt: Array.from({ length: 6000 }, () => ({ cidr: 8 })) })).path).toBe(
      'adt',
    )
  })

  test('knows its row, for names', () => {
    expect(Adt.byType[7]?.[1].kernel).toBe('DATA')
  })
})
