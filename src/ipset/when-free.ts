import { pauseAfter } from '../netlink/index.js'
import { SetInUseError } from './error.js'

/** How many times it is tried again: within 62 milliseconds. */
const AGAIN = 5

/**
 * Does what the kernel refuses while a rule refers to a set. A rule that was deleted lets go of its sets some milliseconds
 * later (nf_tables frees it when all processors have seen that it is gone), so it is tried again before it fails.
 */
export async function whenFree<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= AGAIN; attempt++) {
    try {
      return await change()
    } catch (error) {
      if (!SetInUseError.is(error)) throw error
    }
    await pauseAfter(attempt)
  }
  return change()
}
