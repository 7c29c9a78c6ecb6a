import { mac } from '../../../src/netlink/wire/address.js'
import { decode, encode } from '../../../src/netlink/wire/codec.js'
import { Reader } from '../../../src/netlink/wire/cursor.js'
import { be16, be32, be64, u8 } from '../../../src/netlink/wire/integers.js'
import { field, struct } from '../../../src/netlink/wire/struct.js'
import { chars, cstring } from '../../../src/netlink/wire/text.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf, literally, protocolErrorOf } from './literal.js'

// struct { __u8 a; __be32 b; __be16 c; __u8 d; }: C puts 3 bytes before b and 1 behind d.
const Holes = struct('holes', {
  a: field(u8, 'a', 'one byte'),
  b: field(be32, 'b', 'four bytes'),
  c: field(be16, 'c', 'two bytes'),
  d: field(u8, 'd', 'one byte'),
})

// struct { __u8 tag; struct holes inner; __be64 wide; char name[3]; }
const Outer = struct('outer', {
  tag: field(u8, 'tag', 'one byte'),
  inner: field(Holes, 'inner', 'a struct in a struct'),
  wide: field(be64, 'wide', 'eight bytes'),
  name: field(chars(3), 'name', 'three bytes'),
})

describe('a C struct', () => {
  literally(Holes, [[{ a: 1, b: 0x02030405, c: 0x0607, d: 8 }, '01000000 02030405 0607 08 00']])
  literally(Outer, [
    [
      { tag: 9, inner: { a: 1, b: 2, c: 3, d: 4 }, wide: 5n, name: 'ab' },
      '09000000 01000000 00000002 0003 04 00 0000000000000005 616200 0000000000',
    ],
  ])

  test('has its members where the compiler puts them', () => {
    expect(Holes.offsets).toEqual({ a: 0, b: 4, c: 8, d: 10 })
    expect([Holes.size, Holes.align]).toEqual([12, 4])
    expect(Outer.offsets).toEqual({ tag: 0, inner: 4, wide: 16, name: 24 })
    expect([Outer.size, Outer.align]).toEqual([32, 8])
  })

  test('of bytes alone has no holes', () => {
    const Ethernet = struct('ethhdr', {
      to: field(mac, 'h_dest', 'to'),
      from: field(mac, 'h_source', 'from'),
      type: field(be16, 'h_proto', 'type'),
    })
    expect([Ethernet.size, Ethernet.align]).toEqual([14, 2])
    expect(encode(Ethernet, { to: 'FF:FF:FF:FF:FF:FF', from: '02:00:5E:10:00:01', type: 0x0800 }).toString('hex')).toBe(
      'ffffffffffff02005e1000010800',
    )
  })

  test('writes zeros into its holes, whatever was there', () => {
    const bytes = Buffer.alloc(12, 0xff)
    const value = Holes.read(new Reader(hex('01ffffff 02030405 0607 08 ff')))
    expect(value).toEqual({ a: 1, b: 0x02030405, c: 0x0607, d: 8 })
    encode(Holes, value).copy(bytes)
    expect(bytes.toString('hex')).toBe('010000000203040506070800')
  })

  test('names the member that is wrong, through every struct around it', () => {
    const value = { tag: 9, inner: { a: 1, b: 2, c: 65536, d: 4 }, wide: 5n, name: 'ab' }
    expect(inputErrorOf(() => encode(Outer, value))).toMatchObject({
      path: 'inner.c',
      message: expect.stringMatching(/^inner\.c: 65536 /),
    })
    expect(inputErrorOf(() => encode(Outer, { ...value, inner: { a: 1, b: 2, c: 3, d: 4 }, name: 'abc' })).path).toBe(
      'name',
    )
  })

  test('cut short is a ProtocolError that says where it begins', () => {
    expect(protocolErrorOf(() => Holes.read(new Reader(hex('ffff 01000000 02030405 0607 08'), 2)))).toMatchObject({
      offset: 2,
    })
  })

  test('too long is a ProtocolError', () => {
    expect(protocolErrorOf(() => decode(Holes, Buffer.alloc(13)))).toMatchObject({ offset: 12 })
  })

  test('cannot hold what has no fixed size', () => {
    expect(() => struct('wrong', { name: field(cstring(8), 'name', 'text') })).toThrow(/wrong\.name.*no fixed size/)
  })
})
