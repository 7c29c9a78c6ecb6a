import type { Expression } from '../expression/expression.js'

/** The members of struct xt_nflog_info (include/uapi/linux/netfilter/xt_NFLOG.h). */
export interface Nflog {
  readonly length: number
  readonly group: number
  readonly threshold: number
  readonly flags: number
  readonly prefix: string
}

/** XT_NFLOG_F_COPY_LEN */
const COPY_LENGTH = 0x1

export function writeNflog({ length, group, threshold, flags, prefix }: Nflog): Expression[] {
  return [{
    expr: 'log',
    ...(prefix === '' ? {} : { prefix }),
    group,
    ...(flags & COPY_LENGTH ? { snaplen: length } : {}),
    ...(threshold === 0 ? {} : { threshold }),
  }]
}
