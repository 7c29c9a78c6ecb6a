import { Writer } from '../../netlink/wire/cursor.js'
import type { Family, SetNames } from '../context.js'
import { EntryWriter } from '../entry.js'
import type { Counters, Rule, RuleInput } from '../rule.js'
import { RuleReader } from './decode.js'
import { RuleWriter, withCounters } from './encode.js'
import { plainText } from './expression/plain.js'

const NOTHING: Counters = Object.freeze({ packets: 0n, bytes: 0n })

/** Texts in which rules differ exactly when nf_tables holds different rules. */
export class RuleKeys {
  readonly #scratch = new Writer(1024)
  readonly #writer: RuleWriter
  readonly #reader: RuleReader
  readonly #entries: EntryWriter

  /** `reader` reads with the same sets. */
  constructor(family: Family, sets: SetNames, reader = new RuleReader(family, sets)) {
    this.#writer = new RuleWriter({ family, sets })
    this.#reader = reader
    this.#entries = new EntryWriter({ family, sets: new NumberedSets() })
  }

  /** A rule as it would be read back: what its expressions do not tell does not count. */
  ofGiven(rule: RuleInput): string {
    const { reader, at } = this.#written(rule)
    return this.ofRead(this.#reader.readAt(reader, 0, at))
  }

  /** A rule as it was read. */
  ofRead(rule: Rule): string {
    const { target, expressions } = rule
    if (expressions !== undefined) return `expressions ${withCounters(Buffer.from(expressions, 'hex'), NOTHING).toString('hex')}`
    const jump = target && ('jump' in target ? target.jump : 'goto' in target ? target.goto : '')
    this.#scratch.at = 0
    this.#entries.write(this.#scratch, rule, 0)
    return `${jump ?? ''}\n${this.#scratch.written().toString('latin1')}`
  }

  /** The bytes of a rule, without counters and without the flags that the kernel leaves out. */
  quick(rule: RuleInput): string | undefined {
    const { reader, at } = this.#written(rule)
    return plainText(reader, 0, at)
  }

  /** The expressions of a rule, valid until the next call. */
  #written(rule: RuleInput): Writer {
    this.#scratch.at = 0
    this.#writer.write(this.#scratch, rule)
    return this.#scratch
  }
}

/** Tells sets apart without asking the kernel: each name gets a number. */
export class NumberedSets implements SetNames {
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []

  index(name: string): number {
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = this.#names.push(name) - 1
      this.#numbers.set(name, number)
    }
    return number
  }
  name(index: number): string | undefined {
    return this.#names[index]
  }
}
