import { type Attribute, type AttributeSet, TYPE_MASK } from './attributes.js'
import type { Codec } from './codec.js'
import { Reader } from './cursor.js'

/** Whether `codec` has rows to name: an attribute set, or a list. */
export function isAttributeSet(codec: Codec<unknown> | undefined): codec is Codec<unknown> & Pick<AttributeSet<{}>, 'byType'> {
  return codec !== undefined && 'byType' in codec
}

/**
 * The names of the attributes around byte `offset` of `bytes`, outermost first, such as `['DATA', 'IP']`: what an
 * extended acknowledgement's offset means. `start` is where the attributes begin.
 */
export function locate(codec: Codec<unknown>, bytes: Uint8Array, offset: number, start = 0): string[] {
  const reader = new Reader(bytes)
  const path: string[] = []
  let set: Codec<unknown> | undefined = codec
  let at = start
  let end = bytes.length
  while (at + 4 <= end) {
    const size = reader.u16At(at)
    const type = reader.u16At(at + 2) & TYPE_MASK
    if (size < 4 || at + size > end) return path
    if (offset >= at + size) {
      at += (size + 3) & -4
      continue
    }
    if (offset < at) return path
    const row: Attribute<unknown> | undefined = isAttributeSet(set) ? set.byType[type]?.[1] : undefined
    path.push(row?.kernel ?? String(type))
    if (!row?.codec.nested || offset === at) return path
    set = row.codec
    end = at + size
    at += 4
  }
  return path
}
