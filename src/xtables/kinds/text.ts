import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { checkText } from '../../netlink/wire/text.js'
import { type Kind, kindOf } from '../kind.js'

const PLAIN = /^[-_0-9A-Za-z]+$/

/** A blank in a name, as the C tools see it: other blanks of Unicode are letters to them. */
export const BLANK: RegExp = /[ \t\n\v\f\r]/

/** A text as iptables-save writes it: in quotes, with `"`, `\` and `'` escaped, unless it holds letters and digits only. */
export function quote(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`
}

/** A word that needs no quotes to be read back. */
export const BARE: RegExp = /^[^\s"'\\]+$/

/** A text as one word of a rule: in quotes only where it could not be read back without them. */
export function word(text: string): string {
  return BARE.test(text) ? text : quote(text)
}

export interface TextOptions {
  /** The greatest number of bytes in UTF-8. */
  readonly max: number
  /** The least; 0 unless given. */
  readonly min?: number
  /** Longer text is cut, as the C tool does, instead of refused. */
  readonly cut?: true
  /** Printed as it is, never in quotes. */
  readonly bare?: true
}

/** Refuses what would not stay on one line of a ruleset: a NUL, a line feed or a carriage return. */
export function singleLine(text: unknown): string {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not text`)
  const bad = text.search(/[\0\n\r]/)
  if (bad >= 0) {
    const what = text[bad] === '\0' ? 'a NUL character' : 'a line break'
    throw new InputError(`${what} (at character ${bad + 1}) cannot stand in a rule`)
  }
  return text
}

/** The longest beginning of a text that takes no more than so many bytes. */
function cutText(value: string, max: number): string {
  const bytes = Buffer.from(value)
  let end = max
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** Free text of limited length. */
export function text({ max, min = 0, cut, bare }: TextOptions): Kind<string, string> {
  const check = (value: string) => {
    singleLine(value)
    const length = checkText(value, cut ? 0xffff : max)
    if (length < min) throw new InputError(`'${value}' is too short, at least ${min} bytes are needed`)
    return length > max ? cutText(value, max) : value
  }
  return kindOf({
    name: 'text',
    parse: check,
    // What the words of a rule are split by needs its quotes even where the C tool prints none.
    format: bare ? word : quote,
    pack: check,
    unpack: (raw) => raw,
  })
}
