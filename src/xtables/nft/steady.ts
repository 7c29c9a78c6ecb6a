import { setTimeout as sleep } from 'node:timers/promises'
import { Stale } from '../backend.js'
import type { Link } from './link.js'

/** Longest pause between two readings, in milliseconds. */
const LONGEST = 250

/** Reads what is all of one generation; anew, as long as somebody commits meanwhile. Rejects when `signal` aborts. */
export async function steadily<T>(link: Link, signal: AbortSignal, read: (generation: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await read(await link.generation({ signal }))
    } catch (error) {
      if (!(error instanceof Stale)) throw error
    }
    await sleep(Math.min(2 ** attempt, LONGEST), undefined, { signal })
  }
}
