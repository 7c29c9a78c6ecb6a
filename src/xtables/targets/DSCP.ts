import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { dscpClass, dscpOfClass, dscpValue } from '../kinds/dscp.js'
import { hexByte } from '../kinds/tos.js'
import { option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_DSCP.h */
const XtDscpInfo = struct('xt_DSCP_info', {
  dscp: field(u8, 'dscp', 'the codepoint'),
})

export const DSCP = target('DSCP', {
  doc: 'Sets the Differentiated Services codepoint: the upper six bits of the Type of Service or Traffic Class byte.',
  tables: ['mangle'],
  revisions: { 0: XtDscpInfo },
  options: {
    setDscp: option(dscpValue, 'the codepoint, 0 to 63', { to: 'dscp', required: true }),
    setDscpClass: shorthand(dscpClass, 'the codepoint by its name: BE, EF, CS0 to CS7 or AF11 to AF43', (name) => ({
      setDscp: dscpOfClass(name),
    })),
  },
  list: ({ setDscp = 0 }) => `DSCP set ${hexByte(setDscp)}`,
})
