import { isNot, type Not } from '../kind.js'
import { bang, plain } from '../list.js'
import { type Range, range } from './range.js'

const MOST = 0xffff_ffff

/** Security parameter indexes, from one to another; the C tool lets them run backwards. */
export const spis = range({ max: MOST, backwards: true })

/** Where the indexes of `struct xt_esp` and those like it stand. */
export const SPI_PLACE = { to: 'spis', not: { inverted: 0x01 }, fallback: [0, MOST], quiet: true } as const

/** `spi:5`, `spis:!1:9`. Nothing where all of them are meant. */
export function listSpis(given: Range | Not<Range> | undefined): string {
  const value = given === undefined ? ([0, MOST] as const) : plain(given)
  if (typeof value === 'number') return `spi:${bang(given)}${value}`
  return value[0] === 0 && value[1] === MOST && !isNot(given) ? '' : `spis:${bang(given)}${value[0]}:${value[1]}`
}
