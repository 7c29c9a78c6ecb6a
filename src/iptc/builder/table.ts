import { inspect } from 'node:util'
import { InputError } from '../../netlink/index.js'
import type { Family } from '../../xtables/index.js'
import { AbstractChain, type BuiltinChain, type UserChain } from './chain.js'
import { callable } from './callable.js'
import { NamedList } from './named-list.js'
import { Origin } from './origin.js'
import { tableLines, tableView } from './print.js'
import { bareName } from './word.js'

class TableClass extends NamedList<AbstractChain> {
  readonly name: string
  /** Where in the program it was made. */
  readonly origin: Origin

  constructor(name: string, ...chains: AbstractChain[]) {
    super({ list: 'Tables', item: 'chain' })
    this.name = bareName(name, 'table')
    this.origin = new Origin()
    for (const chain of chains) this.append(chain)
  }

  protected override check(chain: unknown): void {
    if (!(chain instanceof AbstractChain)) throw new InputError('a table holds chains: new UserChain(name), new BuiltinChain(name, policy)')
  }

  /** The table as iptables-restore reads it, from its heading to its COMMIT; for either family unless it is given. Throws a RulesetError. */
  toIptables(family?: Family): string {
    return [...tableLines(tableView(this), family)].map(({ text }) => text).join('\n')
  }

  /** `rules.mjs:12 main`. */
  debugInfo(): string {
    return this.origin.toString()
  }

  override toString(): string {
    return this.toIptables()
  }

  [inspect.custom](): string {
    return [`Table "${this.name}"`, ...[...this.values()].map((chain) => inspect(chain).replace(/^/gm, '  '))].join('\n')
  }
}

/** Chains that every kernel has in some tables. One that a table does not have is undefined. */
type BuiltinChains = { readonly [name in 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING']: BuiltinChain }

/** A table: its chains by name, as properties (`table.INPUT`) and by `get`. */
export type Table = TableClass & BuiltinChains & { readonly [chain: string]: BuiltinChain | UserChain }

/** Makes tables. `new Table('filter', new BuiltinChain('INPUT', 'ACCEPT'))`. */
export const Table = callable(TableClass, 'Table') as unknown as {
  new (name: string, ...chains: AbstractChain[]): Table
  (name: string, ...chains: AbstractChain[]): Table
}
