import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { hexByte, tos as tosKind, tosName } from '../kinds/tos.js'
import { bang, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_dscp.h */
const XtTosMatchInfo = struct('xt_tos_match_info', {
  mask: field(u8, 'tos_mask', 'bits that are looked at'),
  value: field(u8, 'tos_value', 'value of the bits'),
  inverted: field(u8, 'invert', 'matches packets with another value'),
})

export const tos = match('tos', {
  doc: 'The Type of Service byte of the IPv4 header, or the Traffic Class of the IPv6 header.',
  revisions: { 1: XtTosMatchInfo },
  options: {
    tos: option(tosKind, 'the byte and the bits of it that count, or Minimize-Delay, Maximize-Throughput, '
      + 'Maximize-Reliability, Minimize-Cost or Normal-Service', {
      to: { value: 'value', mask: 'mask' }, not: { inverted: 1 }, required: true,
    }),
  },
  list({ tos }, { numeric }) {
    const value = plain(tos ?? { value: 0, mask: 0 })
    const name = numeric ? undefined : tosName(value)
    return `tos match${bang(tos)}${name === undefined ? `${hexByte(value.value)}/${hexByte(value.mask)}` : ` ${name}`}`
  },
})
