import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { flag } from '../option.js'

/** include/uapi/linux/netfilter/xt_CHECKSUM.h */
const XtChecksumInfo = struct('xt_CHECKSUM_info', {
  operation: field(u8, 'operation', 'XT_CHECKSUM_OP_*'),
})

export const CHECKSUM = target('CHECKSUM', {
  doc: 'Works around programs that cannot cope with checksums that the network card was to fill in.',
  tables: ['mangle'],
  revisions: { 0: XtChecksumInfo },
  options: {
    checksumFill: flag('fills in the checksum of a packet that lacks one', { set: { operation: 0x01 } }),
  },
  check: (options) => exactlyOne(options, ['checksumFill']),
  list: () => 'CHECKSUM fill',
})
