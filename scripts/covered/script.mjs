import { lineStarts, linesOf, places } from './source-map.mjs'

/** A compiled file, and which of its characters ran in any of the processes that loaded it. */
export class Script {
  #starts
  #mappings
  #ran

  /** `lengths` of its lines, and the `mappings` of its source map. */
  constructor(lengths, mappings) {
    this.#starts = lineStarts(lengths)
    this.#mappings = mappings
    this.#ran = new Uint8Array(this.#starts.at(-1))
  }

  /** Takes what V8 counted in one process: ranges of characters, the inner ones behind the outer ones. */
  add(functions) {
    const ran = new Uint8Array(this.#ran.length)
    for (const { ranges } of functions) for (const { startOffset, endOffset, count } of ranges) ran.fill(Math.min(count, 1), startOffset, endOffset)
    for (let i = 0; i < ran.length; i++) this.#ran[i] |= ran[i]
  }

  /** The characters of the source that code was made of, and ran. */
  *ranIn(text) {
    const starts = linesOf(text)
    for (const [line, at, row, column] of places(this.#mappings)) if (this.#ran[this.#starts[line] + at]) yield starts[row] + column
  }
}
