import { u16, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { bitRate, listBitRate } from '../kinds/bit-rate.js'
import { atMostOne } from '../kinds/exclusive.js'
import { uint32 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import type { Kind } from '../kind.js'
import { line } from '../list.js'
import { type Bag, flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_rateest.h */
const XtRateestMatchInfo = struct('xt_rateest_match_info', {
  name1: field(chars(16), 'name1', 'the first estimator'),
  name2: field(chars(16), 'name2', 'the second estimator'),
  flags: field(u16, 'flags', 'XT_RATEEST_MATCH_*'),
  mode: field(u16, 'mode', '1: equal, 2: less, 3: greater'),
  bps1: field(u32, 'bps1', 'bytes per second taken from the first'),
  pps1: field(u32, 'pps1', 'packets per second taken from the first'),
  bps2: field(u32, 'bps2', 'bytes per second to compare with, or taken from the second'),
  pps2: field(u32, 'pps2', 'packets per second to compare with, or taken from the second'),
  estimator1: field(u64, 'est1', "the kernel's"),
  estimator2: field(u64, 'est2', "the kernel's"),
})

const INVERTED = 0x01
const ABSOLUTE = 0x02
const RELATIVE = 0x04
const DELTA = 0x08
const BYTES = 0x10
const PACKETS = 0x20
const MODES = ['rateestEq', 'rateestLt', 'rateestGt'] as const
const NAME = text({ max: 15, bare: true })

/** A value that need not be given: 0 then. */
function amount(kind: Kind<number, number>): Kind<number, number> {
  return { ...kind, optional: true, parse: (text, context) => (text === '' ? 0 : kind.parse(text, context, '')) }
}
const bytes = amount(bitRate)
const packets = amount(uint32)

/** `first`: given together with the second, whose being there says what is compared. */
function amountPlace(kind: Kind<number, number>, member: string, bit: number, first: boolean) {
  return {
    pack(memory: Memory, value: number) {
      memory.raise('flags', bit)
      memory.set(member, kind.pack(value, undefined as never))
    },
    unpack(memory: Memory) {
      const raw: number = memory.get(member)
      if (!memory.has('flags', bit) || (first && raw === 0 && !memory.has('flags', DELTA))) return undefined
      return kind.unpack(raw, undefined as never)
    },
  }
}

function comparison(doc: string, mode: number) {
  return flag(doc, {
    negatable: true,
    pack(memory, _: boolean, __, negated) {
      memory.set('mode', mode)
      if (negated) memory.raise('flags', INVERTED)
    },
    unpack: (memory) => (memory.get('mode') === mode ? !memory.has('flags', INVERTED) : undefined),
  })
}

/** `! --rateest-lt`, or nothing. */
function compared(options: Bag, prefix: string): string {
  const key = MODES.find((key) => options[key] !== undefined)
  return key === undefined ? '' : `${options[key] === false ? '! ' : ''}${prefix}${key.slice(-2).toLowerCase()}`
}

export const rateest = match('rateest', {
  doc: 'Compares rates that the RATEEST target measures, with a number or with each other.',
  revisions: { 0: XtRateestMatchInfo },
  private: 'estimator1',
  options: {
    rateestDelta: flag('takes a rate off what was measured and compares the difference', { set: { flags: DELTA } }),
    rateest1: option(NAME, 'the estimator, at most 15 bytes', {
      alias: ['--rateest'], to: 'name1', fallback: '', quiet: true,
    }),
    rateestBps1: option(bytes, 'bits per second that are taken off', amountPlace(bytes, 'bps1', BYTES, true)),
    rateestPps1: option(packets, 'packets per second that are taken off', amountPlace(packets, 'pps1', PACKETS, true)),
    rateestEq: comparison('it is the same', 1),
    rateestLt: comparison('it is less', 2),
    rateestGt: comparison('it is greater', 3),
    rateestBps2: option(bytes, 'compares bits per second with this, or (less this) with the other estimator', {
      alias: ['--rateest-bps'], ...amountPlace(bytes, 'bps2', BYTES, false),
    }),
    rateestPps2: option(packets, 'compares packets per second with this, or (less this) with the other estimator', {
      alias: ['--rateest-pps'], ...amountPlace(packets, 'pps2', PACKETS, false),
    }),
    rateest2: option(NAME, 'the estimator to compare with, at most 15 bytes', {
      pack(memory, name) {
        memory.set('name2', name)
        memory.raise('flags', RELATIVE)
      },
      unpack: (memory) => (memory.has('flags', RELATIVE) ? memory.get('name2') : undefined),
    }),
  },
  check: (options) => atMostOne(options, MODES),
  finish(memory) {
    if (!memory.has('flags', RELATIVE)) memory.raise('flags', ABSOLUTE)
  },
  save(options, context) {
    const { rateestDelta, rateest1 = '', rateest2, rateestBps1, rateestBps2, rateestPps1, rateestPps2 } = options
    const rates = [['bps', bytes, rateestBps1, rateestBps2], ['pps', packets, rateestPps1, rateestPps2]] as const
    const words = rates.flatMap(([name, kind, first, second], i) => {
      if (second === undefined) return []
      // The comparison stands with the first of the two, iptables refuses it twice.
      const mode = i === 0 || rateestBps2 === undefined ? compared(options, '--rateest-') : ''
      const shown = rateestDelta || rateest2 === undefined || second !== 0
      const value = shown && kind.format(second, context)
      if (first === undefined) return [mode, `--rateest-${name}`, value]
      return [`--rateest-${name}1 ${kind.format(first, context)}`, mode, `--rateest-${name}2`, value]
    })
    const mode = words.length === 0 && compared(options, '--rateest-')
    return line(
      rateestDelta && '--rateest-delta',
      rateest1 !== '' && `--rateest${rateest2 === undefined ? '' : '1'} ${NAME.format(rateest1, context)}`,
      ...words, mode, rateest2 !== undefined && `--rateest2 ${NAME.format(rateest2, context)}`,
    )
  },
  list(options, { numeric }) {
    const { rateestDelta: delta, rateest1 = '', rateest2 } = options
    const { rateestBps1 = 0, rateestBps2, rateestPps1 = 0, rateestPps2 } = options
    const mode = compared(options, '')
    const alone = rateest2 === undefined
    const bps = rateestBps2 === undefined
      ? []
      : ['bps', delta && listBitRate(rateestBps1, numeric), alone && listBitRate(rateestBps2, numeric), alone && mode]
    const pps = rateestPps2 === undefined
      ? []
      : ['pps', delta && String(rateestPps1), alone && mode, alone && String(rateestPps2)]
    const second = alone
      ? []
      : [
          mode, rateest2,
          rateestBps2 !== undefined && 'bps', delta && rateestBps2 !== undefined && listBitRate(rateestBps2, numeric),
          rateestPps2 !== undefined && 'pps', delta && rateestPps2 !== undefined && String(rateestPps2),
        ]
    return line(`rateest match ${rateest1}`, delta && 'delta', ...bps, ...pps, ...second)
  },
})
