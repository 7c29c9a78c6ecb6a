/** One thing that happened, as data; `event` names it, such as `commit` or `refused`. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly [key: string]: unknown
}

/** Where a daemon tells what it does. Never throws, never waits. */
export type Log = (entry: LogEntry) => void

/**
 * A log that writes one JSON object a line: `time` (UTC, ISO 8601), `level` and `event` first, then what is known of it. Whatever
 * is in a value, a line break among it, an entry is one line. Values that JSON has no word for are told as text.
 */
export function jsonLog(stream: { write(text: string): unknown }): Log {
  return ({ level, event, ...rest }) => {
    const head = { time: new Date().toISOString(), level, event }
    // The names at the head are the log's own.
    stream.write(`${line({ ...head, ...rest, ...head })}\n`)
  }
}

function line(entry: object): string {
  try {
    return JSON.stringify(entry, plain)
  } catch {
    const { time, level, event } = entry as Record<string, unknown>
    return JSON.stringify({ time, level, event, unprintable: true })
  }
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Error) return { name: value.name, message: value.message, ...('code' in value ? { code: value.code } : {}) }
  return value
}
