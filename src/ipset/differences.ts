import { type Create, SET_FLAG } from './attributes.js'
import type { Family } from './command.js'
import { CREATE_OPTIONS } from './create.js'
import type { RawChunk } from './listing.js'
import type { SetType } from './type.js'

/** Parameters by which the kernel tells sets apart that are otherwise of one type; the size of the hash is not one. */
const COMPARED = ['maxelem', 'netmask', 'bitmask', 'markmask', 'timeout', 'range', 'size'] as const

/** In what a set that exists differs from one that was asked for, a phrase each. */
export function differences(existing: RawChunk, type: SetType, family: Family, wanted: Create): string[] {
  const { header, data = {} } = existing
  const found: string[] = []
  if (header.type !== type.name) found.push(`its type is ${header.type}, not ${type.name}`)
  if (header.family !== family) found.push(`its family is ${header.family}, not ${family}`)
  if (found.length > 0) return found
  for (const name of COMPARED) {
    const there = CREATE_OPTIONS[name]!.print(data)
    const asked = CREATE_OPTIONS[name]!.print(wanted)
    if (asked !== undefined && there !== asked) found.push(`its ${name} is ${there ?? 'not set'}, not ${asked}`)
    else if (asked === undefined && there !== undefined && (name === 'timeout' || name === 'netmask')) found.push(`it has ${name} ${there}`)
  }
  for (const [name, bit] of Object.entries(SET_FLAG)) {
    const there = ((data.flags ?? 0) & bit) !== 0
    if (there !== (((wanted.flags ?? 0) & bit) !== 0)) found.push(there ? `it has ${name}` : `it has no ${name}`)
  }
  return found
}
