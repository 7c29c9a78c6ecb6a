/** A value as a message shows it. Unlike `String`, it has an answer for objects that cannot be made a text, too. */
export function shown(value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}

/** The same with what lists and objects hold, as JSON; as `shown` where JSON has no word for it. */
export function shownJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? shown(value)
  } catch {
    return shown(value)
  }
}
