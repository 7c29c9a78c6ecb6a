import fc from 'fast-check'
import { decode, encode } from '../../../src/netlink/wire/codec.js'
import { Reader } from '../../../src/netlink/wire/cursor.js'
import { bytes, chars, checkText, cstring } from '../../../src/netlink/wire/text.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf, literally, protocolErrorOf, refuses } from './literal.js'

describe('text with a closing NUL', () => {
  literally(cstring(16), [
    ['', '00'],
    ['eth0', '65746830 00'],
    ['é', 'c3a9 00'],
    ['日本', 'e697a5 e69cac 00'],
    ['😀', 'f09f9880 00'],
    ['fifteen letters', '66696674 65656e20 6c657474 65727300'],
  ])
  refuses(cstring(16), ['sixteen letters!', 'a\0b', '\0', 12, undefined, null, ['a'], 'éééééééé'])

  test('counts bytes, not letters', () => {
    expect(encode(cstring(16), 'ééééééé')).toHaveLength(15)
    expect(inputErrorOf(() => encode(cstring(16), 'éééééééé')).message).toContain('16 bytes')
  })

  test('ends at the first NUL, whatever stands behind it', () => {
    expect(decode(cstring(16), hex('6100 6200'))).toBe('a')
  })

  test('without a NUL is a ProtocolError that says where', () => {
    expect(protocolErrorOf(() => cstring(16).read(new Reader(hex('ff 616263'), 1)))).toMatchObject({ offset: 1 })
    expect(protocolErrorOf(() => cstring(16).read(new Reader(hex(''))))).toMatchObject({ offset: 0 })
  })

  test('longer than the field is a ProtocolError: it could not be sent back', () => {
    expect(protocolErrorOf(() => decode(cstring(4), hex('6162636465 00')))).toMatchObject({ offset: 0 })
  })
})

describe('text in a field of fixed size', () => {
  literally(chars(8), [
    ['', '00000000 00000000'],
    ['lo', '6c6f0000 00000000'],
    ['éa', 'c3a96100 00000000'],
    ['sevenxx', '73657665 6e787800'],
  ])
  refuses(chars(8), ['eightxxx', 'a\0', 'éééé'])

  test('may fill its field without a NUL, as the kernel does at times', () => {
    expect(decode(chars(4), hex('61626364'))).toBe('abcd')
  })

  test('ends at its NUL, whatever stands behind it', () => {
    expect(decode(chars(4), hex('61006364'))).toBe('a')
  })

  test('cut short is a ProtocolError', () => {
    expect(protocolErrorOf(() => decode(chars(4), hex('616263')))).toMatchObject({ offset: 0 })
  })
})

describe('bytes that are no UTF-8', () => {
  // The kernel and the C tools keep any bytes in names and comments: what is read has to be found again by what is read.
  test('are read as text that is written as the same bytes', () => {
    const given = ['ff00', 'c300', '61ff6200', 'e69700', 'f0288cbc00', 'eda08000', 'c08000']
    expect(given.map((text) => encode(cstring(16), decode(cstring(16), hex(text))).toString('hex'))).toEqual(given)
  })

  test('two different names are never read as the same', () => {
    expect(decode(cstring(16), hex('fe00'))).not.toBe(decode(cstring(16), hex('ff00')))
  })
})

test('checkText gives the length in bytes', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0')),
      (text) => {
        expect(checkText(text, 1000)).toBe(new TextEncoder().encode(text).length)
      },
    ),
  )
})

test('any text that is well-formed comes back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0')),
      (text) => {
        const size = Buffer.byteLength(text) + 1
        expect(decode(cstring(size), encode(cstring(size), text))).toBe(text)
        expect(decode(chars(size), encode(chars(size), text))).toBe(text)
      },
    ),
  )
})

describe('raw bytes', () => {
  literally(bytes, [
    [Uint8Array.of(), ''],
    [Uint8Array.of(0, 255, 1), '00ff01'],
  ])

  test('outlive the datagram they came in', () => {
    const datagram = hex('010203')
    const value = decode(bytes, datagram)
    datagram.fill(0)
    expect([...value]).toEqual([1, 2, 3])
  })
})
