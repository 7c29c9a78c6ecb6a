import { InputError } from '../../netlink/wire/error.js'
import { wholeNumber } from './number.js'

/** Names of a protocol's types and codes, as `type * 256 + code`. The first name of a number is the one printed. */
export interface IcmpNames {
  readonly protocol: string
  readonly codes: readonly (readonly [name: string, code: number])[]
}

function names(protocol: string, rows: Record<string, readonly [type: number, code: number]>): IcmpNames {
  return { protocol, codes: Object.entries(rows).map(([name, [type, code]]) => [name, type * 256 + code] as const) }
}

/** RFC 792, 1122, 1256, 1812 by the names the ipset tool knows. */
export const ICMP = names('ICMP', {
  'echo-reply': [0, 0],
  pong: [0, 0],
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'fragmentation-needed': [3, 4],
  'source-route-failed': [3, 5],
  'network-unknown': [3, 6],
  'host-unknown': [3, 7],
  'network-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'TOS-network-unreachable': [3, 11],
  'TOS-host-unreachable': [3, 12],
  'communication-prohibited': [3, 13],
  'host-precedence-violation': [3, 14],
  'precedence-cutoff': [3, 15],
  'source-quench': [4, 0],
  'network-redirect': [5, 0],
  'host-redirect': [5, 1],
  'TOS-network-redirect': [5, 2],
  'TOS-host-redirect': [5, 3],
  'echo-request': [8, 0],
  ping: [8, 0],
  'router-advertisement': [9, 0],
  'router-solicitation': [10, 0],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'ip-header-bad': [12, 0],
  'required-option-missing': [12, 1],
  'timestamp-request': [13, 0],
  'timestamp-reply': [14, 0],
  'address-mask-request': [17, 0],
  'address-mask-reply': [18, 0],
})

/** RFC 4443, 4861 by the names the ipset tool knows, two of them misspelt there too. */
export const ICMPV6 = names('ICMPv6', {
  'no-route': [1, 0],
  'communication-prohibited': [1, 1],
  'address-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'packet-too-big': [2, 0],
  'ttl-zero-during-transit': [3, 0],
  'ttl-zero-during-reassembly': [3, 1],
  'bad-header': [4, 0],
  'unknown-header-type': [4, 1],
  'unknown-option': [4, 2],
  'echo-request': [128, 0],
  ping: [128, 0],
  'echo-reply': [129, 0],
  pong: [129, 0],
  'router-solicitation': [133, 0],
  'router-advertisement': [134, 0],
  'neighbour-solicitation': [135, 0],
  'neigbour-solicitation': [135, 0],
  'neighbour-advertisement': [136, 0],
  'neigbour-advertisement': [136, 0],
  redirect: [137, 0],
})

/** The number for a name, an unmistakable beginning of one (in any case), or `type/code`. */
export function icmpCode({ protocol, codes }: IcmpNames, text: string): number {
  const slash = text.indexOf('/')
  if (slash >= 0) {
    const type = wholeNumber(text.slice(0, slash), 0, 255, `${protocol} type`)
    return type * 256 + wholeNumber(text.slice(slash + 1), 0, 255, `${protocol} code`)
  }
  const wanted = text.toLowerCase()
  const exact = codes.find(([name]) => name.toLowerCase() === wanted)
  if (exact) return exact[1]
  const found = new Set(codes.filter(([name]) => wanted !== '' && name.toLowerCase().startsWith(wanted)).map(([, code]) => code))
  if (found.size > 1) throw new InputError(`'${text}' is the beginning of several ${protocol} names: write it out`)
  const [only] = found
  if (only === undefined) throw new InputError(`'${text}' is no ${protocol} name, nor type/code such as 3/1`)
  return only
}

/** The name of `type * 256 + code`, or `type/code`. */
export function icmpName({ codes }: IcmpNames, code: number): string {
  return codes.find(([, value]) => value === code)?.[0] ?? `${code >> 8}/${code & 255}`
}
