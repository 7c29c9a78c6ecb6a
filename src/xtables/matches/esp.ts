import { array } from '../../netlink/wire/array.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { listSpis, SPI_PLACE, spis } from '../kinds/spi.js'
import { line } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_esp.h */
const XtEsp = struct('xt_esp', {
  spis: field(array(u32, 2), 'spis', 'first and last security parameter index'),
  inverted: field(u8, 'invflags', 'XT_ESP_INV_SPI'),
})

export const esp = match('esp', {
  doc: 'The security parameter index of an ESP header (IPsec). Loaded by `-p esp` when its option is used.',
  revisions: { 0: XtEsp },
  options: {
    espspi: option(spis, 'security parameter index, or first and last of them, up to 4294967295', SPI_PLACE),
  },
  list: ({ espspi }) => line('esp', listSpis(espspi)),
})
