import { ipv4 } from '../../../src/netlink/wire/address.js'
import { attr, attributes } from '../../../src/netlink/wire/attributes.js'
import { isAttributeSet, locate } from '../../../src/netlink/wire/describe.js'
import { be32, u8 } from '../../../src/netlink/wire/integers.js'
import { list } from '../../../src/netlink/wire/list.js'
import { hex } from '../../support/bytes.js'

// The hexadecimal is that of a little-endian machine.

const Address = attributes('IPADDR', { ipv4: attr(1, ipv4, 'IPV4', '') }, { announceByteOrder: true })
const Data = attributes(
  'DATA',
  { ip: attr(1, Address, 'IP', ''), timeout: attr(6, be32, 'TIMEOUT', '') },
  { announceByteOrder: true },
)
const Command = attributes('COMMAND', {
  protocol: attr(1, u8, 'PROTOCOL', ''),
  data: attr(7, Data, 'DATA', ''),
  adt: attr(8, list('ADT', attr(7, Data, 'DATA', '')), 'ADT', ''),
})

// at 0: PROTOCOL; at 8: DATA { at 12: IP { at 16: IPV4 } at 24: TIMEOUT }; at 32: 99; at 36: ADT { at 40: DATA { at 44: TIMEOUT } }
const message = hex(
  '0500 0100 07 000000  1800 0780 0c00 0180 0800 0140 0a000001 0800 0640 00000e10  0400 6300  1000 0880 0c00 0780 0800 0640 00000001',
)

describe('the names of the attributes around a byte', () => {
  test.each([
    [0, ['PROTOCOL']],
    [4, ['PROTOCOL']],
    [8, ['DATA']],
    [12, ['DATA', 'IP']],
    [16, ['DATA', 'IP', 'IPV4']],
    [20, ['DATA', 'IP', 'IPV4']],
    [24, ['DATA', 'TIMEOUT']],
    [31, ['DATA', 'TIMEOUT']],
    [32, ['99']],
    [36, ['ADT']],
    [40, ['ADT', 'DATA']],
    [44, ['ADT', 'DATA', 'TIMEOUT']],
    [51, ['ADT', 'DATA', 'TIMEOUT']],
  ])('at %i: %j', (offset, names) => {
    expect(locate(Command, message, offset)).toEqual(names)
    expect(locate(Command, Buffer.concat([Buffer.alloc(20), message]), offset + 20, 20)).toEqual(names)
  })

  test('are none outside of the attributes', () => {
    expect(locate(Command, message, message.length)).toEqual([])
    expect(locate(Command, message, 4711)).toEqual([])
    expect(locate(Command, Buffer.alloc(0), 0)).toEqual([])
    expect(locate(Command, message, 3, 8)).toEqual([])
  })

  test('end where the bytes make no sense', () => {
    expect(locate(Command, hex('0000 0100'), 0)).toEqual([])
    expect(locate(Command, hex('0900 0100 07'), 4)).toEqual([])
    expect(locate(Command, hex('0c00 0780 0000 0100 00000000'), 8)).toEqual(['DATA'])
  })

  test('are numbers where nothing is known', () => {
    expect(locate(u8, message, 16)).toEqual(['7'])
  })
})

test('a set or a list has rows to name, a scalar has none', () => {
  expect([Command, Data, u8, undefined].map(isAttributeSet)).toEqual([true, true, false, false])
})
