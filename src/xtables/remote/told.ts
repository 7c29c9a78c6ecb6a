import type { Applied } from './apply.js'
import type { TableData } from './request.js'

/** What became of a commit: for those who keep a record. */
export interface CommitTold extends Applied {
  /** `ip filter` */
  readonly tables: readonly string[]
}

/** What plans that were applied have changed. */
export function told(tables: readonly TableData[], applied: readonly Applied[]): CommitTold {
  const changed = tables.filter(({ plan }) => plan)
  const sum = (key: 'added' | 'deleted') => applied.reduce((all, one) => all + one[key], 0)
  return {
    tables: changed.map(({ family, table }) => `${family} ${table}`),
    chains: changed.flatMap(({ family, table }, i) => (applied[i]?.chains ?? []).map((chain) => `${family} ${table} ${chain}`)),
    added: sum('added'),
    deleted: sum('deleted'),
  }
}
