import { target } from '../extension.js'
import { formatNatPorts, natPorts } from '../kinds/nat-ports.js'
import { finishRange, NAT, NfNatIpv4MultiRangeCompat } from '../kinds/nat-range.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

export const MASQUERADE = target('MASQUERADE', {
  doc: 'Gives the packet the address of the interface it leaves by as its source, for as long as that address stays.',
  families: ['ip'],
  tables: ['nat'],
  revisions: { 0: NfNatIpv4MultiRangeCompat },
  options: {
    toPorts: option(natPorts, 'source port or ports to use, for TCP, UDP, SCTP and DCCP', {
      to: { from: 'minPort', to: 'maxPort' }, set: { flags: NAT.ports },
    }),
    random: flag('picks the port from a hash with a secret', { set: { flags: NAT.random } }),
    randomFully: flag('picks the port at random', { set: { flags: NAT.randomFully } }),
  },
  finish: finishRange,
  list: ({ toPorts, random, randomFully }) => line(
    toPorts !== undefined && `masq ports: ${formatNatPorts({ ports: toPorts })}`,
    random && 'random', randomFully && 'random-fully',
  ),
})
