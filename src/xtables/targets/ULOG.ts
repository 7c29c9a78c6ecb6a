import { InputError } from '../../netlink/wire/error.js'
import { u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { hex, uint, uint64 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_ULOG.h, in kernels before 3.17 */
const IptUlogInfo = struct('ipt_ulog_info', {
  groups: field(u32, 'nl_group', 'a bit for the group of netlink that gets the packet'),
  copyRange: field(u64, 'copy_range', 'bytes of the packet that are copied'),
  threshold: field(u64, 'qthreshold', 'packets that are collected before they are sent'),
  prefix: field(chars(32), 'prefix', 'text that goes along with the packet'),
})

function groupIn(memory: Memory): number {
  const bits = memory.get('groups') as number
  const group = 32 - Math.clz32(bits)
  if (bits !== (1 << (group - 1)) >>> 0 || group === 0) throw new InputError(`${hex(bits)} is not the bit of one group`)
  return group
}

export const ULOG = target('ULOG', {
  doc: 'Hands a copy of the packet to programs, as kernels before 3.17 did. NFLOG has taken its place.',
  families: ['ip'],
  revisions: { 0: IptUlogInfo },
  options: {
    ulogPrefix: option(text({ min: 1, max: 31 }), 'text that goes along with the packet, at most 31 bytes', {
      to: 'prefix', fallback: '', quiet: true,
    }),
    ulogNlgroup: option(uint({ min: 1, max: 32 }), 'number of the group, 1 to 32; 1 unless given', {
      pack: (memory, group) => memory.set('groups', (1 << (group - 1)) >>> 0),
      unpack: (memory) => (groupIn(memory) === 1 ? undefined : groupIn(memory)),
    }),
    ulogCprange: option(uint64, 'bytes of the packet that are copied, at most; 0 unless given: all', {
      to: 'copyRange', fallback: 0n, quiet: true,
    }),
    ulogQthreshold: option(uint({ min: 1, max: 50 }), 'packets that are sent together, 1 to 50; 1 unless given', {
      pack: (memory, packets) => memory.set('threshold', BigInt(packets)),
      unpack: (memory) => (memory.get('threshold') === 1n ? undefined : Number(memory.get('threshold'))),
    }),
  },
  finish(memory) {
    if (memory.get('groups') === 0) memory.set('groups', 1)
    if (memory.get('threshold') === 0n) memory.set('threshold', 1n)
  },
  list: ({ ulogPrefix, ulogNlgroup = 1, ulogCprange = 0n, ulogQthreshold = 1 }) => line(
    `ULOG copy_range ${ulogCprange} nlgroup ${ulogNlgroup}`,
    ulogPrefix !== undefined && `prefix "${ulogPrefix}"`, `queue_threshold ${ulogQthreshold}`,
  ),
})
