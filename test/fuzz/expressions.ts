import { NESTED } from '../../src/netlink/wire/attributes.js'
import { Reader, Writer } from '../../src/netlink/wire/cursor.js'
import { ProtocolError } from '../../src/netlink/wire/error.js'
import { setNames } from '../../src/xtables/context.js'
import { type Family, InputError, type Rule, type RuleInput } from '../../src/xtables/index.js'
import { RuleReader } from '../../src/xtables/nft/decode.js'
import { RuleWriter } from '../../src/xtables/nft/encode.js'
import { attribute } from '../support/bytes.js'
import { capturedRules } from '../support/xtables-fixtures.js'

// Expressions of nf_tables, of a machine that stores the low byte first, as they were captured.

interface Loaded {
  readonly family: Family
  readonly rule: string
  readonly nft: { readonly ok: boolean; readonly sent: string; readonly dump: string }
}

export interface Expressions {
  readonly family: Family
  readonly rule: string
  readonly sent: Buffer
  readonly dump: Buffer
}

export const captured = (capturedRules as readonly unknown[] as readonly Loaded[])
  .filter(({ nft }) => nft.ok)
  .map(({ family, rule, nft }): Expressions => ({ family, rule, sent: Buffer.from(nft.sent, 'hex'), dump: Buffer.from(nft.dump, 'hex') }))

const sets = setNames(['s1', 's2', 's3', 's4'])
const readers = { ip: new RuleReader('ip', sets), ip6: new RuleReader('ip6', sets) }
const writers = { ip: new RuleWriter({ family: 'ip', sets }), ip6: new RuleWriter({ family: 'ip6', sets }) }

/** The expressions of a rule; undefined for an InputError. */
export function write(rule: RuleInput, family: Family): Buffer | undefined {
  const writer = new Writer(256)
  return valueOr(() => {
    writers[family].write(writer, rule, rule.counters as Rule['counters'])
    return writer.written()
  })
}

/** What `read` gives; undefined for an InputError. */
export function valueOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!InputError.is(error)) throw error
    return undefined
  }
}

/** The rule in the bytes, or in those between two places; undefined for a ProtocolError. */
export function read(bytes: Buffer, family: Family, at = 0, end = bytes.length): Rule | undefined {
  const before = Buffer.from(bytes)
  const rule = ruleOr(() => readers[family].readAt(new Reader(bytes), at, end))
  if (!before.equals(bytes)) throw new Error('reading has changed the bytes')
  if (rule?.expressions !== undefined) expect(rule).toEqual({ expressions: before.toString('hex', at, end), counters: rule.counters })
  return rule
}

function ruleOr(read: () => Rule): Rule | undefined {
  try {
    return read()
  } catch (error) {
    if (!ProtocolError.is(error)) throw error
    return undefined
  }
}

/** An attribute: its bytes, or those in it. */
export interface Node {
  readonly type: number
  readonly inside: Node[] | Buffer
  /** Where its payload begins. */
  readonly at: number
}

/** The attributes in bytes that are sound. */
export function nodesOf(bytes: Buffer, from = 0, end = bytes.length): Node[] {
  const nodes: Node[] = []
  for (let at = from; at < end; at += (bytes.readUInt16LE(at) + 3) & -4) {
    const [type, start, stop] = [bytes.readUInt16LE(at + 2), at + 4, at + bytes.readUInt16LE(at)]
    nodes.push({ type, at: start, inside: type & NESTED ? nodesOf(bytes, start, stop) : bytes.subarray(start, stop) })
  }
  return nodes
}

export const bytesOf = (nodes: readonly Node[]): Buffer =>
  Buffer.concat(nodes.map(({ type, inside }) => attribute(type, Buffer.isBuffer(inside) ? inside : bytesOf(inside))))
