import { ipv4 } from '../../../src/netlink/wire/address.js'
import {
  attr,
  attributes,
  NESTED,
  NET_BYTEORDER,
  putAttribute,
  rawAttributes,
} from '../../../src/netlink/wire/attributes.js'
import { decode, encode } from '../../../src/netlink/wire/codec.js'
import { Reader, Writer } from '../../../src/netlink/wire/cursor.js'
import { be16, be32, u8, u32 } from '../../../src/netlink/wire/integers.js'
import { bytes, cstring } from '../../../src/netlink/wire/text.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf, literally, protocolErrorOf } from './literal.js'

// The hexadecimal of this file is that of a little-endian machine: nla_len and nla_type are in the machine's order.

const Inner = attributes(
  'INNER',
  {
    address: attr(1, ipv4, 'IPV4', 'address'),
    port: attr(2, be16, 'PORT', 'port'),
  },
  { announceByteOrder: true },
)

const rows = {
  version: attr(1, u8, 'VERSION', 'one byte'),
  name: attr(2, cstring(8), 'NAME', 'text'),
  inner: attr(3, Inner, 'INNER', 'a nest'),
  timeout: attr(4, be32, 'TIMEOUT', 'network byte order'),
  mark: attr(5, u32, 'MARK', "the machine's order"),
  blob: attr(6, bytes, 'BLOB', 'bytes'),
}
/** As ipset: the flag 0x4000 goes with what is in network byte order. */
const Announced = attributes('SET', rows, { announceByteOrder: true })
/** As nf_tables: it does not. */
const Plain = attributes('SET', rows)

describe('attributes', () => {
  literally(Announced, [
    [{}, ''],
    [{ version: 7 }, '0500 0100 07 000000'],
    [{ name: 'abc' }, '0800 0200 61626300'],
    [{ name: 'abcd' }, '0900 0200 6162636400 000000'],
    [{ timeout: 3600 }, '0800 0440 00000e10'],
    [{ mark: 1 }, '0800 0500 01000000'],
    [{ blob: Uint8Array.of() }, '0400 0600'],
    [{ blob: Uint8Array.of(1, 2, 3, 4, 5) }, '0900 0600 0102030405 000000'],
    [{ inner: {} }, '0400 0380'],
    [{ inner: { address: '10.0.0.1', port: 80 } }, '1400 0380  0800 0140 0a000001  0600 0240 0050 0000'],
    [{ version: 1, name: '', timeout: 0 }, '0500 0100 01 000000  0500 0200 00 000000  0800 0440 00000000'],
  ])

  test('announce the network byte order only when the set says so', () => {
    expect(encode(Plain, { timeout: 3600 }).toString('hex')).toBe(hex('0800 0400 00000e10').toString('hex'))
    expect(decode(Plain, hex('0800 0440 00000e10'))).toEqual({ timeout: 3600 })
    expect(decode(Announced, hex('0800 0400 00000e10'))).toEqual({ timeout: 3600 })
  })

  test('are written in the order of the rows, whatever the order of the keys', () => {
    expect(encode(Plain, { mark: 1, version: 7 })).toEqual(encode(Plain, { version: 7, mark: 1 }))
  })

  test('are read in any order; of two equal ones the last counts', () => {
    expect(decode(Plain, hex('0800 0500 02000000  0500 0100 07 000000  0800 0500 03000000'))).toEqual({
      version: 7,
      mark: 3,
    })
  })

  test('that are undefined are left out', () => {
    expect(encode(Plain, { version: undefined as never, mark: 1 }).toString('hex')).toBe('0800050001000000')
  })

  test('are padded with zeros, whatever was in the buffer', () => {
    const writer = new Writer(64)
    writer.bytes.fill(0xee)
    Plain.write(writer, { version: 7, name: 'ab' })
    expect(writer.written().toString('hex')).toBe(hex('0500 0100 07 000000  0700 0200 616200 00').toString('hex'))
  })

  test('are read whatever stands in the padding, and when the last has none', () => {
    expect(decode(Plain, hex('0500 0100 07 ffffff  0500 0100 08'))).toEqual({ version: 8 })
  })

  test('longer than their value are read by their beginning, as the kernel does', () => {
    expect(decode(Plain, hex('0800 0100 07 aabbcc'))).toEqual({ version: 7 })
  })
})

describe('an attribute without a row', () => {
  const unknown = hex('0700 6382 0a0b0c 00')

  test('is kept with its flags, and written back byte for byte', () => {
    const value = decode(Plain, unknown)
    expect(value).toEqual({ unknown: [{ type: 0x8263, bytes: Uint8Array.of(0x0a, 0x0b, 0x0c) }] })
    expect(encode(Plain, value).toString('hex')).toBe(unknown.toString('hex'))
  })

  test('is kept in a nest as well, beside what is known', () => {
    const given = hex('1800 0380  0800 0140 0a000001  0a00 1140 010203040506 0000')
    expect(encode(Announced, decode(Announced, given)).toString('hex')).toBe(given.toString('hex'))
  })

  test('many of them keep their order', () => {
    const given = hex('0400 0900  0400 0a80  0400 0900  0500 0b40 01 000000')
    expect(encode(Plain, decode(Plain, given)).toString('hex')).toBe(given.toString('hex'))
  })

  test('outlives the datagram it came in', () => {
    const datagram = Buffer.from(unknown)
    const { unknown: kept } = decode(Plain, datagram)
    datagram.fill(0)
    expect([...(kept?.[0]?.bytes ?? [])]).toEqual([0x0a, 0x0b, 0x0c])
  })
})

describe('bytes that are no attributes', () => {
  test.each([
    ['a length of zero', '0000 0100', 3],
    ['a length below its own header', '0300 0100', 3],
    ['a length beyond the end', '0900 0100 07 000000', 3],
    ['a length beyond the end by one', '0500 0100', 3],
    ['half a header', '0500', 3],
    ['a tail of three bytes', '0500 0100 07 000000  0400 01', 11],
    ['a value cut short', '0700 0500 010203 00', 7],
    ['a nest whose attribute is longer than it', '0c00 0380  0900 0140 0a000001 00', 7],
    ['text without its NUL', '0700 0200 616263 00', 7],
  ])('%s is a ProtocolError that says where', (_, given, offset) => {
    const datagram = Buffer.concat([hex('ffffff'), hex(given)])
    expect(protocolErrorOf(() => Plain.read(new Reader(datagram, 3)))).toMatchObject({
      offset,
      message: expect.stringContaining(`at byte ${offset}`),
    })
  })
})

describe('values that cannot be attributes', () => {
  test('are named by their path', () => {
    expect(inputErrorOf(() => encode(Plain, { version: 256 }))).toMatchObject({ path: 'version' })
    expect(inputErrorOf(() => encode(Plain, { inner: { address: '10.0.0.256' } }))).toMatchObject({
      path: 'inner.address',
      message: expect.stringMatching(/^inner\.address: '10\.0\.0\.256' /),
    })
  })

  test('may be 65,535 bytes long with their header, and no longer: the length never wraps', () => {
    const largest = encode(Plain, { blob: Buffer.alloc(65531, 1) })
    expect(largest).toHaveLength(65536)
    expect(largest.toString('hex', 0, 4)).toBe('ffff0600')
    for (const size of [65532, 65536, 131_072]) {
      expect(inputErrorOf(() => encode(Plain, { blob: Buffer.alloc(size) })).message).toContain('65535')
    }
  })

  test('nor may a nest be longer', () => {
    const half = Buffer.alloc(40_000)
    const Two = attributes('TWO', {
      nest: attr(1, attributes('IN', { a: attr(1, bytes, 'A', ''), b: attr(2, bytes, 'B', '') }), 'NEST', ''),
    })
    inputErrorOf(() => encode(Two, { nest: { a: half, b: half } }))
  })
})

describe('raw attributes', () => {
  test('go through unchanged, flags and order too', () => {
    const given = hex('0c00 0180 0500010007000000  0800 0240 00000001  0500 0900 ff 000000')
    const value = decode(rawAttributes, given)
    expect(value.map(({ type }) => type)).toEqual([1 | NESTED, 2 | NET_BYTEORDER, 9])
    expect(encode(rawAttributes, value).toString('hex')).toBe(given.toString('hex'))
  })

  test('can be put one at a time', () => {
    const writer = new Writer()
    putAttribute(writer, 0x4005, hex('0102'))
    expect(writer.written().toString('hex')).toBe('0600054001020000')
  })
})

test('a set knows its rows by number, for names and documentation', () => {
  expect(Announced.byType[4]?.[0]).toBe('timeout')
  expect(Announced.byType[4]?.[1]).toMatchObject({ kernel: 'TIMEOUT', doc: 'network byte order' })
  expect(Announced.byType[17]).toBeUndefined()
  expect(Announced).toMatchObject({ name: 'SET', nested: true })
})
