import { target } from '../extension.js'
import { listMapping, MAPPING, natMapping } from '../kinds/nat-mapping.js'
import { finishRange, NAT, NfNatIpv4MultiRangeCompat } from '../kinds/nat-range.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

/** The kernel has revisions 1 and 2, too; iptables writes 0, and what is listed here is written in the highest. */
export const SNAT = target('SNAT', {
  doc: 'Gives the packet, and all of its connection, another source.',
  families: ['ip'],
  tables: ['nat'],
  revisions: { 0: NfNatIpv4MultiRangeCompat },
  options: {
    toSource: option(natMapping, 'new address or addresses, new port or ports', MAPPING),
    random: flag('picks the port from a hash with a secret', { set: { flags: NAT.random } }),
    randomFully: flag('picks the port at random', { set: { flags: NAT.randomFully } }),
    persistent: flag('gives a client the same address each time', { set: { flags: NAT.persistent } }),
  },
  finish: finishRange,
  list: ({ toSource, random, randomFully, persistent }, context) => line(
    listMapping(toSource, context), random && 'random', randomFully && 'random-fully', persistent && 'persistent',
  ),
})
