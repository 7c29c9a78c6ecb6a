import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { bitsSince } from '../kinds/revision.js'
import { line } from '../list.js'
import { flag } from '../option.js'

/** include/uapi/linux/netfilter/xt_socket.h. Each revision knows more bits than the one before. */
const XtSocketMtinfo3 = struct('xt_socket_mtinfo3', { flags3: field(u8, 'flags', 'XT_SOCKET_FLAGS_V3') })
const XtSocketMtinfo2 = struct('xt_socket_mtinfo2', { flags2: field(u8, 'flags', 'XT_SOCKET_FLAGS_V2') })
const XtSocketMtinfo1 = struct('xt_socket_mtinfo1', { flags1: field(u8, 'flags', 'XT_SOCKET_FLAGS_V1') })
/** Revision 0, which is for IPv4 alone, has no data. */
const Nothing = struct('xt_socket_mtinfo0', {})

export const socket = match('socket', {
  doc: 'A socket of this machine that the packet is for.',
  revisions: { 3: XtSocketMtinfo3, 2: XtSocketMtinfo2, 1: XtSocketMtinfo1, 0: Nothing },
  options: {
    transparent: flag('the socket is a transparent one', bitsSince(['flags3', 'flags2', 'flags1'], 0x1)),
    nowildcard: flag('also sockets that listen at any address', bitsSince(['flags3', 'flags2'], 0x2)),
    restoreSkmark: flag("gives the packet the socket's mark", bitsSince(['flags3'], 0x4)),
  },
  list: ({ transparent, nowildcard, restoreSkmark }) => line(
    'socket', transparent && '--transparent', nowildcard && '--nowildcard', restoreSkmark && '--restore-skmark',
  ),
})
