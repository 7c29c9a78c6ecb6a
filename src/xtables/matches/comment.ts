import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { text } from '../kinds/text.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_comment.h */
const XtCommentInfo = struct('xt_comment_info', {
  comment: field(chars(256), 'comment', 'the text'),
})

export const comment = match('comment', {
  doc: 'A note about the rule. It always matches.',
  revisions: { 0: XtCommentInfo },
  options: {
    comment: option(text({ max: 255 }), 'the note, at most 255 bytes', { to: 'comment', required: true }),
  },
  list: ({ comment }) => `/* ${comment} */`,
})
