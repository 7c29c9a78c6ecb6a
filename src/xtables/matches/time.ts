import { InputError } from '../../netlink/wire/error.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import { ALL_MONTHDAYS, ALL_WEEKDAYS, date, dayTime, listMonthdays, monthdays, weekdays } from '../kinds/calendar.js'
import { flag as flagKind } from '../kinds/flag.js'
import type { Kind } from '../kind.js'
import { line, plain } from '../list.js'
import { flag, type Memory, option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_time.h */
const XtTimeInfo = struct('xt_time_info', {
  dateStart: field(u32, 'date_start', 'first second, counted from 1970'),
  dateStop: field(u32, 'date_stop', 'last second, counted from 1970'),
  dayStart: field(u32, 'daytime_start', 'first second of the day'),
  dayStop: field(u32, 'daytime_stop', 'last second of the day'),
  monthdays: field(u32, 'monthdays_match', 'a bit for each day of the month'),
  weekdays: field(u8, 'weekdays_match', 'a bit for each day of the week, Monday is bit 1'),
  flags: field(u8, 'flags', 'XT_TIME_*'),
})

const LOCAL = 0x01
const CONTIGUOUS = 0x02
const FIRST_SECOND = 0
const LAST_SECOND = 86_399
const FIRST_DATE = 0
const LAST_DATE = 0x7fff_ffff
const LAST = '2038-01-19T03:14:07'

function allDay(memory: Memory): boolean {
  return memory.get('dayStart') === FIRST_SECOND && memory.get('dayStop') === LAST_SECOND
}

/** Start and end of the day stand in the text together, or not at all. */
function dayPlace(member: string, fallback: number) {
  return {
    to: member, fallback,
    unpack(memory: Memory, context: Context) {
      return allDay(memory) ? undefined : dayTime.unpack(memory.get(member), context)
    },
  }
}

/** Days that are left out are as good as all others given. */
function daysPlace<T>(kind: Kind<T, number>, member: string, all: number) {
  return {
    to: member, fallback: all, negatable: true,
    pack(memory: Memory, value: T, context: Context, negated: boolean) {
      memory.set(member, (kind.pack(value, context) ^ (negated ? all : 0)) >>> 0)
    },
    unpack(memory: Memory, context: Context) {
      const bits: number = memory.get(member)
      return bits === all ? undefined : kind.unpack(bits, context)
    },
  } as const
}

function spaced(date: string): string {
  return date.replace('T', ' ')
}

export const time = match('time', {
  doc: 'The time at which the packet arrives.',
  revisions: { 0: XtTimeInfo },
  options: {
    timestart: option(dayTime, 'from this time of the day on; 00:00 unless given', dayPlace('dayStart', FIRST_SECOND)),
    timestop: option(dayTime, 'up to this time of the day; 23:59:59 unless given', dayPlace('dayStop', LAST_SECOND)),
    monthdays: option(monthdays, 'days of the month, 1 to 31; all unless given', {
      ...daysPlace(monthdays, 'monthdays', ALL_MONTHDAYS),
    }),
    weekdays: option(weekdays, 'days of the week, names or 1 (Monday) to 7; all unless given', {
      ...daysPlace(weekdays, 'weekdays', ALL_WEEKDAYS),
    }),
    datestart: option(date, 'from this date on, which may lack its end, such as 2026-01', {
      to: 'dateStart', fallback: FIRST_DATE, quiet: true,
    }),
    datestop: option(date, 'up to this date; 2038-01-19T03:14:07 unless given', {
      to: 'dateStop', fallback: LAST_DATE,
    }),
    kerneltz: flag("times are in the kernel's time zone, not UTC", { alias: ['--localtz'], set: { flags: LOCAL } }),
    utc: shorthand(flagKind, 'times are in UTC, as they are anyway', () => ({ kerneltz: undefined })),
    contiguous: flag('from timestart over midnight to timestop is one span', { set: { flags: CONTIGUOUS } }),
  },
  check({ timestart = '00:00:00', timestop = '23:59:59', contiguous }) {
    if (contiguous && timestart < timestop) throw new InputError('--contiguous needs a --timestop before --timestart')
  },
  list({ timestart, timestop, monthdays: month, weekdays: week, datestart, datestop, kerneltz, contiguous }) {
    return line(
      'TIME', timestart !== undefined && `from ${timestart} to ${timestop}`,
      week && `on ${plain<readonly string[]>(week).join()}`,
      month && `on ${listMonthdays(plain(month))}`, datestart !== undefined && `starting from ${spaced(datestart)}`,
      datestop !== undefined && datestop !== LAST && `until date ${spaced(datestop)}`,
      !kerneltz && 'UTC', contiguous && 'contiguous',
    )
  },
})
