import { array } from '../../netlink/wire/array.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { listSpis, spis } from '../kinds/spi.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_ipcomp.h */
const XtIpcomp = struct('xt_ipcomp', {
  spis: field(array(u32, 2), 'spis', 'first and last compression parameter index'),
  inverted: field(u8, 'invflags', 'XT_IPCOMP_INV_SPI'),
  reserved: field(u8, 'hdrres', 'looks at the reserved field; the kernel does nothing with it'),
})

export const ipcomp = match('ipcomp', {
  doc: 'The compression parameter index of an IPComp header. Loaded by `-p ipcomp` when one of its options is used.',
  revisions: { 0: XtIpcomp },
  options: {
    ipcompspi: option(spis, 'compression parameter index, or first and last of them; any when it is not given', {
      to: 'spis', not: { inverted: 0x01 }, fallback: [0, 0xffff_ffff], quiet: true,
    }),
    compres: flag('looks at the reserved field; kernels ignore it', { to: 'reserved' }),
  },
  list: ({ ipcompspi, compres }) => `comp ${listSpis(ipcompspi)}${compres ? ' reserved' : ''}`,
})
