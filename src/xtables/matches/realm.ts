import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { namedMask } from '../kinds/named-mask.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_realm.h */
const XtRealmInfo = struct('xt_realm_info', {
  id: field(u32, 'id', 'the realm'),
  mask: field(u32, 'mask', 'bits of it that count'),
  inverted: field(u8, 'invert', '1: another realm'),
})

const id = namedMask('/etc/iproute2/rt_realms')

export const realm = match('realm', {
  doc: 'The realm that the routing tables give to the packet. Names are those in /etc/iproute2/rt_realms.',
  families: ['ip'],
  revisions: { 0: XtRealmInfo },
  options: {
    realm: option(id.kind, 'the realm, and the bits of it that count', {
      to: { value: 'id', mask: 'mask' }, not: { inverted: 1 }, required: true,
    }),
  },
  list: ({ realm }, context) => line(
    bang(realm), 'realm', realm && (context.numeric ? id.numeric(plain(realm)) : id.kind.format(plain(realm), context)),
  ),
})
