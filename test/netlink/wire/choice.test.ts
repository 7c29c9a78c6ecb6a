import { choice } from '../../../src/netlink/wire/choice.js'
import { encode } from '../../../src/netlink/wire/codec.js'
import { be32, u8 } from '../../../src/netlink/wire/integers.js'
import { inputErrorOf, literally, protocolErrorOf } from './literal.js'
import { decode } from '../../../src/netlink/wire/codec.js'

// include/uapi/linux/netfilter.h: NFPROTO_*
const Family = choice('NFPROTO', u8, { unspec: 0, inet: 1, ipv4: 2, arp: 3, ipv6: 10 })
const Verdict = choice('verdict', be32, { drop: 0, accept: 1 })

describe('a number with names', () => {
  literally(Family, [
    ['ipv4', '02'],
    ['ipv6', '0a'],
    ['unspec', '00'],
    [77, '4d'],
  ])
  literally(Verdict, [
    ['accept', '00000001'],
    [4711, '00001267'],
  ])

  test('is written from its number too', () => {
    expect(encode(Family, 2)).toEqual(encode(Family, 'ipv4'))
  })

  test('that has no such name is an InputError that lists the names', () => {
    const error = inputErrorOf(() => encode(Family, 'ipv5' as 'ipv4'))
    expect(error.message).toMatch(/ipv5.*unspec.*inet.*ipv4.*arp.*ipv6/)
  })

  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'does not take %s, which every object has, for a name',
    (name) => {
      inputErrorOf(() => encode(Family, name as 'ipv4'))
    },
  )

  test('that does not fit is an InputError', () => {
    inputErrorOf(() => encode(Family, 256))
  })

  test('keeps size, alignment and byte order of the number', () => {
    expect(Verdict).toMatchObject({ name: 'verdict', size: 4, align: 4, order: 'big', values: { drop: 0, accept: 1 } })
  })

  test('cut short is a ProtocolError', () => {
    expect(protocolErrorOf(() => decode(Verdict, Buffer.from([1])))).toMatchObject({ offset: 0 })
  })
})
