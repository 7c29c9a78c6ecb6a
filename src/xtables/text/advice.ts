import { nearest } from '../../netlink/wire/suggestion.js'
import type { Family } from '../context.js'
import type { Extension } from '../extension.js'
import { type ExtensionType, extensionsOf } from '../registry.js'
import { rows } from '../row.js'
import { BASE_OPTIONS } from './base.js'

/** Extensions that are named; of `--to-port` and the like there are more than help. */
const MOST = 6

/** What to say behind an option that no extension of a rule has: who has it, or which one was probably meant. */
export function advice(flag: string, loaded: readonly Extension[], family: Family): string {
  const owners = [...ownersOf('match', '-m', flag, family), ...ownersOf('target', '-j', flag, family)]
  if (owners.length > 0) return `; it belongs behind ${owners.slice(0, MOST).join(' or ')}`
  const base = BASE_OPTIONS.filter((option) => option.rule && (option.family ?? family) === family).flatMap(({ long }) => long.map((name) => `--${name}`))
  const near = nearest(flag, [...loaded.flatMap(flagsOf), ...base])
  return near === undefined ? '' : `; did you mean '${near}'?`
}

function ownersOf(type: ExtensionType, letter: string, flag: string, family: Family): string[] {
  return extensionsOf(type, family).filter((extension) => flagsOf(extension).includes(flag)).map(({ name }) => `${letter} ${name}`)
}

function flagsOf(extension: Extension): string[] {
  return [...rows(extension).values()].flatMap(({ flags }) => flags)
}
