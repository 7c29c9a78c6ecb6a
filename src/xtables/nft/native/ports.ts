import { encode } from '../../../netlink/wire/codec.js'
import { be16 } from '../../../netlink/wire/integers.js'
import { BASE, CMP, RANGE, REGISTER } from '../constants.js'
import type { Expression } from '../expression.js'
import { compare, equals, load, masked } from './fields.js'

/** The members of struct xt_tcp, and of xt_udp without those about flags (include/uapi/linux/netfilter/xt_tcpudp.h). */
export interface Ports {
  sourcePorts: readonly [number, number]
  destinationPorts: readonly [number, number]
  option?: number
  flagMask?: number
  flagCompare?: number
  inverted: number
}

/** XT_TCP_INV_*; those of udp are the first two. */
export const INVERTED = { source: 0x01, destination: 0x02, flags: 0x04, option: 0x08 } as const

const ALL = 0xffff
/** Where the flags stand in a TCP header. */
export const FLAGS_AT = 13

/** Expressions for ports and flags; undefined where only the extension itself can say it. */
export function writePorts(ports: Ports): Expression[] | undefined {
  const { sourcePorts, destinationPorts, option = 0, flagMask = 0, flagCompare = 0, inverted } = ports
  const everything = ([from, to]: readonly [number, number], bit: number) => (from === 0 && to === ALL ? (inverted & bit) !== 0 : from > to)
  if (option !== 0 || inverted & INVERTED.option || everything(sourcePorts, INVERTED.source) || everything(destinationPorts, INVERTED.destination)) return undefined
  if (flagMask === 0 && (flagCompare !== 0 || inverted & INVERTED.flags)) return undefined
  const list: Expression[] = []
  if (flagMask !== 0) {
    list.push(load(BASE.transport, FLAGS_AT, 1), masked(Uint8Array.of(flagMask)), equals(Uint8Array.of(flagCompare), (inverted & INVERTED.flags) !== 0))
  }
  const both = INVERTED.source | INVERTED.destination
  if (sourcePorts[0] === sourcePorts[1] && destinationPorts[0] === destinationPorts[1] && !(inverted & both)) {
    list.push(load(BASE.transport, 0, 4), equals(Buffer.concat([encode(be16, sourcePorts[0]), encode(be16, destinationPorts[0])]), false))
  } else {
    writeRange(list, 0, sourcePorts, (inverted & INVERTED.source) !== 0)
    writeRange(list, 2, destinationPorts, (inverted & INVERTED.destination) !== 0)
  }
  return list.length === 0 ? undefined : list
}

function writeRange(list: Expression[], offset: number, [from, to]: readonly [number, number], negated: boolean): void {
  if (from === 0 && to === ALL) return
  list.push(load(BASE.transport, offset, 2))
  if (from === to) list.push(equals(encode(be16, from), negated))
  else if (from === 0) list.push(compare(negated ? CMP.gt : CMP.lte, encode(be16, to)))
  else list.push({ expr: 'range', sreg: REGISTER.first, op: negated ? RANGE.neq : RANGE.eq, from: { value: encode(be16, from) }, to: { value: encode(be16, to) } })
}

/** The ports that a comparison lets pass, and whether those or all others; undefined where it is none that a rule says. */
export function readComparison(op: number, port: number): { readonly range: readonly [number, number]; readonly negated: boolean } | undefined {
  switch (op) {
    case CMP.eq:
    case CMP.neq:
      return { range: [port, port], negated: op === CMP.neq }
    case CMP.lte:
    case CMP.gt:
      return { range: [0, port], negated: op === CMP.gt }
    case CMP.lt:
      return port > 0 ? { range: [0, port - 1], negated: false } : undefined
    case CMP.gte:
      return port > 0 ? { range: [port, ALL], negated: false } : undefined
    default:
      return undefined
  }
}
