import { endianness } from 'node:os'
import { array, blob } from '../../../src/netlink/wire/array.js'
import { encode } from '../../../src/netlink/wire/codec.js'
import { be16, be32, u8, u16, u32, u64 } from '../../../src/netlink/wire/integers.js'
import { StructMemory } from '../../../src/netlink/wire/record.js'
import { field, struct } from '../../../src/netlink/wire/struct.js'
import { chars } from '../../../src/netlink/wire/text.js'
import { hex } from '../../support/bytes.js'
import { inputErrorOf } from './literal.js'

const little = endianness() === 'LE'

const Sample = struct('sample', {
  flag: field(u8, 'flag', 'a byte'),
  port: field(be16, 'port', 'a port'),
  bits: field(u32, 'bits', 'many bits'),
  name: field(chars(5), 'name', 'a name'),
  wide: field(u64, 'wide', 'a long number'),
  ports: field(array(be16, 2), 'ports', 'two ports'),
})
const BITS = little ? '78563412' : '12345678'
const WIDE = little ? '0807060504030201' : '0102030405060708'
const BYTES = `07 00 0050 ${BITS} 6162000000 000000 ${WIDE} 0001 0002 00000000`

test('a member that is set stands where C has it, and everything else is zero', () => {
  const memory = new StructMemory(Sample)
  expect(memory.bytes.toString('hex')).toBe('00'.repeat(32))
  memory.set('port', 0x1234)
  expect(memory.bytes.toString('hex')).toBe(`00001234${'00'.repeat(28)}`)
  memory.set('bits', 0x12345678)
  expect(memory.bytes.subarray(4, 8).toString('hex')).toBe(BITS)
})

test('members are set one by one in any order, and come to what the codec writes at once', () => {
  const memory = new StructMemory(Sample)
  memory.set('ports', [1, 2])
  memory.set('wide', 0x0102030405060708n)
  memory.set('name', 'ab')
  memory.set('bits', 0x12345678)
  memory.set('port', 80)
  memory.set('flag', 7)
  expect(memory.bytes.equals(hex(BYTES))).toBe(true)
  const value = { flag: 7, port: 80, bits: 0x12345678, name: 'ab', wide: 0x0102030405060708n, ports: [1, 2] }
  expect(encode(Sample, value).equals(hex(BYTES))).toBe(true)
})

test('members are read one by one from bytes that are loaded', () => {
  const memory = new StructMemory(Sample)
  memory.load(hex(BYTES))
  expect(memory.get('ports')).toEqual([1, 2])
  expect(memory.get('wide')).toBe(0x0102030405060708n)
  expect(memory.get('name')).toBe('ab')
  expect(memory.get('flag')).toBe(7)
  expect(memory.get('port')).toBe(80)
})

test('a member that is set again leaves nothing of what it was', () => {
  const memory = new StructMemory(Sample)
  memory.set('name', 'abcd')
  memory.set('name', 'x')
  expect(memory.bytes.subarray(8, 13).toString('hex')).toBe('7800000000')
  memory.set('ports', [1, 2])
  memory.set('ports', [3])
  expect(memory.get('ports')).toEqual([3, 0])
})

test('it may be longer than its struct: what holds it is padded, and the padding stays zero', () => {
  const memory = new StructMemory(Sample, 40)
  memory.set('wide', 2n ** 64n - 1n)
  expect(memory.bytes).toHaveLength(40)
  expect(memory.bytes.subarray(32).toString('hex')).toBe('0000000000000000')
  memory.load(hex(`${BYTES} ffffffffffffffff`))
  memory.clear()
  expect(memory.bytes.toString('hex')).toBe('00'.repeat(40))
})

test('bits are raised beside those that stand there, also the highest', () => {
  const memory = new StructMemory(Sample)
  memory.raise('bits', 0x8000_0000)
  memory.raise('bits', 0x1)
  expect(memory.get('bits')).toBe(0x8000_0001)
  expect([memory.has('bits', 0x8000_0000), memory.has('bits', 0x8000_0001), memory.has('bits', 0x3)]).toEqual([
    true,
    true,
    false,
  ])
  expect(memory.has('bits', 0)).toBe(true)
})

test('it tells the members of its struct from those of another revision, and from what every object has', () => {
  const memory: StructMemory<Record<string, unknown>> = new StructMemory(Sample as never)
  expect(['flag', 'ports', 'other', 'toString', '__proto__'].map((key) => memory.knows(key))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})

test('a value that does not fit is refused', () => {
  const memory = new StructMemory(
    struct('small', {
      a: field(u8, 'a', ''),
      b: field(u16, 'b', ''),
      c: field(blob(2), 'c', ''),
      d: field(be32, 'd', ''),
    }),
  )
  expect(inputErrorOf(() => memory.set('a', 256)).code).toBe('ERR_INPUT')
  expect(inputErrorOf(() => memory.set('c', new Uint8Array(3))).reason).toBe('3 bytes where 2 fit')
  expect(inputErrorOf(() => memory.raise('a', 0x100)).code).toBe('ERR_INPUT')
})
