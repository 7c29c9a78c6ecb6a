import { InputError } from '../../netlink/wire/error.js'
import { u32 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { uint16 } from '../kinds/number.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_CLASSIFY.h */
const XtClassifyTargetInfo = struct('xt_classify_target_info', {
  priority: field(u32, 'priority', 'major number in the upper half, minor number in the lower'),
})

/** A class of traffic control, as `tc class` names it. */
export interface TrafficClass {
  readonly major: number
  readonly minor: number
}

/** Both numbers as scanf(3) reads them by `%x:%x`: of more than 16 bits the lower ones count, what follows does not. */
const CLASS = /^\s*([+-]?)(?:0x)?([0-9a-f]+):\s*([+-]?)(?:0x)?([0-9a-f]+)/i

function low16(sign: string, digits: string): number {
  const value = BigInt(`0x${digits}`)
  // strtoul(3) stops at its greatest number.
  const held = value > 0xffff_ffff_ffff_ffffn ? 0xffffn : sign === '-' ? -value : value
  return Number(BigInt.asUintN(16, held))
}

const trafficClass: Kind<TrafficClass, number> = kindOf({
  name: 'major:minor',
  parse(text) {
    const found = CLASS.exec(text)
    if (!found) throw new InputError(`bad class value '${text}': give two hexadecimal numbers, as 1:10`)
    const [, majorSign = '', major = '', minorSign = '', minor = ''] = found
    return { major: low16(majorSign, major), minor: low16(minorSign, minor) }
  },
  format: ({ major, minor }) => `${major.toString(16).padStart(4, '0')}:${minor.toString(16).padStart(4, '0')}`,
  pack(value, context) {
    if (typeof value !== 'object' || value === null) {
      throw new InputError(`'${shown(value)}' is neither a text as 1:10 nor { major, minor }`)
    }
    return uint16.pack(value.major, context) * 0x1_0000 + uint16.pack(value.minor, context)
  },
  unpack: (raw) => ({ major: raw >>> 16, minor: raw & 0xffff }),
})

export const CLASSIFY = target('CLASSIFY', {
  doc: 'Puts the packet into a class of traffic control.',
  revisions: { 0: XtClassifyTargetInfo },
  options: {
    setClass: option(trafficClass, 'the class, two hexadecimal numbers: 1:10', { to: 'priority', required: true }),
  },
  list({ setClass: { major, minor } = { major: 0, minor: 0 } }) {
    return `CLASSIFY set ${major.toString(16)}:${minor.toString(16)}`
  },
})
