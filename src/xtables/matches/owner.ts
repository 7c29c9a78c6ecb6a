import { InputError } from '../../netlink/wire/error.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import type { Not } from '../kind.js'
import { account, GROUPS, listAccount, USERS } from '../kinds/account.js'
import { once } from '../kinds/given.js'
import type { NameFile } from '../kinds/name-file.js'
import type { Range } from '../kinds/range.js'
import { bang, line, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_owner.h */
const XtOwnerMatchInfo = struct('xt_owner_match_info', {
  userFrom: field(u32, 'uid_min', 'first user'),
  userTo: field(u32, 'uid_max', 'last user'),
  groupFrom: field(u32, 'gid_min', 'first group'),
  groupTo: field(u32, 'gid_max', 'last group'),
  given: field(u8, 'match', 'XT_OWNER_* that are asked for'),
  inverted: field(u8, 'invert', 'XT_OWNER_* that are negated'),
})

function listIds(label: string, ids: Range | Not<Range> | undefined, file: NameFile, numeric: boolean): string | false {
  return ids !== undefined && line(bang(ids), label, listAccount(plain<Range>(ids), file, numeric))
}

export const owner = match('owner', {
  doc: 'Who has the socket that sends the packet. For packets of this machine only.',
  revisions: { 1: XtOwnerMatchInfo },
  options: {
    socketExists: flag('there is a socket that sends it', { set: { given: 0x04 }, not: { inverted: 0x04 } }),
    uidOwner: option(account('user'), 'the user who has the socket: a name, a number, or a range of numbers', {
      to: { from: 'userFrom', to: 'userTo' }, set: { given: 0x01 }, not: { inverted: 0x01 },
    }),
    gidOwner: option(account('group'), 'the group that has the socket: a name, a number, or a range of numbers', {
      to: { from: 'groupFrom', to: 'groupTo' }, set: { given: 0x02 }, not: { inverted: 0x02 },
    }),
    supplGroups: flag("looks at the user's further groups, too; goes after --gid-owner", { set: { given: 0x08 } }),
  },
  collect(given) {
    const position = (key: string) => given.findIndex((one) => one.key === key)
    if (position('supplGroups') >= 0 && position('supplGroups') < position('gidOwner')) {
      throw new InputError('--suppl-groups goes after --gid-owner')
    }
    return once(given)
  },
  check({ socketExists, uidOwner, gidOwner, supplGroups }) {
    if (supplGroups && gidOwner === undefined) throw new InputError('--suppl-groups needs --gid-owner')
    if (socketExists === undefined && uidOwner === undefined && gidOwner === undefined) {
      throw new InputError('give --uid-owner, --gid-owner or --socket-exists')
    }
  },
  list: ({ socketExists, uidOwner, gidOwner, supplGroups }, { numeric }) => line(
    socketExists !== undefined && line(bang(socketExists), 'owner socket exists'),
    listIds('owner UID match', uidOwner, USERS, numeric), listIds('owner GID match', gidOwner, GROUPS, numeric),
    supplGroups && 'incl. suppl. groups',
  ),
})
