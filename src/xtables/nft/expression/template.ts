import { Writer } from '../../../netlink/wire/cursor.js'
import { type Expression, writeExpression } from './expression.js'

/** Templates that are kept; more than there are ways to write a rule's parts, but for names. */
const FULL = 4096

/** Expressions in bytes, made once and written many times: most parts of a rule differ from others in a value at the end, or not at all. */
export class Templates<K> {
  readonly #known = new Map<K, Buffer>()

  /** Writes the expressions that `make` gives for a key. */
  put(writer: Writer, key: K, make: () => readonly Expression[]): void {
    writer.put(this.#known.get(key) ?? this.#make(key, make))
  }

  /**
   * Writes expressions of which the last is a comparison, with `size` zeros to compare with; gives the place where those
   * stand, to put the value there.
   */
  open(writer: Writer, key: K, size: number, make: (zeros: Uint8Array) => readonly Expression[]): number {
    writer.put(this.#known.get(key) ?? this.#make(key, () => make(new Uint8Array(size))))
    return writer.at - ((size + 3) & -4)
  }

  #make(key: K, make: () => readonly Expression[]): Buffer {
    const writer = new Writer(256)
    for (const expression of make()) writeExpression(writer, expression)
    const bytes = Buffer.from(writer.written())
    if (this.#known.size >= FULL) this.#known.clear()
    this.#known.set(key, bytes)
    return bytes
  }
}
