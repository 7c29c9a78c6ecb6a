/** Longest stretch of work, in milliseconds, before the event loop gets its turn. */
const STRETCH = 5

let turnBegan = 0

/** Whether work has gone on for more than 5 ms in this turn of the event loop, so that it is time to `breathe`. */
export function busy(): boolean {
  const now = performance.now()
  if (turnBegan === 0) {
    turnBegan = now
    setImmediate(() => {
      turnBegan = 0
    })
    return false
  }
  return now - turnBegan > STRETCH
}

/**
 * One turn of the event loop: timers fire, sockets are read. A single setImmediate would not do: called from the
 * callback of a socket or a thread, it comes back in the same turn, before any timer.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

/** `busy` from the second time on: who others keep from its turn still reads one datagram in each. */
export function busyAfterOne(): () => boolean {
  let asked = false
  return () => {
    if (asked) return busy()
    asked = true
    return false
  }
}

/** Runs work in steps, and lets the event loop have its turn between them. */
export async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    if (busy()) await breathe()
  }
}

/** Runs work in steps to its end at once. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** A pause before something is tried again; it doubles with each attempt, from 2 ms. */
export function pauseAfter(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 ** attempt))
}
