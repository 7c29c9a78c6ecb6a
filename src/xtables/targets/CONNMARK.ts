import { InputError } from '../../netlink/wire/error.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { type GivenOption, target } from '../extension.js'
import { atMostOne, exactlyOne } from '../kinds/exclusive.js'
import { type Masked, masked } from '../kinds/masked.js'
import { hex, uint, uint32 } from '../kinds/number.js'
import { line } from '../list.js'
import { type Bag, flag, type Memory, option, shorthand } from '../option.js'

const marks = {
  mark: field(u32, 'ctmark', 'bits that are flipped'),
  ctmask: field(u32, 'ctmask', "bits of the connection's mark that are cleared or copied"),
  nfmask: field(u32, 'nfmask', "bits of the packet's mark that are cleared or copied"),
} as const
const mode = field(u8, 'mode', 'XT_CONNMARK_*')

/** include/uapi/linux/netfilter/xt_connmark.h */
const XtConnmarkTginfo2 = struct('xt_connmark_tginfo2', {
  ...marks,
  direction: field(u8, 'shift_dir', 'D_SHIFT_LEFT or D_SHIFT_RIGHT'),
  shift: field(u8, 'shift_bits', 'bits by which the mark is shifted'),
  mode,
})

/** include/uapi/linux/netfilter/xt_connmark.h */
const XtConnmarkTginfo1 = struct('xt_connmark_tginfo1', { ...marks, mode })

/** XT_CONNMARK_SET, XT_CONNMARK_SAVE, XT_CONNMARK_RESTORE */
const SET = 0
const SAVE = 1
const RESTORE = 2
const ALL = 0xffff_ffff

const setter = { setXmark: true, setMark: true, andMark: true, orMark: true, xorMark: true } as const
const otherShift = { leftShiftMark: 'rightShiftMark', rightShiftMark: 'leftShiftMark' } as const

/** Of options that write the same member, the last in the text counts. */
function collect(given: readonly GivenOption[]): Bag {
  const options: Bag = {}
  const seen = new Set<string>()
  for (const { key, value } of given) {
    if (seen.has(key)) throw new InputError(`'${key}' can only be used once`)
    seen.add(key)
    if (Object.hasOwn(setter, key)) delete options.ctmask
    if (Object.hasOwn(otherShift, key)) delete options[otherShift[key as keyof typeof otherShift]]
    if (key === 'mask') Object.assign(options, { nfmask: value, ctmask: value })
    else options[key] = value
  }
  const parts = seen.has('ctmask') || seen.has('nfmask')
  if (seen.has('mask') && parts) throw new InputError("'mask' stands for nfmask and ctmask: give it or them")
  return options
}

function copying(value: number) {
  return {
    pack: (memory: Memory) => memory.set('mode', value),
    unpack: (memory: Memory) => (memory.get('mode') === value ? true : undefined),
  } as const
}

function shifting(direction: 0 | 1) {
  return {
    pack(memory: Memory, bits: number) {
      if (!memory.knows('shift')) throw new InputError('this kernel is too old to shift marks')
      memory.set('direction', direction)
      memory.set('shift', bits)
    },
    unpack(memory: Memory) {
      if (!memory.knows('shift') || memory.get('direction') !== direction) return undefined
      return memory.get('shift') || direction ? memory.get('shift') : undefined
    },
    shown: (options: Bag) => options[direction ? 'rightShiftMark' : 'leftShiftMark'] !== 0,
  } as const
}

const mask = uint({ max: ALL, format: hex })
const bits = uint({ max: 32 })

interface Modes {
  readonly setXmark?: Masked
  readonly saveMark?: boolean
  readonly nfmask?: number
  readonly ctmask?: number
}

function listMode({ setXmark, saveMark, nfmask = ALL, ctmask = ALL }: Modes): string {
  if (setXmark) {
    const { value, mask } = setXmark
    if (value === 0) return `and ${hex(~mask >>> 0)}`
    if (value === mask) return `or ${hex(value)}`
    if (mask === 0) return `xor ${hex(value)}`
    return mask === ALL ? `set ${hex(value)}` : `xset ${hex(value)}/${hex(mask)}`
  }
  const verb = saveMark ? 'save' : 'restore'
  if (nfmask === ctmask) return nfmask === ALL ? verb : `${verb} mask ${hex(nfmask)}`
  if (saveMark) return `save nfmask ${hex(nfmask)} ctmask ~${hex(ctmask)}`
  return `restore ctmask ${hex(ctmask)} nfmask ~${hex(nfmask)}`
}

export const CONNMARK = target('CONNMARK', {
  doc: 'Puts a mark on the connection, or copies it from the packet or to the packet.',
  revisions: { 2: XtConnmarkTginfo2, 1: XtConnmarkTginfo1 },
  options: {
    setXmark: option(masked({ full: true }), 'of its mark, clears the bits of the mask and flips those of the value', {
      pack(memory, { value, mask }: Masked) {
        memory.set('mark', value)
        memory.set('ctmask', mask)
      },
      unpack(memory) {
        return memory.get('mode') === SET ? { value: memory.get('mark'), mask: memory.get('ctmask') } : undefined
      },
    }),
    saveMark: flag("copies the packet's mark to the connection", copying(SAVE)),
    restoreMark: flag("copies the connection's mark to the packet", copying(RESTORE)),
    nfmask: option(mask, "bits of the packet's mark that take part when it is copied; all unless given", {
      to: 'nfmask', fallback: ALL, shown: ({ setXmark }) => setXmark === undefined,
      unpack(memory) {
        return memory.get('mode') === SET && memory.get('nfmask') === ALL ? undefined : memory.get('nfmask')
      },
    }),
    ctmask: option(mask, "bits of the connection's mark that take part when it is copied; all unless given", {
      to: 'ctmask', fallback: ALL, unpack: (memory) => (memory.get('mode') === SET ? undefined : memory.get('ctmask')),
    }),
    leftShiftMark: option(bits, 'shifts the mark to the left by so many bits, 0 to 32', shifting(0)),
    rightShiftMark: option(bits, 'shifts the mark to the right by so many bits, 0 to 32', shifting(1)),
    setMark: shorthand(masked(), 'clears the bits of the mask and sets those of the value', ({ value, mask }) => ({
      setXmark: { value, mask: (value | mask) >>> 0 },
    })),
    andMark: shorthand(uint32, 'keeps these bits alone', (bits) => ({ setXmark: { value: 0, mask: ~bits >>> 0 } })),
    orMark: shorthand(uint32, 'sets these bits of its mark', (bits) => ({ setXmark: { value: bits, mask: bits } })),
    xorMark: shorthand(uint32, 'flips these bits of its mark', (bits) => ({ setXmark: { value: bits, mask: 0 } })),
    mask: shorthand(uint32, 'nfmask and ctmask in one', (bits) => ({ nfmask: bits, ctmask: bits })),
  },
  collect,
  check(options) {
    exactlyOne(options, ['setXmark', 'saveMark', 'restoreMark'])
    atMostOne(options, ['leftShiftMark', 'rightShiftMark'])
  },
  list: (options) => line(
    'CONNMARK', listMode(options),
    !!options.leftShiftMark && `left-shift-mark ${options.leftShiftMark}`,
    !!options.rightShiftMark && `right-shift-mark ${options.rightShiftMark}`,
  ),
})
