import { u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { uint64 } from '../kinds/number.js'
import { plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_quota.h */
const XtQuotaInfo = struct('xt_quota_info', {
  flags: field(u32, 'flags', '1: matches once the quota is used up'),
  pad: field(u32, 'pad', 'unused'),
  quota: field(u64, 'quota', 'bytes'),
  master: field(u64, 'master', "the kernel's"),
})

export const quota = match('quota', {
  doc: 'Matches until so many bytes have passed; negated: from then on. Changing the table starts it anew.',
  revisions: { 0: XtQuotaInfo },
  private: 'master',
  options: {
    quota: option(uint64, 'bytes that may pass, 0 to 2^64-1', { to: 'quota', not: { flags: 1 }, required: true }),
  },
  list: ({ quota = 0n }) => `quota: ${plain(quota)} bytes`,
})
