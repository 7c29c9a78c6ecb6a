import { TextError } from './error.js'

/** A line cut into words, as iptables-restore cuts it. */
export interface Words {
  readonly words: string[]
  /** Where each word begins, counted from 1. */
  readonly columns: number[]
}

const SPACE = 32
const TAB = 9
const QUOTE = 34
const BACKSLASH = 92

/**
 * Cuts a line at blanks. Text in double quotes is taken as it stands, a backslash in it takes the next character as it
 * is; the closing quote ends the word. Throws a TextError for an open quote, a NUL or a line break.
 */
export function splitWords(line: string, start = 0): Words {
  const words: string[] = []
  const columns: number[] = []
  const end = line.length
  const quote = line.indexOf('"', start)
  // Most lines hold blanks and plain words; then the next blank is found without a look at each character.
  const plainEnd = SPECIAL.test(line) ? start : quote < 0 ? end : quote
  let at = start
  while (at < end) {
    if (line.charCodeAt(at) === SPACE) {
      at++
      continue
    }
    const blank = line.indexOf(' ', at)
    const next = blank < 0 ? end : blank
    if (next > plainEnd) break
    words.push(line.slice(at, next))
    columns.push(at + 1)
    at = next + 1
  }
  if (at < end) splitSpecial(line, at, words, columns)
  return { words, columns }
}

/** What a plain line does not hold. */
const SPECIAL = /[\t\0\r\n]/

/** As splitWords, character by character, from `start` on. */
function splitSpecial(line: string, start: number, words: string[], columns: number[]): void {
  const end = line.length
  let at = start
  while (at < end) {
    const code = line.charCodeAt(at)
    if (code === SPACE || code === TAB) {
      at++
      continue
    }
    const from = at
    for (; at < end; at++) {
      const inner = line.charCodeAt(at)
      if (inner === SPACE || inner === TAB || inner === QUOTE) break
      if (inner === 0 || inner === 10 || inner === 13) throw badCharacter(line, at)
    }
    columns.push(from + 1)
    if (at < end && line.charCodeAt(at) === QUOTE) {
      const { text, next } = quoted(line, at)
      words.push(line.slice(from, at) + text)
      at = next
    } else words.push(line.slice(from, at))
  }
}

function quoted(line: string, open: number): { text: string; next: number } {
  let text = ''
  let from = open + 1
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === QUOTE) return { text: text + line.slice(from, at), next: at + 1 }
    if (code === 0 || code === 10 || code === 13) throw badCharacter(line, at)
    if (code !== BACKSLASH) continue
    text += line.slice(from, at)
    from = ++at
    const taken = line.charCodeAt(at)
    if (taken === 0 || taken === 10 || taken === 13) throw badCharacter(line, at)
  }
  throw new TextError('the quote that begins here is not closed', { column: open + 1 })
}

function badCharacter(line: string, at: number): TextError {
  const what = line.charCodeAt(at) === 0 ? 'a NUL character' : 'a line break'
  return new TextError(`${what} cannot stand in a rule`, { column: at + 1 })
}
