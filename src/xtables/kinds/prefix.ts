import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Family } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import { formatInet, type Inet, parseMask, prefixOf, WIDTH } from './address.js'
import { parseHost } from './host.js'

/** An address and the number of bits of it that count; the others stay as they are. */
export interface Prefix {
  readonly address: Inet
  readonly length: number
}

/** The prefix in `address[/length]`; in the place of the length also a mask of that many bits. */
export function parsePrefix(text: string, family: Family): Prefix {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not an address`)
  const at = text.indexOf('/')
  if (at < 0) return { address: parseHost(text, family), length: 8 * WIDTH[family] }
  const length = prefixOf(parseMask(text.slice(at + 1), family), family)
  if (length < 0) {
    throw new InputError(`the bits of mask '${text.slice(at + 1)}' are not all at its front: give a prefix length`)
  }
  return { address: parseHost(text.slice(0, at), family), length }
}

export function formatPrefix({ address, length }: Prefix, family: Family): string {
  return `${formatInet(address, family)}/${length}`
}

/** A prefix, always printed with its length. */
export const prefix: Kind<string, Prefix> = kindOf({
  name: 'address[/length]',
  parse: (text, { family }) => formatPrefix(parsePrefix(text, family), family),
  format: (value) => value,
  pack: (value, { family }) => parsePrefix(value, family),
  unpack: (raw, { family }) => formatPrefix(raw, family),
})
