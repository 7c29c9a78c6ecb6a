import { InputError } from '../netlink/wire/error.js'
import type { Goto, Jump, TargetInput } from './rule.js'

/** The chain that a rule with this target jumps or goes to; undefined for one that leads nowhere. */
export function jumpOf(target: TargetInput | undefined): string | undefined {
  if (!target) return undefined
  return 'jump' in target ? target.jump : 'goto' in target ? target.goto : undefined
}

/** Refuses what stands beside a jump or goto: a part of a rule that stands in the wrong place must not be lost. */
export function checkJumpAlone(target: Jump | Goto): void {
  const kind = 'jump' in target ? 'jump' : 'goto'
  for (const key in target) {
    if (key === kind || target[key as keyof typeof target] === undefined) continue
    throw new InputError(`cannot stand beside '${kind}', which has no options`, { path: key })
  }
}
