import type { Counting, Slot } from '../draft.js'
import { jumpOf } from './jump.js'
import type { KernelRule } from './rules.js'

/** A rule of the kernel's in a draft. Where it jumps to is found out when somebody asks. */
export class KernelSlot implements Slot {
  readonly origin: KernelRule
  readonly given = undefined
  counting: Counting = 'keep'
  #jump: string | null | undefined

  constructor(origin: KernelRule) {
    this.origin = origin
  }

  get jump(): string | undefined {
    this.#jump ??= jumpOf(this.origin) ?? null
    return this.#jump ?? undefined
  }

  set jump(chain: string | undefined) {
    this.#jump = chain ?? null
  }
}
