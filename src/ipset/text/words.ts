import { UsageError } from './error.js'

/** A word of a line and where it begins, in columns from 1. */
export interface Word {
  readonly text: string
  readonly column: number
  /** Written in quotes: never an option, whatever it looks like. */
  readonly quoted?: boolean
}

/**
 * The words of a line, parted by blanks; double quotes keep blanks in a word. A quote has no escape: what ends a line
 * ends it, so that no word can become a second line. Throws a UsageError where a quote has no end.
 */
export function splitWords(line: string): Word[] {
  if (!line.includes('"')) return splitPlain(line)
  const words: Word[] = []
  for (const match of line.matchAll(/(?:"[^"]*"|[^ \t\r\n"])+/g)) {
    words.push({ text: match[0].replaceAll('"', ''), column: match.index + 1, quoted: match[0].includes('"') })
  }
  const quotes = line.split('"').length - 1
  if (quotes % 2 === 1) throw new UsageError('Missing close quote!', { column: line.lastIndexOf('"') + 1 })
  return words
}

function splitPlain(line: string): Word[] {
  const words: Word[] = []
  for (const match of line.matchAll(/[^ \t\r\n]+/g)) words.push({ text: match[0], column: match.index + 1 })
  return words
}

/** A word for a saved ruleset: quoted where it holds blanks or looks like an option, without what ends its line. */
export function quoteWord(text: string): string {
  const safe = oneLine(text)
  return safe === '' || /[ \t\r]/.test(safe) || /^[#-]/.test(safe) ? `"${safe}"` : safe
}

/** Text without quotes and line breaks, which a saved ruleset has no way to write. */
export function oneLine(text: string): string {
  return text.replace(/"/g, "'").replace(/\n/g, ' ')
}
