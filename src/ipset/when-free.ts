import { setTimeout as pause } from 'node:timers/promises'
import { SetInUseError } from './error.js'

/** Milliseconds between two attempts: 62 in all. */
const PAUSES = [2, 4, 8, 16, 32]

/**
 * Does what the kernel refuses while a rule refers to a set. A rule that was deleted lets go of its sets some milliseconds
 * later (nf_tables frees it when all processors have seen that it is gone), so it is tried again before it fails.
 */
export async function whenFree<T>(change: () => Promise<T>): Promise<T> {
  for (const milliseconds of PAUSES) {
    try {
      return await change()
    } catch (error) {
      if (!SetInUseError.is(error)) throw error
    }
    await pause(milliseconds)
  }
  return change()
}
