import { blob } from '../../netlink/wire/array.js'
import { u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { host } from '../kinds/host.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_TEE.h */
const XtTeeTginfo = struct('xt_tee_tginfo', {
  gateway: field(blob(16, 4), 'gw', 'where the copy goes'),
  interface: field(chars(16), 'oif', 'interface the copy leaves by; empty: any'),
  private: field(u64, 'priv', 'pointer of the kernel'),
})

export const TEE = target('TEE', {
  doc: 'Sends a copy of the packet to another machine on the local network, and goes on with the next rule.',
  revisions: { 1: XtTeeTginfo },
  private: 'private',
  options: {
    gateway: option(host, 'address of the machine that gets the copy', { to: 'gateway', required: true }),
    oif: option(text({ max: 15, bare: true }), 'interface that the copy leaves by, at most 15 bytes', {
      to: 'interface', fallback: '', quiet: true,
    }),
  },
  list: ({ gateway, oif }) => line(`TEE gw:${gateway}`, oif !== undefined && `oif=${oif}`),
})
