/** Milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Waits until `look` gives something that is true, and gives that. Fails after so many seconds, and says what was waited for. */
export async function eventually<T>(look: () => T | Promise<T>, what = look.toString(), seconds = 10): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  const end = performance.now() + 1000 * seconds
  for (;;) {
    const found = await look()
    if (found) return found as Exclude<T, undefined | null | false | 0 | ''>
    if (performance.now() > end) throw new Error(`it did not come true within ${seconds} seconds: ${what}`)
    await sleep(5)
  }
}
