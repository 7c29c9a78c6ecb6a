import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { uint } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { bang, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_osf.h, where it is another name for struct nf_osf_info */
const XtOsfInfo = struct('xt_osf_info', {
  genre: field(chars(32), 'genre', 'name of the operating system'),
  length: field(u32, 'len', 'bytes of the name'),
  flags: field(u32, 'flags', 'XT_OSF_*'),
  log: field(u32, 'loglevel', 'XT_OSF_LOGLEVEL_*'),
  ttl: field(u32, 'ttl', 'XT_OSF_TTL_*'),
})

const level = uint({ max: 2 })

export const osf = match('osf', {
  doc: 'The operating system that opens a TCP connection, told by its fingerprint. Fingerprints are loaded with nfnl_osf(8).',
  families: ['ip'],
  revisions: { 0: XtOsfInfo },
  options: {
    genre: option(text({ max: 31, bare: true }), 'name of the operating system, at most 31 bytes; unknown: one without a fingerprint', {
      to: 'genre', not: { flags: 0x8 }, required: true,
    }),
    ttl: option(level, "0: the packet's TTL is the fingerprint's; 1: it is not above; 2: it does not count", { to: 'ttl', set: { flags: 0x2 } }),
    log: option(level, 'logs what is found. 0: all that match or are unknown; 1: the first; 2: all that are known', {
      to: 'log', set: { flags: 0x4 },
    }),
  },
  finish(memory) {
    memory.set('length', Buffer.byteLength(memory.get('genre')))
  },
  list: ({ genre }) => `OS fingerprint match ${bang(genre, '! ')}${plain(genre ?? '')}`,
})
