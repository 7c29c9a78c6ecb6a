import type { Codec } from './codec.js'
import { littleEndian } from './cursor.js'
import { InputError } from './error.js'
import { shown } from './shown.js'

type Get = (view: DataView, at: number, little: boolean) => number
type Set = (view: DataView, at: number, value: number, little: boolean) => void

function integer(name: string, size: number, min: number, max: number, big: boolean, get: Get, set: Set): Codec<number> {
  const little = big ? false : littleEndian
  return {
    name,
    size,
    align: size,
    ...(big ? { order: 'big' as const } : {}),
    write(writer, value) {
      if (!(Number.isInteger(value) && value >= min && value <= max)) {
        throw new InputError(`${shown(value)} is not a whole number from ${min} to ${max}`)
      }
      const at = writer.reserve(size)
      set(writer.view, at, value, little)
    },
    read: (reader) => get(reader.view, reader.skip(size), little),
  }
}

const get16: Get = (view, at, little) => view.getUint16(at, little)
const set16: Set = (view, at, value, little) => view.setUint16(at, value, little)
const get32: Get = (view, at, little) => view.getUint32(at, little)
const set32: Set = (view, at, value, little) => view.setUint32(at, value, little)

/** One byte, 0 to 255. */
export const u8 = integer('u8', 1, 0, 0xff, false, (view, at) => view.getUint8(at), (view, at, value) => view.setUint8(at, value))
/** 16 bits in the machine's byte order. */
export const u16 = integer('u16', 2, 0, 0xffff, false, get16, set16)
/** 16 bits in network byte order. */
export const be16 = integer('be16', 2, 0, 0xffff, true, get16, set16)
/** 32 bits in the machine's byte order. */
export const u32 = integer('u32', 4, 0, 0xffff_ffff, false, get32, set32)
/** 32 bits in network byte order. */
export const be32 = integer('be32', 4, 0, 0xffff_ffff, true, get32, set32)
/** 32 bits with a sign, in the machine's byte order. */
export const s32 = integer(
  's32', 4, -0x8000_0000, 0x7fff_ffff, false,
  (view, at, little) => view.getInt32(at, little),
  (view, at, value, little) => view.setInt32(at, value, little),
)

const MAX64 = 0xffff_ffff_ffff_ffffn

function wide(name: string, big: boolean): Codec<bigint> {
  const little = big ? false : littleEndian
  return {
    name,
    size: 8,
    align: 8,
    ...(big ? { order: 'big' as const } : {}),
    write(writer, value) {
      if (typeof value !== 'bigint' || value < 0n || value > MAX64) {
        throw new InputError(`${shown(value)} is not a whole number from 0 to ${MAX64}`)
      }
      const at = writer.reserve(8)
      writer.view.setBigUint64(at, value, little)
    },
    read: (reader) => reader.view.getBigUint64(reader.skip(8), little),
  }
}

/** 64 bits in network byte order, as a bigint: counters pass 2^53 on busy machines. */
export const be64 = wide('be64', true)
/** 64 bits in the machine's byte order, as a bigint. */
export const u64 = wide('u64', false)

/** Two 32-bit halves of one 64-bit scalar in network byte order, the upper half first. */
export const be32pair: Codec<readonly [number, number]> = {
  name: 'be32pair',
  size: 8,
  align: 8,
  order: 'big',
  write(writer, [high, low]) {
    be32.write(writer, high)
    be32.write(writer, low)
  },
  read: (reader) => [be32.read(reader), be32.read(reader)],
}
