import { Reader } from '../../netlink/wire/cursor.js'
import { ProtocolError } from '../../netlink/wire/error.js'
import { RuleAttributes } from './messages.js'
import { textBetween } from './expression/verdict.js'

const TYPE_MASK = 0x3fff
const HEADER = 4
const { chain: CHAIN, handle: HANDLE, expressions: EXPRESSIONS, userdata: USERDATA } = RuleAttributes.rows

/** A rule as the kernel has it. Its expressions stand among those of the others that came in the same datagram. */
export interface KernelRule {
  readonly chain: string
  readonly handle: bigint
  readonly userdata: Uint8Array | undefined
  /** The datagram. */
  readonly reader: Reader
  /** Where the expressions begin and end in it. */
  readonly at: number
  readonly end: number
}

/** The payload of NFTA_RULE_EXPRESSIONS. */
export function expressionsOf({ reader, at, end }: KernelRule): Uint8Array {
  return reader.bytes.subarray(at, end)
}

/** The rules of a list while it arrives: the same as `RuleAttributes.read` gives, without a copy for each. */
export class RuleList {
  readonly all: KernelRule[] = []
  /** The datagram that was read last, and a copy of it: its memory is used again for the next one. */
  #datagram: Uint8Array | undefined
  #copy = new Reader(new Uint8Array(0))
  /** The name of the chain that was read last, and its bytes. */
  #chain = ''
  #chainBytes = new Uint8Array(0)

  /** Takes over a message, which `received` stands in behind its nfgenmsg. */
  add(received: Reader): KernelRule {
    const reader = this.#keep(received)
    let chain = ''
    let handle = 0n
    let userdata: Uint8Array | undefined
    let [from, end] = [0, 0]
    for (let { at } = received; at < received.end; ) {
      const size = received.end - at >= HEADER ? reader.u16At(at) : 0
      if (size < HEADER || at + size > received.end) throw new ProtocolError('an attribute of a rule does not end where it says', { offset: at })
      switch (reader.u16At(at + 2) & TYPE_MASK) {
        case CHAIN.type:
          chain = this.#chainBetween(at + HEADER, at + size)
          break
        case HANDLE.type:
          if (size === HEADER + 8) handle = reader.be64At(at + HEADER)
          break
        case EXPRESSIONS.type:
          from = at + HEADER
          end = at + size
          break
        case USERDATA.type:
          userdata = reader.bytes.subarray(at + HEADER, at + size)
      }
      at += (size + 3) & -4
    }
    const rule = { chain, handle, userdata, reader, at: from, end }
    this.all.push(rule)
    return rule
  }

  #keep({ bytes }: Reader): Reader {
    if (bytes !== this.#datagram) {
      this.#datagram = bytes
      this.#copy = new Reader(Buffer.from(bytes))
    }
    return this.#copy
  }

  /** The name of the chain, mostly that of the rule before. */
  #chainBetween(at: number, end: number): string {
    const { bytes } = this.#copy
    const before = this.#chainBytes
    let same = end - at === before.length
    for (let i = 0; same && i < before.length; i++) same = bytes[at + i] === before[i]
    if (!same) {
      this.#chainBytes = new Uint8Array(bytes.subarray(at, end))
      this.#chain = textBetween(this.#copy, at, end)
    }
    return this.#chain
  }
}
