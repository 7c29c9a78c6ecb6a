import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { uint8, uint16 } from '../kinds/number.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/nf_synproxy.h */
const NfSynproxyInfo = struct('nf_synproxy_info', {
  options: field(u8, 'options', 'NF_SYNPROXY_OPT_*'),
  windowScale: field(u8, 'wscale', 'shift of the window'),
  segmentSize: field(u16, 'mss', 'maximum segment size'),
})

export const SYNPROXY = target('SYNPROXY', {
  doc: 'Answers the opening of TCP connections itself, with cookies, and passes on those that are completed.',
  revisions: { 0: NfSynproxyInfo },
  options: {
    sackPerm: flag('offers selective acknowledgements', { set: { options: 0x04 } }),
    timestamp: flag('offers timestamps, which keep the other options', { set: { options: 0x08 } }),
    wscale: option(uint8, 'window scaling to offer, 0 to 255 (TCP knows 14 at most)', {
      to: 'windowScale', set: { options: 0x02 },
    }),
    mss: option(uint16, 'maximum segment size of the server, in bytes, 0 to 65535', {
      to: 'segmentSize', set: { options: 0x01 },
    }),
    ecn: flag('offers explicit congestion notification', { set: { options: 0x10 } }),
  },
  // The C tool leaves a blank behind each word.
  list: ({ sackPerm, timestamp, wscale, mss, ecn }) => `${line(
    'SYNPROXY', sackPerm && 'sack-perm', timestamp && 'timestamp', wscale !== undefined && `wscale ${wscale}`,
    mss !== undefined && `mss ${mss}`, ecn && 'ecn',
  )} `,
})
