import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { text } from '../kinds/text.js'
import { option } from '../option.js'

const mode = field(u8, 'mode', 'SECMARK_MODE_SEL')
const context = field(chars(256), 'secctx', 'the context')

/** include/uapi/linux/netfilter/xt_SECMARK.h */
const XtSecmarkTargetInfoV1 = struct('xt_secmark_target_info_v1', {
  mode, context, kernelId: field(u32, 'secid', "the kernel's number for the context"),
})

/** include/uapi/linux/netfilter/xt_SECMARK.h */
const XtSecmarkTargetInfo = struct('xt_secmark_target_info', {
  mode, contextId: field(u32, 'secid', "the kernel's number for the context, which it gives back here"), context,
})

export const SECMARK = target('SECMARK', {
  doc: 'Puts a security mark on the packet, for SELinux.',
  // What secmark_tg_check() asks for (net/netfilter/xt_SECMARK.c).
  tables: ['mangle', 'security'],
  revisions: { 1: XtSecmarkTargetInfoV1, 0: XtSecmarkTargetInfo },
  private: 'kernelId',
  options: {
    selctx: option(text({ max: 255, bare: true }), 'the security context, at most 255 bytes', {
      to: 'context', required: true,
    }),
  },
  // SECMARK_MODE_SEL: there is no other.
  finish: (memory) => memory.set('mode', 1),
  list: ({ selctx }) => `SECMARK selctx ${selctx}`,
})
