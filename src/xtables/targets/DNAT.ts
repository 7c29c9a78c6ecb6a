import { target } from '../extension.js'
import { listMapping, MAPPING, shiftedNatMapping } from '../kinds/nat-mapping.js'
import { finishRange, NAT, NfNatIpv4MultiRangeCompat, NfNatRange, NfNatRange2 } from '../kinds/nat-range.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

export const DNAT = target('DNAT', {
  doc: 'Gives the packet, and all of its connection, another destination.',
  families: ['ip'],
  tables: ['nat'],
  revisions: { 2: NfNatRange2, 1: NfNatRange, 0: NfNatIpv4MultiRangeCompat },
  options: {
    toDestination: option(
      shiftedNatMapping, 'new address or addresses, new port or ports; the distance from a base port is kept', MAPPING,
    ),
    random: flag('picks the port from a hash with a secret', { set: { flags: NAT.random } }),
    persistent: flag('gives a client the same address each time', { set: { flags: NAT.persistent } }),
  },
  finish: finishRange,
  list: ({ toDestination, random, persistent }, context) => line(
    listMapping(toDestination, context), random && 'random', persistent && 'persistent',
  ),
})
