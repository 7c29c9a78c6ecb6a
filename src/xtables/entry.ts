import { Writer } from '../netlink/wire/cursor.js'
import { InputError, inside } from '../netlink/wire/error.js'
import { suggestion } from '../netlink/wire/suggestion.js'
import { extensionOf } from './canonical.js'
import { negatable, parseProtocol } from './conditions.js'
import { type Context, type Family, type SetNames, setNames } from './context.js'
import type { Extension } from './extension.js'
import { aligned, type Face, face, newest } from './face.js'
import { HEADER_OFFSETS, headerProtocol, packHeader } from './header.js'
import { checkJumpAlone } from './jump.js'
import { EXTENSION_HEADER, ExtensionHeader } from './layout.js'
import type { Bag } from './option.js'
import type { Opaque, RuleInput } from './rule.js'
import { checkVerdict, verdictOf } from './verdict.js'

/** What the kernel's bytes hold and a rule does not say. */
export interface EncodeOptions {
  /** `ip` unless given. */
  readonly family?: Family
  /** Indexes of the sets that rules name: names in the order of their indexes, or who finds them. */
  readonly sets?: SetNames | readonly string[]
  /** Where a chain begins, in bytes from the start of the table; 0 unless given. */
  readonly chain?: (name: string) => number
  /** The revision to write an extension in; the highest unless given. */
  readonly revision?: (extension: Extension) => number
}

/** Bytes of a standard target: its header, the verdict, padding. */
export const STANDARD_SIZE = EXTENSION_HEADER + 8

const scratch = new Writer(4096)

/** The bytes of a rule: `ipt_entry` or `ip6t_entry`, its matches, its target. Throws an InputError with a path. */
export function encodeEntry(rule: RuleInput, options: EncodeOptions = {}): Buffer {
  scratch.at = 0
  new EntryWriter(options).write(scratch, rule, 0)
  return Buffer.from(scratch.written())
}

/** Writes rules as entries, one behind the other. */
export class EntryWriter {
  readonly #family: Family
  readonly #sets: SetNames
  readonly #chain: (name: string) => number
  readonly #revision: (extension: Extension) => number

  constructor({ family = 'ip', sets, chain = () => 0, revision = newest }: EncodeOptions) {
    this.#family = family
    this.#sets = setNames(sets)
    this.#chain = chain
    this.#revision = revision
  }

  /** Writes a rule at the cursor; `place` is where that is in the table. */
  write(writer: Writer, rule: RuleInput, place: number): void {
    const family = this.#family
    const start = writer.at
    checkKeys(rule)
    if (rule.expressions !== undefined) throw new InputError('only nf_tables holds such a rule', { path: 'expressions' })
    writer.put(packHeader(rule, family))
    const context: Context = { family, protocol: protocolOf(rule), sets: this.#sets }
    const { matches } = rule
    if (matches !== undefined) {
      if (!Array.isArray(matches)) throw new InputError('is no list', { path: 'matches' })
      for (let i = 0; i < matches.length; i++) {
        const match = matches[i] as Bag
        try {
          if (typeof match !== 'object' || match === null) throw new InputError('a match is an object')
          if (match.match === 'unknown') writeOpaque(writer, match as unknown as Opaque)
          else this.#extension(writer, extensionOf('match', match, context), match, context)
        } catch (error) {
          throw InputError.is(error) ? error.within(`matches[${i}]`) : error
        }
      }
    }
    const targetAt = writer.at
    try {
      this.#target(writer, rule, place - start, context)
    } catch (error) {
      throw InputError.is(error) ? error.within('target') : error
    }
    const offsets = HEADER_OFFSETS[family]
    const size = writer.at - start
    if (size > 0xffff) throw new InputError(`the rule takes ${size} bytes, at most 65535 fit`)
    writer.setU16At(start + offsets.targetOffset, targetAt - start)
    writer.setU16At(start + offsets.nextOffset, size)
  }

  #extension(writer: Writer, extension: Extension, options: Bag, context: Context): void {
    const one = face(extension, this.#revision(extension)) as Face
    one.write(writer, options, context)
  }

  #target(writer: Writer, { target }: RuleInput, shift: number, context: Context): void {
    if (target === undefined) return writeVerdict(writer, writer.at + STANDARD_SIZE + shift)
    if (typeof target !== 'object' || target === null) throw new InputError('a target is an object')
    if ('jump' in target || 'goto' in target) {
      const name = 'jump' in target ? target.jump : target.goto
      if (typeof name !== 'string' || name === '') throw new InputError('a jump needs the name of a chain')
      checkJumpAlone(target)
      return writeVerdict(writer, this.#chain(name))
    }
    if (target.target === 'unknown') return writeOpaque(writer, target)
    const verdict = verdictOf(target.target)
    if (verdict === undefined) return this.#extension(writer, extensionOf('target', target as Bag, context), target as Bag, context)
    checkVerdict(target)
    return writeVerdict(writer, verdict)
  }
}

/**
 * The number of the protocol that a rule asks for; 0 where it asks for none, or for all but one. Throws an InputError for one
 * that is none.
 */
export function protocolOf(rule: RuleInput): number {
  if (typeof rule !== 'object' || rule === null) throw new InputError('a rule is an object')
  const { protocol, header } = rule
  if (header !== undefined) return headerProtocol(header)
  if (protocol === undefined) return 0
  const { value, negated } = negatable(protocol)
  return negated ? 0 : inside('protocol', () => parseProtocol(value))
}

const KEYS = new Set(['source', 'destination', 'inInterface', 'outInterface', 'protocol', 'fragment', 'header', 'expressions', 'matches', 'target', 'counters'])

export function checkKeys(rule: RuleInput): void {
  if (typeof rule !== 'object' || rule === null) throw new InputError('a rule is an object')
  let empty = true
  for (const key in rule) {
    empty = false
    if (!KEYS.has(key)) throw new InputError(`there is no '${key}' in a rule${suggestion(key, [...KEYS])}`, { path: key })
  }
  // A list, a Map or a Date would be a rule that matches every packet.
  if (empty && Object.prototype.toString.call(rule) !== '[object Object]') throw new InputError('a rule is an object')
}

/** A standard target; `verdict` below 0, or a place in the table. */
export function writeVerdict(writer: Writer, verdict: number): void {
  const at = writer.reserve(STANDARD_SIZE)
  writer.bytes.fill(0, at, at + STANDARD_SIZE)
  writer.setU16At(at, STANDARD_SIZE)
  writer.setU32At(at + EXTENSION_HEADER, verdict >>> 0)
}

function writeOpaque(writer: Writer, { name, revision, info }: Opaque): void {
  if (typeof info !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(info)) throw new InputError('is no hexadecimal text', { path: 'info' })
  const bytes = Buffer.from(info, 'hex')
  const size = EXTENSION_HEADER + aligned(bytes.length)
  const start = writer.at
  ExtensionHeader.write(writer, { size, name, revision })
  writer.put(bytes)
  const end = writer.at
  writer.reserve(size - EXTENSION_HEADER - bytes.length)
  writer.bytes.fill(0, end, start + size)
}
