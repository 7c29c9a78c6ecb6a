import { decode } from '../../../src/netlink/wire/codec.js'
import { Reader } from '../../../src/netlink/wire/cursor.js'
import { be16, be32, be32pair, be64, s32, u8, u16, u32, u64 } from '../../../src/netlink/wire/integers.js'
import { endianness } from 'node:os'
import { hex } from '../../support/bytes.js'
import { literally, protocolErrorOf, refuses } from './literal.js'

const little = endianness() === 'LE'

describe('integers in network byte order', () => {
  literally(be16, [
    [0, '0000'],
    [0x1234, '1234'],
    [80, '0050'],
    [0xffff, 'ffff'],
  ])
  literally(be32, [
    [0, '00000000'],
    [0x12345678, '12345678'],
    [3600, '00000e10'],
    [0xffff_ffff, 'ffffffff'],
  ])
  literally(be64, [
    [0n, '0000000000000000'],
    [0x0123456789abcdefn, '0123456789abcdef'],
    [2n ** 53n + 1n, '0020000000000001'],
    [2n ** 64n - 1n, 'ffffffffffffffff'],
  ])
  literally(be32pair, [
    [[0x11223344, 0xffff_ffff], '11223344 ffffffff'],
    [[0, 1], '00000000 00000001'],
  ])
})

describe('integers in the byte order of the machine', () => {
  literally(u8, [
    [0, '00'],
    [0x7f, '7f'],
    [255, 'ff'],
  ])
  literally(u16, [
    [0x1234, little ? '3412' : '1234'],
    [0xffff, 'ffff'],
  ])
  literally(u32, [
    [0x12345678, little ? '78563412' : '12345678'],
    [0xffff_ffff, 'ffffffff'],
  ])
  literally(u64, [
    [0x0123456789abcdefn, little ? 'efcdab8967452301' : '0123456789abcdef'],
    [2n ** 53n + 1n, little ? '0100000000002000' : '0020000000000001'],
    [2n ** 64n - 1n, 'ffffffffffffffff'],
  ])
  literally(s32, [
    [-1, 'ffffffff'],
    [-22, little ? 'eaffffff' : 'ffffffea'],
    [0x7fff_ffff, little ? 'ffffff7f' : '7fffffff'],
    [-0x8000_0000, little ? '00000080' : '80000000'],
  ])
})

describe('an integer that does not fit', () => {
  refuses(u8, [-1, 256, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, 1n])
  refuses(u16, [-1, 65536])
  refuses(be16, [-1, 65536, '80'])
  refuses(u32, [-1, 2 ** 32])
  refuses(be32, [-1, 2 ** 32, 2 ** 53, '1'])
  refuses(s32, [2 ** 31, -(2 ** 31) - 1, 0.1])
  refuses(be64, [-1n, 2n ** 64n, 1, '1', undefined])
  refuses(u64, [-1n, 2n ** 64n, 1, '1', null])
  refuses(be32pair, [
    [-1, 0],
    [0, 2 ** 32],
  ])
})

describe('an integer cut short', () => {
  test.each([
    [u8, ''],
    [u16, '01'],
    [be16, '01'],
    [u32, '010203'],
    [be32, '010203'],
    [s32, '01'],
    [be64, '01020304050607'],
    [u64, '01020304050607'],
    [be32pair, '01020304'],
  ])('$name of too few bytes is a ProtocolError that says where', (codec, bytes) => {
    const reader = new Reader(Buffer.concat([hex('eeee'), hex(bytes)]), 2)
    const error = protocolErrorOf(() => codec.read(reader))
    // The pair reads its first half before it misses the second.
    expect(error.offset).toBe(codec === (be32pair as unknown) ? 6 : 2)
  })

  test('left-over bytes are told by decode', () => {
    expect(protocolErrorOf(() => decode<number>(be16, hex('000102')))).toMatchObject({ offset: 2 })
  })
})

test('an integer knows its size, its alignment and whether it is in network byte order', () => {
  const facts = [u8, u16, be16, u32, be32, s32, be64, u64, be32pair].map(({ name, size, align, order }) => [
    name,
    size,
    align,
    order,
  ])
  expect(facts).toEqual([
    ['u8', 1, 1, undefined],
    ['u16', 2, 2, undefined],
    ['be16', 2, 2, 'big'],
    ['u32', 4, 4, undefined],
    ['be32', 4, 4, 'big'],
    ['s32', 4, 4, undefined],
    ['be64', 8, 8, 'big'],
    ['u64', 8, 8, undefined],
    ['be32pair', 8, 8, 'big'],
  ])
})
