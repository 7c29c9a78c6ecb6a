import { Reader, Writer } from '../../../src/netlink/wire/cursor.js'
import { hex, host16, host32 } from '../../support/bytes.js'
import { inputErrorOf } from './literal.js'

describe('numbers in the order of the machine', () => {
  const bytes = Buffer.concat([hex('12'), host16(0x3456), host32(0x789abcde)])

  test('are written and read at the cursor, wherever it stands', () => {
    const writer = new Writer(1)
    writer.u8(0x12)
    writer.u16(0x3456)
    writer.u32(0x789abcde)
    expect(Buffer.from(writer.written())).toEqual(bytes)
    const reader = new Reader(bytes)
    expect([reader.u8(), reader.u16(), reader.u32(), reader.left]).toEqual([0x12, 0x3456, 0x789abcde, 0])
  })

  test('are not written beyond what may be', () => {
    const writer = new Writer(1, 4)
    writer.u16(1)
    expect(inputErrorOf(() => writer.u32(1)).message).toBe('needs 6 bytes where 4 fit')
  })
})
