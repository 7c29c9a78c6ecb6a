import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { uint8 } from '../kinds/number.js'
import { hexByte, tos, tosName } from '../kinds/tos.js'
import { option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_DSCP.h */
const XtTosTargetInfo = struct('xt_tos_target_info', {
  value: field(u8, 'tos_value', 'bits that are flipped'),
  mask: field(u8, 'tos_mask', 'bits that are cleared before'),
})

export const TOS = target('TOS', {
  doc: 'Changes the Type of Service byte of the IPv4 header, or the Traffic Class of the IPv6 header.',
  tables: ['mangle'],
  revisions: { 1: XtTosTargetInfo },
  options: {
    setTos: option(tos, 'clears the bits of the mask and flips those of the value; or sets Minimize-Delay, '
      + 'Maximize-Throughput, Maximize-Reliability, Minimize-Cost or Normal-Service', {
      to: { value: 'value', mask: 'mask' }, required: true,
    }),
    andTos: shorthand(uint8, 'keeps these bits alone', (bits) => ({ setTos: { value: 0, mask: ~bits & 0xff } })),
    orTos: shorthand(uint8, 'sets these bits', (bits) => ({ setTos: { value: bits, mask: bits } })),
    xorTos: shorthand(uint8, 'flips these bits', (bits) => ({ setTos: { value: bits, mask: 0 } })),
  },
  list({ setTos = { value: 0, mask: 0 } }, { numeric }) {
    const { value, mask } = setTos
    const name = numeric ? undefined : tosName(setTos)
    // iptables puts two spaces in front, and none between.
    if (name !== undefined) return ` TOS set${name}`
    if (!numeric && value === 0) return `TOS and ${hexByte(~mask & 0xff)}`
    if (!numeric && value === mask) return `TOS or ${hexByte(value)}`
    return !numeric && mask === 0 ? `TOS xor ${hexByte(value)}` : `TOS set ${hexByte(value)}/${hexByte(mask)}`
  },
})
