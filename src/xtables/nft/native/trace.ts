import { META, REGISTER } from '../expression/constants.js'
import type { Expression } from '../expression/expression.js'

/** TRACE: sets the bit of the packet that reports its way. */
export function writeTrace(): Expression[] {
  const { trace } = REGISTER
  return [
    { expr: 'immediate', dreg: trace, data: { value: Uint8Array.of(1) } },
    { expr: 'meta', key: META.trace, sreg: trace },
  ]
}
