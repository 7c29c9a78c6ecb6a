import { formatIPv4 } from '../../netlink/wire/address.js'
import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import type { Family } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import type { Memory } from '../option.js'
import { formatInet, type Inet, ipv4Number, parseInet } from './address.js'

/**
 * One address in full. Shorter forms of IPv4 are refused: where iptables asks the C library (getaddrinfo) `10.1` is
 * 10.0.0.1, where it reads a network `10.1` is 10.1.0.0.
 */
export function parseHost(text: string, family: Family): Inet {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not an address`)
  if (family === 'ip' && /^\d+(\.\d+){0,2}$/.test(text)) {
    throw new InputError(`'${text}' is not an IPv4 address: give all four numbers of it`)
  }
  return parseInet(text, family)
}

/** One address of the rule's family, written in full; 16 bytes in the struct (`union nf_inet_addr`). */
export const host: Kind<string, Inet> = kindOf({
  name: 'address',
  parse: (text, { family }) => formatInet(parseHost(text, family), family),
  format: (value) => value,
  pack: (value, { family }) => parseHost(value, family),
  unpack: (raw, { family }) => formatInet(raw, family),
})

/** Puts an address into a member: all 16 bytes of the union, or the number that an older struct has for IPv4 alone. */
export function setInet(memory: Memory, member: string, bytes: Inet): void {
  memory.set(member, typeof memory.get(member) === 'number' ? ipv4Number(bytes) : bytes)
}

/** The address in a member, the reverse of `setInet`. */
export function getInet(memory: Memory, member: string, family: Family): string {
  const raw = memory.get(member) as number | Inet
  return typeof raw === 'number' ? formatIPv4(raw) : formatInet(raw, family)
}
