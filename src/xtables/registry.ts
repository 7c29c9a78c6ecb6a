import { InputError } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'
import { nearest } from '../netlink/wire/suggestion.js'
import type { Family } from './context.js'
import type { Extension } from './extension.js'
import { MATCHES } from './matches/index.js'
import { TARGETS } from './targets/index.js'
import { VERDICTS } from './verdict.js'

export type ExtensionType = 'match' | 'target'

interface Index {
  /** By the name in rules and text. */
  readonly byName: ReadonlyMap<string, Extension>
  /** By the name in the kernel; an alias of another extension stands before it. */
  readonly byKernelName: ReadonlyMap<string, readonly Extension[]>
}

function index(extensions: readonly Extension[], family: Family): Index {
  const byName = new Map<string, Extension>()
  const byKernelName = new Map<string, Extension[]>()
  for (const extension of extensions) {
    if (extension.families && !extension.families.includes(family)) continue
    for (const name of [extension.name, ...(extension.alias ?? [])]) byName.set(name, extension)
    const name = extension.kernel ?? extension.name
    const others = byKernelName.get(name) ?? []
    byKernelName.set(name, extension.when ? [extension, ...others] : [...others, extension])
  }
  return { byName, byKernelName }
}

const indexes = new Map<string, Index>()

function indexOf(type: ExtensionType, family: Family): Index {
  const key = type === 'match' ? family : family === 'ip' ? 'ip target' : 'ip6 target'
  let found = indexes.get(key)
  if (!found) {
    found = index(type === 'match' ? MATCHES : TARGETS, family)
    indexes.set(key, found)
  }
  return found
}

/** The extension of a name as rules and text have it, or undefined. */
export function findExtension(type: ExtensionType, name: string, family: Family): Extension | undefined {
  return indexOf(type, family).byName.get(name)
}

/** All extensions of a family. */
export function extensionsOf(type: ExtensionType, family: Family): readonly Extension[] {
  return [...new Set(indexOf(type, family).byName.values())]
}

/** Whether only the other family has an extension of that name. */
export function isOfOtherFamily(type: ExtensionType, name: string, family: Family): boolean {
  return !findExtension(type, name, family) && findExtension(type, name, family === 'ip' ? 'ip6' : 'ip') !== undefined
}

/** The error for a name that no extension has, or only one of the other family. */
export function noExtension(type: ExtensionType, name: unknown, family: Family): InputError {
  const what = `there is no ${type} '${shown(name)}'`
  if (typeof name !== 'string') return new InputError(what)
  if (isOfOtherFamily(type, name, family)) return new InputError(`${what} for ${family === 'ip' ? 'IPv4' : 'IPv6'}`)
  const near = nearest(name, [...(type === 'target' ? Object.keys(VERDICTS) : []), ...indexOf(type, family).byName.keys()])
  return new InputError(near === undefined ? what : `${what}; did you mean '${near}'?`)
}

/** The extensions that a name of the kernel's may mean, aliases first. */
export function kernelExtensions(type: ExtensionType, name: string, family: Family): readonly Extension[] {
  return indexOf(type, family).byKernelName.get(name) ?? []
}
