import { s32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { choice } from '../kinds/names.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_pkttype.h */
const XtPkttypeInfo = struct('xt_pkttype_info', {
  type: field(s32, 'pkttype', 'PACKET_*'),
  inverted: field(s32, 'invert', '1: another type'),
})

/** PACKET_*, include/uapi/linux/if_packet.h */
const TYPES = { unicast: 0, broadcast: 1, multicast: 2, otherhost: 3 } as const

export const pkttype = match('pkttype', {
  doc: 'Whom the link layer says that the packet is for.',
  revisions: { 0: XtPkttypeInfo },
  options: {
    pktType: option(choice(TYPES, { alias: { bcast: 1, mcast: 2, host: 0 }, anyCase: true }), 'one host, all, a group, or another host', {
      to: 'type', not: { inverted: 1 }, required: true,
    }),
  },
  list: ({ pktType }) => line('PKTTYPE', `${bang(pktType)}=`, pktType !== undefined && String(plain(pktType))),
})
