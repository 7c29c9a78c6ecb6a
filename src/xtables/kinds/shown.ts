/** A value as a message shows it. Unlike `String`, it has an answer for objects that cannot be made a text, too. */
export function shown(value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}
