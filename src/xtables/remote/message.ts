import { ProtocolError } from '../../netlink/wire/error.js'

/**
 * What travels between a program and the daemon: a line of JSON that says what is meant, and behind it, one a line, the rules
 * that this is about. So neither side has to make, or read, all of a large table at once.
 */
export interface Message {
  readonly head: unknown
  readonly lines: Lines
}

/** A whole number, as JSON has no word for wide ones; bytes. */
const BIGINT = '$bigint'
const BYTES = '$bytes'
const DIGITS = /^-?\d{1,20}$/

/** JSON of a value that may hold wide numbers and bytes. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replaceWide)
}

function replaceWide(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { [BIGINT]: String(value) }
  // A Buffer has become something else by now.
  const given = this[key]
  return given instanceof Uint8Array ? { [BYTES]: Buffer.from(given).toString('base64') } : value
}

/** The value of such JSON. Throws a ProtocolError for what is none. */
export function fromJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProtocolError('this is no JSON')
  }
  return text.includes('"$b') ? revive(value) : value
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(revive)
  const entries = Object.entries(value)
  const [first] = entries
  if (first && entries.length === 1 && typeof first[1] === 'string') {
    const [key, text] = first
    if (key === BIGINT && DIGITS.test(text)) return BigInt(text)
    if (key === BYTES) return new Uint8Array(Buffer.from(text, 'base64'))
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, revive(one)]))
}

/** A message in the pieces of a frame. */
export function messagePieces(head: unknown, lines: readonly Buffer[] = []): Buffer[] {
  return [Buffer.from(toJson(head)), ...lines]
}

/** Reads a frame. Throws a ProtocolError where its first line is no JSON. */
export function readMessage(frame: Buffer): Message {
  const text = frame.toString()
  const end = text.indexOf('\n')
  return { head: fromJson(end < 0 ? text : text.slice(0, end)), lines: new Lines(text, end < 0 ? text.length : end + 1) }
}

/** The lines of a text from a place on, one by one. */
export class Lines {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  get left(): boolean {
    return this.#at < this.#text.length
  }

  /** The next line. Throws a ProtocolError where there is none. */
  next(): string {
    if (!this.left) throw new ProtocolError('a message holds fewer rules than it says')
    const end = this.#text.indexOf('\n', this.#at)
    const line = this.#text.slice(this.#at, end < 0 ? this.#text.length : end)
    this.#at = end < 0 ? this.#text.length : end + 1
    return line
  }
}
