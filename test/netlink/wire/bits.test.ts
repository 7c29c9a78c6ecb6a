import { endianness } from 'node:os'
import { bitField } from '../../../src/netlink/wire/bits.js'

test('bit fields stand where the compiler puts them', () => {
  const little = endianness() === 'LE'
  expect([0, 1, 7].map(bitField)).toEqual(little ? [0x01, 0x02, 0x80] : [0x80, 0x40, 0x01])
})
