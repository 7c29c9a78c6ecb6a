// Numbers by chance that come again: each input has a generator of its own, made of the seed, the target and the number of
// the input, so that one input can be made again without those before it.

/** 32 bits that depend on every character of a text (FNV-1a, mixed). */
function hash(text, start) {
  let h = start
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193)
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
  return (h ^ (h >>> 13)) >>> 0
}

/** A generator (sfc32) for the text it is made of. */
export class Random {
  #a
  #b
  #c
  #d = 1

  constructor(text) {
    this.#a = hash(text, 0x811c_9dc5)
    this.#b = hash(text, 0x9e37_79b9)
    this.#c = hash(text, 0x2545_f491)
    for (let i = 0; i < 12; i++) this.u32()
  }

  u32() {
    const sum = (this.#a + this.#b + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** A whole number from 0 on, below `limit`. */
  below(limit) {
    return limit > 0 ? Math.floor((this.u32() / 0x1_0000_0000) * limit) : 0
  }

  /** A whole number of a range, both ends included. */
  within(least, most) {
    return least + this.below(most - least + 1)
  }

  /** True once in so many times. */
  once(times) {
    return this.below(times) === 0
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  bytes(count) {
    return Buffer.from(Array.from({ length: count }, () => this.u32() & 0xff))
  }

  /** A list of what `make` gives. */
  list(least, most, make) {
    return Array.from({ length: this.within(least, most) }, () => make(this))
  }
}
