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
  readonly #family: Family
  readonly #sets: SetNames
  readonly #reader: RuleReader
  #made: { readonly scratch: Writer; readonly writer: RuleWriter; readonly entries: EntryWriter } | undefined

  /** `reader` reads with the same sets. */
  constructor(family: Family, sets: SetNames, reader = new RuleReader(family, sets)) {
    this.#family = family
    this.#sets = sets
    this.#reader = reader
  }

  /** What rules are written with; most tables are changed without comparing any. */
  get #tools() {
    this.#made ??= {
      scratch: new Writer(1024),
      writer: new RuleWriter({ family: this.#family, sets: this.#sets }),
      entries: new EntryWriter({ family: this.#family, sets: new NumberedSets() }),
    }
    return this.#made
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
    const { scratch, entries } = this.#tools
    scratch.at = 0
    entries.write(scratch, rule, 0)
    return `${jump ?? ''}\n${scratch.written().toString('latin1')}`
  }

  /** The bytes of a rule, without counters and without the flags that the kernel leaves out. */
  quick(rule: RuleInput): string | undefined {
    const { reader, at } = this.#written(rule)
    return plainText(reader, 0, at)
  }

  /** The expressions of a rule, valid until the next call. */
  #written(rule: RuleInput): Writer {
    const { scratch, writer } = this.#tools
    scratch.at = 0
    writer.write(scratch, rule)
    return scratch
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
