import { array } from '../../netlink/wire/array.js'
import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { flag } from '../kinds/flag.js'
import { uint } from '../kinds/number.js'
import { portRange } from '../kinds/port.js'
import { flagBits, type TcpFlags, tcpFlags } from '../kinds/tcp-flags.js'
import type { Not } from '../kind.js'
import { bang, line, listPorts, plain } from '../list.js'
import { option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_tcpudp.h */
const XtTcp = struct('xt_tcp', {
  sourcePorts: field(array(u16, 2), 'spts', 'first and last source port'),
  destinationPorts: field(array(u16, 2), 'dpts', 'first and last destination port'),
  option: field(u8, 'option', 'TCP option that must be there; 0: any'),
  flagMask: field(u8, 'flg_mask', 'flags that are looked at'),
  flagCompare: field(u8, 'flg_cmp', 'flags of those that must be set'),
  inverted: field(u8, 'invflags', 'XT_TCP_INV_*'),
})

const OPENING = { mask: ['FIN', 'SYN', 'RST', 'ACK'], set: ['SYN'] }

function listFlags(flags: TcpFlags | Not<TcpFlags> | undefined, numeric: boolean): string {
  if (flags === undefined) return ''
  const { mask, set } = plain(flags)
  const text = (names: readonly string[]) =>
    numeric ? `0x${flagBits(names).toString(16).toUpperCase().padStart(2, '0')}` : names.join(',') || 'NONE'
  return `flags:${bang(flags)}${text(mask)}/${text(set)}`
}

export const tcp = match('tcp', {
  doc: 'Fields of the TCP header. Loaded by `-p tcp` when one of its options is used.',
  revisions: { 0: XtTcp },
  options: {
    sport: option(portRange('tcp'), 'source port or ports', {
      alias: ['--source-port'], to: 'sourcePorts', not: { inverted: 0x01 }, fallback: [0, 0xffff], quiet: true,
    }),
    dport: option(portRange('tcp'), 'destination port or ports', {
      alias: ['--destination-port'], to: 'destinationPorts', not: { inverted: 0x02 }, fallback: [0, 0xffff], quiet: true,
    }),
    tcpOption: option(uint({ min: 1, max: 255 }), 'number of a TCP option that the header holds', {
      to: 'option', not: { inverted: 0x08 }, fallback: 0, quiet: true,
    }),
    tcpFlags: option(tcpFlags, 'flags that are looked at, and those of them that are set', {
      to: { mask: 'flagMask', set: 'flagCompare' }, not: { inverted: 0x04 }, fallback: { mask: 0, set: 0 }, quiet: true,
    }),
    syn: shorthand(flag, 'opens a connection: of FIN, SYN, RST and ACK, only SYN is set', (_, __, negated) => ({
      tcpFlags: negated ? { not: OPENING } : OPENING,
    }), { negatable: true }),
  },
  list: ({ sport, dport, tcpOption, tcpFlags }, { numeric }) => line(
    'tcp', listPorts('spt', sport, 'tcp', numeric), listPorts('dpt', dport, 'tcp', numeric),
    tcpOption !== undefined && `option=${bang(tcpOption)}${plain(tcpOption)}`, listFlags(tcpFlags, numeric),
  ),
})
