import type { Bag } from '../../option.js'
import { seal } from '../../sealed.js'
import type { Compared } from '../compared.js'
import { CMP } from '../expression/constants.js'
import type { Structs } from '../expression/structs.js'
import { FLAGS_AT, INVERTED, readComparison } from './ports.js'

const TCP = 6
const UDP = 17
/** The flags that a rule has names for: FIN, SYN, RST, PSH, ACK, URG. */
const NAMED = 0x3f
const ALL: readonly [number, number] = [0, 0xffff]

/** Puts a match of tcp or udp together: iptables-nft writes each of its parts by itself. */
export class PortsReader {
  readonly #structs: Structs
  #name: 'tcp' | 'udp' | undefined
  #source = ALL
  #destination = ALL
  #flagMask = 0
  #flagCompare = 0
  #inverted = 0
  /** The parts that were given: INVERTED bits. */
  #given = 0

  constructor(structs: Structs) {
    this.#structs = structs
  }

  begin(): void {
    this.#name = undefined
    this.#source = ALL
    this.#destination = ALL
    this.#flagMask = 0
    this.#flagCompare = 0
    this.#inverted = 0
    this.#given = 0
  }

  /** Takes a comparison of bytes in the transport header; false where it is none of ports or flags, or its part is taken. */
  take(protocol: number, offset: number, op: number, { reader, at, mask, size }: Compared): boolean {
    if (offset === FLAGS_AT && size === 1 && mask >= 0 && protocol === TCP && (op === CMP.eq || op === CMP.neq)) {
      if (((reader.bytes[mask] as number) | (reader.bytes[at] as number)) & ~NAMED || !this.#free(protocol, INVERTED.flags)) return false
      this.#flagMask = reader.bytes[mask] as number
      this.#flagCompare = reader.bytes[at] as number
      if (op === CMP.neq) this.#inverted |= INVERTED.flags
      return true
    }
    if (mask >= 0) return false
    if (offset === 0 && size === 4 && op === CMP.eq) {
      if (this.#given & (INVERTED.source | INVERTED.destination)) return false
      const [source, destination] = [reader.be16At(at), reader.be16At(at + 2)]
      return this.set(protocol, 0, [source, source], false) && this.set(protocol, 2, [destination, destination], false)
    }
    if (size !== 2) return false
    const found = readComparison(op, reader.be16At(at))
    return found !== undefined && this.set(protocol, offset, found.range, found.negated)
  }

  /** Takes a range of ports at an offset of the transport header. */
  set(protocol: number, offset: number, range: readonly [number, number], negated: boolean): boolean {
    if ((offset !== 0 && offset !== 2) || range[0] > range[1]) return false
    const bit = offset === 0 ? INVERTED.source : INVERTED.destination
    if (!this.#free(protocol, bit)) return false
    if (offset === 0) this.#source = range
    else this.#destination = range
    if (negated) this.#inverted |= bit
    return true
  }

  /** The match that was put together, if any; what comes then begins another. */
  close(): Bag | undefined {
    const name = this.#name
    if (name === undefined) return undefined
    const options = this.#given & INVERTED.flags ? this.#withFlags() : this.#portsAlone(name)
    this.begin()
    return options
  }

  #withFlags(): Bag {
    const ports = { sourcePorts: this.#source, destinationPorts: this.#destination, inverted: this.#inverted }
    return this.#structs.options('match', 'tcp', { ...ports, flagMask: this.#flagMask, flagCompare: this.#flagCompare })
  }

  /** The usual case, without the way through the struct. */
  #portsAlone(match: 'tcp' | 'udp'): Bag {
    const options: Bag = { match }
    if (this.#isSaid(this.#source, INVERTED.source)) options.sport = this.#ports(this.#source, INVERTED.source)
    if (this.#isSaid(this.#destination, INVERTED.destination)) options.dport = this.#ports(this.#destination, INVERTED.destination)
    return seal(options)
  }

  #isSaid([from, to]: readonly [number, number], bit: number): boolean {
    return (this.#given & bit) !== 0 && (from !== 0 || to !== 0xffff || (this.#inverted & bit) !== 0)
  }

  #ports([from, to]: readonly [number, number], bit: number): unknown {
    const ports = from === to ? from : [from, to]
    return this.#inverted & bit ? { not: ports } : ports
  }

  #free(protocol: number, bit: number): boolean {
    if ((protocol !== TCP && protocol !== UDP) || this.#given & bit) return false
    this.#name = protocol === TCP ? 'tcp' : 'udp'
    this.#given |= bit
    return true
  }
}
