import type { Reader } from '../../netlink/wire/cursor.js'
import type { Family } from '../context.js'
import type { ExtensionReader } from '../extension-reader.js'
import { aligned } from '../face.js'
import { EXTENSION_NAME_SIZE } from '../layout.js'
import type { Bag } from '../option.js'
import type { Counters, Match, Rule, Target } from '../rule.js'
import { type Compared, Conditions } from './compared.js'
import { BASE, CMP, META, RANGE, REGISTER } from './expression/constants.js'
import { EXPRESSIONS } from './expression/expression.js'
import { Foreign } from './expression/foreign.js'
import { readLimit } from './native/limit.js'
import { PortsReader } from './native/ports-reader.js'
import { Registers } from './expression/registers.js'
import { Scan } from './expression/scan.js'
import { Structs } from './expression/structs.js'
import { readVerdict, textBetween } from './expression/verdict.js'

const { meta, cmp, range, payload, bitwise, immediate, counter, limit, log, match } = EXPRESSIONS

export const NOTHING: Counters = Object.freeze({ packets: 0n, bytes: 0n })

/** One rule after the other while its expressions are read. Throws a Foreign where no rule of iptables says them. */
export class Reading {
  readonly #scan = new Scan()
  readonly #registers = new Registers()
  readonly #conditions: Conditions
  readonly #structs: Structs
  readonly #ports: PortsReader
  readonly #extensions: ExtensionReader
  /** By the name and the revision. */
  readonly #headers = new Map<string, string[]>()
  #reader!: Reader
  #matches: Match[] = []
  #target: Target | undefined
  #counters: Counters | undefined

  constructor(family: Family, extensions: ExtensionReader) {
    this.#extensions = extensions
    this.#conditions = new Conditions(family)
    this.#structs = new Structs(family)
    this.#ports = new PortsReader(this.#structs)
  }

  /** The rule in the expressions between two places. */
  rule(reader: Reader, at: number, end: number, comment: string | undefined): Rule {
    this.#reader = reader
    this.#registers.clear()
    this.#conditions.begin()
    this.#ports.begin()
    this.#matches = []
    this.#target = undefined
    this.#counters = undefined
    this.#scan.start(reader, at, end)
    while (this.#scan.step()) this.#take()
    this.#closePorts()
    if (comment !== undefined) this.#matches.push(this.#structs.options('match', 'comment', { comment }) as Match)
    const { rule } = this.#conditions
    if (this.#matches.length > 0) rule.matches = this.#matches
    if (this.#target) rule.target = this.#target
    rule.counters = this.#counters ?? NOTHING
    return rule
  }

  /** Looks only for what the rule has counted. */
  counters(reader: Reader, at: number, end: number): Counters {
    this.#scan.start(reader, at, end)
    this.#reader = reader
    while (this.#scan.step()) if (this.#scan.name === 'counter') return this.#readCounters()
    return NOTHING
  }

  #take(): void {
    const scan = this.#scan
    // What stands behind a target is not for every packet that the rule is for.
    if (this.#target && scan.name !== 'counter') throw new Foreign()
    switch (scan.name) {
      case 'meta':
        return this.#meta()
      case 'payload':
        return this.#registers.loadPayload(
          scan.u32(payload.rows.dreg.type), scan.u32(payload.rows.base.type), scan.u32(payload.rows.offset.type), scan.u32(payload.rows.length.type),
        )
      case 'bitwise':
        return this.#bitwise()
      case 'cmp':
        return this.#compare()
      case 'range':
        return this.#range()
      case 'immediate':
        return this.#immediate()
      case 'counter':
        if (this.#counters) throw new Foreign()
        this.#counters = this.#readCounters()
        return
      case 'limit':
        return this.#limit()
      case 'log':
        return this.#log()
      case 'match':
        return this.#add(this.#extension('match') as Match)
      case 'target':
        this.#target = this.#extension('target') as Target
        return
      default:
        throw new Foreign()
    }
  }

  #add(one: Match): void {
    this.#closePorts()
    this.#matches.push(one)
  }

  #closePorts(): void {
    const one = this.#ports.close()
    if (one) this.#matches.push(one as Match)
  }

  #readCounters(): Counters {
    const packets = this.#scan.u64(counter.rows.packets.type)
    const bytes = this.#scan.u64(counter.rows.bytes.type)
    return packets === 0n && bytes === 0n ? NOTHING : { packets, bytes }
  }

  #meta(): void {
    const scan = this.#scan
    const key = scan.u32(meta.rows.key.type)
    if (scan.at(meta.rows.dreg.type) >= 0) return this.#registers.loadMeta(scan.u32(meta.rows.dreg.type), key)
    const at = this.#registers.value(scan.u32(meta.rows.sreg.type))
    if (key !== META.trace || this.#reader.bytes[at] !== 1) throw new Foreign()
    this.#target = this.#structs.options('target', 'TRACE', {}) as Target
  }

  #bitwise(): void {
    const scan = this.#scan
    const xor = scan.value(bitwise.rows.xor.type)
    const size = scan.valueSize
    if (xor < 0 || scan.u32(bitwise.rows.op.type, 0) !== 0) throw new Foreign()
    for (let i = 0; i < size; i++) if (this.#reader.bytes[xor + i] !== 0) throw new Foreign()
    const mask = scan.value(bitwise.rows.mask.type)
    const register = scan.u32(bitwise.rows.sreg.type)
    if (mask < 0 || register !== scan.u32(bitwise.rows.dreg.type)) throw new Foreign()
    this.#registers.setMask(register, mask, scan.valueSize)
  }

  #immediate(): void {
    const scan = this.#scan
    const register = scan.u32(immediate.rows.dreg.type)
    if (register !== REGISTER.verdict) return this.#registers.loadValue(register, scan.value(immediate.rows.data.type))
    this.#target = readVerdict(this.#reader, scan.at(immediate.rows.data.type), scan.size(immediate.rows.data.type))
  }

  #compare(): void {
    const scan = this.#scan
    const register = this.#registers.demand(scan.u32(cmp.rows.sreg.type))
    const op = scan.u32(cmp.rows.op.type)
    const at = scan.value(cmp.rows.data.type)
    const size = scan.valueSize
    const { from, mask, maskSize } = register
    if (at < 0 || (mask >= 0 && maskSize !== size)) throw new Foreign()
    if (from === 'payload' && size !== register.length) throw new Foreign()
    const compared: Compared = { reader: this.#reader, at, mask, size, negated: op === CMP.neq }
    if (from === 'payload' && register.key === BASE.transport) {
      const { protocol } = this.#conditions
      if (this.#ports.take(protocol, register.offset, op, compared)) return
      this.#closePorts()
      if (!this.#ports.take(protocol, register.offset, op, compared)) throw new Foreign()
      return
    }
    if (op !== CMP.eq && op !== CMP.neq) throw new Foreign()
    if (from === 'meta' && register.key === META.mark && size === 4) {
      const fields = { mark: this.#reader.u32At(at), mask: mask < 0 ? 0xffff_ffff : this.#reader.u32At(mask), inverted: op === CMP.neq ? 1 : 0 }
      return this.#add(this.#structs.options('match', 'mark', fields) as Match)
    }
    const taken = from === 'meta' ? this.#conditions.meta(register.key, compared) : from === 'payload' && register.key === BASE.network && this.#conditions.network(register.offset, compared)
    if (!taken) throw new Foreign()
  }

  #range(): void {
    const scan = this.#scan
    const register = this.#registers.demand(scan.u32(range.rows.sreg.type))
    const op = scan.u32(range.rows.op.type)
    const from = scan.value(range.rows.from.type)
    const short = scan.valueSize !== 2
    const to = scan.value(range.rows.to.type)
    if (short || from < 0 || to < 0 || scan.valueSize !== 2 || register.from !== 'payload' || register.key !== BASE.transport) throw new Foreign()
    if (register.length !== 2 || register.mask >= 0 || (op !== RANGE.eq && op !== RANGE.neq)) throw new Foreign()
    const between = [this.#reader.be16At(from), this.#reader.be16At(to)] as const
    const { protocol } = this.#conditions
    if (this.#ports.set(protocol, register.offset, between, op === RANGE.neq)) return
    this.#closePorts()
    if (!this.#ports.set(protocol, register.offset, between, op === RANGE.neq)) throw new Foreign()
  }

  #limit(): void {
    const { rate, unit, burst, type, flags } = limit.rows
    const scan = this.#scan
    const fields = readLimit({
      rate: scan.u64(rate.type), unit: scan.u64(unit.type), burst: scan.u32(burst.type, 0), type: scan.u32(type.type, 0), flags: scan.u32(flags.type, 0),
    })
    if (!fields) throw new Foreign()
    this.#add(this.#structs.options('match', 'limit', fields) as Match)
  }

  #log(): void {
    const scan = this.#scan
    const { group, prefix, snaplen, threshold } = log.rows
    if (scan.at(group.type) < 0) throw new Foreign()
    const copied = scan.at(snaplen.type) >= 0
    const text = scan.at(prefix.type) < 0 ? '' : this.#text(prefix.type)
    const fields = { group: scan.u16(group.type), prefix: text, threshold: scan.u16(threshold.type, 0), length: copied ? scan.u32(snaplen.type) : 0, flags: copied ? 1 : 0 }
    this.#target = this.#structs.options('target', 'NFLOG', fields) as Target
  }

  #text(type: number): string {
    return textBetween(this.#reader, this.#scan.at(type), this.#scan.at(type) + this.#scan.size(type))
  }

  #extension(type: 'match' | 'target'): Bag {
    const scan = this.#scan
    const { name, revision, info } = match.rows
    const at = scan.at(info.type)
    if (at < 0 || scan.at(name.type) < 0) throw new Foreign()
    const number = scan.u32(revision.type, 0)
    if (number > 0xff) throw new Foreign()
    const header = this.#header(scan.at(name.type), scan.size(name.type), number)
    const size = scan.size(info.type)
    if (size === aligned(size)) return this.#extensions.read(type, header, this.#reader, at, size)
    return this.#extensions.padded(type, header, this.#reader.buffer.subarray(at, at + size))
  }

  /** The name with its padding and the revision, as the legacy tables have them in front of the data. */
  #header(at: number, size: number, revision: number): string {
    const name = this.#reader.buffer.toString('latin1', at, at + size)
    let headers = this.#headers.get(name)
    if (headers === undefined) {
      headers = []
      if (this.#headers.size > 256) this.#headers.clear()
      this.#headers.set(name, headers)
    }
    headers[revision] ??= name.slice(0, EXTENSION_NAME_SIZE).padEnd(EXTENSION_NAME_SIZE, '\0') + String.fromCharCode(revision)
    return headers[revision]
  }
}
