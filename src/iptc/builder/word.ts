import { InputError } from '../../netlink/index.js'
import { ruleWord } from '../../xtables/index.js'

/**
 * A word of a rule: in quotes where it holds a blank, a quote or a backslash, so that it is read as one word and nothing
 * else. Throws an InputError for what would not stay on one line.
 */
export function word(text: string): string {
  const bad = text.search(/[\0\n\r]/)
  if (bad >= 0) {
    const what = text[bad] === '\0' ? 'a NUL character' : 'a line break'
    throw new InputError(`${what} (at character ${bad + 1}) cannot stand in a rule`)
  }
  if (/\p{Surrogate}/u.test(text)) throw new InputError('it is no well-formed text: half of a character cannot stand in a rule')
  return ruleWord(text)
}

/** A name that stands on a line of its own, which knows no quotes: that of a table or a chain. Throws an InputError for others. */
export function bareName(name: unknown, what: string): string {
  if (typeof name !== 'string') throw new InputError(`the name of a ${what} is text, not ${name === null ? 'null' : typeof name}`)
  if (!/^[^\s\p{Cc}\p{Surrogate}]+$/u.test(name)) {
    throw new InputError(`'${name}' is no name of a ${what}: it is empty, or holds a blank or a control character`)
  }
  return name
}
