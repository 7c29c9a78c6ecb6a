import { InputError } from '../../netlink/wire/error.js'
import { u16, u32, u64 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { parseDecimal } from '../kinds/decimal.js'
import { choice } from '../kinds/names.js'
import { uint, uint32 } from '../kinds/number.js'
import { type Kind, kindOf } from '../kind.js'
import { bang, line, plain } from '../list.js'
import { type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_statistic.h */
const XtStatisticInfo = struct('xt_statistic_info', {
  mode: field(u16, 'mode', '0: random, 1: nth'),
  flags: field(u16, 'flags', '1: matches the other packets'),
  every: field(u32, 'u.nth.every', 'packets of a turn, less one; or the probability times 2^31'),
  packet: field(u32, 'u.nth.packet', 'packet of each turn that matches, the first is 0'),
  count: field(u32, 'u.nth.count', 'packets of the first turn that are over at the start'),
  master: field(u64, 'master', "the kernel's"),
})

const MODES = { random: 0, nth: 1 } as const
const INVERTED = 1
/** What stands for certainty. */
const SURE = 0x8000_0000

/** A probability with eleven decimals as printf's %.11f rounds it: halves go to the even digit. */
function eleven(raw: number): string {
  const scaled = BigInt(raw) * 10n ** 11n
  const down = scaled / BigInt(SURE)
  const rest = 2n * (scaled % BigInt(SURE))
  const up = rest > BigInt(SURE) || (rest === BigInt(SURE) && down % 2n === 1n)
  const digits = String(up ? down + 1n : down).padStart(12, '0')
  return `${digits.slice(0, -11)}.${digits.slice(-11)}`
}

/** The number with the fewest decimals that stands for the same. */
function fewest(raw: number): number {
  for (let decimals = 0; decimals < 11; decimals++) {
    const short = Number((raw / SURE).toFixed(decimals))
    if (Math.round(short * SURE) === raw) return short
  }
  return raw / SURE
}

const probability: Kind<number, number> = kindOf({
  name: '0…1',
  parse(text) {
    const number = parseDecimal(text)
    return number?.rest === '' ? checked(number.value) : checked(text)
  },
  format: (value) => eleven(Math.round(value * SURE)),
  pack: (value) => Math.round(checked(value) * SURE),
  unpack(raw) {
    if (raw > SURE) throw new InputError(`a probability of ${raw / SURE} is none`)
    return fewest(raw)
  },
})

function checked(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new InputError(`'${shown(value)}' is not a probability from 0 to 1`)
}

/** The value where the mode has it, negated where the flag says so. */
function unpackIn<T>(mode: number, read: (memory: Memory) => T) {
  return (memory: Memory) => {
    if (memory.get('mode') !== mode) return undefined
    return memory.has('flags', INVERTED) ? { not: read(memory) } : read(memory)
  }
}

function pack(put: (memory: Memory, value: number) => void) {
  return (memory: Memory, value: number, _: unknown, negated: boolean) => {
    if (negated) memory.raise('flags', INVERTED)
    put(memory, value)
  }
}

export const statistic = match('statistic', {
  doc: 'Some packets out of many: by chance, or each of a number.',
  revisions: { 0: XtStatisticInfo },
  private: 'master',
  options: {
    mode: option(choice(MODES), 'how packets are picked: random needs a probability, nth needs every and packet', {
      to: 'mode', required: true,
    }),
    probability: option(probability, 'the chance of each packet, 0 to 1', {
      negatable: true,
      pack: pack((memory, value) => memory.set('every', Math.round(value * SURE))),
      unpack: unpackIn(MODES.random, (memory) => probability.unpack(memory.get('every'), undefined as never)),
    }),
    every: option(uint({ min: 1, max: 0xffff_ffff }), 'one of so many packets', {
      negatable: true,
      pack: pack((memory, value) => memory.set('every', value - 1)),
      unpack: unpackIn(MODES.nth, (memory) => memory.get('every') + 1),
    }),
    packet: option(uint32, 'which of those packets, the first is 0', {
      pack: (memory, value) => memory.set('packet', value),
      unpack: (memory) => (memory.get('mode') === MODES.nth ? memory.get('packet') : undefined),
    }),
  },
  check({ mode, probability, every, packet }) {
    if (mode === 'nth') {
      if (probability !== undefined) throw new InputError('--probability goes with random mode, not nth')
      if (every === undefined || packet === undefined) throw new InputError('nth mode needs --every and --packet')
      if (packet >= plain(every)) throw new InputError(`--packet must be less than --every, ${plain(every)}`)
    } else {
      if (every !== undefined || packet !== undefined) throw new InputError('--every and --packet go with nth mode')
      if (probability === undefined) throw new InputError('random mode needs --probability')
    }
  },
  // In random mode, too, where the members mean nothing.
  finish: (memory) => memory.set('count', memory.get('every') - memory.get('packet')),
  list: ({ mode, probability: chance, every, packet }, context) => line(
    `statistic mode ${mode}`, bang(chance), bang(every),
    chance !== undefined && `probability ${probability.format(plain(chance), context)}`,
    every !== undefined && `every ${plain(every)}`, !!packet && `packet ${packet}`,
  ),
})
