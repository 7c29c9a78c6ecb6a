import { canonicalOptions } from './canonical.js'
import { AnySets, type Context, type Family } from './context.js'
import { protocolOf } from './entry.js'
import { isNot } from './kind.js'
import { type SetLookup, setLookup } from './kinds/set-lookup.js'
import type { Bag } from './option.js'
import { type ExtensionType, findExtension } from './registry.js'
import { rows } from './row.js'
import type { RuleInput } from './rule.js'

/** A set that a rule names, and what it does with it; without a name: which one it is cannot be told. */
export interface NamedSet {
  readonly access: 'read' | 'write'
  readonly set?: string
}

/** Names in the kernel of the extensions that name sets. */
const OF_SETS: readonly string[] = ['set', 'SET']

/** What a rule does with sets: matches and maps look into them, the target SET adds to them and deletes from them. */
export function namedSets(rule: RuleInput, family: Family): NamedSet[] {
  // Expressions may hold any extension in bytes.
  if (rule.expressions !== undefined) return [{ access: 'write' }]
  const context: Context = { family, protocol: protocolOf(rule), sets: new AnySets() }
  const { matches, target } = rule
  return [...(Array.isArray(matches) ? matches : []).flatMap((match) => setsOf('match', match, context)), ...setsOf('target', target, context)]
}

/** What makes no sense names no set: it is refused when the rule is written. */
function setsOf(type: ExtensionType, given: unknown, context: Context): NamedSet[] {
  const options = (typeof given === 'object' && given !== null ? given : {}) as Bag
  const name = options[type]
  if (typeof name !== 'string') return []
  if (name === 'unknown') return OF_SETS.includes(String(options.name)) ? [{ access: 'write' }] : []
  const extension = findExtension(type, name, context.family)
  const lookups = extension ? [...rows(extension).values()].filter(({ kind }) => (kind as unknown) === setLookup) : []
  if (!extension || lookups.length === 0) return []
  const read = canonicalOptions(extension, options, context)
  return lookups.flatMap(({ key }) => {
    const given = read[key]
    if (given === undefined) return []
    const { set } = (isNot(given) ? given.not : given) as SetLookup
    return [{ access: type === 'target' && key !== 'mapSet' ? 'write' : 'read', set }]
  })
}
