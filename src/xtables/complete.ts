import { InputError, inside } from '../netlink/wire/error.js'
import { AnySets, type Context } from './context.js'
import type { Extension } from './extension.js'
import { isNot } from './kind.js'
import type { Bag } from './option.js'
import type { Row } from './row.js'

/** Whether two raw values are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, index) => same(one, b[index]))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key as never], b[key as never]))
}

const FOUR: Context = { family: 'ip', protocol: 0, sets: new AnySets() }
const SIX: Context = { ...FOUR, family: 'ip6' }

/** What stands for options that are not given. */
interface Unset {
  readonly quiet: readonly { readonly key: string; readonly usual: unknown }[]
  readonly usual: readonly [string, unknown][]
}

/** Fills in what is not given and leaves out what need not be said, where all options stand in members of their own. */
export function completer(
  extension: Extension,
  all: readonly Row[],
  unset: (context: Context) => Bag,
): ((options: Bag, context: Context) => Bag) | undefined {
  if (extension.finish || all.some(({ option }) => option?.pack || option?.unpack)) return undefined
  const quietIn = (context: Context) =>
    all.filter(({ option }) => option?.quiet).map(({ key, kind, option }) => ({ key, usual: kind.unpack(option?.fallback as never, context) }))
  const unsetIn = (context: Context): Unset => ({ quiet: quietIn(context), usual: Object.entries(unset(context)) })
  const four = unsetIn(FOUR)
  // Where an address stands for none, the two families differ.
  if (!same(four, unsetIn(SIX))) return undefined
  const { quiet } = four
  const usual = four.usual.filter(([key]) => key !== extension.type)
  const required = all.filter(({ option }) => option?.required)
  return (options, context) => {
    for (const { key, flag } of required) if (options[key] === undefined) throw new InputError(`option '${flag || key}' must be specified`)
    for (const row of all) {
      const value = options[row.key]
      // A text may read well and yet fit nowhere.
      if (value !== undefined) inside(row.key, () => row.kind.pack((isNot(value) ? value.not : value === false ? true : value) as never, context))
    }
    extension.check?.(options as never, context)
    for (const { key, usual } of quiet) if (options[key] !== undefined && same(options[key], usual)) delete options[key]
    for (const [key, value] of usual) options[key] ??= value
    return options
  }
}
