import { u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { quote, text } from '../kinds/text.js'
import { option } from '../option.js'

const members = {
  name: field(chars(32), 'name', 'name of the counter'),
  counter: field(u64, 'nfacct', "the kernel's"),
}

/** include/uapi/linux/netfilter/xt_nfacct.h */
const XtNfacctMatchInfo = struct('xt_nfacct_match_info', members)

/** include/uapi/linux/netfilter/xt_nfacct.h */
const XtNfacctMatchInfoV1 = struct('xt_nfacct_match_info_v1', members)

export const nfacct = match('nfacct', {
  doc: 'Adds the packet to a counter that `nfacct add` has made. It always matches.',
  revisions: { 1: XtNfacctMatchInfoV1, 0: XtNfacctMatchInfo },
  private: 'counter',
  options: {
    nfacctName: option(text({ min: 1, max: 31 }), 'name of the counter, 1 to 31 bytes', {
      to: 'name', required: true,
      // iptables prints two blanks here.
      save: (name) => `--nfacct-name  ${quote(name)}`,
    }),
  },
  list: ({ nfacctName = '' }) => `nfacct-name  ${quote(nfacctName)}`,
})
