import { InputError } from '../../netlink/wire/error.js'
import type { Memory } from '../option.js'

/**
 * Where a flag stands that older revisions lack: bits in the first of these members that the struct has. A struct
 * without any of them refuses the flag, and never holds it.
 */
export function bitsSince(members: readonly string[], bits: number) {
  const find = (memory: Memory) => members.find((member) => memory.knows(member))
  return {
    pack(memory: Memory) {
      const member = find(memory)
      if (member === undefined) throw new InputError('the revision that this kernel has does not know it')
      memory.raise(member, bits)
    },
    unpack(memory: Memory) {
      const member = find(memory)
      return member !== undefined && memory.has(member, bits) ? true : undefined
    },
  }
}
