// How long the event loop stood still: the longest time between two firings of a timer of 1 ms. What does not fire in
// between cannot answer a request either. The timer is the one of node:perf_hooks, which runs no JavaScript, so that
// watching changes nothing.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

/** Begins to watch; the function it gives ends that, and gives the longest gap in milliseconds. */
export async function watchLoop() {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // Gaps are counted from one firing to the next: one before what is watched, and one after it.
  await pause(5)
  return async () => {
    await pause(5)
    delay.disable()
    return delay.max / 1e6
  }
}
