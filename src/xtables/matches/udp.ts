import { array } from '../../netlink/wire/array.js'
import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { loosePorts } from '../kinds/loose-ports.js'
import { line, listPorts } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_tcpudp.h */
const XtUdp = struct('xt_udp', {
  sourcePorts: field(array(u16, 2), 'spts', 'first and last source port'),
  destinationPorts: field(array(u16, 2), 'dpts', 'first and last destination port'),
  inverted: field(u8, 'invflags', 'XT_UDP_INV_*'),
})

export const udp = match('udp', {
  doc: 'Fields of the UDP header. Loaded by `-p udp` when one of its options is used.',
  revisions: { 0: XtUdp },
  options: {
    sport: option(loosePorts, 'source port or ports', {
      alias: ['--source-port'], to: 'sourcePorts', not: { inverted: 0x01 }, fallback: [0, 0xffff], quiet: true,
    }),
    dport: option(loosePorts, 'destination port or ports', {
      alias: ['--destination-port'], to: 'destinationPorts', not: { inverted: 0x02 }, fallback: [0, 0xffff], quiet: true,
    }),
  },
  list: ({ sport, dport }, { numeric }) => line(
    'udp', listPorts('spt', sport, 'udp', numeric), listPorts('dpt', dport, 'udp', numeric),
  ),
})
