import { decode } from '@jridgewell/sourcemap-codec'

/** The places that a source map of one source names, all from 0: [line, column, line in the source, column in the source]. */
export function* places(mappings) {
  for (const [line, segments] of decode(mappings).entries()) {
    for (const [column, , row, rowColumn] of segments) if (row !== undefined) yield [line, column, row, rowColumn]
  }
}

/** Where each line begins, and where the one behind the last would. */
export function lineStarts(lengths) {
  const starts = [0]
  for (const length of lengths) starts.push(starts.at(-1) + length + 1)
  return starts
}

export const linesOf = (text) => lineStarts(text.split('\n').map(({ length }) => length))
