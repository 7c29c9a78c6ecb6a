import { easyOn } from '../../../src/iptc/index.js'
import { FAMILIES, type Tables } from '../../support/xtables.js'

/** Empties all tables of a backend, of both families: rules, and chains of the user’s. */
export async function clearAll(tables: Tables): Promise<void> {
  await using xt = await tables.open()
  const { flushAll } = easyOn({ xt })
  for (const family of FAMILIES) await flushAll({ ipv6: family === 'ip6' })
}
