import { encode } from '../../../netlink/wire/codec.js'
import type { Writer } from '../../../netlink/wire/cursor.js'
import { be16 } from '../../../netlink/wire/integers.js'
import { BASE, CMP, RANGE, REGISTER } from '../expression/constants.js'
import { writeExpression } from '../expression/expression.js'
import { Templates } from '../expression/template.js'
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

const single = new Templates<number>()

/** Writes ports and flags as expressions; false, and nothing written, where only the extension itself can say it. */
export function writePorts(writer: Writer, ports: Ports): boolean {
  const { sourcePorts, destinationPorts, option = 0, flagMask = 0, flagCompare = 0, inverted } = ports
  const source = isSaid(sourcePorts)
  const destination = isSaid(destinationPorts)
  if (option !== 0 || inverted & INVERTED.option || (!source && !destination && flagMask === 0)) return false
  if ((!source && inverted & INVERTED.source) || (!destination && inverted & INVERTED.destination)) return false
  if (sourcePorts[0] > sourcePorts[1] || destinationPorts[0] > destinationPorts[1]) return false
  if (flagMask === 0 && (flagCompare !== 0 || inverted & INVERTED.flags)) return false
  if (flagMask !== 0) {
    const flags = [load(BASE.transport, FLAGS_AT, 1), masked(Uint8Array.of(flagMask)), equals(Uint8Array.of(flagCompare), (inverted & INVERTED.flags) !== 0)]
    for (const expression of flags) writeExpression(writer, expression)
  }
  const both = INVERTED.source | INVERTED.destination
  if (sourcePorts[0] === sourcePorts[1] && destinationPorts[0] === destinationPorts[1] && !(inverted & both)) {
    const place = single.open(writer, -1, 4, (zeros) => [load(BASE.transport, 0, 4), equals(zeros, false)])
    putPort(writer, place, sourcePorts[0])
    putPort(writer, place + 2, destinationPorts[0])
    return true
  }
  if (source) writeRange(writer, 0, sourcePorts, (inverted & INVERTED.source) !== 0)
  if (destination) writeRange(writer, 2, destinationPorts, (inverted & INVERTED.destination) !== 0)
  return true
}

/** Whether a range leaves any port out. */
function isSaid([from, to]: readonly [number, number]): boolean {
  return from !== 0 || to !== ALL
}

function writeRange(writer: Writer, offset: number, [from, to]: readonly [number, number], negated: boolean): void {
  if (from === 0 || from === to) {
    const op = from === to ? (negated ? CMP.neq : CMP.eq) : negated ? CMP.gt : CMP.lte
    putPort(writer, single.open(writer, 8 * offset + op, 2, (zeros) => [load(BASE.transport, offset, 2), compare(op, zeros)]), to)
    return
  }
  const op = negated ? RANGE.neq : RANGE.eq
  writeExpression(writer, load(BASE.transport, offset, 2))
  writeExpression(writer, { expr: 'range', sreg: REGISTER.first, op, from: { value: encode(be16, from) }, to: { value: encode(be16, to) } })
}

function putPort({ bytes }: Writer, at: number, port: number): void {
  bytes[at] = port >> 8
  bytes[at + 1] = port & 0xff
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
