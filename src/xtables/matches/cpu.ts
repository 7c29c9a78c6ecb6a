import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { uint32 } from '../kinds/number.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_cpu.h */
const XtCpuInfo = struct('xt_cpu_info', {
  cpu: field(u32, 'cpu', 'number of the processor'),
  inverted: field(u32, 'invert', '1: another processor'),
})

export const cpu = match('cpu', {
  doc: 'The processor that handles the packet.',
  revisions: { 0: XtCpuInfo },
  options: {
    cpu: option(uint32, 'number of the processor, from 0', { to: 'cpu', not: { inverted: 1 }, required: true }),
  },
  list: ({ cpu }) => line('cpu', bang(cpu), cpu !== undefined && String(plain(cpu))),
})
