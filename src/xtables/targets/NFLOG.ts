import { u16, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { atMostOne } from '../kinds/exclusive.js'
import { uint16, uint32 } from '../kinds/number.js'
import { quote, text } from '../kinds/text.js'
import { line } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_NFLOG.h */
const XtNflogInfo = struct('xt_nflog_info', {
  length: field(u32, 'len', 'bytes of the packet that are copied, where the flag says so'),
  group: field(u16, 'group', 'group of netlink that gets the packet'),
  threshold: field(u16, 'threshold', 'packets that are collected before they are sent'),
  flags: field(u16, 'flags', 'XT_NFLOG_F_COPY_LEN'),
  padding: field(u16, 'pad', 'not used'),
  prefix: field(chars(64), 'prefix', 'text that goes along with the packet'),
})

const COPY_LENGTH = 0x1

export const NFLOG = target('NFLOG', {
  doc: 'Hands a copy of the packet to programs that listen to a group. The packet goes on with the next rule.',
  revisions: { 0: XtNflogInfo },
  options: {
    nflogPrefix: option(text({ min: 1, max: 63, cut: true }), 'text that goes along; 63 bytes of it count', {
      to: 'prefix', fallback: '', quiet: true,
    }),
    nflogGroup: option(uint16, 'number of the group, 0 to 65535; 0 unless given', {
      to: 'group', fallback: 0, quiet: true,
    }),
    nflogRange: option(uint32, 'of no effect: the kernel never looked at it; use nflogSize', {
      pack: (memory, bytes) => memory.set('length', bytes),
      unpack: (memory) => (memory.has('flags', COPY_LENGTH) ? undefined : memory.get('length') || undefined),
    }),
    nflogSize: option(uint32, 'bytes of the packet that are copied, at most; 0: all', {
      to: 'length', set: { flags: COPY_LENGTH },
    }),
    nflogThreshold: option(uint16, 'packets that are collected before they are sent; 0: the listener decides', {
      to: 'threshold', fallback: 0, quiet: true,
    }),
  },
  check: (options) => atMostOne(options, ['nflogRange', 'nflogSize']),
  list: ({ nflogPrefix, nflogGroup, nflogRange, nflogSize, nflogThreshold }) => line(
    nflogPrefix !== undefined && `nflog-prefix ${quote(nflogPrefix)}`,
    nflogGroup !== undefined && `nflog-group ${nflogGroup}`,
    nflogSize !== undefined && `nflog-size ${nflogSize}`,
    nflogRange !== undefined && `nflog-range ${nflogRange}`,
    nflogThreshold !== undefined && `nflog-threshold ${nflogThreshold}`,
  ),
})
