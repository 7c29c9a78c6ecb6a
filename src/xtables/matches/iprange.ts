import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import type { Not } from '../kind.js'
import { addressRange } from '../kinds/address-range.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_iprange.h */
const XtIprangeMtinfo = struct('xt_iprange_mtinfo', {
  sourceFrom: field(blob(16, 4), 'src_min', 'first source address'),
  sourceTo: field(blob(16, 4), 'src_max', 'last source address'),
  destinationFrom: field(blob(16, 4), 'dst_min', 'first destination address'),
  destinationTo: field(blob(16, 4), 'dst_max', 'last destination address'),
  flags: field(u8, 'flags', 'IPRANGE_*'),
})

type Ends = readonly [string, string]

const listRange = (label: string, range: Ends | Not<Ends> | undefined, context: Context) =>
  range && line(`${label} IP range`, bang(range), addressRange.format(plain<Ends>(range), context))

export const iprange = match('iprange', {
  doc: 'Addresses from one to another, which need not be a network.',
  revisions: { 1: XtIprangeMtinfo },
  options: {
    srcRange: option(addressRange, 'first and last source address', {
      to: { from: 'sourceFrom', to: 'sourceTo' }, set: { flags: 0x01 }, not: { flags: 0x10 },
    }),
    dstRange: option(addressRange, 'first and last destination address', {
      to: { from: 'destinationFrom', to: 'destinationTo' }, set: { flags: 0x02 }, not: { flags: 0x20 },
    }),
  },
  check({ srcRange, dstRange }) {
    if (!srcRange && !dstRange) throw new InputError('give --src-range or --dst-range')
  },
  list: ({ srcRange, dstRange }, context) => line(listRange('source', srcRange, context), listRange('destination', dstRange, context)),
})
