import { blob } from '../../netlink/wire/array.js'
import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { prefix } from '../kinds/prefix.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_NPT.h */
const Ip6tNptTginfo = struct('ip6t_npt_tginfo', {
  sourcePrefix: field(blob(16, 4), 'src_pfx', 'prefix that goes'),
  destinationPrefix: field(blob(16, 4), 'dst_pfx', 'prefix that comes in its place'),
  sourceLength: field(u8, 'src_pfx_len', 'bits of the prefix that goes'),
  destinationLength: field(u8, 'dst_pfx_len', 'bits of the prefix that comes'),
  adjustment: field(u16, 'adjustment', 'what keeps checksums as they are; the kernel works it out'),
})

export const DNPT = target('DNPT', {
  doc: 'Replaces the prefix of the destination without keeping state (RFC 6296).',
  families: ['ip6'],
  tables: ['mangle'],
  revisions: { 0: Ip6tNptTginfo },
  private: 'adjustment',
  options: {
    srcPfx: option(prefix, 'prefix that the address has, of at most 64 bits', {
      to: { address: 'sourcePrefix', length: 'sourceLength' }, required: true,
    }),
    dstPfx: option(prefix, 'prefix that it gets, of at most 64 bits', {
      to: { address: 'destinationPrefix', length: 'destinationLength' }, required: true,
    }),
  },
  list: ({ srcPfx, dstPfx }) => `DNPT src-pfx ${srcPfx} dst-pfx ${dstPfx}`,
})
