import { Reader } from '../../netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../../netlink/wire/error.js'
import { type Family, NO_SETS, type SetNames } from '../context.js'
import { ExtensionReader } from '../extension-reader.js'
import type { Rule } from '../rule.js'
import { Foreign } from './expression/foreign.js'
import { Reading } from './reading.js'

/** Reads rules from the expressions of iptables-nft, 1.8.9 and later, and of others that say no more than those. */
export class RuleReader {
  readonly #reading: Reading

  constructor(family: Family, sets: SetNames = NO_SETS) {
    this.#reading = new Reading(family, new ExtensionReader(family, sets))
  }

  /** The rule in the payload of NFTA_RULE_EXPRESSIONS; the expressions themselves where no rule says them. */
  read(bytes: Uint8Array, comment?: string): Rule {
    return this.readAt(new Reader(bytes), 0, bytes.length, comment)
  }

  /** The same for expressions between two places. */
  readAt(reader: Reader, at: number, end: number, comment?: string): Rule {
    try {
      return this.#reading.rule(reader, at, end, comment)
    } catch (error) {
      if (!(error instanceof Foreign || ProtocolError.is(error) || InputError.is(error))) throw error
      const bytes = Buffer.from(reader.bytes.subarray(at, end))
      return { expressions: bytes.toString('hex'), counters: this.#reading.counters(reader, at, end) }
    }
  }
}
