import { blob } from '../../netlink/wire/array.js'
import { be16, be32, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Context } from '../context.js'
import { target } from '../extension.js'
import { getInet, host, parseHost, setInet } from '../kinds/host.js'
import { localPort } from '../kinds/local-port.js'
import { formatMasked, masked } from '../kinds/masked.js'
import { type Memory, option } from '../option.js'

const mark = {
  markMask: field(u32, 'mark_mask', 'bits of the mark that are cleared before'),
  markValue: field(u32, 'mark_value', 'bits of the mark that are flipped'),
} as const
const port = field(be16, 'lport', 'port of the local socket; 0: that of the packet')

/** include/uapi/linux/netfilter/xt_TPROXY.h */
const XtTproxyTargetInfo = struct('xt_tproxy_target_info', {
  ...mark,
  address: field(be32, 'laddr', 'address of the local socket; 0: that of the interface'),
  port,
})

/** include/uapi/linux/netfilter/xt_TPROXY.h */
export const XtTproxyTargetInfoV1 = struct('xt_tproxy_target_info_v1', {
  ...mark,
  address: field(blob(16, 4), 'laddr', 'address of the local socket; 0: that of the interface'),
  port,
})

export const TPROXY = target('TPROXY', {
  doc: 'Hands the packet to a local socket without changing it (the socket needs IP_TRANSPARENT).',
  families: ['ip'],
  tables: ['mangle'],
  revisions: { 1: XtTproxyTargetInfoV1, 0: XtTproxyTargetInfo },
  options: {
    onPort: option(localPort, 'port of the socket; 0 for the port that the packet goes to', {
      to: 'port', required: true,
    }),
    onIp: option(host, 'address of the socket; unless given, that of the interface the packet came by', {
      pack(memory: Memory, value: string, { family }: Context) {
        setInet(memory, 'address', parseHost(value, family))
      },
      unpack: (memory: Memory, { family }: Context) => getInet(memory, 'address', family),
    }),
    tproxyMark: option(masked({ full: true }), 'mark: clears the bits of the mask, flips those of the value', {
      to: { value: 'markValue', mask: 'markMask' }, fallback: { value: 0, mask: 0 },
    }),
  },
  list: ({ onPort, onIp, tproxyMark }) =>
    `TPROXY redirect ${onIp}:${onPort} mark ${tproxyMark && formatMasked(tproxyMark, { full: true })}`,
})
