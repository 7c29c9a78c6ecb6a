import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { dscpClass, dscpOfClass, dscpValue } from '../kinds/dscp.js'
import { hexByte } from '../kinds/tos.js'
import { bang, plain } from '../list.js'
import { option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_dscp.h */
const XtDscpInfo = struct('xt_dscp_info', {
  dscp: field(u8, 'dscp', 'the codepoint'),
  inverted: field(u8, 'invert', 'matches packets with another codepoint'),
})

export const dscp = match('dscp', {
  doc: 'The Differentiated Services codepoint: the upper six bits of the Type of Service or Traffic Class byte.',
  revisions: { 0: XtDscpInfo },
  options: {
    dscp: option(dscpValue, 'the codepoint, 0 to 63', { to: 'dscp', not: { inverted: 1 }, required: true }),
    dscpClass: shorthand(dscpClass, 'the codepoint by its name: BE, EF, CS0-CS7, AF11-AF43', (name, _, negated) => {
      const value = dscpOfClass(name)
      return { dscp: negated ? { not: value } : value }
    }, { negatable: true }),
  },
  list: ({ dscp = 0 }) => `DSCP match ${bang(dscp)}${hexByte(plain(dscp))}`,
})
