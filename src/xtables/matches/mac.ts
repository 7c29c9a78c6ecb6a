import { blob } from '../../netlink/wire/array.js'
import { s32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { macAddress } from '../kinds/address.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_mac.h */
const XtMacInfo = struct('xt_mac_info', {
  source: field(blob(6), 'srcaddr', 'hardware address of the sender'),
  inverted: field(s32, 'invert', '1: another sender'),
})

export const mac = match('mac', {
  doc: 'The hardware address that sent the packet on an Ethernet.',
  revisions: { 0: XtMacInfo },
  options: {
    macSource: option(macAddress, 'hardware address of the sender', { to: 'source', not: { inverted: 1 }, required: true }),
  },
  list: ({ macSource }) => line('MAC', bang(macSource), macSource && plain(macSource)),
})
