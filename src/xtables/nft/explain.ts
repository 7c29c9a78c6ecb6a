import { errnoName } from '../../netlink/index.js'
import type { TableDraft } from '../draft.js'
import { explain as sentence, extensionsOf } from '../explain.js'
import type { Extension } from '../extension.js'
import { newest } from '../face.js'
import type { RuleInput } from '../rule.js'
import type { Link } from './link.js'
import { nativeForm } from './native/index.js'

/** What the kernel may have against a rule, in a sentence; '' where nothing can be said. */
export async function explain(link: Link, { family }: TableDraft, rule: RuleInput, errno: number): Promise<string> {
  const revisions = new Map<Extension, ReadonlySet<number>>()
  for (const extension of extensionsOf(rule, family)) if (!nativeForm(extension)) revisions.set(extension, await revisionsOf(link, family, extension))
  const { target } = rule
  if (errnoName(errno) === 'ENOENT' && target && ('jump' in target || 'goto' in target)) return 'the chain it leads to may not be there'
  return sentence(rule, family, errno, (extension, revision) => {
    const known = revisions.get(extension)
    return known === undefined ? true : known.size === 0 ? undefined : known.has(revision)
  })
}

/** The revisions of an extension that both this library and the kernel know. */
export async function revisionsOf(link: Link, family: TableDraft['family'], extension: Extension): Promise<ReadonlySet<number>> {
  const { type, name, kernel = name } = extension
  const found = new Set<number>()
  for (const revision of Object.keys(extension.revisions).map(Number)) if (await link.hasRevision(family, type, kernel, revision)) found.add(revision)
  return found
}

/** Notes the highest revision that the kernel has of each extension of a rule, where that is not the highest of all. True: there was one. */
export async function lowered(link: Link, family: TableDraft['family'], rule: RuleInput, revisions: Map<Extension, number>): Promise<boolean> {
  let found = false
  for (const extension of extensionsOf(rule, family)) {
    if (Object.keys(extension.revisions).length < 2 || nativeForm(extension) || revisions.has(extension)) continue
    const highest = Math.max(-1, ...(await revisionsOf(link, family, extension)))
    if (highest < 0 || highest === newest(extension)) continue
    revisions.set(extension, highest)
    found = true
  }
  return found
}
