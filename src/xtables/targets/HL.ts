import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { hopDecrease, hopIncrease, hopSet, listHopChange } from '../kinds/hop-limit.js'
import { uint, uint8 } from '../kinds/number.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_HL.h */
const Ip6tHlInfo = struct('ip6t_HL_info', {
  mode: field(u8, 'mode', 'IP6T_HL_*: set, increase or decrease'),
  value: field(u8, 'hop_limit', 'to what, or by how much'),
})

const step = uint({ min: 1, max: 255 })

export const HL = target('HL', {
  doc: 'Changes how many routers the IPv6 packet may still pass (hop limit).',
  families: ['ip6'],
  tables: ['mangle'],
  revisions: { 0: Ip6tHlInfo },
  options: {
    hlSet: option(uint8, 'sets it, 0 to 255', hopSet),
    hlDec: option(step, 'decreases it by 1 to 255', hopDecrease),
    hlInc: option(step, 'increases it by 1 to 255', hopIncrease),
  },
  check: (options) => exactlyOne(options, ['hlSet', 'hlDec', 'hlInc']),
  list: ({ hlSet, hlInc, hlDec }) => `HL ${listHopChange(hlSet, hlInc, hlDec)}`,
})
