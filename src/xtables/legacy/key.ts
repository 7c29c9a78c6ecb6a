import { Reader, Writer } from '../../netlink/wire/cursor.js'
import type { Family, SetNames } from '../context.js'
import { EntryWriter } from '../entry.js'
import type { Extension } from '../extension.js'
import { face } from '../face.js'
import { HEADER_OFFSETS, HEADER_SIZE } from '../header.js'
import { jumpOf } from '../jump.js'
import { EXTENSION_HEADER, EXTENSION_NAME_SIZE } from '../layout.js'
import { type ExtensionType, kernelExtensions } from '../registry.js'
import type { RuleInput } from '../rule.js'
import { EntryMap, type Link } from './split.js'

/** What a name and a revision in the kernel's bytes stand for. */
interface Known {
  /** undefined for one that this library does not know. */
  readonly extension: Extension | undefined
  readonly revision: number
  /** How many bytes of its data tell rules apart. */
  readonly visible: number
}

const knownKinds = new Map<string, Known>()

function knownKind(type: ExtensionType, name: string, revision: number, family: Family): Known {
  const key = `${family} ${type} ${name} ${revision}`
  let known = knownKinds.get(key)
  if (!known) {
    const extension = kernelExtensions(type, name, family).find((one) => face(one, revision) !== undefined)
    const visible = (extension && face(extension, revision)?.visible) ?? Number.POSITIVE_INFINITY
    known = { extension, revision, visible }
    if (knownKinds.size > 1024) knownKinds.clear()
    knownKinds.set(key, known)
  }
  return known
}

/**
 * The bytes of an entry in which two rules differ, as text: without counters, places in the table, and what belongs to
 * the kernel. Equal texts: equal rules. undefined where the entry holds another revision of an extension than `revisionOf`
 * says: the same rule may have other bytes then.
 */
export function entryKey(
  map: EntryMap,
  family: Family,
  place: { readonly at: number; readonly size: number; readonly link: Link; readonly jump: string | undefined },
  revisionOf: (extension: Extension) => number,
): string | undefined {
  const { at, size, link, jump } = place
  const bytes = Buffer.from(map.bytes.subarray(at, at + size))
  const { cache, targetOffset } = HEADER_OFFSETS[family]
  bytes.fill(0, cache, targetOffset)
  bytes.fill(0, targetOffset + 4, HEADER_SIZE[family])
  const target = map.target(at) - at
  let other = false
  const clear = (type: ExtensionType, from: number, end: number): number => {
    const length = Math.max(EXTENSION_HEADER, Math.min(end - from, new Reader(bytes).u16At(from)))
    const nul = bytes.indexOf(0, from + 2)
    const name = bytes.toString('latin1', from + 2, Math.min(nul, from + 2 + EXTENSION_NAME_SIZE))
    const { extension, revision, visible } = knownKind(type, name, bytes[from + EXTENSION_HEADER - 1] as number, family)
    if (extension && revision !== revisionOf(extension)) other = true
    bytes.fill(0, from + EXTENSION_HEADER + Math.min(visible, length - EXTENSION_HEADER), from + length)
    return length
  }
  for (let from = HEADER_SIZE[family]; from < target; ) from += clear('match', from, target)
  if (link === 'none') clear('target', target, size)
  else bytes.fill(0, target + EXTENSION_HEADER)
  return other ? undefined : `${link}${jump ?? ''}\n${bytes.toString('latin1')}`
}

/** The same of a rule that stands in no table. */
export function ruleKey(rule: RuleInput, family: Family, surroundings: { readonly sets: SetNames; readonly revision: (extension: Extension) => number }): string {
  const writer = new Writer(1024)
  new EntryWriter({ ...surroundings, family }).write(writer, rule, 0)
  const { target } = rule
  const jump = jumpOf(target)
  const link: Link = target === undefined ? 'next' : jump === undefined ? 'none' : 'chain'
  const bytes = writer.written()
  const place = { at: 0, size: bytes.length, link, jump }
  return entryKey(new EntryMap(bytes, family), family, place, surroundings.revision) ?? bytes.toString('latin1')
}
