import { TEMPORARY_SETS } from '../../ipset/index.js'
import { InputError, inside } from '../../netlink/index.js'
import { TABLE_CHAINS } from '../../xtables/index.js'
import { type AccountFiles, accountNumber } from './accounts.js'
import type { Peer } from './peer.js'
import { pathOf, policyCheck, type PolicyDocument } from './policy-schema.js'

/** Reading, or changing, which includes reading. */
export type Access = 'read' | 'write'

/** Who may do what. Everything that no rule allows is refused, root's wishes too. */
export interface Policy {
  /**
   * Reading is by table, and a chain named with it means nothing. Writing is by chain; without one, the right to write the
   * whole table is asked for.
   */
  mayTable(peer: Peer, access: Access, family: 'ip' | 'ip6', table: string, chain?: string): boolean
  /**
   * Without a name: all sets there are, and those to come. Who may write a set may write temporary sets as well
   * (`TEMPORARY_SETS`); the service sees to it that these are its own.
   */
  maySet(peer: Peer, access: Access, set?: string): boolean
  /** Whether it may hear of all changes and packets: who may read every table of both families. */
  mayWatch(peer: Peer): boolean
}

/** What may be done to names that an exact name or a prefix stands for. */
interface Names {
  readonly access: Access
  matches(name: string): boolean
  readonly all: boolean
}

interface Tables {
  readonly family: string
  readonly table: string
  readonly access: Access
  /** None: all chains. */
  readonly chains: readonly Names[] | undefined
}

interface Rule {
  isFor(peer: Peer): boolean
  readonly tables: readonly Tables[]
  readonly sets: readonly Names[]
}

/**
 * Makes a policy of what a policy file says: `{ rules: [{ uid | gid, tables, sets }] }`. Names of users and groups are looked up
 * now. Rejects with an InputError that names the place of what is wrong; nothing of such a policy is to be used.
 *
 * @example
 * const policy = await readPolicy({ rules: [{ uid: 1000, sets: { 'ban-*': 'write' } }] })
 * policy.maySet({ pid: 1, uid: 1000, gid: 1000, groups: [] }, 'write', 'ban-v4') // true
 */
export async function readPolicy(document: unknown, files: AccountFiles = {}): Promise<Policy> {
  const check = await policyCheck()
  const rules = check(document).rules.map((rule, i) => inside(`rules[${i}]`, () => compile(rule, files)))
  const of = (peer: Peer) => rules.filter((rule) => rule.isFor(peer))
  const covers = ({ access }: { access: Access }, asked: Access) => asked === 'read' || access === 'write'
  return {
    mayTable: (peer, access, family, table, chain) =>
      of(peer).some(({ tables }) => tables.some((one) =>
        (one.family === '*' || one.family === family) && (one.table === '*' || one.table === table) && covers(one, access) &&
        (access === 'read' || one.chains === undefined || one.chains.some((names) => (chain === undefined ? names.all : names.matches(chain)))))),
    maySet: (peer, access, set) =>
      of(peer).some(({ sets }) => sets.some((names) => {
        if (set === undefined) return names.all && covers(names, access)
        return (names.matches(set) && covers(names, access)) || (set.startsWith(TEMPORARY_SETS) && names.access === 'write')
      })),
    mayWatch: (peer) => {
      const whole = of(peer).flatMap(({ tables }) => tables.filter(({ table }) => table === '*').map(({ family }) => family))
      return whole.includes('*') || (whole.includes('ip') && whole.includes('ip6'))
    },
  }
}

function compile({ uid, gid, tables = {}, sets = {} }: PolicyDocument['rules'][number], files: AccountFiles): Rule {
  if ((uid === undefined) === (gid === undefined)) throw new InputError("a rule is for a 'uid' or for a 'gid': give one of them")
  const number = (kind: 'user' | 'group', given: number | string) => (typeof given === 'number' ? given : inside(kind === 'user' ? 'uid' : 'gid', () => accountNumber(kind, given, files)))
  const user = uid === undefined ? undefined : number('user', uid)
  const group = gid === undefined ? undefined : number('group', gid)
  return {
    isFor: (peer) => (user === undefined ? peer.gid === group || peer.groups.includes(group as number) : peer.uid === user),
    tables: Object.entries(tables).map(([key, { access, chains }]) =>
      inside(pathOf(['tables', key]), () => {
        if (access === 'read' && chains) throw new InputError('reading is by table, not by chain: leave this out', { path: 'chains' })
        return { ...tablesOf(key), access, chains: chains?.map((pattern, i) => inside(`chains[${i}]`, () => namesOf(pattern, access))) }
      })),
    sets: Object.entries(sets).map(([pattern, access]) => inside(pathOf(['sets', pattern]), () => namesOf(pattern, access))),
  }
}

/** `ip filter`, `* nat`, `ip6 *`; `*` alone is all of them. */
function tablesOf(key: string): { readonly family: string; readonly table: string } {
  const [family = '', table = key === '*' ? '*' : '', ...more] = key.split(' ')
  const known = Object.keys(TABLE_CHAINS)
  if (!['ip', 'ip6', '*'].includes(family) || table === '' || more.length > 0) {
    throw new InputError("tables are named by family and name, as 'ip filter', 'ip6 *' or '* nat'; '*' is all of them")
  }
  if (table !== '*' && !known.includes(table)) throw new InputError(`there is no table '${table}'; there are ${known.join(', ')}`)
  return { family, table }
}

/** `ban` for that name, `ban-*` for all that begin so, `*` for all. */
function namesOf(pattern: string, access: Access): Names {
  const star = pattern.indexOf('*')
  if (pattern === '') throw new InputError("a name is missing; '*' is all names")
  if (star >= 0 && star < pattern.length - 1) throw new InputError("a * stands at the end alone, as in 'app-*'")
  const prefix = pattern.slice(0, -1)
  return { access, all: pattern === '*', matches: star < 0 ? (name) => name === pattern : (name) => name.startsWith(prefix) }
}
