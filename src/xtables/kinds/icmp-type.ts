import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { parseUint } from './number.js'

/** A type of ICMP messages by its number, of some codes only: one, or from one to another. */
export interface TypeAndCode {
  readonly type: number
  readonly code: number | readonly [from: number, to: number]
}

/** A name, or the number of a type that has none, or a type and a code that have none together. */
export type IcmpType<N extends string = string> = N | number | TypeAndCode

/** What stands in the struct. */
export interface IcmpTypeBytes {
  readonly type: number
  readonly codes: readonly [from: number, to: number]
}

/** A type, or a type and a code, for a name. */
export type IcmpNames = Readonly<Record<string, number | readonly [type: number, code: number]>>

const key = (type: number, from: number, to: number) => (type << 16) | (from << 8) | to
const bytesOf = (entry: IcmpNames[string]): IcmpTypeBytes =>
  typeof entry === 'number' ? { type: entry, codes: [0, 255] } : { type: entry[0], codes: [entry[1], entry[1]] }

/** Types of messages by the names of one family. The beginning of a name is enough where it is that of no other. */
export function icmpTypes<const N extends IcmpNames>(names: N, alias: IcmpNames = {}): Kind<IcmpType<keyof N & string>, IcmpTypeBytes> {
  type Type = IcmpType<keyof N & string>
  const byName = new Map(Object.entries({ ...names, ...alias }).map(([name, entry]) => [name, bytesOf(entry)]))
  const known = new Map<number, Type>()
  for (const [name, entry] of Object.entries(names)) {
    const { type, codes } = bytesOf(entry)
    known.set(key(type, ...codes), name)
  }

  const unpack = ({ type, codes: [from, to] }: IcmpTypeBytes): Type => {
    const at = key(type, from, to)
    let value = known.get(at)
    if (value === undefined) {
      value = from === 0 && to === 255 ? type : Object.freeze({ type, code: from === to ? from : Object.freeze([from, to] as const) })
      if (known.size < 4096) known.set(at, value)
    }
    return value
  }
  const read = (text: string): IcmpTypeBytes => {
    const found = [...byName.keys()].filter((name) => name.toLowerCase().startsWith(text.toLowerCase()))
    if (found.length > 1) throw new InputError(`'${text}' may be ${found.slice(0, 2).join(' or ')}: give more of the name`)
    return found.length === 1 ? (byName.get(found[0] as string) as IcmpTypeBytes) : numbers(text)
  }
  const write = (value: unknown): IcmpTypeBytes => {
    if (typeof value === 'string') return byName.get(value) ?? read(value)
    if (typeof value === 'number') return { type: byte(value, 'type'), codes: [0, 255] }
    if (typeof value !== 'object' || value === null) throw new InputError(`'${shown(value)}' is no type of ICMP messages`)
    const { type, code } = value as TypeAndCode
    const [from, to] = Array.isArray(code) && code.length === 2 ? code : [code, code]
    return { type: byte(type, 'type'), codes: [byte(from, 'code'), byte(to, 'code')] }
  }
  return kindOf({
    name: 'name|type[/code]',
    parse: (text) => unpack(byName.get(text) ?? read(text)),
    format(value) {
      const { type, codes: [from, to] } = write(value)
      if (value === 'any') return value
      if (from === 0 && to === 255) return String(type)
      return from === to ? `${type}/${from}` : `${type}/${from}:${to}`
    },
    pack: write,
    unpack,
  })
}

function numbers(text: string): IcmpTypeBytes {
  const [, type = '', sameType, code, toCode] = /^([^/:]+)(?::([^/:]+))?(?:\/([^/:]+)(?::([^/:]+))?)?$/.exec(text) ?? []
  const first = parseUint(type, 0, 255)
  if (first < 0) throw new InputError(`'${text}' is neither the name of a type nor type[/code] from 0 to 255`)
  if (sameType !== undefined && parseUint(sameType, 0, 255) !== first) throw new InputError(`'${text}': a range of types is not supported`)
  if (code === undefined) return { type: first, codes: [0, 255] }
  const from = parseUint(code, 0, 255)
  const to = toCode === undefined ? from : parseUint(toCode, 0, 255)
  if (from < 0 || to < 0) throw new InputError(`'${text}': a code is a number from 0 to 255`)
  return { type: first, codes: [from, to] }
}

function byte(value: unknown, what: string): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255) return value as number
  throw new InputError(`the ${what} '${shown(value)}' is not a whole number from 0 to 255`)
}

/** How `iptables -L` shows a type: by name unless `numeric`. */
export function listIcmpType(protocol: string, given: unknown, negated: boolean, { type, codes: [from, to] }: IcmpTypeBytes, numeric: boolean): string {
  if (typeof given === 'string' && !numeric) return `${protocol} ${negated ? '!' : ''}${given}`
  const code = from === to ? ` code ${from}` : from === 0 && to === 255 ? '' : ` codes ${from}-${to}`
  // The C tool forgets the blank behind the protocol.
  return `${protocol}${negated ? ' !' : ''}type ${type}${code}`
}
