import { InputError } from './error.js'

/** Longer than any word of ours: there is nothing to look for. */
const LONGEST = 64

/**
 * The word that was probably meant by one that is none; undefined where no word is like it. Capital letters, `-` and `_` do not
 * count, and of what is left about every third letter may be wrong.
 */
export function nearest(given: string, words: Iterable<string>): string | undefined {
  if (given.length > LONGEST) return undefined
  const wanted = plain(given)
  let [best, least]: [string | undefined, number] = [undefined, wanted.length < 5 ? 1.5 : Math.max(2, wanted.length / 3) + 0.5]
  for (const word of words) {
    const far = mistakes(plain(word), wanted)
    if (far < least) [best, least] = [word, far]
  }
  return best
}

/** What to say behind a word that is none: the one that was probably meant, or all there are. */
export function suggestion(given: string, words: readonly string[]): string {
  const near = nearest(given, words)
  return near === undefined ? `; there are ${words.join(', ')}` : `; did you mean '${near}'?`
}

/** The error for an option that is none of `known`. */
export function unknownOption(name: string, known: readonly string[]): InputError {
  return new InputError(`there is no such option${suggestion(name, known)}`, { path: name })
}

/** Throws an InputError for an option that is none of `known`: what is misspelt must not be left out in silence. */
export function demandOptions(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) if (!known.includes(name)) throw unknownOption(name, known)
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** How many letters have to be added, left out, changed or swapped with their neighbour to make one word of another. */
function mistakes(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] as number
}
