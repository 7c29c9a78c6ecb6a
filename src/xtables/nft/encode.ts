import { decode } from '../../netlink/wire/codec.js'
import { Writer } from '../../netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../../netlink/wire/error.js'
import { extensionOf } from '../canonical.js'
import { negatable } from '../conditions.js'
import { type Context, type Family, NO_SETS, type SetNames } from '../context.js'
import { checkKeys, protocolOf } from '../entry.js'
import type { Extension } from '../extension.js'
import { aligned, type Face, face, newest } from '../face.js'
import { checkJumpAlone } from '../jump.js'
import type { Bag } from '../option.js'
import type { Counters, Opaque, RuleInput } from '../rule.js'
import { writeConditions } from './conditions.js'
import { split } from './expression/split.js'
import { Templates } from './expression/template.js'
import { CMP, META, REGISTER, VERDICT } from './expression/constants.js'
import { type Expression, writeExpression } from './expression/expression.js'
import { COMPAT_INVERTED } from './messages.js'
import { nativeForm } from './native/index.js'
import { checkVerdict, verdictOf } from '../verdict.js'

/** What the kernel's messages hold and a rule does not say. */
export interface RuleWriterOptions {
  readonly family: Family
  readonly sets?: SetNames
  /** The revision to write an extension in; the highest unless given. */
  readonly revision?: (extension: Extension) => number
  /** What the kernel knows a chain by while the rule is added; its name unless given. */
  readonly chain?: (name: string) => string
}

const NOTHING: Counters = { packets: 0n, bytes: 0n }

/** Writes rules as the expressions that iptables-nft has for them. */
export class RuleWriter {
  readonly #family: Family
  readonly #sets: SetNames
  readonly #revision: (extension: Extension) => number
  readonly #chain: (name: string) => string

  constructor({ family, sets = NO_SETS, revision = newest, chain = (name) => name }: RuleWriterOptions) {
    this.#family = family
    this.#sets = sets
    this.#revision = revision
    this.#chain = chain
  }

  /** The payload of NFTA_RULE_EXPRESSIONS. Throws an InputError with a path. */
  write(writer: Writer, rule: RuleInput, counters: Counters = NOTHING): void {
    checkKeys(rule)
    if (rule.expressions !== undefined) return writeRaw(writer, rule, counters)
    if (rule.header !== undefined) throw new InputError('only the legacy tables hold such conditions', { path: 'header' })
    const context: Context = { family: this.#family, protocol: protocolOf(rule), sets: this.#sets }
    writeConditions(writer, rule, this.#family)
    const { matches } = rule
    if (matches !== undefined) {
      if (!Array.isArray(matches)) throw new InputError('is no list', { path: 'matches' })
      for (let i = 0; i < matches.length; i++) {
        try {
          this.#match(writer, matches[i] as Bag, context)
        } catch (error) {
          throw InputError.is(error) ? error.within(`matches[${i}]`) : error
        }
      }
    }
    writeCounter(writer, counters)
    try {
      this.#target(writer, rule, context)
    } catch (error) {
      throw InputError.is(error) ? error.within('target') : error
    }
  }

  #match(writer: Writer, match: Bag, context: Context): void {
    if (typeof match !== 'object' || match === null) throw new InputError('a match is an object')
    if (match.match === 'unknown') return writeOpaque(writer, 'match', match as unknown as Opaque)
    this.#extension(writer, extensionOf('match', match, context), match, context)
  }

  #target(writer: Writer, { target }: RuleInput, context: Context): void {
    if (target === undefined) return
    if (typeof target !== 'object' || target === null) throw new InputError('a target is an object')
    if ('jump' in target || 'goto' in target) {
      const [name, code] = 'jump' in target ? [target.jump, VERDICT.JUMP] : [target.goto, VERDICT.GOTO]
      if (typeof name !== 'string' || name === '') throw new InputError('a jump needs the name of a chain')
      checkJumpAlone(target)
      return writeVerdict(writer, code, this.#chain(name))
    }
    if (target.target === 'unknown') return writeOpaque(writer, 'target', target)
    if (target.target === 'QUEUE') throw new InputError('nf_tables has no QUEUE: use NFQUEUE, with the number of a queue')
    const verdict = verdictOf(target.target) === undefined ? undefined : VERDICT[target.target as keyof typeof VERDICT]
    if (verdict === undefined) return this.#extension(writer, extensionOf('target', target as Bag, context), target as Bag, context)
    checkVerdict(target)
    writeVerdict(writer, verdict)
  }

  #extension(writer: Writer, extension: Extension, options: Bag, context: Context): void {
    const { type, name, kernel = name } = extension
    const native = nativeForm(extension)
    const revision = native ? newest(extension) : this.#revision(extension)
    const info = (face(extension, revision) as Face).pack(options, context)
    if (native) {
      const struct = extension.revisions[revision] as Extension['revisions'][number]
      if (native(writer, decode(struct, info.subarray(0, struct.size)) as never, context.protocol)) return
    }
    writeExpression(writer, { expr: type, name: kernel, revision, info })
  }
}

/** The expressions of a rule as they are, but for what it has counted. */
export function withCounters(expressions: Uint8Array, { packets, bytes }: Counters): Buffer {
  const writer = new Writer(expressions.length + 64)
  for (const expression of split(expressions)) writeExpression(writer, expression.expr === 'counter' ? { expr: 'counter', bytes, packets } : expression)
  return writer.written()
}

/** What NFTA_RULE_COMPAT says of a rule: the protocol it asks for. */
export function compatOf(rule: RuleInput): { readonly protocol: number; readonly flags: number } {
  if (rule.expressions !== undefined) return { protocol: protocolIn(rawExpressions(rule.expressions)), flags: 0 }
  const protocol = protocolOf(rule)
  if (protocol !== 0 || rule.protocol === undefined || !negatable(rule.protocol).negated) return { protocol, flags: 0 }
  return { protocol: protocolOf({ protocol: negatable(rule.protocol).value }), flags: COMPAT_INVERTED }
}

/** The protocol that expressions ask for; 0 for none. */
function protocolIn(expressions: Uint8Array): number {
  let asked = -1
  for (const expression of split(expressions)) {
    if (expression.expr === 'meta' && expression.key === META.protocol) asked = expression.dreg ?? -1
    else if (expression.expr === 'cmp' && expression.sreg === asked && expression.op === CMP.eq) return expression.data?.value?.[0] ?? 0
  }
  return 0
}

const fixed = new Templates<string>()

function writeCounter(writer: Writer, { packets, bytes }: Counters): void {
  if (packets === 0n && bytes === 0n) fixed.put(writer, 'counter', () => [{ expr: 'counter', bytes, packets }])
  else writeExpression(writer, { expr: 'counter', bytes, packets })
}

function writeVerdict(writer: Writer, code: number, chain?: string): void {
  const verdict = chain === undefined ? { code } : { code, chain }
  fixed.put(writer, `${code} ${chain ?? ''}`, () => [{ expr: 'immediate', dreg: REGISTER.verdict, data: { verdict } }])
}

function writeOpaque(writer: Writer, expr: 'match' | 'target', { name, revision, info }: Opaque): void {
  if (typeof info !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(info)) throw new InputError('is no hexadecimal text', { path: 'info' })
  const bytes = Buffer.alloc(aligned(info.length / 2))
  bytes.write(info, 'hex')
  const expression: Expression = { expr, name, revision, info: bytes }
  writeExpression(writer, expression)
}

function writeRaw(writer: Writer, { expressions }: RuleInput, counters: Counters): void {
  writer.put(withCounters(rawExpressions(expressions), counters))
}

/** The bytes of expressions in hexadecimal. Throws an InputError where they are none. */
function rawExpressions(expressions: unknown): Buffer {
  if (typeof expressions !== 'string' || !/^(?:[0-9a-f]{2})+$/i.test(expressions)) throw new InputError('is no hexadecimal text', { path: 'expressions' })
  const bytes = Buffer.from(expressions, 'hex')
  try {
    Array.from(split(bytes))
  } catch (cause) {
    if (!ProtocolError.is(cause)) throw cause
    throw new InputError(`are none: ${cause.message}`, { path: 'expressions', cause })
  }
  return bytes
}
