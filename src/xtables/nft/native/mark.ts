import { encode } from '../../../netlink/wire/codec.js'
import { u32 } from '../../../netlink/wire/integers.js'
import { META } from '../expression/constants.js'
import type { Expression } from '../expression/expression.js'
import { equals, masked, meta } from './fields.js'

/** The members of struct xt_mark_mtinfo1 (include/uapi/linux/netfilter/xt_mark.h). */
export interface Mark {
  readonly mark: number
  readonly mask: number
  readonly inverted: number
}

const ALL = 0xffff_ffff

export function writeMark({ mark, mask, inverted }: Mark): Expression[] {
  const list = [meta(META.mark)]
  if (mask !== ALL) list.push(masked(encode(u32, mask)))
  list.push(equals(encode(u32, mark), inverted !== 0))
  return list
}
