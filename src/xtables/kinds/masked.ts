import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { hex, outOfRange, parseUint, uint } from './number.js'

/** A number of which only the bits of the mask count. */
export interface Masked {
  readonly value: number
  readonly mask: number
}

export interface MaskedOptions {
  readonly max?: number
  /** Prints the mask even where all its bits are set. */
  readonly full?: true
  readonly format?: (value: number) => string
}

/** `0x1`, or `0x1/0xff` where not all bits count. */
export function formatMasked({ value, mask }: Masked, { max = 0xffff_ffff, full, format = hex }: MaskedOptions = {}): string {
  return mask === max && !full ? format(value) : `${format(value)}/${format(mask)}`
}

/** `value[/mask]`, all bits where no mask is given. In a rule a plain number stands for one with a full mask. */
export function masked(options: MaskedOptions = {}): Kind<Masked, Masked, Masked | number> {
  const { max = 0xffff_ffff } = options
  const one = uint({ max })
  const part = (text: string) => {
    const value = parseUint(text, 0, max)
    if (value < 0) throw outOfRange(text, 0, max)
    return value
  }
  return kindOf({
    name: 'value[/mask]',
    parse(text) {
      const at = text.indexOf('/')
      return at < 0 ? { value: part(text), mask: max } : { value: part(text.slice(0, at)), mask: part(text.slice(at + 1)) }
    },
    format: (value) => formatMasked(value, options),
    pack(value, context) {
      if (typeof value === 'number') return { value: one.pack(value, context), mask: max }
      if (typeof value !== 'object' || value === null) throw new InputError(`'${shown(value)}' is neither a number nor { value, mask }`)
      return { value: one.pack(value.value, context), mask: one.pack(value.mask, context) }
    },
    unpack: (raw) => raw,
  })
}
