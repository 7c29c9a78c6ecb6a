// Memory and descriptors of this process, when nothing is under way.
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const MB = 2 ** 20

/** What is used now; garbage is collected before. */
export async function measure(second) {
  for (let i = 0; i < 3; i++) {
    globalThis.gc()
    await pause(20)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  // The folder itself is open while it is read.
  return { second, rss: rss / MB, heap: heapUsed / MB, external: external / MB, descriptors: readdirSync('/proc/self/fd').length - 1 }
}

/** MB that may be more in the end than after the warm-up: compiled code and the allocator's reserves come late. */
const HEAP = 8
const EXTERNAL = 8
const RSS = 48

/** What has grown between the first of some measures and the last, in sentences. */
export function growth(measures) {
  const [first, last] = [measures[0], measures.at(-1)]
  const more = (key) => last[key] - first[key]
  return [
    ...(more('heap') > HEAP ? [`the heap has grown by ${more('heap').toFixed(1)} MB`] : []),
    ...(more('external') > EXTERNAL ? [`memory outside of the heap has grown by ${more('external').toFixed(1)} MB`] : []),
    ...(more('rss') > RSS ? [`the process has grown by ${more('rss').toFixed(1)} MB`] : []),
    ...(more('descriptors') > 0 ? [`${more('descriptors')} more descriptors are open`] : []),
  ]
}
