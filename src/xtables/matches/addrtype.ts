import { InputError } from '../../netlink/wire/error.js'
import { u16, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import { names } from '../kinds/names.js'
import { bitsSince } from '../kinds/revision.js'
import { bang, line, plain } from '../list.js'
import { flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_addrtype.h */
const XtAddrtypeInfoV1 = struct('xt_addrtype_info_v1', {
  source: field(u16, 'source', 'types of the source address'),
  destination: field(u16, 'dest', 'types of the destination address'),
  flags: field(u32, 'flags', 'XT_ADDRTYPE_*'),
})

/** include/uapi/linux/netfilter/xt_addrtype.h */
const XtAddrtypeInfo = struct('xt_addrtype_info', {
  source: field(u16, 'source', 'types of the source address'),
  destination: field(u16, 'dest', 'types of the destination address'),
  sourceInverted: field(u32, 'invert_source', '1: source addresses of other types'),
  destinationInverted: field(u32, 'invert_dest', '1: destination addresses of other types'),
})

/** 1 << RTN_*, include/uapi/linux/rtnetlink.h */
const TYPES = {
  UNSPEC: 0x001, UNICAST: 0x002, LOCAL: 0x004, BROADCAST: 0x008, ANYCAST: 0x010, MULTICAST: 0x020,
  BLACKHOLE: 0x040, UNREACHABLE: 0x080, PROHIBIT: 0x100, THROW: 0x200, NAT: 0x400, XRESOLVE: 0x800,
} as const
type Type = keyof typeof TYPES

const types = names(TYPES, { anyCase: true, prefix: true })

function side(member: 'source' | 'destination', invertedBit: number) {
  const older = `${member}Inverted`
  return {
    negatable: true,
    pack(memory: Memory, value: readonly Type[], context: Context, negated: boolean) {
      if (value.length === 0) throw new InputError('at least one type of address is needed')
      memory.set(member, types.pack(value, context))
      if (!negated) return
      if (memory.knows('flags')) memory.raise('flags', invertedBit)
      else memory.set(older, 1)
    },
    unpack(memory: Memory, context: Context) {
      if (memory.get(member) === 0) return undefined
      const value = types.unpack(memory.get(member), context)
      const negated = memory.knows('flags') ? memory.has('flags', invertedBit) : memory.get(older) !== 0
      return negated ? { not: value } : value
    },
  } as const
}

export const addrtype = match('addrtype', {
  doc: 'The type that the routing tables give to an address.',
  revisions: { 1: XtAddrtypeInfoV1, 0: XtAddrtypeInfo },
  options: {
    srcType: option(types, 'types of the source address, any of them', side('source', 0x1)),
    dstType: option(types, 'types of the destination address, any of them', side('destination', 0x2)),
    limitIfaceIn: flag('looks only at the interface by which the packet came in', bitsSince(['flags'], 0x4)),
    limitIfaceOut: flag('looks only at the interface by which the packet goes out', bitsSince(['flags'], 0x8)),
  },
  check({ srcType, dstType, limitIfaceIn, limitIfaceOut }) {
    if (!srcType && !dstType) throw new InputError('give --src-type or --dst-type')
    if (limitIfaceIn && limitIfaceOut) throw new InputError('give one of --limit-iface-in and --limit-iface-out, not both')
  },
  list: ({ srcType, dstType, limitIfaceIn, limitIfaceOut }) => line(
    'ADDRTYPE match', srcType && `src-type ${bang(srcType)}${plain(srcType).join(',')}`,
    dstType && `dst-type ${bang(dstType)}${plain(dstType).join(',')}`, limitIfaceIn && 'limit-in', limitIfaceOut && 'limit-out',
  ),
})
