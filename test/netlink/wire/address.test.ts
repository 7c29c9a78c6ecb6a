import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import fc from 'fast-check'
import {
  formatIPv4,
  formatIPv6,
  ipv4,
  ipv6,
  mac,
  parseIPv4,
  parseIPv6,
  parseMac,
} from '../../../src/netlink/wire/address.js'
import { decode } from '../../../src/netlink/wire/codec.js'
import { hex } from '../../support/bytes.js'
import { literally, protocolErrorOf, refuses } from './literal.js'

describe('IPv4', () => {
  literally(ipv4, [
    ['0.0.0.0', '00000000'],
    ['10.0.0.1', '0a000001'],
    ['127.0.0.1', '7f000001'],
    ['192.0.2.235', 'c00002eb'],
    ['255.255.255.255', 'ffffffff'],
  ])
  refuses(ipv4, [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4.',
    '.1.2.3.4',
    '1..2.3',
    '1.2.3.256',
    '1.2.3.-1',
    '1.2.3.+4',
    '256.1.1.1',
    '010.0.0.1',
    '1.2.3.04',
    '00.0.0.0',
    '0x7f.0.0.1',
    '1.2.3.4/32',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4\n',
    '1.2.3.4\0',
    '1.2.3.a',
    '١.٢.٣.٤',
    '::1',
    '::ffff:1.2.3.4',
    'localhost',
    2130706433,
    null,
    undefined,
  ])

  test('is read from the middle of a text', () => {
    expect(parseIPv4('10.0.0.0/8', 0, 8)).toBe(0x0a000000)
    expect(parseIPv4('10.0.0.1-10.0.0.255', 9)).toBe(0x0a0000ff)
    expect(parseIPv4('10.0.0.12', 0, 8)).toBe(0x0a000001)
    expect(parseIPv4('10.0.0.1', 0, 7)).toBe(-1)
  })

  test('is printed from a number, the upper half unsigned', () => {
    expect([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map(formatIPv4)).toEqual([
      '0.0.0.0',
      '0.0.0.1',
      '127.255.255.255',
      '128.0.0.0',
      '255.255.255.255',
    ])
  })

  test('is whatever node:net takes for IPv4, and nothing else', () => {
    const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', '0x1', ' 1', '1e1'))
    const near = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'))
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), near, fc.string()), (text) => {
        expect(parseIPv4(text) >= 0).toBe(isIPv4(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('comes back as it was, whatever the address', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => expect(formatIPv4(parseIPv4(text))).toBe(text)))
  })

  test('cut short is a ProtocolError', () => {
    expect(protocolErrorOf(() => decode(ipv4, hex('0a0000')))).toMatchObject({ offset: 0 })
  })
})

/** The address of 16 bytes written in hexadecimal, as text. */
const printed = (bytes: string) => formatIPv6(hex(bytes))

describe('IPv6', () => {
  literally(ipv6, [
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['fe80::200:5eff:fe10:1', 'fe80000000000000 02005efffe100001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffffffffffffffffffffffffffffffff'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])
  refuses(ipv6, [
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8:',
    ':1:2:3:4:5:6:7:8',
    '1::2::3',
    '::1::',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    'g::',
    '::1%eth0',
    'fe80::1%1',
    '[::1]',
    '::1/128',
    ' ::1',
    '::1 ',
    '::1.2.3',
    '::1.2.3.4.5',
    '::1.2.3.256',
    '::01.2.3.4',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1.2.3.4',
    '::1\0',
    null,
    undefined,
    1,
  ])

  test.each([
    ['1:2:3:4:5:6:1.2.3.4', '0001000200030004000500060102 0304'],
    ['::1.2.3.4', '00000000000000000000000001020304'],
    ['::FFFF:1.2.3.4', '00000000000000000000ffff01020304'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
    ['2001:DB8:0:0:8:800:200C:417A', '20010db80000000000080800200c417a'],
    ['0:0:0:0:0:0:0:1', '00000000000000000000000000000001'],
    ['0001:0002:0003:0004:0005:0006:0007:0008', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['1:2:3::5:6:7:8', '00010002000300000005000600070008'],
  ])('is read in every form of RFC 4291: %s', (text, bytes) => {
    expect(Buffer.from(parseIPv6(text) ?? []).toString('hex')).toBe(hex(bytes).toString('hex'))
  })

  test.each([
    ['section 4.1: no leading zeros', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['section 4.2.1: as short as possible', '20010db8000000000000000000020001', '2001:db8::2:1'],
    ['section 4.2.2: one group is not shortened', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['section 4.2.3: the longest run', '20010000000000010000000000000001', '2001:0:0:1::1'],
    ['section 4.2.3: the first of two that are as long', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['section 4.3: small letters', 'abcdef0000000000000000000000abcd', 'abcd:ef00::abcd'],
    ['section 5: IPv4-mapped in dotted decimal', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['a run at the end', 'fe800000000000000000000000000000', 'fe80::'],
    ['a run of two at the front', '00000000000100020003000400050006', '::1:2:3:4:5:6'],
    ['one zero at either end', '00000001000200030004000500060000', '0:1:2:3:4:5:6:0'],
  ])('is printed as RFC 5952 wants it, %s', (_, bytes, text) => {
    expect(printed(bytes)).toBe(text)
  })

  test('is printed as inet_ntop(3) does where RFC 5952 leaves it open', () => {
    expect(printed('000000000000000000000000 01020304')).toBe('::1.2.3.4')
    expect(printed('000000000000000000000000 00010000')).toBe('::0.1.0.0')
    expect(printed('000000000000000000000000 00000001')).toBe('::1')
    expect(printed('000000000000000000000000 0000ffff')).toBe('::ffff')
    expect(printed('0000000000000000 ffff0000 01020304')).toBe('::ffff:0:102:304')
    expect(printed('0064ff9b0000000000000000 c0000221')).toBe('64:ff9b::c000:221')
  })

  test('is printed from the middle of other bytes', () => {
    expect(formatIPv6(hex('ffff 20010db8000000000000000000000001 ee'), 2)).toBe('2001:db8::1')
  })

  const group = fc.oneof(
    fc.constantFrom('0', '', '00000', 'FFFF', '1.2.3.4', '01.2.3.4', '0000', 'g'),
    fc.nat(0xffff).map((n) => n.toString(16)),
  )
  const near = fc.array(group, { minLength: 2, maxLength: 9 }).map((groups) => groups.join(':'))
  const gapped = fc.tuple(near, near).map(([a, b]) => `${a}::${b}`)

  test('is whatever node:net takes for IPv6 without a zone, and nothing else', () => {
    const text = fc.oneof(fc.ipV6(), near, gapped, fc.string({ unit: fc.constantFrom(...'0123:.fF%'), maxLength: 40 }))
    fc.assert(
      fc.property(text, (address) => {
        expect(parseIPv6(address) !== undefined).toBe(isIPv6(address) && !address.includes('%'))
      }),
      { numRuns: 5000 },
    )
  })

  test('of any bytes is printed as the C library prints it, and read back from that', () => {
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 0xffff, 1, 0x1234), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(sparse, (groups) => {
        const bytes = Buffer.alloc(16)
        groups.forEach((value, i) => bytes.writeUInt16BE(value, 2 * i))
        // SocketAddress prints with libuv's inet_ntop.
        const long = groups.map((value) => value.toString(16)).join(':')
        expect(formatIPv6(bytes)).toBe(new SocketAddress({ family: 'ipv6', address: long }).address)
        expect(Buffer.from(parseIPv6(formatIPv6(bytes)) ?? [])).toEqual(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  test('cut short is a ProtocolError', () => {
    expect(protocolErrorOf(() => decode(ipv6, Buffer.alloc(15)))).toMatchObject({ offset: 0 })
  })
})

describe('a hardware address', () => {
  literally(mac, [
    ['02:00:5E:10:00:01', '02005e100001'],
    ['FF:FF:FF:FF:FF:FF', 'ffffffffffff'],
    ['00:00:00:00:00:00', '000000000000'],
  ])
  refuses(mac, [
    '',
    '02:00:5e:10:00',
    '02:00:5e:10:00:01:02',
    '02-00-5e-10-00-01',
    '02005e100001',
    '0g:00:00:00:00:00',
    '002:0:0:0:0:0',
    '1:2:3:4:5:',
    ' 1:2:3:4:5:6',
    null,
  ])

  test('is read in small letters and with single digits', () => {
    expect([...(parseMac('2:0:5e:A:0:1') ?? [])]).toEqual([2, 0, 0x5e, 10, 0, 1])
  })

  test('cut short is a ProtocolError', () => {
    expect(protocolErrorOf(() => decode(mac, Buffer.alloc(5)))).toMatchObject({ offset: 0 })
  })
})
