import { jumpOf } from '../jump.js'
import { ReadSlot } from '../read-slot.js'
import type { Counters, Rule } from '../rule.js'
import { jsonOf, readCounters, readRuleLine, UNREADABLE } from './rule-line.js'

/** A rule as the daemon has told of it. It is read when somebody asks for it. */
export class RemoteRule {
  /** The chain it stands in, as that was called then. */
  readonly chain: string
  /** Its place there, counted from 0. */
  readonly index: number
  readonly #line: string
  #rule: Rule | undefined

  constructor(chain: string, index: number, line: string) {
    this.chain = chain
    this.index = index
    this.#line = line
  }

  get rule(): Rule {
    this.#rule ??= readRuleLine(this.#line)
    return this.#rule
  }

  /** What it says, without what it has counted: as JSON. */
  get json(): string {
    return jsonOf(this.#line)
  }

  /** What it had counted; undefined where it counts nothing, or cannot be read. */
  get counters(): Counters | undefined {
    const at = this.#line.indexOf('{')
    return at > 0 && this.#line[0] !== UNREADABLE ? readCounters(this.#line.slice(0, at)) : undefined
  }

  get jump(): string | undefined {
    // In a text of JSON no quote stands without a backslash.
    if (!this.#line.includes('"jump":') && !this.#line.includes('"goto":')) return undefined
    return jumpOf(this.rule.target)
  }
}

/** Such a rule in a draft. */
export class RemoteSlot extends ReadSlot<RemoteRule> {
  protected override readJump(): string | undefined {
    return this.origin.jump
  }
}
