import { Header, HEADER_SIZE } from '../../src/netlink/header.js'
import { beginMessage, finishMessage, messages, setSequence } from '../../src/netlink/message.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { hex, nlmsg } from '../support/bytes.js'
import { literally, protocolErrorOf } from './wire/literal.js'

// The hexadecimal of this file is that of a little-endian machine: headers are in the machine's order.

describe('a message header', () => {
  literally(Header, [
    [{ length: 28, type: 0x0601, flags: 1, sequence: 0x11223344, port: 4711 }, '1c000000 0106 0100 44332211 67120000'],
    [
      { length: 0xffff_ffff, type: 0xffff, flags: 0xffff, sequence: 0xffff_ffff, port: 0xffff_ffff },
      'ffffffff ffff ffff ffffffff ffffffff',
    ],
  ])

  test('has 16 bytes', () => {
    expect(HEADER_SIZE).toBe(16)
  })
})

describe('a datagram', () => {
  const read = (datagram: Buffer) =>
    [...messages(datagram)].map(({ type, flags, sequence, port, body }) => ({
      type,
      flags,
      sequence,
      port,
      body: Buffer.from(body.rest()).toString('hex'),
    }))

  test('of nothing holds no message', () => {
    expect(read(Buffer.alloc(0))).toEqual([])
  })

  test('of one message', () => {
    expect(read(hex('14000000 0106 0200 05000000 67120000  0a020000'))).toEqual([
      { type: 0x0601, flags: 2, sequence: 5, port: 4711, body: '0a020000' },
    ])
  })

  test('of several messages, each padded to four bytes', () => {
    const datagram = hex(
      '11000000 1000 0000 01000000 00000000 aa ffffff  10000000 1100 0000 02000000 00000000  12000000 1200 0000 03000000 00000000 bbcc 0000',
    )
    expect(read(datagram).map(({ type, sequence, body }) => [type, sequence, body])).toEqual([
      [16, 1, 'aa'],
      [17, 2, ''],
      [18, 3, 'bbcc'],
    ])
  })

  test('whose last message lacks its padding', () => {
    expect(read(hex('11000000 1000 0000 01000000 00000000 aa'))).toHaveLength(1)
  })

  test.each(['00', '0000', 'ffffff'])('with a tail of padding (%s) ends there', (tail) => {
    expect(read(Buffer.concat([nlmsg({ type: 16 }), hex(tail)]))).toHaveLength(1)
  })

  test('is read where it stands in a larger buffer, and its bodies stay within it', () => {
    const larger = Buffer.concat([Buffer.alloc(3, 0xee), nlmsg({ type: 16 }, hex('01020304')), Buffer.alloc(5, 0xee)])
    const [message] = [...messages(larger.subarray(3, 23))]
    expect(message?.body.left).toBe(4)
    expect([...(message?.body.rest() ?? [])]).toEqual([1, 2, 3, 4])
    expect(protocolErrorOf(() => message?.body.u8()).offset).toBe(20)
  })

  test('gives no bytes of one message to another', () => {
    const [first] = [...messages(Buffer.concat([nlmsg({ type: 16 }, hex('01')), nlmsg({ type: 17 })]))]
    expect(first?.body.left).toBe(1)
  })

  test.each([
    ['a length of zero', '00000000 1000 0000 01000000 00000000', 0],
    ['a length below the header', '0f000000 1000 0000 01000000 00000000', 0],
    ['a length beyond the end', '15000000 1000 0000 01000000 00000000 01020304', 0],
    ['the greatest length', 'ffffffff 1000 0000 01000000 00000000', 0],
    ['a length that wraps when it is padded', 'fdffffff 1000 0000 01000000 00000000', 0],
    ['half a header', '10000000 1000 0000', 0],
    ['four bytes', '10000000', 0],
    [
      'a second message of length zero',
      '10000000 1000 0000 01000000 00000000  00000000 1000 0000 01000000 00000000',
      16,
    ],
    ['a second message cut short', '10000000 1000 0000 01000000 00000000  10000000 1000 0000', 16],
  ])('with %s is a ProtocolError that says where, and never goes on for ever', (_, bytes, offset) => {
    expect(protocolErrorOf(() => read(hex(bytes)))).toMatchObject({ offset })
  })

  test('gives the messages before the fault', () => {
    const iterator = messages(Buffer.concat([nlmsg({ type: 16 }), Buffer.alloc(16)]))
    expect(iterator.next().value).toMatchObject({ type: 16 })
    protocolErrorOf(() => iterator.next())
  })
})

describe('a message being written', () => {
  test('gets its length, and padding that does not count', () => {
    const writer = new Writer(4)
    writer.bytes.fill(0xee)
    const start = beginMessage(writer, 0x0609, 0x205, 0x01020304)
    writer.put(hex('aabbccddee'))
    finishMessage(writer, start)
    expect(writer.written().toString('hex')).toBe(
      hex('15000000 0906 0502 04030201 00000000 aabbccddee 000000').toString('hex'),
    )
  })

  test('can stand behind another, and get its number later', () => {
    const writer = new Writer()
    for (const type of [16, 17]) finishMessage(writer, beginMessage(writer, type, 1))
    setSequence(writer.bytes, 16, 0xfffffffe)
    expect(writer.written().toString('hex')).toBe(
      hex('10000000 1000 0100 00000000 00000000  10000000 1100 0100 feffffff 00000000').toString('hex'),
    )
  })

  test('overwrites what an earlier message left in the buffer', () => {
    const writer = new Writer(64)
    writer.bytes.fill(0xff)
    finishMessage(writer, beginMessage(writer, 16, 0))
    expect(writer.written().toString('hex')).toBe(hex('10000000 1000 0000 00000000 00000000').toString('hex'))
  })
})
