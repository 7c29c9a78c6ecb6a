import { array } from '../../netlink/wire/array.js'
import type { Codec } from '../../netlink/wire/codec.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u16, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { uint64 } from '../kinds/number.js'
import { givenBit, setLookup, setMembers } from '../kinds/set-lookup.js'
import { bang, line, plain } from '../list.js'
import { flag, type Memory, option } from '../option.js'

/** The first member of a struct inside another, or the first behind one, whose size is a multiple of 8. */
const eighth = <T>(codec: Codec<T>): Codec<T> => ({ ...codec, align: 8 })

const FLAGS = 'bit 0: inverted; bit n: the n-th is src'
const lookup = {
  setIndex: field(u16, 'match_set.index', "the kernel's number of the set"),
  setDimensions: field(u8, 'match_set.dim', 'how many of src and dst there are'),
}
const setFlags = field(u8, 'match_set.flags', FLAGS)
const packets = 'packets that the element has counted'
const bytes = 'bytes that the element has counted'
const operator = 'how the number is compared: IPSET_COUNTER_*'
const COMMAND = 'IPSET_FLAG_*'

/** include/uapi/linux/netfilter/xt_set.h */
const XtSetInfoMatchV0 = struct('xt_set_info_match_v0', {
  setIndex: lookup.setIndex,
  setSlots: field(array(u32, 6), 'match_set.u.compat.__flags', 'src or dst, for each dimension'),
  setDimensions: field(u8, 'match_set.u.compat.dim', 'how many of src and dst there are'),
  setFlags: field(u8, 'match_set.u.compat.flags', FLAGS),
})

const XtSetInfoMatchV1 = struct('xt_set_info_match_v1', { ...lookup, setFlags })

/** Revision 2: the struct of revision 1, whose last member has one bit more. */
const XtSetInfoMatchV2 = struct('xt_set_info_match_v1', {
  ...lookup,
  flags: field(u8, 'match_set.flags', `${FLAGS}; bit 7: IPSET_RETURN_NOMATCH`),
})

const XtSetInfoMatchV3 = struct('xt_set_info_match_v3', {
  ...lookup,
  setFlags,
  packetsOperator: field(eighth(u8), 'packets.op', operator),
  packets: field(u64, 'packets.value', packets),
  bytesOperator: field(u8, 'bytes.op', operator),
  bytes: field(u64, 'bytes.value', bytes),
  flags: field(u32, 'flags', COMMAND),
})

const XtSetInfoMatchV4 = struct('xt_set_info_match_v4', {
  ...lookup,
  setFlags,
  packets: field(u64, 'packets.value', packets),
  packetsOperator: field(u8, 'packets.op', operator),
  bytes: field(u64, 'bytes.value', bytes),
  bytesOperator: field(u8, 'bytes.op', operator),
  flags: field(eighth(u32), 'flags', COMMAND),
})

/** IPSET_COUNTER_*. */
const EQUAL = 1
const NOT_EQUAL = 2
const LESS = 3
const GREATER = 4

/** A number that is compared with a counter. */
function counter(member: 'packets' | 'bytes', code: number) {
  const operator = `${member}Operator`
  return {
    pack(memory: Memory, value: bigint, _context: unknown, negated = false): void {
      if (!memory.knows(member)) throw new InputError('the revision that this kernel has does not compare counters')
      memory.set(operator, negated ? NOT_EQUAL : code)
      memory.set(member, value)
    },
    unpack(memory: Memory): bigint | { readonly not: bigint } | undefined {
      const found = memory.knows(member) ? memory.get(operator) : 0
      if (found === code) return memory.get(member)
      return found === NOT_EQUAL && code === EQUAL ? { not: memory.get(member) } : undefined
    },
  }
}

/** A flag that says something only when it is negated. */
function skip(bit: number) {
  return {
    negatable: true,
    join: (before: unknown, value: unknown) => before !== false && value !== false,
    pack(memory: Memory, _value: true, _context: unknown, negated: boolean): void {
      if (!negated) return
      if (!memory.knows('packets')) throw new InputError('the revision that this kernel has does not know it')
      memory.raise('flags', bit)
    },
    unpack: (memory: Memory) => (memory.knows('packets') && memory.has('flags', bit) ? false : undefined),
  } as const
}

const ONE = (what: string) => `only one of --${what}-eq, --${what}-lt and --${what}-gt is allowed`

export const set = match('set', {
  doc: 'Addresses, ports or interfaces of the packet that are an element of a set (ipset).',
  revisions: { 4: XtSetInfoMatchV4, 3: XtSetInfoMatchV3, 2: XtSetInfoMatchV2, 1: XtSetInfoMatchV1, 0: XtSetInfoMatchV0 },
  options: {
    matchSet: option(setLookup, 'the set, and `src` or `dst` for each dimension of its elements: at most 6', {
      alias: ['--set'], required: true, negatable: true, ...setMembers('set'),
    }),
    returnNomatch: flag('elements marked `nomatch` count as well', givenBit('flags', 0x80)),
    updateCounters: flag("negated: leaves the element's counters alone", skip(0x08)),
    updateSubcounters: flag('negated: leaves the counters of the element in a set within a set alone', skip(0x10)),
    packetsEq: option(uint64, 'the element has counted this many packets', { negatable: true, ...counter('packets', EQUAL) }),
    packetsLt: option(uint64, 'the element has counted fewer packets', counter('packets', LESS)),
    packetsGt: option(uint64, 'the element has counted more packets', counter('packets', GREATER)),
    bytesEq: option(uint64, 'the element has counted this many bytes', { negatable: true, ...counter('bytes', EQUAL) }),
    bytesLt: option(uint64, 'the element has counted fewer bytes', counter('bytes', LESS)),
    bytesGt: option(uint64, 'the element has counted more bytes', counter('bytes', GREATER)),
  },
  finish(_memory, { packetsEq, packetsLt, packetsGt, bytesEq, bytesLt, bytesGt }) {
    const several = (...values: unknown[]) => values.filter((value) => value !== undefined).length > 1
    if (several(packetsEq, packetsLt, packetsGt)) throw new InputError(ONE('packets'))
    if (several(bytesEq, bytesLt, bytesGt)) throw new InputError(ONE('bytes'))
  },
  list({ matchSet, returnNomatch, updateCounters, updateSubcounters, ...counters }, context) {
    const compared = (['packets', 'bytes'] as const).map((what) => {
      const { [`${what}Eq` as const]: equal, [`${what}Lt` as const]: less, [`${what}Gt` as const]: greater } = counters
      if (equal !== undefined) return line(bang(equal), `${what}-eq ${plain(equal)}`)
      return less !== undefined ? `${what}-lt ${less}` : greater !== undefined && `${what}-gt ${greater}`
    })
    return line(
      bang(matchSet), 'match-set', matchSet && setLookup.format(plain(matchSet), context), returnNomatch && 'return-nomatch',
      updateCounters === false && '! update-counters', updateSubcounters === false && '! update-subcounters', ...compared,
    )
  },
})
