import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import type { Not } from '../kind.js'
import { atLeastOne } from '../kinds/exclusive.js'
import type { Masked } from '../kinds/masked.js'
import { namedMask } from '../kinds/named-mask.js'
import { bang, line, plain } from '../list.js'
import { type Bag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_devgroup.h */
const XtDevgroupInfo = struct('xt_devgroup_info', {
  flags: field(u32, 'flags', 'XT_DEVGROUP_*'),
  sourceGroup: field(u32, 'src_group', 'group of the interface by which the packet came in'),
  sourceMask: field(u32, 'src_mask', 'bits of it that count'),
  destinationGroup: field(u32, 'dst_group', 'group of the interface by which the packet goes out'),
  destinationMask: field(u32, 'dst_mask', 'bits of it that count'),
})

const group = namedMask('/etc/iproute2/group')

export const devgroup = match('devgroup', {
  doc: 'The groups of interfaces, as `ip link set … group` sets them. Names are those in /etc/iproute2/group.',
  revisions: { 0: XtDevgroupInfo },
  options: {
    srcGroup: option(group.kind, 'group of the interface by which the packet came in', {
      to: { value: 'sourceGroup', mask: 'sourceMask' }, set: { flags: 0x1 }, not: { flags: 0x2 },
    }),
    dstGroup: option(group.kind, 'group of the interface by which the packet goes out', {
      to: { value: 'destinationGroup', mask: 'destinationMask' }, set: { flags: 0x4 }, not: { flags: 0x8 },
    }),
  },
  check: (options) => atLeastOne(options as Bag, ['srcGroup', 'dstGroup']),
  list({ srcGroup, dstGroup }, context) {
    const text = (value: Masked) => (context.numeric ? group.numeric(value) : group.kind.format(value, context))
    const one = (label: string, value: Masked | Not<Masked> | undefined) => value && line(bang(value), label, text(plain<Masked>(value)))
    return line(one('src-group', srcGroup), one('dst-group', dstGroup))
  },
})
