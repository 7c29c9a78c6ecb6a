import { InputError } from '../../netlink/wire/error.js'
import { type Kind, kindOf } from '../kind.js'
import { names } from './names.js'

export const TCP_FLAGS = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20 } as const
export type TcpFlag = keyof typeof TCP_FLAGS

/** Flags that are looked at, and those of them that must be set. */
export interface TcpFlags {
  readonly mask: readonly TcpFlag[]
  readonly set: readonly TcpFlag[]
}

/** The bits of some flags. */
export function flagBits(flags: readonly string[]): number {
  return flags.reduce((sum, flag) => sum | TCP_FLAGS[flag as TcpFlag], 0)
}

const some = names(TCP_FLAGS, { alias: { ALL: 0x3f, NONE: 0 }, anyCase: true, none: 'NONE' })

/** `mask set`: two lists of TCP flags. */
export const tcpFlags: Kind<TcpFlags, { readonly mask: number; readonly set: number }> = kindOf({
  name: 'mask set',
  words: 2,
  parse(mask, context, set) {
    if (set === '') throw new InputError('two lists of flags are needed: those looked at, and those of them that are set')
    return { mask: some.parse(mask, context, ''), set: some.parse(set, context, '') }
  },
  format: ({ mask, set }, context) => `${some.format(mask, context)} ${some.format(set, context)}`,
  pack(value, context) {
    if (typeof value !== 'object' || value === null) throw new InputError('give { mask: [flags looked at], set: [those that are set] }')
    return { mask: some.pack(value.mask, context) as number, set: some.pack(value.set, context) as number }
  },
  unpack: ({ mask, set }, context) => ({ mask: some.unpack(mask, context), set: some.unpack(set, context) }),
})
