import { decode, encode, map } from '../../../src/netlink/wire/codec.js'
import { Reader, Writer } from '../../../src/netlink/wire/cursor.js'
import { InputError, inside, NetfilterError, ProtocolError } from '../../../src/netlink/wire/error.js'
import { be16, be32 } from '../../../src/netlink/wire/integers.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf, protocolErrorOf } from './literal.js'

describe('a reader', () => {
  test('never reads past its end, even where the buffer goes on', () => {
    const reader = new Reader(hex('01020304'), 1, 3)
    expect(reader.left).toBe(2)
    expect(protocolErrorOf(() => reader.take(3))).toMatchObject({ offset: 1 })
    expect([...reader.take(2)]).toEqual([2, 3])
    expect(protocolErrorOf(() => reader.u8())).toMatchObject({ offset: 3 })
    expect(reader.rest()).toHaveLength(0)
  })

  test('of a view on a larger buffer counts from the view', () => {
    const view = hex('ffff 0a0b 0c0d').subarray(2)
    const reader = new Reader(view)
    expect(be16.read(reader)).toBe(0x0a0b)
    expect(reader.view.getUint16(reader.at)).toBe(0x0c0d)
  })

  test('is left where it was by a read that fails', () => {
    const reader = new Reader(hex('010203'))
    protocolErrorOf(() => be32.read(reader))
    expect(reader.at).toBe(0)
  })
})

describe('a writer', () => {
  test('grows, and keeps what it holds', () => {
    const writer = new Writer(1)
    for (let i = 0; i < 1000; i++) be16.write(writer, i)
    expect(writer.written()).toHaveLength(2000)
    expect(writer.written().readUInt16BE(1998)).toBe(999)
    expect(writer.written().readUInt16BE(0)).toBe(0)
  })

  test('never grows past its limit', () => {
    const writer = new Writer(2, 6)
    be32.write(writer, 0x01020304)
    inputErrorOf(() => be32.write(writer, 5))
    be16.write(writer, 0x0506)
    expect(writer.written().toString('hex')).toBe('010203040506')
  })

  test('puts the same bytes twice when it is begun anew', () => {
    const writer = new Writer(8)
    be32.write(writer, 0xffff_ffff)
    writer.at = 0
    be16.write(writer, 1)
    expect(writer.written().toString('hex')).toBe('0001')
  })
})

test('a codec can show its bytes as another type', () => {
  const Port = map(
    be16,
    'port',
    (port) => `port ${port}`,
    (text: string) => Number(text.slice(5)),
  )
  expect(encode(Port, 'port 80').toString('hex')).toBe('0050')
  expect(decode(Port, hex('0050'))).toBe('port 80')
  expect(Port).toMatchObject({ name: 'port', size: 2, order: 'big' })
})

describe('errors', () => {
  test('of input collect their path on the way out, and keep their cause', () => {
    const cause = new Error('inner')
    const error = inputErrorOf(() =>
      inside('rules', () =>
        inside('[3]', () =>
          inside('tcp', () => {
            throw new InputError('no port', { path: 'dport', cause })
          }),
        ),
      ),
    )
    expect(error).toMatchObject({
      path: 'rules[3].tcp.dport',
      reason: 'no port',
      message: 'rules[3].tcp.dport: no port',
      code: 'ERR_INPUT',
      cause,
    })
  })

  test('of another kind pass through', () => {
    const other = new RangeError('x')
    expect(() =>
      inside('a', () => {
        throw other
      }),
    ).toThrow(other)
  })

  test('are recognised across the two builds, by name and not by instanceof', () => {
    jest.isolateModules(() => {
      const twin = require('../../../src/netlink/wire/error.js') as typeof import('../../../src/netlink/wire/error.js')
      const error = new twin.ProtocolError('x', { offset: 4 })
      expect(error instanceof ProtocolError).toBe(false)
      expect([ProtocolError.is(error), NetfilterError.is(error), InputError.is(error)]).toEqual([true, true, false])
    })
  })

  test.each([null, undefined, 1, 'x', {}, new Error('x')])('%p is none of ours', (value) => {
    expect(NetfilterError.is(value)).toBe(false)
  })

  test('of the protocol say where', () => {
    expect(new ProtocolError('too short', { offset: 20 })).toMatchObject({
      message: 'too short (at byte 20)',
      offset: 20,
      code: 'ERR_PROTOCOL',
      name: 'ProtocolError',
    })
    expect(new ProtocolError('too short')).toMatchObject({ message: 'too short', offset: undefined })
  })
})
