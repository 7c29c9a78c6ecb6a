import { type Kind, kindOf } from '../kind.js'
import { type Masked, masked } from './masked.js'

/** Names of the Type of Service (RFC 1349); they stand for a value under the mask 0x3f. */
const TOS_NAMES: Readonly<Record<string, number>> = {
  'Minimize-Delay': 0x10, 'Maximize-Throughput': 0x08, 'Maximize-Reliability': 0x04,
  'Minimize-Cost': 0x02, 'Normal-Service': 0x00,
}

const NAMED_MASK = 0x3f

/** The name of a Type of Service, or undefined where it has none. */
export function tosName({ value, mask }: Masked): string | undefined {
  return mask === NAMED_MASK ? Object.keys(TOS_NAMES).find((name) => TOS_NAMES[name] === value) : undefined
}

/** `0x` and two hexadecimal digits. */
export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}

const bits = masked({ max: 0xff, full: true, format: hexByte })

/** Bits of the Type of Service byte and the mask of those that count; or one of the names. */
export const tos: Kind<Masked, Masked, Masked | number> = kindOf({
  ...bits,
  name: 'value[/mask]|name',
  parse(text, context, second) {
    const name = Object.keys(TOS_NAMES).find((one) => one.toLowerCase() === text.toLowerCase())
    if (name === undefined) return bits.parse(text, context, second)
    return { value: TOS_NAMES[name] as number, mask: NAMED_MASK }
  },
})
