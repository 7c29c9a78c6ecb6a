import { u16, u32 } from '../wire/integers.js'
import { field, struct } from '../wire/struct.js'

export const AF_NETLINK = 16 // bits/socket.h

/** include/uapi/linux/netlink.h: struct sockaddr_nl */
export const Address = struct('sockaddr_nl', {
  family: field(u16, 'nl_family', 'AF_NETLINK'),
  padding: field(u16, 'nl_pad', 'zero'),
  port: field(u32, 'nl_pid', 'port id: 0 is the kernel'),
  groups: field(u32, 'nl_groups', 'multicast groups'),
})
