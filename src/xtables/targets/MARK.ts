import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { masked } from '../kinds/masked.js'
import { hex, uint32 } from '../kinds/number.js'
import { option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_mark.h */
const XtMarkTginfo2 = struct('xt_mark_tginfo2', {
  mark: field(u32, 'mark', 'bits that are flipped'),
  mask: field(u32, 'mask', 'bits that are cleared before'),
})

export const MARK = target('MARK', {
  doc: 'Puts a mark on the packet, for other rules and for routing.',
  revisions: { 2: XtMarkTginfo2 },
  options: {
    setXmark: option(masked({ full: true }), 'clears the bits of the mask and flips those of the value', {
      to: { value: 'mark', mask: 'mask' }, required: true,
    }),
    setMark: shorthand(masked(), 'clears the bits of the mask and sets those of the value', ({ value, mask }) => ({
      setXmark: { value, mask: (value | mask) >>> 0 },
    })),
    andMark: shorthand(uint32, 'keeps these bits alone', (bits) => ({ setXmark: { value: 0, mask: ~bits >>> 0 } })),
    orMark: shorthand(uint32, 'sets these bits', (bits) => ({ setXmark: { value: bits, mask: bits } })),
    xorMark: shorthand(uint32, 'flips these bits', (bits) => ({ setXmark: { value: bits, mask: 0 } })),
  },
  list({ setXmark: { value, mask } = { value: 0, mask: 0 } }) {
    if (value === 0) return `MARK and ${hex(~mask >>> 0)}`
    if (value === mask) return `MARK or ${hex(value)}`
    if (mask === 0) return `MARK xor ${hex(value)}`
    return mask === 0xffff_ffff ? `MARK set ${hex(value)}` : `MARK xset ${hex(value)}/${hex(mask)}`
  },
})
