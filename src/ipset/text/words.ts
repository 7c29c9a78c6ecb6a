import { UsageError } from './error.js'

/** A word of a line and where it begins, in columns from 1. */
export interface Word {
  readonly text: string
  readonly column: number
}

/**
 * The words of a line, parted by blanks; double quotes keep blanks in a word. A quote has no escape: what ends a line
 * ends it, so that no word can become a second line.
 */
export function splitWords(line: string): Word[] {
  if (!line.includes('"')) return splitPlain(line)
  const words: Word[] = []
  let text: string | undefined
  let column = 1
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (character === '"') {
      quoted = !quoted
      if (text === undefined) column = at + 1
      text ??= ''
    } else if (!quoted && isBlank(character)) {
      if (text !== undefined) words.push({ text, column })
      text = undefined
    } else {
      if (text === undefined) column = at + 1
      text = (text ?? '') + character
    }
  }
  if (quoted) throw new UsageError('Missing close quote!', { column })
  if (text !== undefined) words.push({ text, column })
  return words
}

function splitPlain(line: string): Word[] {
  const words: Word[] = []
  for (const match of line.matchAll(/[^ \t\r\n]+/g)) words.push({ text: match[0], column: match.index + 1 })
  return words
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

/** A word for a saved ruleset: quoted where it holds blanks, and without what would break its line. */
export function quoteWord(text: string): string {
  const safe = oneLine(text)
  return safe === '' || /[ \t]/.test(safe) || safe.startsWith('#') ? `"${safe}"` : safe
}

/** Text without quotes, line breaks and other control characters, which a saved ruleset has no way to write. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/"/g, "'").replace(/[\x00-\x1f\x7f]/g, ' ')
}
