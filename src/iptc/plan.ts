import { InputError } from '../netlink/index.js'
import { type Changes, ConflictError, type Family, formatRule, type Table as TableContent } from '../xtables/index.js'

/** What one operation does to the tables of a family. */
export type Change = (changes: Changes) => void | Promise<void>

/** What somebody has read of a table, and planned by. */
export type Seen = 'chains' | { readonly rules: string } | { readonly policy: string }

/** Changes of a table, and what was read of it when they were planned. */
export interface Plan {
  readonly family: Family
  readonly table: string
  /** The table as it was read; undefined where nobody has read it. */
  readonly base: TableContent | undefined
  readonly seen: readonly Seen[]
  readonly changes: readonly Change[]
}

/** Throws a ConflictError where a table is not what it was when it was read. What was not read of it may be what it likes. */
export async function verifyPlan({ family, table, base, seen }: Plan, changes: Changes): Promise<void> {
  if (base) for (const one of seen) await verify(one, table, base, changes, family)
}

/** Makes the changes in a transaction. Throws a ConflictError where they cannot be made any more. */
export async function makePlan(plan: Plan, changes: Changes): Promise<void> {
  try {
    for (const change of plan.changes) {
      await change(changes)
      await changes.settle()
    }
  } catch (error) {
    throw InputError.is(error) ? conflict(plan.table, `what was planned cannot be made any more: ${error.message}`, error) : error
  }
}

async function verify(seen: Seen, table: string, base: TableContent, changes: Changes, family: Family): Promise<void> {
  const draft = await changes.draft(table, seen === 'chains' || 'policy' in seen ? 'chains' : { chain: seen.rules })
  if (seen === 'chains') {
    const names = (all: Iterable<string>) => [...all].sort().join(' ')
    if (names(draft.chains.keys()) !== names(Object.keys(base))) throw conflict(table, 'its chains are not those that were read')
    return
  }
  const name = 'policy' in seen ? seen.policy : seen.rules
  const chain = draft.chains.get(name)
  if ((chain === undefined) !== (base[name] === undefined)) throw conflict(table, `chain ${name} was ${chain ? 'made' : 'deleted'}`)
  if (!chain) return
  if ('policy' in seen) {
    if (chain.policy !== base[name]?.policy) throw conflict(table, `the policy of ${name} was changed`)
    return
  }
  const texts = (rules: TableContent[string]['rules']) => rules.map((rule) => `${formatRule(rule, { family })}\n`).join('')
  if (texts(await changes.rules(table, name)) !== texts(base[name]?.rules ?? [])) throw conflict(table, `the rules of ${name} were changed`)
}

function conflict(table: string, what: string, cause?: unknown): ConflictError {
  return new ConflictError(`somebody else has changed table '${table}' since it was read: ${what}. Refresh, and plan again`, { attempts: 1, cause })
}
