import { Reader } from '../netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../netlink/wire/error.js'
import { type Context, type Family, type SetNames, setNames } from './context.js'
import { VERDICTS } from './entry.js'
import { aligned, type Face, face } from './face.js'
import { HEADER_OFFSETS, HEADER_SIZE, rawHeader, unpackHeader } from './header.js'
import { EXTENSION_HEADER, EXTENSION_NAME_SIZE, ExtensionHeader } from './layout.js'
import type { Bag } from './option.js'
import { type ExtensionType, kernelExtensions } from './registry.js'
import { Memo, seal } from './sealed.js'
import type { Counters, Match, Rule, Target } from './rule.js'

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
  readonly #bytes: Buffer
  readonly #reader: Reader
  readonly #family: Family
  readonly #context: Context
  readonly #chain: (place: number) => string | undefined
  /** Whether the options that are being read name a set: what its index means may change. */
  #asksSets = false

  constructor(bytes: Uint8Array, { family = 'ip', sets, chain = () => undefined }: DecodeOptions) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#reader = new Reader(bytes)
    this.#family = family
    const names = setNames(sets)
    this.#context = {
      family,
      protocol: 0,
      sets: {
        index: (name) => {
          this.#asksSets = true
          return names.index(name)
        },
        name: (index) => {
          this.#asksSets = true
          return names.name(index)
        },
      },
    }
    this.#chain = chain
  }

  /** The rule that begins at a place. */
  read(at: number): Rule {
    const { target: targetAt, next } = this.#bounds(at)
    this.next = next
    const { rule: conditions, goto } = unpackHeader(this.#bytes.subarray(at, at + HEADER_SIZE[this.#family]), this.#family)
    const matches: Match[] = []
    for (let place = at + HEADER_SIZE[this.#family]; place < targetAt; ) {
      const size = this.#sizeAt(place, targetAt)
      matches.push(this.#extension('match', place, size) as Match)
      place += size
    }
    const target = this.#target(targetAt, goto)
    // A flag that says goto where no jump is can only be kept as it stands.
    const flagged = goto && !(target && 'goto' in target)
    const rule = flagged ? rawHeader(this.#bytes.subarray(at), this.#family) : conditions
    if (matches.length > 0) rule.matches = matches
    if (target !== undefined) rule.target = target
    rule.counters = this.#counters(at)
    return rule
  }

  /** Where the target and the next entry begin, checked. */
  #bounds(at: number): { target: number; next: number } {
    const size = HEADER_SIZE[this.#family]
    if (at + size + EXTENSION_HEADER > this.#bytes.length) throw new ProtocolError('an entry is cut off', { offset: at })
    const offsets = HEADER_OFFSETS[this.#family]
    const target = at + this.#reader.u16At(at + offsets.targetOffset)
    const next = at + this.#reader.u16At(at + offsets.nextOffset)
    if (target < at + size || target + EXTENSION_HEADER > next || next > this.#bytes.length) {
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
    if (this.#bytes[at + 2] !== 0 || size !== EXTENSION_HEADER + 8) return this.#extension('target', at, size) as Target
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
    const header = this.#bytes.toString('latin1', at + 2, at + EXTENSION_HEADER)
    const info = this.#bytes.subarray(at + EXTENSION_HEADER, at + size)
    const { faces, memo } = kindOfHeader(this.#family, type, header)
    const key = memo.awake ? info.toString('latin1') : undefined
    const before = key === undefined ? undefined : memo.get(key)
    if (before) return before
    for (const one of faces) {
      if (one.size !== info.length || !one.recognises(info)) continue
      this.#asksSets = false
      const options = readOptions(one, this.#reader, at + EXTENSION_HEADER, info, this.#context)
      if (!options) continue
      if (key !== undefined && !this.#asksSets) memo.set(key, options)
      return options
    }
    const { name, revision } = ExtensionHeader.read(new Reader(this.#bytes, at, at + EXTENSION_HEADER))
    if (!header.slice(0, EXTENSION_NAME_SIZE).includes('\0')) throw new ProtocolError('a name that does not end', { offset: at })
    return seal({ [type]: 'unknown', name, revision, info: info.toString('hex') })
  }
}

/** What the name and the revision in front of an extension's data mean. */
interface HeaderKind {
  /** What the data may be, aliases of another extension first. */
  readonly faces: readonly Face[]
  /** Options by the bytes they were read from: the same ones stand in many rules. */
  readonly memo: Memo<Bag>
}

const headerKinds: Readonly<Record<Family, Readonly<Record<ExtensionType, Map<string, HeaderKind>>>>> = {
  ip: { match: new Map(), target: new Map() },
  ip6: { match: new Map(), target: new Map() },
}

function readHeader(header: string): { name: string; revision: number } {
  const nul = header.indexOf('\0')
  return { name: header.slice(0, Math.min(nul < 0 ? EXTENSION_NAME_SIZE : nul, EXTENSION_NAME_SIZE)), revision: header.charCodeAt(EXTENSION_NAME_SIZE) }
}

/** `header`: the name with its padding and the revision, a character for each byte. */
function kindOfHeader(family: Family, type: ExtensionType, header: string): HeaderKind {
  const kinds = headerKinds[family][type]
  let kind = kinds.get(header)
  if (!kind) {
    const { name, revision } = readHeader(header)
    const faces = kernelExtensions(type, name, family).map((extension) => face(extension, revision)).filter((one) => one !== undefined)
    kind = { faces, memo: new Memo() }
    if (kinds.size > 1024) kinds.clear()
    kinds.set(header, kind)
  }
  return kind
}

/** The options in the bytes of an extension; undefined where no options say the same. */
function readOptions(one: Face, reader: Reader, at: number, info: Buffer, context: Context): Bag | undefined {
  try {
    const options = one.read(reader, at, context)
    const again = one.pack(options, context)
    if (Buffer.compare(again.subarray(0, one.visible), info.subarray(0, one.visible)) !== 0) return undefined
    return seal(options)
  } catch (error) {
    if (InputError.is(error) || ProtocolError.is(error)) return undefined
    throw error
  }
}
