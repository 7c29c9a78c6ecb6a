import { Reader } from '../netlink/wire/cursor.js'
import { encodeEntry, type EncodeOptions } from './entry.js'
import { face, newest } from './face.js'
import { HEADER_OFFSETS, HEADER_SIZE } from './header.js'
import { EXTENSION_HEADER } from './layout.js'
import { findExtension } from './registry.js'
import type { RuleInput } from './rule.js'

/** The bytes of an entry, cut where its parts begin. */
export interface EntryParts {
  /** The conditions: struct ipt_entry or ip6t_entry. */
  readonly header: Buffer
  /** One struct xt_entry_match each, with the data of the match. */
  readonly matches: readonly Buffer[]
  /** struct xt_entry_target with its data. */
  readonly target: Buffer
  /** 0xff for each byte that counts when rules are compared; counters and what belongs to the kernel do not. */
  readonly mask: Buffer
}

/** The parts of a rule's entry. Throws an InputError as encodeEntry does. */
export function entryParts(rule: RuleInput, options: EncodeOptions = {}): EntryParts {
  const { family = 'ip' } = options
  const bytes = encodeEntry(rule, options)
  const reader = new Reader(bytes)
  const targetAt = reader.u16At(HEADER_OFFSETS[family].targetOffset)
  const mask = Buffer.alloc(bytes.length)
  mask.fill(0xff, 0, HEADER_OFFSETS[family].cache)
  const visible = (type: 'match' | 'target', name: string | undefined) => {
    const extension = name === undefined ? undefined : findExtension(type, name, family)
    return extension ? face(extension, options.revision?.(extension) ?? newest(extension))?.visible : undefined
  }
  const matches: Buffer[] = []
  for (let at = HEADER_SIZE[family]; at < targetAt; ) {
    const size = reader.u16At(at)
    const counted = visible('match', rule.matches?.[matches.length]?.match)
    mask.fill(0xff, at, counted === undefined ? at + size : at + EXTENSION_HEADER + counted)
    matches.push(bytes.subarray(at, at + size))
    at += size
  }
  const { target } = rule
  const counted = visible('target', target && 'target' in target ? target.target : undefined)
  mask.fill(0xff, targetAt, counted === undefined ? bytes.length : targetAt + EXTENSION_HEADER + counted)
  return { header: bytes.subarray(0, HEADER_SIZE[family]), matches, target: bytes.subarray(targetAt), mask }
}
