import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { hex } from './number.js'

type Names = Readonly<Record<string, number>>

export interface NamesOptions {
  /** More names for the same, understood but never printed. */
  readonly alias?: Names
  /** Upper and lower case are the same. */
  readonly anyCase?: true
  readonly separator?: string
  /** Stands for no name at all. */
  readonly none?: string
  /** The beginning of a name is enough; the first that begins so is meant. */
  readonly prefix?: true
}

function lookup(names: Names, options: NamesOptions): (text: string) => number | undefined {
  const fold = (text: string) => (options.anyCase ? text.toUpperCase() : text)
  const values = new Map([...Object.entries(options.alias ?? {}), ...Object.entries(names)].map(([name, value]) => [fold(name), value]))
  const inOrder = [...Object.entries(names), ...Object.entries(options.alias ?? {})]
  const beginning = (text: string) => inOrder.find(([name]) => fold(name).startsWith(fold(text)))?.[1]
  return (text) => {
    // In a rule that is given anything may stand for a name.
    if (typeof text !== 'string') return undefined
    return values.get(fold(text)) ?? (options.prefix && text !== '' ? beginning(text) : undefined)
  }
}

/** One of some names. A number of the struct that has none stays a number. */
export function choice<const N extends Names>(names: N, options: NamesOptions = {}): Kind<(keyof N & string) | number, number> {
  const numberOf = lookup(names, options)
  const nameOf = new Map(Object.entries(names).map(([name, value]) => [value, name as keyof N & string]))
  const list = Object.keys(names).join('|')
  const number = (text: string) => {
    const value = numberOf(text)
    if (value === undefined) throw new InputError(`'${shown(text)}' is none of ${list}`)
    return value
  }
  return kindOf({
    name: list,
    parse: (text) => nameOf.get(number(text)) ?? number(text),
    format: String,
    pack(value) {
      if (typeof value === 'string') return number(value)
      if (typeof value === 'number' && nameOf.has(value)) return value
      throw new InputError(`'${shown(value)}' is none of ${list}`)
    },
    unpack: (raw) => nameOf.get(raw) ?? raw,
  })
}

/** Some of some names, each standing for bits of a number. Printed in the order in which they are declared. */
export function names<const N extends Names>(bits: N, options: NamesOptions = {}): Kind<readonly (keyof N & string)[], number> {
  type Name = keyof N & string
  const { separator = ',', none } = options
  const numberOf = lookup(bits, options)
  const rows = Object.entries(bits) as [Name, number][]
  const all = rows.reduce((sum, [, value]) => (sum | value) >>> 0, 0)
  const list = Object.keys(bits).join(',')
  const number = (text: string) => {
    const value = numberOf(text)
    if (value === undefined) throw new InputError(`'${shown(text)}' is none of ${list}`)
    return value
  }
  const known = new Map<number, readonly Name[]>()
  const namesOf = (sum: number): readonly Name[] => {
    let found = known.get(sum)
    if (!found) {
      found = rows.filter(([, value]) => value !== 0 && ((sum & value) >>> 0) === value).map(([name]) => name)
      if (known.size < 4096) known.set(sum, found)
    }
    return found
  }
  const sumOf = (parts: readonly string[]) => parts.reduce((sum, part) => (sum | number(part)) >>> 0, 0)
  return kindOf({
    name: rows.length > 3 ? `${rows.slice(0, 3).map(([name]) => name).join(',')},…` : list,
    parse: (text) => (text === none ? [] : namesOf(sumOf(text.split(separator)))),
    format: (value) => (value.length === 0 && none !== undefined ? none : value.join(separator)),
    pack(value) {
      if (!Array.isArray(value)) throw new InputError(`'${shown(value)}' is no list of names out of ${list}`)
      return sumOf(value)
    },
    unpack(raw) {
      const rest = (raw & ~all) >>> 0
      if (rest !== 0) throw new InputError(`bits ${hex(rest)} have no name`)
      return namesOf(raw)
    },
  })
}
