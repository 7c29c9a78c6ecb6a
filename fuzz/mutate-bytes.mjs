// Bytes that are nearly right: what a faulty or hostile program would send.

const BYTES = [0, 1, 2, 4, 8, 0x7f, 0x80, 0xff]
const NUMBERS = [0, 1, 3, 4, 15, 16, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

const place = (random, bytes) => random.below(bytes.length + 1)

/** Each changes bytes that are its own, and gives what they became. */
const CHANGES = [
  function flip(bytes, random) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
    return bytes
  },
  function set(bytes, random) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.once(2) ? random.pick(BYTES) : random.u32() & 0xff
    return bytes
  },
  /** Where lengths, types and numbers stand, in either byte order. */
  function number(bytes, random) {
    const size = random.pick([2, 4])
    if (bytes.length < size) return bytes
    const at = random.below(bytes.length - size + 1) & -size
    const value = random.once(2) ? random.pick(NUMBERS) : random.once(2) ? bytes.length - at + random.within(-4, 4) : random.u32()
    const held = (size === 2 ? value & 0xffff : value) >>> 0
    if (random.once(2)) bytes.writeUIntLE(held, at, size)
    else bytes.writeUIntBE(held, at, size)
    return bytes
  },
  /** One more or one less than what stands there. */
  function step(bytes, random) {
    if (bytes.length < 2) return bytes
    const at = random.below(bytes.length - 1) & -2
    bytes.writeUInt16LE((bytes.readUInt16LE(at) + random.pick([-4, -1, 1, 4])) & 0xffff, at)
    return bytes
  },
  (bytes, random) => bytes.subarray(0, place(random, bytes)),
  (bytes, random) => bytes.subarray(place(random, bytes)),
  function remove(bytes, random) {
    const at = place(random, bytes)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.within(1, 16))])
  },
  function insert(bytes, random) {
    const at = place(random, bytes)
    const more = random.once(2) ? random.bytes(random.within(1, 16)) : Buffer.alloc(random.within(1, 16), random.pick(BYTES))
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
  },
  function repeat(bytes, random) {
    const at = place(random, bytes)
    const piece = bytes.subarray(at, at + random.within(1, 64))
    return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: random.within(1, 4) }, () => piece), bytes.subarray(at)])
  },
  function clear(bytes, random) {
    const at = place(random, bytes)
    return bytes.fill(random.pick(BYTES), at, Math.min(bytes.length, at + random.within(1, 32)))
  },
  function splice(bytes, random, corpus) {
    const other = random.pick(corpus)
    const from = place(random, other) & -4
    const at = place(random, bytes) & -4
    const piece = other.subarray(from, from + random.within(1, 32) * 4)
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + (random.once(2) ? piece.length : 0))])
  },
]

/** Longer than anything that is captured; what grows beyond it says nothing new. */
const LONGEST = 70_000

/** Something of a corpus of buffers, changed in one to four places; now and then as it is, or bytes by chance alone. */
export function mutatedBytes(random, corpus) {
  if (random.once(20)) return random.bytes(random.below(200))
  let bytes = Buffer.from(random.pick(corpus))
  for (let left = random.below(5); left > 0; left--) bytes = Buffer.from(random.pick(CHANGES)(bytes, random, corpus))
  return bytes.subarray(0, LONGEST)
}
