import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { names } from './names.js'

/** XT_TIME_ALL_MONTHDAYS and XT_TIME_ALL_WEEKDAYS (include/uapi/linux/netfilter/xt_time.h) */
export const ALL_MONTHDAYS = 0xffff_fffe
export const ALL_WEEKDAYS = 0xfe
const LAST_DATE = 0xffff_ffff

const TIME = /^(\d+):(\d+)(?::(\d+))?$/
const DATE = /^(\d+)(?:-(\d+)(?:-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+))?)?)?)?)?$/

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new InputError(`'${shown(value)}' is not text`)
}

function secondsOfDay(value: unknown): number {
  const [hour = 24, minute = 0, second = 0] = TIME.exec(text(value))?.slice(1).map((part) => Number(part ?? 0)) ?? []
  if (hour <= 23 && minute <= 59 && second <= 59) return 3600 * hour + 60 * minute + second
  throw new InputError(`'${shown(value)}' is not a time of the day: give hh:mm[:ss]`)
}

function formatDayTime(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

/** A time of the day such as `22:30:00`; seconds in the struct. */
export const dayTime: Kind<string, number> = kindOf({
  name: 'hh:mm[:ss]',
  parse: (text) => formatDayTime(secondsOfDay(text)),
  format: (value) => value,
  pack: secondsOfDay,
  unpack: formatDayTime,
})

/** A month or day of 0 is the one before the first, days that a month lacks run into the next, as in mktime(3). */
function secondsOfDate(value: unknown): number {
  const parts = DATE.exec(text(value))?.slice(1).filter((part) => part !== undefined) ?? []
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number)
  const fits = year >= 1970 && year <= 2038 && month <= 12 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59
  const seconds = fits ? Date.UTC(year, month - 1, day, hour, minute, second) / 1000 : -1
  if (seconds >= 0 && seconds <= LAST_DATE) return seconds
  throw new InputError(`'${shown(value)}' is not a date from 1970 to 2038: give YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`)
}

function formatDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19)
}

/** A date such as `2026-01-31T08:00:00`; seconds since 1970 in the struct. */
export const date: Kind<string, number> = kindOf({
  name: 'YYYY[-MM[-DD[Thh[:mm[:ss]]]]]',
  parse: (text) => formatDate(secondsOfDate(text)),
  format: (value) => value,
  pack: secondsOfDate,
  unpack: formatDate,
})

/** The parts of a list; a comma at its end does not count. */
function parts(text: string): string[] {
  return text === '' ? [] : text.replace(/,$/, '').split(',')
}

/** Days of the month; bits in the struct. The kernel has a bit for day 0, too, which never comes. */
export const monthdays: Kind<readonly number[], number> = kindOf({
  name: '1,2,…,31',
  parse: (text) => parts(text).map((part) => (/^(?:0[0-7]?|[1-9]\d?|)$/.test(part) ? Number(part) : badDay(part))),
  format: (value) => value.join() || '""',
  pack(value) {
    if (!Array.isArray(value)) throw new InputError(`'${shown(value)}' is no list of days of the month`)
    const fits = (day: unknown) => Number.isInteger(day) && (day as number) >= 0 && (day as number) <= 31
    return value.reduce((bits, day) => (fits(day) ? (bits | (1 << day)) >>> 0 : badDay(day)), 0)
  },
  unpack: (bits) => Array.from({ length: 32 }, (_, day) => day).filter((day) => bits & (1 << day)),
})

function badDay(day: unknown): never {
  throw new InputError(`'${shown(day)}' is not a day of the month from 1 to 31`)
}

/** As `iptables -L` shows them: `1st,2nd,11st`. */
export function listMonthdays(days: readonly number[]): string {
  return days.filter((day) => day > 0).map((day) => `${day}${['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'}`).join()
}

const WEEK = { Mon: 0x02, Tue: 0x04, Wed: 0x08, Thu: 0x10, Fri: 0x20, Sat: 0x40, Sun: 0x80 } as const
export type Weekday = keyof typeof WEEK
const WEEKDAYS = Object.keys(WEEK) as Weekday[]
const some = names(WEEK)

function weekday(part: unknown): Weekday {
  const byName = WEEKDAYS.find((name) => shown(part).startsWith(name.slice(0, 2)))
  const found = byName ?? (/^0*[1-7]$/.test(shown(part)) ? WEEKDAYS[Number(part) - 1] : undefined)
  if (found !== undefined) return found
  throw new InputError(`'${shown(part)}' is none of ${WEEKDAYS.join()}, nor a number from 1 (Monday) to 7`)
}

/** Days of the week; bits in the struct. Given as names, whose first two letters count, or as numbers. */
export const weekdays = kindOf<readonly Weekday[], number, readonly (Weekday | number)[]>({
  name: 'Mon,Tue,…,Sun',
  parse: (text) => parts(text).map(weekday),
  format: (value) => value.join() || '""',
  pack(value, context) {
    if (!Array.isArray(value)) throw new InputError(`'${shown(value)}' is no list of days of the week`)
    return some.pack(value.map(weekday), context)
  },
  unpack: (bits, context) => some.unpack(bits, context),
})
