import { target } from '../extension.js'
import { formatNatPorts, natPorts } from '../kinds/nat-ports.js'
import { finishRange, NAT, NfNatIpv4MultiRangeCompat } from '../kinds/nat-range.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

export const REDIRECT = target('REDIRECT', {
  doc: 'Sends the packet to this machine itself: to the address of the interface it came in by.',
  families: ['ip'],
  tables: ['nat'],
  revisions: { 0: NfNatIpv4MultiRangeCompat },
  options: {
    toPorts: option(natPorts, 'destination port or ports to use, for TCP, UDP, SCTP and DCCP', {
      to: { from: 'minPort', to: 'maxPort' }, set: { flags: NAT.ports },
    }),
    random: flag('picks the port from a hash with a secret', { set: { flags: NAT.random } }),
  },
  finish: finishRange,
  list: ({ toPorts, random }) => line(
    toPorts !== undefined && `redir ports ${formatNatPorts({ ports: toPorts })}`, random && 'random',
  ),
})
