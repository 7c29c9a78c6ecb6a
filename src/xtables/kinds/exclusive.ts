import { InputError } from '../../netlink/wire/error.js'

/** Throws an InputError unless one of some options is given, and no more than one. */
export function exactlyOne(options: Readonly<Record<string, unknown>>, keys: readonly string[]): void {
  atMostOne(options, keys)
  if (given(options, keys).length === 0) throw new InputError(`one of ${flagNames(keys)} must be given`)
}

/** Throws an InputError where more than one of some options is given. */
export function atMostOne(options: Readonly<Record<string, unknown>>, keys: readonly string[]): void {
  const found = given(options, keys)
  if (found.length > 1) throw new InputError(`${flagNames(found)} exclude each other: give one of them`)
}

/** Throws an InputError unless at least one of some options is given. */
export function atLeastOne(options: Readonly<Record<string, unknown>>, keys: readonly string[]): void {
  if (given(options, keys).length === 0) throw new InputError(`at least one of ${flagNames(keys)} must be given`)
}

function given(options: Readonly<Record<string, unknown>>, keys: readonly string[]): string[] {
  return keys.filter((key) => options[key] !== undefined)
}

/** `--a, --b and --c`: options as they are written, by their keys. */
export function flagNames(keys: readonly string[]): string {
  const names = keys.map((key) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
