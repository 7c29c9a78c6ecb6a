import { Connection, type ConnectionOptions } from './connection.js'
import { errnoText, TransportError } from './error.js'
import { NLM_F } from './header.js'
import { beginMessage, finishMessage } from './message.js'
import { attr, attributes } from './wire/attributes.js'
import { s32, u16, u32, u8 } from './wire/integers.js'
import { field, struct } from './wire/struct.js'
import { cstring } from './wire/text.js'

// include/uapi/linux/netlink.h, rtnetlink.h
const NETLINK_ROUTE = 0
const RTM_GETLINK = 18

/** include/uapi/linux/rtnetlink.h: struct ifinfomsg */
const LinkMessage = struct('ifinfomsg', {
  family: field(u8, 'ifi_family', 'AF_UNSPEC'),
  padding: field(u8, '__ifi_pad', 'zero'),
  type: field(u16, 'ifi_type', 'ARPHRD_*'),
  index: field(s32, 'ifi_index', 'number of the interface'),
  flags: field(u32, 'ifi_flags', 'IFF_*'),
  change: field(u32, 'ifi_change', 'flags that were changed'),
})

/** include/uapi/linux/if_link.h: IFLA_* */
const LinkAttributes = attributes('IFLA', {
  name: attr(3, cstring(16), 'IFNAME', 'name of the interface'),
})

/** The network interfaces by their numbers. Rejects with a TransportError where the kernel does not say. */
export async function interfaceNames(options: Pick<ConnectionOptions, 'netns'> = {}): Promise<Map<number, string>> {
  await using connection = await Connection.open({ ...options, protocol: NETLINK_ROUTE })
  const rows = await connection.dump(
    'listing interfaces',
    (writer, sequence) => {
      const start = beginMessage(writer, RTM_GETLINK, NLM_F.request | NLM_F.dump, sequence)
      LinkMessage.write(writer, { family: 0, padding: 0, type: 0, index: 0, flags: 0, change: 0 })
      finishMessage(writer, start)
    },
    ({ body }): [number, string] => [LinkMessage.read(body).index, LinkAttributes.read(body).name ?? ''],
    ({ errno }) => new TransportError(`listing interfaces: ${errnoText(errno)}`, { code: 'ERR_SYSTEM', errno }),
  )
  return new Map(rows)
}
