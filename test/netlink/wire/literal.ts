import { type Codec, decode, encode } from '../../../src/netlink/wire/codec.js'
import { Reader, Writer } from '../../../src/netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../../../src/netlink/wire/error.js'
import { hex } from '../../support/bytes.js'

/** Tests that `codec` writes `value` as these bytes and reads it from them: alone, and in the middle of others. */
export function literally<T>(codec: Codec<T>, rows: readonly (readonly [value: NoInfer<T>, bytes: string])[]): void {
  test.each(rows.map(([value, bytes]) => ({ value, bytes })))(`${codec.name} $value is $bytes`, ({ value, bytes }) => {
    const expected = hex(bytes)
    expect(encode(codec, value).toString('hex')).toBe(expected.toString('hex'))
    expect(decode(codec, expected)).toEqual(value)

    const writer = new Writer(1)
    writer.put(hex('aabbcc'))
    codec.write(writer, value)
    expect(writer.written().toString('hex')).toBe(`aabbcc${expected.toString('hex')}`)

    const reader = new Reader(Buffer.concat([hex('aabbcc'), expected, hex('ddee')]), 3, 3 + expected.length)
    expect(codec.read(reader)).toEqual(value)
    expect(reader.at).toBe(3 + expected.length)
  })
}

/** Tests that `codec` refuses these values, and that nothing but an InputError comes of it. */
export function refuses<T>(codec: Codec<T>, values: readonly unknown[]): void {
  test.each(values.map((value) => [value]))(`${codec.name} refuses %p`, (value) => {
    expect(inputErrorOf(() => encode(codec, value as T))).toMatchObject({ code: 'ERR_INPUT', path: '' })
  })
}

export function inputErrorOf(run: () => unknown): InputError {
  try {
    run()
  } catch (error) {
    if (InputError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

export function protocolErrorOf(run: () => unknown): ProtocolError {
  try {
    run()
  } catch (error) {
    if (ProtocolError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
