import { Scan } from './expression/scan.js'
import { EXPRESSIONS } from './expression/expression.js'
import { readVerdict } from './expression/verdict.js'
import { Foreign } from './expression/foreign.js'
import type { KernelRule } from './rules.js'

const scan = new Scan()
const { dreg, data } = EXPRESSIONS.immediate.rows

/** The chain that a rule jumps or goes to; undefined for one that does neither. */
export function jumpOf({ reader, at, end }: KernelRule): string | undefined {
  try {
    scan.start(reader, at, end)
    while (scan.step()) {
      if (scan.name !== 'immediate' || scan.u32(dreg.type) !== 0) continue
      const verdict = readVerdict(reader, scan.at(data.type), scan.size(data.type))
      if ('jump' in verdict) return verdict.jump
      if ('goto' in verdict) return verdict.goto
    }
  } catch (error) {
    if (!(error instanceof Foreign)) throw error
  }
  return undefined
}
