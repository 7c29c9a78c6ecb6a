import { littleEndian } from './cursor.js'

/**
 * A bit field of a C struct in its byte, by its place among those declared: the first stands in the lowest bit where the
 * low byte comes first, in the highest elsewhere.
 */
export function bitField(place: number): number {
  return littleEndian ? 1 << place : 0x80 >> place
}
