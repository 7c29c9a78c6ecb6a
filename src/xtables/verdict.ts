import { InputError } from '../netlink/wire/error.js'

/** Verdicts as the kernel counts them: -1 less what a hook returns (include/uapi/linux/netfilter.h: NF_*). */
export const VERDICTS: Readonly<Record<string, number>> = { DROP: -1, ACCEPT: -2, QUEUE: -4, RETURN: -5 }

/** The number of a verdict; undefined for what is none. */
export function verdictOf(name: unknown): number | undefined {
  return typeof name === 'string' && Object.hasOwn(VERDICTS, name) ? VERDICTS[name] : undefined
}

/** Refuses options of what has none: a part of a rule that stands in the wrong place must not be lost. */
export function checkVerdict(target: { readonly target: string }): void {
  const extra = Object.keys(target).find((key) => key !== 'target')
  if (extra !== undefined) throw new InputError(`${target.target} has no options`, { path: extra })
}
