import { match } from '../extension.js'
import { headerOptions, Ip6tOpts, listHeader } from '../kinds/header-options.js'
import { uint32 } from '../kinds/number.js'
import { option } from '../option.js'

export const hbh = match('hbh', {
  doc: 'The Hop-by-Hop Options header of IPv6.',
  families: ['ip6'],
  revisions: { 0: Ip6tOpts },
  options: {
    hbhLen: option(uint32, 'length of the header in bytes', {
      to: 'length', set: { flags: 0x01 }, not: { inverted: 0x01 },
    }),
    hbhOpts: option(headerOptions, 'options that it holds in this order, with or without their lengths; at most 16', {
      to: { options: 'options', count: 'count' }, set: { flags: 0x02 },
    }),
  },
  list: ({ hbhLen, hbhOpts }) => listHeader('hbh', hbhLen, hbhOpts),
})
