import { parseMac } from '../../netlink/wire/address.js'
import { InputError, inside } from '../../netlink/wire/error.js'
import { checkText } from '../../netlink/wire/text.js'
import { shown } from '../../netlink/wire/shown.js'
import { ENTRY_FLAG, IFACE_SIZE, NAME_SIZE } from '../attributes.js'
import type { Dimension } from './dimension.js'
import { wholeNumber } from './number.js'

/** A hardware address, such as `02:00:5E:10:00:01`. */
export const mac: Dimension = {
  word: 'mac',
  read(value, entry) {
    if (typeof value !== 'string' || !parseMac(value)) {
      throw new InputError(`'${shown(value)}' is no hardware address such as 02:00:5E:10:00:01`)
    }
    entry.mac = value
  },
  print: (entry, style) => (style === 'key' ? entry.mac?.toLowerCase() : entry.mac),
}

/** A packet mark, a number or text in decimal or hexadecimal. */
export const mark: Dimension = {
  word: 'mark',
  read(value, entry) {
    const number = typeof value === 'string' ? wholeNumber(value, 0, 0xffff_ffff, 'mark', true) : value
    if (!(typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff)) {
      throw new InputError(`${shown(value)} is no mark: marks are whole numbers from 0 to 0xffffffff`)
    }
    entry.mark = number
  },
  print(entry, style) {
    const hex = entry.mark?.toString(16)
    return hex === undefined ? undefined : `0x${style === 'key' ? hex : hex.padStart(8, '0')}`
  },
}

const PHYSDEV = 'physdev:'

/** An interface name; behind `physdev:` it is the port of a bridge. */
export const iface: Dimension = {
  word: 'iface',
  read(value, entry) {
    if (typeof value !== 'string') throw new InputError(`${shown(value)} is no interface name`)
    const physical = value.startsWith(PHYSDEV)
    const name = physical ? value.slice(PHYSDEV.length) : value
    if (name === '') throw new InputError('an interface name cannot be empty')
    inside('interface', () => checkText(name, IFACE_SIZE - 1))
    entry.iface = name
    if (physical) entry.flags = (entry.flags ?? 0) | ENTRY_FLAG.physdev
  },
  print: (entry, style) =>
    style === 'tool' && (entry.flags ?? 0) & ENTRY_FLAG.physdev ? PHYSDEV + entry.iface : entry.iface,
}

/** The name of a set in a list:set, also as `name,before,other` or `name,after,other`. */
export const setName: Dimension = {
  word: 'set',
  read(value, entry) {
    const placed = typeof value === 'string' ? /^(.+),(before|after),(.+)$/.exec(value) : undefined
    entry.name = demandSetName(placed ? placed[1] : value, '')
    if (!placed) return
    if (entry.nameref !== undefined) throw new InputError("'before' or 'after' is given twice")
    entry.nameref = demandSetName(placed[3], '')
    if (placed[2] === 'before') entry.flags = (entry.flags ?? 0) | ENTRY_FLAG.before
  },
  print: (entry) => entry.name,
}

/** A set name as the kernel stores it: 1 to 31 bytes, no NUL. */
export function demandSetName(value: unknown, path = 'name'): string {
  if (typeof value !== 'string') throw new InputError(`${shown(value)} is no set name`, { path })
  if (value === '') throw new InputError('a set name cannot be empty', { path })
  inside(path, () => checkText(value, NAME_SIZE - 1))
  return value
}
