import { DeniedError } from '../../netlink/index.js'
import type { Rights } from '../../xtables/index.js'
import type { Log } from './log.js'
import type { Peer } from './peer.js'
import type { Policy } from './policy.js'

/** What a policy lets somebody do with tables. Refusals are logged, and say what a policy would have to say. */
export function rightsOf(peer: Peer, policy: Policy, log: Log): Rights {
  const { pid, uid, gid } = peer
  const refuse = (access: 'read' | 'write', what: string, of: Readonly<Record<string, string>>, entry: object): never => {
    log({ level: 'warn', event: 'refused', service: 'xtables', pid, uid, gid, access, ...of })
    throw new DeniedError(`user ${uid} may not ${access} ${what}: the policy of the daemon allows it with { "uid": ${uid}, "tables": ${JSON.stringify(entry)} }`)
  }
  return {
    set(access, name) {
      if (policy.maySet(peer, access, name)) return
      const what = name === undefined ? 'sets in a rule that does not tell which' : `set '${name}', which a rule names`
      log({ level: 'warn', event: 'refused', service: 'xtables', pid, uid, gid, access, set: name ?? '*' })
      throw new DeniedError(`user ${uid} may not ${access} ${what}: the policy of the daemon allows it with { "uid": ${uid}, "sets": ${JSON.stringify({ [name ?? '*']: access })} }`)
    },
    read(family, table) {
      if (policy.mayTable(peer, 'read', family, table)) return
      refuse('read', `table '${table}' of ${family}`, { family, table }, { [`${family} ${table}`]: { access: 'read' } })
    },
    write(family, table, chain) {
      if (policy.mayTable(peer, 'write', family, table, chain)) return
      const entry = { [`${family} ${table}`]: chain === undefined ? { access: 'write' } : { access: 'write', chains: [chain] } }
      const what = chain === undefined ? `table '${table}' of ${family} as a whole` : `chain '${chain}' in table '${table}' of ${family}`
      refuse('write', what, { family, table, ...(chain === undefined ? {} : { chain }) }, entry)
    },
    watch() {
      if (policy.mayWatch(peer)) return
      refuse('read', 'what goes on in all tables', { table: '*' }, { '*': { access: 'read' } })
    },
  }
}
