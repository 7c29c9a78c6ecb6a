import { split } from './split.js'

/** The chain that a rule jumps or goes to; undefined for one that does neither. */
export function jumpIn(expressions: Uint8Array): string | undefined {
  for (const expression of split(expressions)) {
    const chain = expression.expr === 'immediate' ? expression.data?.verdict?.chain : undefined
    if (chain !== undefined) return chain
  }
  return undefined
}
