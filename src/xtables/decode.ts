import { Reader } from '../netlink/wire/cursor.js'
import { ProtocolError } from '../netlink/wire/error.js'
import { type Family, type SetNames, setNames } from './context.js'
import { ExtensionReader } from './extension-reader.js'
import { aligned } from './face.js'
import { HEADER_OFFSETS, HEADER_SIZE, rawHeader, unpackHeader } from './header.js'
import { EXTENSION_HEADER } from './layout.js'
import type { Bag } from './option.js'
import type { ExtensionType } from './registry.js'
import type { Counters, Match, Rule, Target } from './rule.js'
import { VERDICTS } from './verdict.js'

/** What a rule says and the kernel's bytes do not. */
export interface DecodeOptions {
  /** `ip` unless given. */
  readonly family?: Family
  /** Names of the sets: in the order of their indexes, or who finds them. */
  readonly sets?: SetNames | readonly string[]
  /** The chain that begins at a place, in bytes from the start of the table. */
  readonly chain?: (place: number) => string | undefined
}

const VERDICT_NAMES = new Map(Object.entries(VERDICTS).map(([name, value]) => [value, name as 'ACCEPT']))

const NOTHING: Counters = Object.freeze({ packets: 0n, bytes: 0n })

/** The rule in the bytes of one `ipt_entry` or `ip6t_entry`. Throws a ProtocolError where they are none. */
export function decodeEntry(bytes: Uint8Array, options: DecodeOptions = {}): Rule {
  const reader = new EntryReader(bytes, options)
  const rule = reader.read(0)
  if (reader.next !== bytes.length) throw new ProtocolError(`${bytes.length - reader.next} bytes too many`, { offset: reader.next })
  return rule
}

/** Reads the entries of a table. */
export class EntryReader {
  /** Where the entry behind the last one read begins. */
  next = 0
  readonly #reader: Reader
  readonly #family: Family
  readonly #extensions: ExtensionReader
  readonly #chain: (place: number) => string | undefined

  constructor(bytes: Uint8Array, { family = 'ip', sets, chain = () => undefined }: DecodeOptions) {
    this.#reader = new Reader(bytes)
    this.#family = family
    this.#extensions = new ExtensionReader(family, setNames(sets))
    this.#chain = chain
  }

  /** The rule that begins at a place. */
  read(at: number): Rule {
    const { target: targetAt, next } = this.#bounds(at)
    this.next = next
    const { rule: conditions, goto } = unpackHeader(this.#reader.buffer.subarray(at, at + HEADER_SIZE[this.#family]), this.#family)
    const matches: Match[] = []
    for (let place = at + HEADER_SIZE[this.#family]; place < targetAt; ) {
      const size = this.#sizeAt(place, targetAt)
      matches.push(this.#extension('match', place, size) as Match)
      place += size
    }
    const target = this.#target(targetAt, goto)
    // A flag that says goto where no jump is can only be kept as it stands.
    const flagged = goto && !(target && 'goto' in target)
    const rule = flagged ? rawHeader(this.#reader.buffer.subarray(at), this.#family) : conditions
    if (matches.length > 0) rule.matches = matches
    if (target !== undefined) rule.target = target
    rule.counters = this.#counters(at)
    return rule
  }

  /** Where the target and the next entry begin, checked. */
  #bounds(at: number): { target: number; next: number } {
    const size = HEADER_SIZE[this.#family]
    if (at + size + EXTENSION_HEADER > this.#reader.end) throw new ProtocolError('an entry is cut off', { offset: at })
    const offsets = HEADER_OFFSETS[this.#family]
    const target = at + this.#reader.u16At(at + offsets.targetOffset)
    const next = at + this.#reader.u16At(at + offsets.nextOffset)
    if (target < at + size || target + EXTENSION_HEADER > next || next > this.#reader.end) {
      throw new ProtocolError('an entry does not end where it says', { offset: at })
    }
    return { target, next }
  }

  #counters(at: number): Counters {
    const reader = this.#reader
    const { packets, bytes } = HEADER_OFFSETS[this.#family]
    if ((reader.u32At(at + packets) | reader.u32At(at + packets + 4) | reader.u32At(at + bytes) | reader.u32At(at + bytes + 4)) === 0) return NOTHING
    return { packets: reader.u64At(at + packets), bytes: reader.u64At(at + bytes) }
  }

  #sizeAt(at: number, end: number): number {
    const size = at + EXTENSION_HEADER <= end ? this.#reader.u16At(at) : 0
    if (size < EXTENSION_HEADER || at + size > end || size !== aligned(size)) throw new ProtocolError('an extension does not end where it says', { offset: at })
    return size
  }

  #target(at: number, goto: boolean): Target | undefined {
    const size = this.#sizeAt(at, this.next)
    if (size !== this.next - at) throw new ProtocolError('a target does not end with its entry', { offset: at })
    if (this.#reader.bytes[at + 2] !== 0 || size !== EXTENSION_HEADER + 8) return this.#extension('target', at, size) as Target
    const verdict = this.#reader.u32At(at + EXTENSION_HEADER) | 0
    if (verdict === this.next && !goto) return undefined
    if (verdict < 0) {
      const name = VERDICT_NAMES.get(verdict)
      if (name === undefined) throw new ProtocolError(`there is no verdict ${verdict}`, { offset: at })
      return { target: name }
    }
    const chain = this.#chain(verdict)
    if (chain === undefined) throw new ProtocolError(`a jump to ${verdict}, where no chain begins`, { offset: at })
    return goto ? { goto: chain } : { jump: chain }
  }

  #extension(type: ExtensionType, at: number, size: number): Bag {
    const header = this.#reader.buffer.toString('latin1', at + 2, at + EXTENSION_HEADER)
    return this.#extensions.read(type, header, this.#reader, at + EXTENSION_HEADER, size - EXTENSION_HEADER)
  }
}
