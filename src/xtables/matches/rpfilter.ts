import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { line } from '../list.js'
import { flag } from '../option.js'

/** include/uapi/linux/netfilter/xt_rpfilter.h */
const XtRpfilterInfo = struct('xt_rpfilter_info', {
  flags: field(u8, 'flags', 'XT_RPFILTER_*'),
})

export const rpfilter = match('rpfilter', {
  doc: 'Whether an answer would leave by the interface that the packet came in by. For tables raw and mangle.',
  revisions: { 0: XtRpfilterInfo },
  options: {
    loose: flag('an answer may leave by any interface', { set: { flags: 0x1 } }),
    validmark: flag("the answer's route depends on the packet's mark", { set: { flags: 0x2 } }),
    acceptLocal: flag('packets from an address of this machine pass', { set: { flags: 0x4 } }),
    invert: flag('matches packets that fail the test', { set: { flags: 0x8 } }),
  },
  list: ({ loose, validmark, acceptLocal, invert }) => line(
    'rpfilter', loose && 'loose', validmark && 'validmark', acceptLocal && 'accept-local', invert && 'invert',
  ),
})
