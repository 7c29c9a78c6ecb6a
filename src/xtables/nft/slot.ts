import { ReadSlot } from '../read-slot.js'
import { jumpOf } from './jump.js'
import type { KernelRule } from './rules.js'

/** A rule of the kernel's in a draft. */
export class KernelSlot extends ReadSlot<KernelRule> {
  protected override readJump(): string | undefined {
    return jumpOf(this.origin)
  }
}
