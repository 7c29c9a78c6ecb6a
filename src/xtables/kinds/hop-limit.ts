import type { Memory } from '../option.js'

/** Where an option of the TTL and HL targets stands: `mode` says the way, `value` the number. */
function hopChange(mode: number) {
  return {
    pack(memory: Memory, value: number) {
      memory.set('mode', mode)
      memory.set('value', value)
    },
    unpack: (memory: Memory) => (memory.get('mode') === mode ? memory.get('value') : undefined),
  }
}

/** The ways of changing it (include/uapi/linux/netfilter_ipv4/ipt_TTL.h, netfilter_ipv6/ip6t_HL.h). */
export const hopSet = hopChange(0)
export const hopIncrease = hopChange(1)
export const hopDecrease = hopChange(2)

/** How `iptables -L` shows it. */
export function listHopChange(set?: number, increase?: number, decrease?: number): string {
  if (set !== undefined) return `set to ${set}`
  return increase !== undefined ? `increment by ${increase}` : `decrement by ${decrease}`
}
