import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { checkText } from '../../netlink/wire/text.js'
import type { Context } from '../context.js'
import { type Kind, kindOf } from '../kind.js'
import type { Memory } from '../option.js'
import { singleLine, word } from './text.js'

/** Which end of the packet an element of the set is made of. */
export type Direction = 'src' | 'dst'

/** A set, and for each dimension of its elements which end of the packet counts. */
export interface SetLookup {
  readonly set: string
  readonly flags: readonly Direction[]
}

/** IPSET_MAXNAMELEN less its NUL, IPSET_DIM_MAX, IPSET_INVALID_ID (include/uapi/linux/netfilter/ipset/ip_set.h). */
const LONGEST_NAME = 31
const MOST_DIMENSIONS = 6
export const NO_SET = 0xffff

/** `name src,dst`. The raw value is the value itself: only `setMembers` knows where it stands. */
export const setLookup: Kind<SetLookup, SetLookup> = kindOf({
  name: 'set flags',
  words: 2,
  parse(set, _context, second) {
    if (second === '') throw new InputError('two words are needed: the set, and src or dst for each of its dimensions')
    return checked({ set, flags: second.split(',').map(direction) })
  },
  format: ({ set, flags }) => `${word(set)} ${flags.join(',')}`,
  pack: checked,
  unpack: (raw) => raw,
})

/** As the C tool, which looks at three letters alone. */
function direction(text: string): Direction {
  if (text.startsWith('src')) return 'src'
  if (text.startsWith('dst')) return 'dst'
  throw new InputError(`'${text}' is neither src nor dst: give a list of them, one for each dimension of the set`)
}

function checked(value: SetLookup): SetLookup {
  if (typeof value !== 'object' || value === null) throw new InputError(`'${shown(value)}' is no { set, flags }`)
  const { set, flags } = value
  if (singleLine(set) === '') throw new InputError('the name of a set cannot be empty')
  checkText(set, LONGEST_NAME)
  if (!Array.isArray(flags) || flags.length === 0) throw new InputError('give src or dst for each dimension of the set')
  if (flags.length > MOST_DIMENSIONS) throw new InputError(`there can be no more than ${MOST_DIMENSIONS} of src and dst`)
  for (const flag of flags) if (flag !== 'src' && flag !== 'dst') throw new InputError(`'${shown(flag)}' is neither src nor dst`)
  return value
}

/** IPSET_INV_MATCH. */
const INVERTED = 0x01

const directions = new Map<number, readonly Direction[]>()

function directionsOf(dimensions: number, bits: number): readonly Direction[] {
  const key = (dimensions << 8) | bits
  let list = directions.get(key)
  if (!list) {
    if (dimensions > MOST_DIMENSIONS) throw new InputError(`a set has no ${dimensions} dimensions`)
    list = Object.freeze(Array.from({ length: dimensions }, (_, i) => ((bits >> (i + 1)) & 1 ? 'src' : 'dst')))
    directions.set(key, list)
  }
  return list
}

/**
 * Puts a lookup into the members `<name>Index`, `<name>Dimensions` and `<name>Flags` (`struct xt_set_info`), and takes it out;
 * `flags` stands for the last of them where that holds other bits, too.
 * Revision 0 (`struct xt_set_info_v0`) has `<name>Slots` as well: one number for each dimension, from which the kernel makes
 * the others.
 */
export function setMembers(name: string) {
  const index = `${name}Index`
  const dimensions = `${name}Dimensions`
  const bits = `${name}Flags`
  const slots = `${name}Slots`
  return {
    pack(memory: Memory, { set, flags }: SetLookup, { sets }: Context, negated = false): void {
      if (!memory.knows(index)) throw new InputError('the revision that this kernel has does not know it')
      let sum = negated ? INVERTED : 0
      for (let i = 0; i < flags.length; i++) if (flags[i] === 'src') sum |= 2 << i
      memory.set(index, sets.index(set))
      memory.set(dimensions, flags.length)
      memory.raise(memory.knows(bits) ? bits : 'flags', sum)
      if (memory.knows(slots)) memory.set(slots, oldSlots(flags, negated))
    },
    unpack(memory: Memory, { sets }: Context): SetLookup | { readonly not: SetLookup } | undefined {
      const id = memory.knows(index) ? memory.get(index) : NO_SET
      if (id === NO_SET) return undefined
      const set = sets.name(id)
      if (set === undefined) throw new InputError(`there is no set of index ${id}`)
      const sum = memory.get(memory.knows(bits) ? bits : 'flags')
      const lookup: SetLookup = { set, flags: directionsOf(memory.get(dimensions), sum & 0x7e) }
      return sum & INVERTED ? { not: lookup } : lookup
    },
  }
}

/** IPSET_SRC, IPSET_DST and, in the first, IPSET_MATCH_INV (include/uapi/linux/netfilter/xt_set.h). */
function oldSlots(flags: readonly Direction[], negated: boolean): number[] {
  if (flags.length >= MOST_DIMENSIONS) throw new InputError('the revision that this kernel has takes no more than 5 of src and dst')
  return flags.map((flag, i) => (flag === 'src' ? 0x01 : 0x02) | (negated && i === 0 ? 0x04 : 0))
}

/** A bit of a member that says that a flag is given; of older structs, which lack it, nothing is read. */
export function givenBit(member: string, bit: number) {
  return {
    join: () => true,
    pack(memory: Memory): void {
      if (!memory.knows(member)) throw new InputError('the revision that this kernel has does not know it')
      memory.raise(member, bit)
    },
    unpack: (memory: Memory) => (memory.knows(member) && memory.has(member, bit) ? true : undefined),
  }
}
