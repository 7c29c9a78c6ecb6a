import { choice } from './names.js'
import { hexByte } from './tos.js'
import { uint } from './number.js'

/** A Differentiated Services codepoint (RFC 2474), six bits. */
export const dscpValue = uint({ max: 0x3f, format: hexByte })

/** Names of codepoints: class selectors, assured and expedited forwarding, best effort. */
export const DSCP_CLASSES = {
  CS0: 0x00, CS1: 0x08, CS2: 0x10, CS3: 0x18, CS4: 0x20, CS5: 0x28, CS6: 0x30, CS7: 0x38, BE: 0x00,
  AF11: 0x0a, AF12: 0x0c, AF13: 0x0e, AF21: 0x12, AF22: 0x14, AF23: 0x16,
  AF31: 0x1a, AF32: 0x1c, AF33: 0x1e, AF41: 0x22, AF42: 0x24, AF43: 0x26, EF: 0x2e,
} as const

/** The name of a codepoint; upper and lower case are the same. */
export const dscpClass = choice(DSCP_CLASSES, { anyCase: true })

/** The codepoint of a name. */
export function dscpOfClass(name: keyof typeof DSCP_CLASSES | number): number {
  return typeof name === 'number' ? name : DSCP_CLASSES[name]
}
