import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Family } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import {
  formatInet, formatNetwork, type Inet, inetOf, maskOf, type Network, parseInet, parseMask, prefixOf, WIDTH,
} from './address.js'

const SHORT = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){0,2}$/

/** The address of a host. The last number of an IPv4 one fills the octets that are left, as in inet_aton(3): `10.1` is 10.0.0.1. */
function parseAton(text: string, family: Family): Inet {
  if (family === 'ip6' || !SHORT.test(text)) return parseInet(text, family)
  const octets = text.split('.').map(Number)
  const last = octets.pop() as number
  const fits = octets.every((octet) => octet < 256) && last < 256 ** (4 - octets.length)
  if (!fits) throw new InputError(`'${text}' is not an IPv4 address`)
  return inetOf(octets.reduce((sum, octet, i) => sum + octet * 256 ** (3 - i), last))
}

/**
 * The mask of a prefix, as long as `union nf_inet_addr`, given as a length or as an address. One whose bits are not
 * all at its front is refused: the C tool takes it for a full mask.
 */
export function parsePrefixMask(text: string, family: Family): Inet {
  const prefix = prefixOf(parseMask(text, family), family)
  if (prefix < 0) throw new InputError(`the bits of mask '${text}' are not all at its front: it is no prefix`)
  return maskOf(prefix)
}

function parse(text: unknown, family: Family): Network {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not an address`)
  const at = text.indexOf('/')
  if (at < 0) return { address: parseAton(text, family), mask: maskOf(128) }
  return { address: parseAton(text.slice(0, at), family), mask: parsePrefixMask(text.slice(at + 1), family) }
}

/** An IPv4 address given without a mask has one of 128 bits in the struct, one with `/32` has 32: they stay apart. */
function bare(network: Network, family: Family): string {
  return prefixOf(network.mask, 'ip6') === 128 ? formatInet(network.address, family) : formatNetwork(network, family)
}

/** The text of an address and its mask as it is printed: without the mask where that is full. */
export function shortHostMask(value: string, family: Family): string {
  const full = `/${8 * WIDTH[family]}`
  return value.endsWith(full) ? value.slice(0, -full.length) : value
}

/** An address with a mask, its host bits kept (XTTYPE_HOSTMASK in iptables); two times 16 bytes in the struct. */
export const hostMask: Kind<string, Network> = kindOf({
  name: 'address[/mask]',
  parse: (text, { family }) => bare(parse(text, family), family),
  format: (value, { family }) => shortHostMask(value, family),
  pack: (value, { family }) => parse(value, family),
  unpack: (raw, { family }) => bare(raw, family),
})
