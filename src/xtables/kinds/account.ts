import { InputError } from '../../netlink/wire/error.js'
import { type Kind, kindOf } from '../kind.js'
import { accountLine, type NameFile, nameFile } from './name-file.js'
import { parseUint } from './number.js'
import { type Range, range } from './range.js'

export const USERS = nameFile('/etc/passwd', accountLine)
export const GROUPS = nameFile('/etc/group', accountLine)

/** (uid_t) -1 means that there is none. */
const MAX = 0xffff_fffe

const ids = range({ max: MAX, separator: '-', backwards: true })

/** The first and the last of some users or groups. */
interface Ids {
  readonly from: number
  readonly to: number
}

/** A user or a group by name or number, or a range of numbers with `-` or `:` between them. */
export function account(what: 'user' | 'group'): Kind<Range, Ids> {
  const file = what === 'user' ? USERS : GROUPS
  return kindOf({
    name: `${what}[-${what}]`,
    parse(text) {
      const known = file.number(text)
      if (known !== undefined) return known
      const [, first = text, last = first] = /^([^-:]*)[-:](.*)$/.exec(text) ?? []
      const [from, to] = [parseUint(first, 0, MAX), parseUint(last, 0, MAX)]
      if (from < 0 || to < 0) throw new InputError(`there is no ${what} '${text}', and it is no number or range from 0 to ${MAX}`)
      return from === to ? from : [from, to]
    },
    format: ids.format,
    pack(value, context) {
      const [from, to] = ids.pack(value, context)
      return { from, to }
    },
    unpack: ({ from, to }) => (from === to ? from : [from, to]),
  })
}

/** How a list shows it: a single number by its name, unless `numeric`. */
export function listAccount(value: Range, file: NameFile, numeric: boolean): string {
  if (typeof value !== 'number') return value.join('-')
  return (numeric ? undefined : file.name(value)) ?? String(value)
}
