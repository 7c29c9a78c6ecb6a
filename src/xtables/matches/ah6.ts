import { array } from '../../netlink/wire/array.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { uint32 } from '../kinds/number.js'
import { listSpis, SPI_PLACE, spis } from '../kinds/spi.js'
import { bang, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_ah.h */
const Ip6tAh = struct('ip6t_ah', {
  spis: field(array(u32, 2), 'spis', 'first and last security parameter index'),
  length: field(u32, 'hdrlen', 'length of the header; 0: any'),
  reserved: field(u8, 'hdrres', '1: the reserved field must be zero'),
  inverted: field(u8, 'invflags', 'IP6T_AH_INV_*'),
})

export const ah6 = match('ah', {
  doc: 'The authentication header (IPsec) of an IPv6 packet.',
  families: ['ip6'],
  revisions: { 0: Ip6tAh },
  options: {
    ahspi: option(spis, 'security parameter index, or first and last of them, up to 4294967295', SPI_PLACE),
    ahlen: option(uint32, 'length of the header in bytes', { to: 'length', not: { inverted: 0x02 }, fallback: 0, quiet: true }),
    ahres: flag('the reserved field of the header is zero', { to: 'reserved' }),
  },
  // No blank between the first two: so does the C tool.
  list({ ahspi, ahlen, ahres }) {
    const length = ahlen === undefined ? '' : `length:${bang(ahlen)}${plain(ahlen)}`
    return `ah ${listSpis(ahspi)}${length}${ahres ? ' reserved' : ''}`
  },
})
