import { InputError } from '../../netlink/wire/error.js'
import { u8, u64 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { parseDecimal } from '../kinds/decimal.js'
import { text } from '../kinds/text.js'
import { type Kind, kindOf } from '../kind.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_RATEEST.h */
const XtRateestTargetInfo = struct('xt_rateest_target_info', {
  name: field(chars(16), 'name', 'name of the estimator'),
  interval: field(u8, 'interval', 'a power of two, with a sign: seconds between two measurements'),
  ewmaLog: field(u8, 'ewma_log', 'a power of two: measurements over which the rate is averaged'),
  estimator: field(u64, 'est', "the kernel's"),
})

const SECOND = 1_000_000
const QUARTER = SECOND / 4
/** -2 to 3 stand for 250 ms to 8 s. */
const LEAST = -2
const GREATEST = 3
const UNITS = [
  { names: ['', 'us', 'usec', 'usecs'], scale: 1 },
  { names: ['ms', 'msec', 'msecs'], scale: 1000 },
  { names: ['s', 'sec', 'secs'], scale: SECOND },
]

const microseconds: Kind<number, number> = kindOf({
  name: 'time[us|ms|s]',
  parse(text) {
    const number = parseDecimal(text)
    const unit = UNITS.find(({ names }) => number !== undefined && names.includes(number.rest.toLowerCase()))
    if (!number || !unit) throw new InputError(`bad time '${text}': give a number and a unit, us, ms or s`)
    return checked(Math.trunc(number.value * unit.scale))
  },
  format(time) {
    if (time >= SECOND) return `${(time / SECOND).toFixed(1)}s`
    return time >= 1000 ? `${(time / 1000).toFixed(1)}ms` : `${time}us`
  },
  pack: checked,
  unpack: (raw) => raw,
})

function checked(time: unknown): number {
  if (typeof time === 'number' && Number.isInteger(time) && time >= 0) return time
  throw new InputError(`'${shown(time)}' is not a time in whole microseconds`)
}

/** The least interval of the kernel's that is no shorter. */
function intervalLog(time: number): number {
  for (let log = LEAST; log <= GREATEST; log++) if (time <= 2 ** (log - LEAST) * QUARTER) return log
  throw new InputError('the interval is too long: at most 8s')
}

/** The greatest number of measurements, a power of two, whose average settles within the time. */
function averageLog(time: number, interval: number): number {
  let log = 1
  while (log < 32 && interval / -Math.log(1 - 1 / 2 ** log) <= time) log++
  if (log === 1 || log === 32) throw new InputError('the time is out of range: it must be longer than the interval')
  return log - 1
}

function intervalOf(raw: number): number {
  const log = raw > 127 ? raw - 256 : raw
  if (log < LEAST || log > GREATEST) throw new InputError(`no interval stands for ${log}`)
  return 2 ** (log - LEAST) * QUARTER
}

export const RATEEST = target('RATEEST', {
  doc: 'Measures the rate of the packets, for rules with the rateest match.',
  revisions: { 0: XtRateestTargetInfo },
  private: 'estimator',
  options: {
    rateestName: option(text({ max: 15, bare: true }), 'name of the estimator, at most 15 bytes', {
      to: 'name', required: true,
    }),
    rateestInterval: option(microseconds, 'time between two measurements, up to 8s; a number is microseconds', {
      required: true,
      pack(memory, time) {
        memory.set('interval', intervalLog(time) & 0xff)
        // The time before it was rounded, for the average.
        memory.set('estimator', BigInt(time))
      },
      unpack: (memory) => intervalOf(memory.get('interval')),
    }),
    rateestEwmalog: option(microseconds, 'time over which rates are averaged, longer than the interval', {
      required: true,
      pack(memory, time) {
        memory.set('ewmaLog', averageLog(time, Number(memory.get('estimator'))))
        memory.set('estimator', 0n)
      },
      unpack: (memory) => intervalOf(memory.get('interval')) * 2 ** memory.get('ewmaLog'),
    }),
  },
  list({ rateestName, rateestInterval = 0, rateestEwmalog = 0 }, context) {
    const time = (value: number) => microseconds.format(value, context)
    return `name ${rateestName} interval ${time(rateestInterval)} ewmalog ${time(rateestEwmalog)}`
  },
})
