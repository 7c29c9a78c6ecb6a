import type { Memory } from '../option.js'

/** The modes of `struct ipt_ttl_info` and `struct ip6t_hl_info`: how the packet's number compares with the rule's. */
const MODES = { equal: 0, notEqual: 1, less: 2, greater: 3 } as const

function place(member: string, mode: number, inverse?: number) {
  return {
    pack(memory: Memory, value: number, _: unknown, negated: boolean) {
      memory.set('mode', negated && inverse !== undefined ? inverse : mode)
      memory.set(member, value)
    },
    unpack(memory: Memory) {
      const found = memory.get('mode')
      if (found === mode) return memory.get(member)
      return found === inverse ? { not: memory.get(member) } : undefined
    },
  }
}

/** Where options stand that share a number and a `mode`: equal and (negated) not equal, less, greater. */
export function comparisons(member: string) {
  return {
    equal: { ...place(member, MODES.equal, MODES.notEqual), negatable: true },
    less: place(member, MODES.less),
    greater: place(member, MODES.greater),
  } as const
}

/** `TTL < 64`: how `iptables -L` shows them. */
export function listComparison(name: string, equal: unknown, less: unknown, greater: unknown): string {
  if (less !== undefined) return `${name} match ${name} < ${less}`
  if (greater !== undefined) return `${name} match ${name} > ${greater}`
  const negated = typeof equal === 'object' && equal !== null && 'not' in equal
  return `${name} match ${name} ${negated ? `!= ${equal.not}` : `== ${equal}`}`
}
