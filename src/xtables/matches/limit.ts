import { u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { uint } from '../kinds/number.js'
import { formatRate, rate } from '../kinds/rate.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_limit.h */
const XtRateinfo = struct('xt_rateinfo', {
  average: field(u32, 'avg', 'time between two packets, in 1/10000 seconds'),
  burst: field(u32, 'burst', 'packets that may come at once'),
  previous: field(u64, 'prev', "the kernel's"),
  credit: field(u32, 'credit', "the kernel's"),
  creditCap: field(u32, 'credit_cap', "the kernel's"),
  cost: field(u32, 'cost', "the kernel's"),
  master: field(u64, 'master', "the kernel's"),
})

/** XT_LIMIT_SCALE */
const SCALE = 10_000
const THREE_AN_HOUR = (SCALE * 3600) / 3

export const limit = match('limit', {
  doc: 'Matches up to a number of packets in a time, counted for this rule alone.',
  revisions: { 0: XtRateinfo },
  private: 'previous',
  options: {
    limit: option(rate(SCALE), 'how often it matches in the long run, at most 10000/second; 3/hour unless given', {
      to: 'average', fallback: THREE_AN_HOUR,
    }),
    limitBurst: option(uint({ max: 10_000 }), 'packets that match before it applies, 1 to 10000; 5 unless given', {
      to: 'burst', fallback: 5, quiet: true,
    }),
  },
  list: ({ limit, limitBurst = 5 }) => `limit: avg ${limit && formatRate(limit, SCALE)} burst ${limitBurst}`,
})
