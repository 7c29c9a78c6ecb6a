import { array } from '../../netlink/wire/array.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { listSpis, SPI_PLACE, spis } from '../kinds/spi.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_ah.h */
const IptAh = struct('ipt_ah', {
  spis: field(array(u32, 2), 'spis', 'first and last security parameter index'),
  inverted: field(u8, 'invflags', 'IPT_AH_INV_SPI'),
})

export const ah = match('ah', {
  doc: 'The security parameter index of an authentication header (IPsec). Loaded by `-p ah` when its option is used.',
  families: ['ip'],
  revisions: { 0: IptAh },
  options: {
    ahspi: option(spis, 'security parameter index, or first and last of them, up to 4294967295', SPI_PLACE),
  },
  list: ({ ahspi }) => `ah ${listSpis(ahspi)}`,
})
