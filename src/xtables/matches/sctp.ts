import { array, blob } from '../../netlink/wire/array.js'
import { u16, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import type { Not } from '../kind.js'
import { portRange } from '../kinds/port.js'
import type { Range } from '../kinds/range.js'
import { listChunks, MAP_WORDS, MOST_FLAGS, sctpChunks } from '../kinds/sctp-chunks.js'
import { bang, line, listPorts, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_sctp.h */
const XtSctpInfo = struct('xt_sctp_info', {
  destinationPorts: field(array(u16, 2), 'dpts', 'first and last destination port'),
  sourcePorts: field(array(u16, 2), 'spts', 'first and last source port'),
  chunks: field(array(u32, MAP_WORDS), 'chunkmap', 'a bit for each type of chunk'),
  comparison: field(u32, 'chunk_match_type', 'SCTP_CHUNK_MATCH_*'),
  chunkFlags: field(blob(3 * MOST_FLAGS), 'flag_info', 'type, flags that are set and flags that are looked at'),
  chunkFlagCount: field(u32, 'flag_count', 'how many of those are in use'),
  given: field(u32, 'flags', 'what is looked at: XT_SCTP_*'),
  inverted: field(u32, 'invflags', 'what of it is negated: XT_SCTP_*'),
})

/** No flags are looked at: -1 in the place of each type. */
const NO_FLAGS = Uint8Array.of(0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0)

/** All ports are not worth a word in a list. */
function list(name: string, ports: Range | Not<Range> | undefined, numeric: boolean): string {
  const all = Array.isArray(ports) && ports[0] === 0 && ports[1] === 0xffff
  return all ? '' : listPorts(name, ports, 'sctp', numeric)
}

export const sctp = match('sctp', {
  doc: 'Fields of the SCTP header, and the chunks in the packet. Loaded by `-p sctp` when one of its options is used.',
  revisions: { 0: XtSctpInfo },
  options: {
    sport: option(portRange('sctp'), 'source port or ports', {
      alias: ['--source-port'], to: 'sourcePorts', set: { given: 0x01 }, not: { inverted: 0x01 },
    }),
    dport: option(portRange('sctp'), 'destination port or ports', {
      alias: ['--destination-port'], to: 'destinationPorts', set: { given: 0x02 }, not: { inverted: 0x02 },
    }),
    chunkTypes: option(sctpChunks, 'whether any or all of some types of chunks are there, or only those; a flag in capitals is set, in small letters it is not', {
      to: { match: 'comparison', map: 'chunks', flags: 'chunkFlags', count: 'chunkFlagCount' },
      set: { given: 0x04 }, not: { inverted: 0x04 },
      fallback: { match: 0, map: [], flags: NO_FLAGS, count: 0 },
    }),
  },
  list: ({ sport, dport, chunkTypes }, { numeric }) => line(
    'sctp', list('spt', sport, numeric), list('dpt', dport, numeric),
    bang(chunkTypes), chunkTypes && listChunks(plain(chunkTypes), numeric),
  ),
})
