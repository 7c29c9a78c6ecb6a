import { hookOf, TABLE_CHAINS } from '../hooks.js'

/** How the kernel enters a built-in chain. */
export interface Base {
  /** NF_INET_* */
  readonly hook: number
  readonly priority: number
  readonly type: 'filter' | 'nat' | 'route'
}

/** Where the tables stand among what else is on a hook (include/uapi/linux/netfilter_ipv4.h: NF_IP_PRI_*; security as iptables-nft has it). */
const PRIORITIES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, filter: 0, security: 150 }
/** NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC */
const NAT: Readonly<Record<string, number>> = { PREROUTING: -100, OUTPUT: -100, INPUT: 100, POSTROUTING: 100 }

/** A built-in chain as iptables-nft makes it; undefined where the table has none of that name. */
export function baseOf(table: string, chain: string): Base | undefined {
  if (!TABLE_CHAINS[table]?.includes(chain)) return undefined
  const hook = hookOf(chain)
  if (table === 'nat') return { hook, priority: NAT[chain] as number, type: 'nat' }
  return { hook, priority: PRIORITIES[table] as number, type: table === 'mangle' && chain === 'OUTPUT' ? 'route' : 'filter' }
}
