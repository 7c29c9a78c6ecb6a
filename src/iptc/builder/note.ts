import { InputError } from '../../netlink/index.js'

/** Characters of a comment line: iptables-restore takes what is behind its 10,239th byte for another line. */
const LONGEST = 1000
/** The bytes that the match `comment` holds. */
const MATCH_BYTES = 255
/** What begins a line in which this library reads a rule that no C tool has words for. */
const PLACEHOLDER = '# unknown: '

/** A text with a blank in the place of line breaks and other control characters. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** A comment line of a ruleset, which holds a text and cannot be read as anything else. */
export function note(text: string): string {
  const characters = [...oneLine(text)]
  const line = `# ${characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : characters.join('')}`
  return line.startsWith(PLACEHOLDER) ? line.replace('# ', '#  ') : line
}

/** A comment that the match `comment` can hold: what is too long is cut. */
export function shorten(comment: string): string {
  if (Buffer.byteLength(comment) <= MATCH_BYTES) return comment
  let text = ''
  for (const character of comment) {
    if (Buffer.byteLength(text) + Buffer.byteLength(character) > MATCH_BYTES - 3) break
    text += character
  }
  return `${text}…`
}

/** The comment of a rule as it may be given. Throws an InputError for what is none, or is longer than 255 bytes. */
export function ruleComment(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined
  if (typeof given !== 'string') throw new InputError(`is text, not ${typeof given}`, { path: 'comment' })
  const bytes = Buffer.byteLength(oneLine(given))
  if (bytes > MATCH_BYTES) throw new InputError(`is ${bytes} bytes long; a rule holds ${MATCH_BYTES} at most, say it in fewer words`, { path: 'comment' })
  return given
}

/** The comment of a chain, which stands in the text alone. */
export function chainComment(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined
  if (typeof given !== 'string') throw new InputError(`is text, not ${typeof given}`, { path: 'comment' })
  return given
}
