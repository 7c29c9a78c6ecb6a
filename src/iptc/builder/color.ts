import { InputError } from '../../netlink/index.js'

/** Colours a text: gives it the sequences of a terminal. */
export type Colorizer = (text: string) => string

/** A function that colours text by a code of SGR: `31` is red, `1;32` bold green. Throws an InputError for other codes. */
export function makeColorizer(code: string | number): Colorizer {
  if (!/^\d+(?:;\d+)*$/.test(String(code))) throw new InputError(`'${String(code)}' is no code of a colour: numbers with ; in between, such as 1;32`)
  return (text) => `\x1b[${code}m${text}\x1b[0m`
}

const heading = makeColorizer('1;32')
const comment = makeColorizer('32')
const table = makeColorizer('1;36')
const chain = makeColorizer('36')
const option = makeColorizer('33')
const negation = makeColorizer('1;31')

/** Text in quotes, a word, or blanks. */
const PIECE = /"(?:\\.|[^"\\])*"?|[^\s"]+|\s+/g

/** The text of tables for a terminal; `uncolorize` gives it back. */
export function colorize(text: string): string {
  return text.split('\n').map(colorizeLine).join('\n')
}

function colorizeLine(line: string): string {
  if (line === '') return line
  if (line.startsWith('#')) return line.endsWith('#') ? heading(line) : comment(line)
  if (line.startsWith('*')) return table(line)
  if (line.startsWith(':') || line === 'COMMIT') return chain(line)
  return line.replace(PIECE, (piece) => (piece === '!' ? negation(piece) : piece.startsWith('-') ? option(piece) : piece))
}

/** A text without the sequences of a terminal. */
export function uncolorize(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what such a sequence begins with
  return text.replace(/\x1b\[[;\d]*[A-Za-z]/g, '')
}

/** A text with a number in front of each line: `07 | -A INPUT -j DROP`, but with a blank for the 0. Throws an InputError for a start that is no number. */
export function addLineNumbers(text: string, start = 1): string {
  if (!Number.isSafeInteger(start)) throw new InputError(`'${String(start)}' is no number of a line`, { path: 'start' })
  const end = text.endsWith('\n') ? '\n' : ''
  const lines = (end === '' ? text : text.slice(0, -1)).split('\n')
  const width = Math.max(...[start, start + lines.length - 1].map((number) => String(number).length))
  return lines.map((line, index) => `${String(start + index).padStart(width)} | ${line}`).join('\n') + end
}
