import { endianness } from 'node:os'
import { array, blob } from '../../../src/netlink/wire/array.js'
import { decode, encode } from '../../../src/netlink/wire/codec.js'
import { Reader, Writer } from '../../../src/netlink/wire/cursor.js'
import { be16, be32, u8, u16, u64 } from '../../../src/netlink/wire/integers.js'
import { field, struct } from '../../../src/netlink/wire/struct.js'
import { bytes, cstring } from '../../../src/netlink/wire/text.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf, literally, protocolErrorOf, refuses } from './literal.js'

const little = endianness() === 'LE'

describe('values of one type side by side', () => {
  literally(array(u8, 3), [[[1, 2, 255], '0102ff']])
  literally(array(be16, 2), [
    [[80, 443], '0050 01bb'],
    [[0, 0xffff], '0000 ffff'],
  ])
  literally(array(u16, 2), [[[0x1234, 1], little ? '3412 0100' : '1234 0001']])
  literally(array(array(be16, 2), 2), [
    [
      [
        [1, 2],
        [3, 4],
      ],
      '0001 0002 0003 0004',
    ],
  ])
  literally(array(u8, 0), [[[], '']])

  test('a shorter list leaves the rest zero, also where something stood before', () => {
    const writer = new Writer(8)
    writer.put(hex('eeeeeeeeeeeeeeee'))
    writer.at = 1
    array(be16, 3).write(writer, [0x1234])
    expect(writer.at).toBe(7)
    expect(writer.bytes.toString('hex')).toBe('ee123400000000ee')
    expect(decode(array(be16, 3), hex('123400000000'))).toEqual([0x1234, 0, 0])
    expect(encode(array(be32, 2), []).toString('hex')).toBe('0000000000000000')
  })

  test('a longer list is refused, and so is a value that does not fit', () => {
    expect(inputErrorOf(() => encode(array(u8, 2), [1, 2, 3])).reason).toBe('3 values where 2 fit')
    expect(inputErrorOf(() => encode(array(u8, 2), [1, 256])).code).toBe('ERR_INPUT')
  })

  test('bytes cut short are a ProtocolError that says where', () => {
    const reader = new Reader(hex('eeee000100'), 2)
    expect(protocolErrorOf(() => array(be16, 2).read(reader)).offset).toBe(4)
  })

  test('it knows its name, its size and the alignment of its items', () => {
    const facts = [array(u8, 3), array(u16, 5), array(u64, 2), array(array(u16, 2), 4)].map(({ name, size, align }) => [
      name,
      size,
      align,
    ])
    expect(facts).toEqual([
      ['u8[3]', 3, 1],
      ['u16[5]', 10, 2],
      ['u64[2]', 16, 8],
      ['u16[2][4]', 16, 2],
    ])
  })

  test('items of no fixed size cannot stand side by side', () => {
    expect(() => array(cstring(16), 2)).toThrow(new TypeError('char[16] has no fixed size'))
    expect(() => array(bytes, 2)).toThrow(TypeError)
  })
})

describe('bytes that mean something elsewhere', () => {
  literally(blob(4), [
    [new Uint8Array([1, 2, 3, 4]), '01020304'],
    [new Uint8Array([0, 0, 0, 0xff]), '000000ff'],
  ])
  refuses(blob(2), [new Uint8Array(3)])

  test('shorter ones leave the rest zero, also where something stood before', () => {
    const writer = new Writer(6)
    writer.put(hex('eeeeeeeeeeee'))
    writer.at = 1
    blob(4).write(writer, hex('ab'))
    expect(writer.bytes.toString('hex')).toBe('eeab000000ee')
    expect(writer.at).toBe(5)
  })

  test('what is read is a copy', () => {
    const input = hex('0102')
    const value = blob(2).read(new Reader(input))
    input[0] = 0xff
    expect(value).toEqual(new Uint8Array([1, 2]))
  })

  test('cut short they are a ProtocolError that says where', () => {
    expect(protocolErrorOf(() => blob(4).read(new Reader(hex('ee010203'), 1))).offset).toBe(1)
  })

  test('in a struct they stand where their alignment says, at any byte unless it is given', () => {
    const one = struct('one', { a: field(u8, 'a', ''), b: field(blob(4), 'b', ''), c: field(blob(4, 4), 'c', '') })
    expect([one.offsets, one.size]).toEqual([{ a: 0, b: 1, c: 8 }, 12])
    expect(encode(one, { a: 1, b: hex('02020202'), c: hex('0303') }).toString('hex')).toBe('010202020200000003030000')
  })
})
