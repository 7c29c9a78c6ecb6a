import { decode, encode } from '../../netlink/wire/codec.js'
import { Reader } from '../../netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../../netlink/wire/error.js'
import { be16, u32 } from '../../netlink/wire/integers.js'
import { type Family, NO_SETS, type SetNames } from '../context.js'
import type { Extension } from '../extension.js'
import { ExtensionReader } from '../extension-reader.js'
import { aligned, newest } from '../face.js'
import type { Draft } from '../header.js'
import { EXTENSION_NAME_SIZE } from '../layout.js'
import type { Bag } from '../option.js'
import { type ExtensionType, findExtension } from '../registry.js'
import type { Counters, Match, Rule, Target } from '../rule.js'
import { Conditions } from './compared.js'
import { BASE, CMP, META, RANGE, REGISTER, VERDICT } from './constants.js'
import type { Expression } from './expression.js'
import { readLimit } from './native/limit.js'
import { readNflog } from './native/nflog.js'
import { split } from './split.js'
import { FLAGS_AT, INVERTED, type Ports, readComparison } from './native/ports.js'

const VERDICT_NAMES = new Map<number, string>(Object.entries(VERDICT).map(([name, code]) => [code, name]))
const NOTHING: Counters = Object.freeze({ packets: 0n, bytes: 0n })
const TCP = 6
const UDP = 17

/** Expressions that no rule of iptables says. */
class Foreign extends Error {}

/** What a register holds. */
type Loaded =
  | { readonly from: 'meta'; readonly key: number; mask?: Uint8Array }
  | { readonly from: 'payload'; readonly base: number; readonly offset: number; readonly length: number; mask?: Uint8Array }
  | { readonly from: 'value'; readonly value: Uint8Array; mask?: Uint8Array }

/** A match of ports that is still being put together: iptables-nft writes each of its parts by itself. */
interface OpenPorts {
  readonly at: number
  readonly extension: Extension
  readonly fields: Ports
}

/** Reads rules from the expressions of iptables-nft, 1.8.9 and later, and of others that say no more than those. */
export class RuleReader {
  readonly #family: Family
  readonly #extensions: ExtensionReader

  constructor(family: Family, sets: SetNames = NO_SETS) {
    this.#family = family
    this.#extensions = new ExtensionReader(family, sets)
  }

  /** The rule in the payload of NFTA_RULE_EXPRESSIONS; the expressions themselves where no rule says them. */
  read(bytes: Uint8Array, comment?: string): Rule {
    const reading = new Reading(this.#family, this.#extensions)
    try {
      for (const expression of split(bytes)) reading.take(expression)
      return reading.rule(comment)
    } catch (error) {
      if (!(error instanceof Foreign || ProtocolError.is(error) || InputError.is(error))) throw error
      return { expressions: Buffer.from(bytes).toString('hex'), counters: countersIn(bytes) ?? NOTHING }
    }
  }
}

/** What the counter in a list of expressions has counted; undefined where there is none. */
export function countersIn(bytes: Uint8Array): Counters | undefined {
  for (const expression of split(bytes)) if (expression.expr === 'counter') return countersOf(expression)
  return undefined
}

function countersOf({ packets = 0n, bytes = 0n }: { readonly packets?: bigint; readonly bytes?: bigint }): Counters {
  return packets === 0n && bytes === 0n ? NOTHING : { packets, bytes }
}

/** One rule while its expressions are read. */
class Reading {
  readonly #family: Family
  readonly #extensions: ExtensionReader
  readonly #conditions: Conditions
  readonly #registers = new Map<number, Loaded>()
  readonly #matches: Match[] = []
  #ports: OpenPorts | undefined
  #target: Target | undefined
  #counters: Counters | undefined

  constructor(family: Family, extensions: ExtensionReader) {
    this.#family = family
    this.#extensions = extensions
    this.#conditions = new Conditions(family)
  }

  rule(comment: string | undefined): Rule {
    this.#closePorts()
    if (comment !== undefined) this.#matches.push(this.#struct('match', 'comment', { comment }) as Match)
    const rule: Draft = this.#conditions.rule
    if (this.#matches.length > 0) rule.matches = this.#matches
    if (this.#target) rule.target = this.#target
    rule.counters = this.#counters ?? NOTHING
    return rule
  }

  take(expression: Expression): void {
    // What a target leaves behind it would never be seen by a packet, or not by all.
    if (this.#target && expression.expr !== 'counter') throw new Foreign()
    if (expression.expr !== 'unknown' && expression.unknown) throw new Foreign()
    switch (expression.expr) {
      case 'meta':
        return this.#meta(expression)
      case 'payload': {
        const { dreg, base, offset, length } = expression
        if (dreg === undefined || base === undefined || offset === undefined || length === undefined) throw new Foreign()
        return this.#load(dreg, { from: 'payload', base, offset, length })
      }
      case 'bitwise':
        return this.#bitwise(expression)
      case 'cmp':
        return this.#compare(expression)
      case 'range':
        return this.#range(expression)
      case 'immediate':
        return this.#immediate(expression)
      case 'counter':
        if (this.#counters) throw new Foreign()
        this.#counters = countersOf(expression)
        return
      case 'limit':
        return this.#add(this.#struct('match', 'limit', demand(readLimit(expression))) as Match)
      case 'log':
        this.#target = this.#struct('target', 'NFLOG', demand(readNflog(expression))) as Target
        return
      case 'match':
        return this.#add(this.#extension('match', expression) as Match)
      case 'target':
        this.#target = this.#extension('target', expression) as Target
        return
      default:
        throw new Foreign()
    }
  }

  #load(register: number, loaded: Loaded): void {
    this.#registers.set(register, loaded)
  }

  #loaded(register: number | undefined): Loaded {
    return demand(this.#registers.get(register ?? -1))
  }

  #add(match: Match): void {
    this.#closePorts()
    this.#matches.push(match)
  }

  #meta({ key, dreg, sreg }: Expression & { expr: 'meta' }): void {
    if (dreg !== undefined && key !== undefined) return this.#load(dreg, { from: 'meta', key })
    const set = this.#loaded(sreg)
    if (key !== META.trace || set.from !== 'value' || set.value[0] !== 1) throw new Foreign()
    this.#target = this.#struct('target', 'TRACE', {}) as Target
  }

  #bitwise({ sreg, dreg, op = 0, mask, xor }: Expression & { expr: 'bitwise' }): void {
    const loaded = this.#loaded(sreg)
    if (sreg !== dreg || op !== 0 || loaded.mask || !mask?.value || !xor?.value?.every((byte) => byte === 0)) throw new Foreign()
    this.#load(sreg as number, { ...loaded, mask: mask.value })
  }

  #immediate({ dreg, data }: Expression & { expr: 'immediate' }): void {
    if (dreg !== REGISTER.verdict) return this.#load(dreg ?? -1, { from: 'value', value: demand(data?.value) })
    const { code, chain } = demand(data?.verdict)
    const name = VERDICT_NAMES.get(code ?? -1)
    if (name === undefined) throw new Foreign()
    if (name === 'JUMP') this.#target = { jump: demand(chain) }
    else if (name === 'GOTO') this.#target = { goto: demand(chain) }
    else this.#target = { target: name as 'ACCEPT' }
  }

  #compare({ sreg, op = -1, data }: Expression & { expr: 'cmp' }): void {
    const loaded = this.#loaded(sreg)
    const value = demand(data?.value)
    if (loaded.from === 'payload' && loaded.base === BASE.transport) return this.#transport(loaded, op, value)
    if (op !== CMP.eq && op !== CMP.neq) throw new Foreign()
    const negated = op === CMP.neq
    if (loaded.from === 'meta' && loaded.key === META.mark) {
      if (value.length !== 4) throw new Foreign()
      const fields = { mark: decode(u32, value), mask: loaded.mask ? decode(u32, loaded.mask) : 0xffff_ffff, inverted: negated ? 1 : 0 }
      return this.#add(this.#struct('match', 'mark', fields) as Match)
    }
    const taken =
      loaded.from === 'meta'
        ? this.#conditions.meta(loaded.key, loaded.mask, value, negated)
        : loaded.from === 'payload' && loaded.base === BASE.network && this.#conditions.network(loaded.offset, loaded.length, loaded.mask, value, negated)
    if (!taken) throw new Foreign()
  }

  #transport({ offset, length, mask }: Loaded & { from: 'payload' }, op: number, value: Uint8Array): void {
    if (value.length !== length) throw new Foreign()
    if (offset === FLAGS_AT && length === 1 && mask && (op === CMP.eq || op === CMP.neq)) {
      const fields = this.#openPorts(({ flagMask, inverted }) => flagMask === 0 && !(inverted & INVERTED.flags), TCP)
      fields.flagMask = mask[0] as number
      fields.flagCompare = value[0] as number
      if (op === CMP.neq) fields.inverted |= INVERTED.flags
    } else if (mask) throw new Foreign()
    else if (offset === 0 && length === 4 && op === CMP.eq) {
      this.#setPorts('sourcePorts', [decode(be16, value.subarray(0, 2)), decode(be16, value.subarray(0, 2))], false)
      this.#setPorts('destinationPorts', [decode(be16, value.subarray(2)), decode(be16, value.subarray(2))], false)
    } else if ((offset === 0 || offset === 2) && length === 2) {
      const { range, negated } = demand(readComparison(op, decode(be16, value)))
      this.#setPorts(offset === 0 ? 'sourcePorts' : 'destinationPorts', range, negated)
    } else throw new Foreign()
  }

  #range({ sreg, op, from, to }: Expression & { expr: 'range' }): void {
    const loaded = this.#loaded(sreg)
    if (loaded.from !== 'payload' || loaded.base !== BASE.transport || loaded.length !== 2 || loaded.mask || loaded.offset > 2) throw new Foreign()
    const [first, last] = [demand(from?.value), demand(to?.value)]
    if (first.length !== 2 || last.length !== 2 || loaded.offset === 1 || (op !== RANGE.eq && op !== RANGE.neq)) throw new Foreign()
    this.#setPorts(loaded.offset === 0 ? 'sourcePorts' : 'destinationPorts', [decode(be16, first), decode(be16, last)], op === RANGE.neq)
  }

  #setPorts(key: 'sourcePorts' | 'destinationPorts', range: readonly [number, number], negated: boolean): void {
    const bit = key === 'sourcePorts' ? INVERTED.source : INVERTED.destination
    const fields = this.#openPorts((fields) => fields[key][0] === 0 && fields[key][1] === 0xffff && !(fields.inverted & bit))
    fields[key] = range
    if (negated) fields.inverted |= bit
  }

  /** The match that a condition about ports or flags belongs to: the one before it, where that says nothing of them yet. */
  #openPorts(free: (fields: Required<Ports>) => boolean, only?: number): Required<Ports> {
    const protocol = this.#conditions.protocol
    if ((protocol !== TCP && protocol !== UDP) || (only !== undefined && protocol !== only)) throw new Foreign()
    if (this.#ports && free(this.#ports.fields as Required<Ports>)) return this.#ports.fields as Required<Ports>
    this.#closePorts()
    const extension = findExtension('match', protocol === TCP ? 'tcp' : 'udp', this.#family) as Extension
    const fields = { sourcePorts: [0, 0xffff], destinationPorts: [0, 0xffff], option: 0, flagMask: 0, flagCompare: 0, inverted: 0 } as const
    this.#ports = { at: this.#matches.length, extension, fields: { ...fields } }
    return this.#ports.fields as Required<Ports>
  }

  #closePorts(): void {
    const open = this.#ports
    if (!open) return
    this.#ports = undefined
    this.#matches.push(this.#struct('match', open.extension.name, open.fields) as Match)
  }

  /** The options that the struct of an extension holds. */
  #struct(type: ExtensionType, name: string, fields: object): Bag {
    const extension = findExtension(type, name, this.#family) as Extension
    const revision = newest(extension)
    const struct = extension.revisions[revision] as Extension['revisions'][number]
    const zeros = Object.fromEntries(Object.entries(struct.codecs).filter(([key]) => !(key in fields)).map(([key, codec]) => [key, blank(codec)]))
    return this.#read(type, name, revision, encode(struct, { ...zeros, ...fields }))
  }

  #extension(type: ExtensionType, { name, revision, info }: { name?: string; revision?: number; info?: Uint8Array }): Bag {
    return this.#read(type, demand(name), revision ?? 0, demand(info))
  }

  #read(type: ExtensionType, name: string, revision: number, info: Uint8Array): Bag {
    const padded = Buffer.alloc(aligned(info.length))
    padded.set(info)
    const header = Buffer.from(name).toString('latin1').padEnd(EXTENSION_NAME_SIZE, '\0') + String.fromCharCode(revision)
    return this.#extensions.read(type, header, new Reader(padded), 0, padded)
  }
}

function blank(codec: { readonly size?: number; read(reader: Reader): unknown }): unknown {
  return codec.read(new Reader(new Uint8Array(codec.size ?? 0)))
}

/** A value that must be there for a rule to say it. */
function demand<T>(value: T | undefined): T {
  if (value === undefined) throw new Foreign()
  return value
}
