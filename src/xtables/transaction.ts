import { inTurns } from '../netlink/index.js'
import { InputError } from '../netlink/wire/error.js'
import type { Session } from './backend.js'
import * as change from './change.js'
import type { Family } from './context.js'
import type { Needs, TableDraft } from './draft.js'
import { restoreInto } from './restore.js'
import { finding } from './same.js'
import type { Counters, Rule, RuleInput } from './rule.js'
import { givenTables, type Policy, type RulesetInput } from './ruleset.js'
import { restoreLines } from './text/restore.js'

/** How a text or a ruleset is put into tables. */
export interface RestoreTableOptions {
  /** Adds to what is in the tables; without it they are emptied first. */
  readonly noflush?: boolean
  /** Takes the counters of the text, too. */
  readonly counters?: boolean
  /** Takes this table alone. */
  readonly table?: string
}

/** A change that waits for its table to be read. */
interface Pending {
  readonly table: string
  readonly needs: Needs
  readonly apply: (draft: TableDraft) => void | Promise<void>
}

/**
 * Changes of one family inside of a transaction. Each is noted at once and made in order when its table has been read;
 * what is wrong with one is thrown by the transaction. Numbers of rules count from 1.
 */
export class Changes {
  readonly #family: Family
  readonly #session: Session
  #pending: Promise<void> = Promise.resolve()
  #over = false

  constructor(family: Family, session: Session) {
    this.#family = family
    this.#session = session
  }

  /** Puts a rule at the end of a chain. */
  append(table: string, chain: string, rule: RuleInput): void {
    this.#plan({ table, needs: 'chains', apply: (draft) => change.append(draft, chain, rule) })
  }

  /** Puts a rule before the one of a number; at the beginning unless given. */
  insert(table: string, chain: string, rule: RuleInput, number = 1): void {
    this.#plan({ table, needs: number === 1 ? 'chains' : { chain }, apply: (draft) => change.insert(draft, chain, rule, number) })
  }

  /** Puts a rule in the place of the one of a number. */
  replace(table: string, chain: string, number: number, rule: RuleInput): void {
    this.#plan({ table, needs: { chain }, apply: (draft) => change.replace(draft, chain, number, rule) })
  }

  /** Takes out the rule of a number, or the first that says the same as a rule. */
  delete(table: string, chain: string, which: number | RuleInput): void {
    this.#plan({ table, needs: { chain }, apply: (draft) => inTurns(change.removing(draft, chain, which)) })
  }

  /** Gives a chain these rules and no others; makes it where it is missing. Rules it has already keep their counters. */
  replaceChain(table: string, chain: string, rules: readonly RuleInput[]): void {
    this.#plan({ table, needs: { chain }, apply: (draft) => inTurns(change.replaceChain(draft, chain, rules)) })
  }

  /** Makes a chain. One of that name that is there already is an InputError of the transaction. */
  newChain(table: string, chain: string): void {
    this.#plan({ table, needs: 'chains', apply: (draft) => change.newChain(draft, chain) })
  }

  /** Deletes a chain that is empty and that no rule jumps to. */
  deleteChain(table: string, chain: string): void {
    this.#plan({ table, needs: 'rules', apply: (draft) => change.deleteChain(draft, chain) })
  }

  /** Gives a chain of the user's another name; rules that jump to it still do. */
  renameChain(table: string, chain: string, to: string): void {
    this.#plan({ table, needs: 'rules', apply: (draft) => change.renameChain(draft, chain, to) })
  }

  /** Takes all rules out of a chain, or of all chains of the table. */
  flush(table: string, chain?: string): void {
    this.#plan({ table, needs: chain === undefined ? 'rules' : { chain }, apply: (draft) => change.flush(draft, chain) })
  }

  /** Sets the counters of a rule, a chain or all chains of the table to zero. Throws an InputError for a number without a chain. */
  zero(table: string, chain?: string, number?: number): void {
    if (number !== undefined && chain === undefined) throw new InputError('a number of a rule needs its chain')
    this.#plan({ table, needs: chain === undefined ? 'rules' : { chain }, apply: (draft) => change.zero(draft, chain, number) })
  }

  /** Sets the policy of a built-in chain, and what it has counted where that is given. */
  setPolicy(table: string, chain: string, policy: Policy, counters?: Counters): void {
    this.#plan({ table, needs: 'chains', apply: (draft) => change.setPolicy(draft, chain, policy, counters) })
  }

  /**
   * Puts a text in the language of iptables-save, or the tables of a ruleset, in the place of what these tables hold. Throws a
   * TextError for a text that makes no sense.
   */
  restore(rules: string | RulesetInput, options: RestoreTableOptions = {}): void {
    this.#demandOpen()
    if (typeof rules === 'string') {
      const lines = restoreLines(rules, { family: this.#family, counters: options.counters ?? false, table: options.table })
      this.#then(() => restoreInto(lines, (name, needs) => this.#session.table(this.#family, name, needs), options))
      return
    }
    for (const [table, chains] of givenTables(rules)) {
      if (options.table !== undefined && options.table !== table) continue
      this.#plan({ table, needs: options.noflush ? 'chains' : 'rules', apply: (draft) => (options.noflush ? change.mergeTable(draft, chains) : inTurns(change.replaceTable(draft, chains))) })
    }
  }

  /** The rules of a chain as they are planned now. */
  async rules(table: string, chain: string): Promise<Rule[]> {
    const draft = await this.draft(table, { chain })
    return draft.chain(chain).slots.map((slot) => (slot.given as Rule | undefined) ?? draft.reader.rule(slot))
  }

  /** The number of the first rule that says the same; 0 where none does. */
  async find(table: string, chain: string, rule: RuleInput): Promise<number> {
    const draft = await this.draft(table, { chain })
    return (await inTurns(finding(draft, draft.chain(chain), rule))) + 1
  }

  /** Whether a chain has a rule that says the same. */
  async has(table: string, chain: string, rule: RuleInput): Promise<boolean> {
    return (await this.find(table, chain, rule)) > 0
  }

  /** The names of the chains as they are planned now. */
  async chains(table: string): Promise<string[]> {
    return (await this.draft(table, 'chains')).inOrder().map(({ name }) => name)
  }

  /** The draft of a table, with everything planned so far; `needs`: what has to be read of it. */
  async draft(table: string, needs: Needs = 'rules'): Promise<TableDraft> {
    this.#demandOpen()
    await this.settle()
    return this.#session.table(this.#family, table, needs)
  }

  /** Waits until everything planned so far has been made. Throws what went wrong. */
  settle(): Promise<void> {
    return this.#pending
  }

  /** Refuses with an InputError all that is planned from now on: it would be lost. Called when the function of the transaction has ended. */
  end(): void {
    this.#over = true
  }

  #demandOpen(): void {
    if (this.#over) throw new InputError('this transaction is over: wait for what plans changes (await) before the function ends that was given to it')
  }

  #plan({ table, needs, apply }: Pending): void {
    this.#then(async () => apply(await this.#session.table(this.#family, table, needs)))
  }

  #then(step: () => Promise<void>): void {
    this.#demandOpen()
    this.#pending = this.#pending.then(step)
    // Whoever waits for the transaction hears of it; until then it is nobody's unhandled rejection.
    this.#pending.catch(() => {})
  }
}
