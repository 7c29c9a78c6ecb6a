import { errnoName } from '../netlink/index.js'
import type { Family } from './context.js'
import { protocolOf } from './entry.js'
import type { Extension } from './extension.js'
import { newest } from './face.js'
import { findExtension } from './registry.js'
import type { RuleInput } from './rule.js'

/** The parts of a rule that are extensions. */
export function extensionsOf(rule: RuleInput, family: Family): Extension[] {
  const { target } = rule
  const names = (rule.matches ?? []).map((match) => ['match', match.match] as const)
  const all = target && 'target' in target ? [...names, ['target', target.target] as const] : names
  return all.map(([type, name]) => findExtension(type, name, family)).filter((found) => found !== undefined)
}

/** Whether the kernel has a revision of an extension; undefined where it does not know the extension at all. */
export type HasRevision = (extension: Extension, revision: number) => boolean | undefined

/** What the kernel may have against a rule, in a sentence; '' where nothing can be said. */
export function explain(rule: RuleInput, family: Family, errno: number, hasRevision: HasRevision): string {
  const extensions = extensionsOf(rule, family)
  for (const extension of extensions) {
    const { type, name, kernel = name } = extension
    const known = hasRevision(extension, newest(extension))
    if (known === undefined) return `this kernel has no ${type} '${kernel}': its module may have to be loaded`
    if (!known) return `this kernel has the ${type} '${kernel}', but no revision of it that can say this`
  }
  const names = extensions.map(({ type, name }) => `${type} ${name}`).join(', ')
  switch (errnoName(errno)) {
    case 'EINVAL':
      return protocolOf(rule) === 0 && names !== ''
        ? `${names} may need a protocol (-p tcp, say), other conditions, or another chain or table`
        : `${names || 'it'} may need other conditions, or another chain or table`
    case 'ENOENT':
      return `something that ${names || 'it'} names is not there: a helper, a timeout policy, a set, an object`
    case 'EEXIST':
      return `something that ${names || 'it'} names exists already with other properties`
    case 'ERANGE':
      return 'a value is larger than this kernel allows'
    default:
      return ''
  }
}
