import { blob } from '../../netlink/wire/array.js'
import { u8, u16, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import type { Kind } from '../kind.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { uint16 } from '../kinds/number.js'
import { bytePattern, isPrintable, PATTERN_SIZE, textPattern } from '../kinds/pattern.js'
import { text } from '../kinds/text.js'
import { bang, line, plain } from '../list.js'
import { flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_string.h */
const XtStringInfo = struct('xt_string_info', {
  from: field(u16, 'from_offset', 'byte of the packet where the search begins'),
  to: field(u16, 'to_offset', 'byte of the packet where it ends'),
  algorithm: field(chars(16), 'algo', 'how the search is done'),
  pattern: field(blob(PATTERN_SIZE), 'pattern', 'what is searched for'),
  length: field(u8, 'patlen', 'bytes of the pattern'),
  flags: field(u8, 'u.v1.flags', 'XT_STRING_FLAG_*'),
  config: field(u64, 'config', 'a pointer of the kernel'),
})

const INVERT = 0x01
const IGNORE_CASE = 0x02

/** Both options say the same bytes; which of them is printed depends on those. */
function pattern(kind: Kind<string, Uint8Array, string>, printable: boolean) {
  return {
    negatable: true,
    pack(memory: Memory, value: string, context: Context, negated: boolean) {
      const bytes = kind.pack(value, context)
      memory.set('pattern', bytes)
      memory.set('length', bytes.length)
      if (negated) memory.raise('flags', INVERT)
    },
    unpack(memory: Memory, context: Context) {
      const bytes = (memory.get('pattern') as Uint8Array).subarray(0, memory.get('length') as number)
      if (isPrintable(bytes) !== printable) return undefined
      const value = kind.unpack(bytes, context)
      return memory.has('flags', INVERT) ? { not: value } : value
    },
  } as const
}

export const string = match('string', {
  doc: 'Searches the packet for bytes.',
  revisions: { 1: XtStringInfo },
  private: 'config',
  options: {
    string: option(textPattern, 'text to search for, at most 128 bytes', pattern(textPattern, true)),
    hexString: option(
      bytePattern, 'bytes to search for, in hexadecimal between bars: "GET|20 2f|"', pattern(bytePattern, false),
    ),
    algo: option(text({ max: 15, bare: true }), 'how to search: bm (Boyer-Moore) or kmp (Knuth-Morris-Pratt)', {
      to: 'algorithm', required: true,
    }),
    from: option(uint16, 'byte of the packet where the search begins; 0 unless given', {
      to: 'from', fallback: 0, quiet: true,
    }),
    to: option(uint16, 'byte of the packet where the search ends; 65535 unless given', {
      to: 'to', fallback: 0xffff, quiet: true,
    }),
    icase: flag('upper and lower case are the same', { set: { flags: IGNORE_CASE } }),
  },
  check: (options) => exactlyOne(options, ['string', 'hexString']),
  list: ({ string, hexString, algo, from, to, icase }, context) => line(
    `STRING match ${bang(string ?? hexString)}`,
    string === undefined
      ? bytePattern.format(plain(hexString ?? ''), context)
      : textPattern.format(plain(string), context),
    `ALGO name ${algo}`, from !== undefined && `FROM ${from}`, to !== undefined && `TO ${to}`, icase && 'ICASE',
  ),
})
