import { formatIPv4, formatIPv6, parseIPv4, parseIPv6, parseMac } from '../../netlink/wire/address.js'
import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Family } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import { parseUint } from './number.js'

/** Bytes of `union nf_inet_addr` (include/uapi/linux/netfilter.h): 16, an IPv4 address in the first four. */
export type Inet = Uint8Array

/** Bytes and bits of an address. */
export const WIDTH: Readonly<Record<Family, number>> = { ip: 4, ip6: 16 }

/** The address in a text. IPv4 may lack octets at its end, as in `10.1/16`. Names are not resolved. */
export function parseInet(text: string, family: Family): Inet {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not an address`)
  if (family === 'ip6') {
    const bytes = parseIPv6(text)
    if (!bytes) throw new InputError(`'${text}' is not an IPv6 address${hint(text, family)}`)
    return bytes
  }
  let address = parseIPv4(text)
  if (address < 0 && /^\d+(\.\d+){0,2}$/.test(text)) address = parseIPv4(text + '.0'.repeat(4 - text.split('.').length))
  if (address < 0) throw new InputError(`'${text}' is not an IPv4 address${hint(text, family)}`)
  return inetOf(address)
}

function hint(text: string, family: Family): string {
  if (family === 'ip6' && parseIPv4(text.split('/')[0] as string) >= 0) return ': it is an IPv4 address, for ip6 rules give IPv6'
  if (family === 'ip' && parseIPv6(text.split('/')[0] as string)) return ': it is an IPv6 address, for ip rules give IPv4'
  return /^[a-z][-.a-z0-9]*$/i.test(text) ? ': host names are not resolved, give the address' : ''
}

/** The union of an IPv4 address given as a number. */
export function inetOf(address: number): Inet {
  return Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

/** The number of an IPv4 address in the first four bytes. */
export function ipv4Number(bytes: Uint8Array, at = 0): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

/** An address as text, an IPv6 one in its short form. */
export function formatInet(bytes: Inet, family: Family): string {
  return family === 'ip' ? formatIPv4(ipv4Number(bytes)) : formatIPv6(bytes)
}

/** The mask of a prefix length. */
export function maskOf(prefix: number): Inet {
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 16; i++) bytes[i] = 0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))
  return bytes
}

/** The prefix length of a mask, or -1 where its bits are not all at the front. */
export function prefixOf(mask: Inet, family: Family): number {
  const width = WIDTH[family]
  let prefix = 0
  while (prefix < 8 * width && ((mask[prefix >> 3] as number) << (prefix & 7)) & 0x80) prefix++
  for (let bit = prefix; bit < 8 * width; bit++) if (((mask[bit >> 3] as number) << (bit & 7)) & 0x80) return -1
  return prefix
}

/** A mask given as a prefix length or as an address. */
export function parseMask(text: string, family: Family): Inet {
  const prefix = parseUint(text, 0, 8 * WIDTH[family])
  if (prefix >= 0) return maskOf(prefix)
  const full = family === 'ip' ? parseIPv4(text) : -1
  if (full >= 0) return inetOf(full)
  const wide = family === 'ip6' ? parseIPv6(text) : undefined
  if (wide) return wide
  throw new InputError(`invalid mask '${text}' specified: a prefix length from 0 to ${8 * WIDTH[family]} or a mask written as an address`)
}

/** `8`, or `255.0.255.0` where the mask is no prefix. */
export function formatMask(mask: Inet, family: Family): string {
  const prefix = prefixOf(mask, family)
  return prefix < 0 ? formatInet(mask, family) : String(prefix)
}

/** An address and the mask of its network. */
export interface Network {
  readonly address: Inet
  readonly mask: Inet
}

/** `address[/mask]`; host bits are cleared, as iptables does. Throws an InputError for text that is none. */
export function parseNetwork(text: string, family: Family): Network {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not an address`)
  const at = text.indexOf('/')
  const mask = at < 0 ? maskOf(128) : parseMask(text.slice(at + 1), family)
  const address = parseInet(at < 0 ? text : text.slice(0, at), family)
  for (let i = 0; i < 16; i++) address[i] = (address[i] as number) & (mask[i] as number)
  if (family === 'ip') mask.fill(0, 4)
  return { address, mask }
}

/** Address and mask of an IPv4 network as numbers. */
export interface Network4 {
  readonly address: number
  readonly mask: number
}

/** As parseNetwork for IPv4, without going through bytes: `10.0.0.0/8`. */
export function parseNetwork4(text: string): Network4 {
  const at = typeof text === 'string' ? text.indexOf('/') : -1
  const address = at > 0 ? parseIPv4(text, 0, at) : -1
  const prefix = address < 0 ? -1 : parseUint(text.slice(at + 1), 0, 32)
  if (prefix < 0) {
    const slow = parseNetwork(text, 'ip')
    return { address: ipv4Number(slow.address), mask: ipv4Number(slow.mask) }
  }
  const mask = prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0
  return { address: (address & mask) >>> 0, mask }
}

/** `address/prefix`, or `address/mask` where the mask is no prefix. */
export function formatNetwork4({ address, mask }: Network4): string {
  const prefix = Math.clz32(~mask)
  const isPrefix = prefix === 32 || mask === (prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0)
  return `${formatIPv4(address)}/${isPrefix ? prefix : formatIPv4(mask)}`
}

/** `address/mask`. */
export function formatNetwork({ address, mask }: Network, family: Family): string {
  return `${formatInet(address, family)}/${formatMask(mask, family)}`
}

/** One address of the rule's family; 16 bytes in the struct (`union nf_inet_addr`). */
export const address: Kind<string, Inet> = kindOf({
  name: 'address',
  parse: (text, { family }) => formatInet(parseInet(text, family), family),
  format: (value) => value,
  pack: (value, { family }) => parseInet(value, family),
  unpack: (raw, { family }) => formatInet(raw, family),
})

/** A hardware address such as `02:00:5e:10:00:01`; six bytes in the struct. */
export const macAddress: Kind<string, Uint8Array> = kindOf({
  name: 'xx:xx:xx:xx:xx:xx',
  parse: (text) => formatMac(packMac(text)),
  format: (value) => value,
  pack: packMac,
  unpack: formatMac,
})

function packMac(text: string): Uint8Array {
  const bytes = typeof text === 'string' ? parseMac(text) : undefined
  if (!bytes) throw new InputError(`'${shown(text)}' is not a hardware address such as 02:00:5e:10:00:01`)
  return bytes
}

function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}
