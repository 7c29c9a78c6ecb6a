import { Writer, type Reader } from '../../netlink/wire/cursor.js'
import { ProtocolError } from '../../netlink/wire/error.js'
import { RuleAttributes } from './messages.js'
import { textBetween } from './expression/verdict.js'

const TYPE_MASK = 0x3fff
const HEADER = 4
const { chain: CHAIN, handle: HANDLE, expressions: EXPRESSIONS, userdata: USERDATA } = RuleAttributes.rows

/** A rule as the kernel has it. Its expressions stand among those of the others that were listed with it. */
export class KernelRule {
  readonly chain: string
  readonly handle: bigint
  readonly userdata: Uint8Array | undefined
  /** Where its expressions begin and end in `reader`. */
  readonly at: number
  readonly end: number
  readonly #bytes: Writer

  constructor(chain: string, handle: bigint, bytes: Writer, at: number, userdata: Uint8Array | undefined) {
    this.chain = chain
    this.handle = handle
    this.userdata = userdata
    this.#bytes = bytes
    this.at = at
    this.end = bytes.at
  }

  get reader(): Reader {
    return this.#bytes.reader
  }

  /** The payload of NFTA_RULE_EXPRESSIONS. */
  get expressions(): Uint8Array {
    return this.#bytes.bytes.subarray(this.at, this.end)
  }
}

/** The rules of a list while it arrives: the same as `RuleAttributes.read` gives, in one piece of memory for all of them. */
export class RuleList {
  readonly all: KernelRule[] = []
  readonly #bytes = new Writer(16_384)

  /** Takes over a message, which `reader` stands in behind its nfgenmsg. */
  add(reader: Reader): KernelRule {
    const start = this.#bytes.at
    let chain = ''
    let handle = 0n
    let userdata: Uint8Array | undefined
    for (let { at } = reader; at < reader.end; ) {
      const size = reader.end - at >= HEADER ? reader.u16At(at) : 0
      if (size < HEADER || at + size > reader.end) throw new ProtocolError('an attribute of a rule does not end where it says', { offset: at })
      switch (reader.u16At(at + 2) & TYPE_MASK) {
        case CHAIN.type:
          chain = textBetween(reader, at + HEADER, at + size)
          break
        case HANDLE.type:
          if (size === HEADER + 8) handle = reader.be64At(at + HEADER)
          break
        case EXPRESSIONS.type:
          this.#bytes.put(reader.bytes.subarray(at + HEADER, at + size))
          break
        case USERDATA.type:
          userdata = new Uint8Array(reader.bytes.subarray(at + HEADER, at + size))
      }
      at += (size + 3) & -4
    }
    const rule = new KernelRule(chain, handle, this.#bytes, start, userdata)
    this.all.push(rule)
    return rule
  }
}
