/** The chains that hooks of the kernel enter, by the hook's number (include/uapi/linux/netfilter.h: NF_INET_*). */
export const HOOK_CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const

/** The tables of the kernel and the chains each of them has, in the order of the hooks. A table of another name has none, whatever the name. */
export const TABLE_CHAINS: Readonly<Record<string, readonly string[]>> = Object.assign(Object.create(null), {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
})

/** The number of the hook that enters a chain, or -1 for a chain of the user's. */
export function hookOf(chain: string): number {
  return (HOOK_CHAINS as readonly string[]).indexOf(chain)
}
