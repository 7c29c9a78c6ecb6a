import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { hopDecrease, hopIncrease, hopSet, listHopChange } from '../kinds/hop-limit.js'
import { uint, uint8 } from '../kinds/number.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_TTL.h */
const IptTtlInfo = struct('ipt_TTL_info', {
  mode: field(u8, 'mode', 'IPT_TTL_*: set, increase or decrease'),
  value: field(u8, 'ttl', 'to what, or by how much'),
})

const step = uint({ min: 1, max: 255 })

export const TTL = target('TTL', {
  doc: 'Changes how many routers the IPv4 packet may still pass (time to live).',
  families: ['ip'],
  tables: ['mangle'],
  revisions: { 0: IptTtlInfo },
  options: {
    ttlSet: option(uint8, 'sets it, 0 to 255', hopSet),
    ttlDec: option(step, 'decreases it by 1 to 255', hopDecrease),
    ttlInc: option(step, 'increases it by 1 to 255', hopIncrease),
  },
  check: (options) => exactlyOne(options, ['ttlSet', 'ttlDec', 'ttlInc']),
  list: ({ ttlSet, ttlInc, ttlDec }) => `TTL ${listHopChange(ttlSet, ttlInc, ttlDec)}`,
})
