import { type Codec, map } from '../../netlink/wire/codec.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import type { Context } from '../context.js'
import { match } from '../extension.js'
import { parseMask, prefixOf, WIDTH } from '../kinds/address.js'
import { exactlyOne } from '../kinds/exclusive.js'
import {
  hashlimitBurst, hashlimitRate, isBytes, MODE, packBurst, packRate, packRateMatch, unpackBurst, unpackRate,
  usualExpire, SCALE } from '../kinds/hashlimit.js'
import { names } from '../kinds/names.js'
import { uint, uint32 } from '../kinds/number.js'
import { rateOf, ratePeriod } from '../kinds/rate.js'
import { text } from '../kinds/text.js'
import { type Kind, kindOf } from '../kind.js'
import { line, plain } from '../list.js'
import { flag, type Memory, option } from '../option.js'

/** 64 bits as a number. One over 2^53 comes out as another, and the bytes are kept as they are. */
const wide: Codec<number> = map(u64, 'u64', Number, BigInt)

const table = {
  buckets: field(u32, 'cfg.size', 'buckets of the table; 0: as the kernel thinks best'),
  most: field(u32, 'cfg.max', 'entries of the table at most; 0: as the kernel thinks best'),
  cleaning: field(u32, 'cfg.gc_interval', 'time between two cleanings, in milliseconds'),
  expire: field(u32, 'cfg.expire', 'time after which an idle entry goes, in milliseconds'),
}
const masks = {
  sourceMask: field(u8, 'cfg.srcmask', 'bits of the source address that count'),
  destinationMask: field(u8, 'cfg.dstmask', 'bits of the destination address that count'),
  table: field(u64, 'hinfo', "the kernel's"),
}
const mode = field(u32, 'cfg.mode', 'XT_HASHLIMIT_*')
const average = field(wide, 'cfg.avg', 'time between two packets in 1/1000000 seconds, or the cost of 16 bytes')
const burst = field(wide, 'cfg.burst', 'packets at once, or seconds whose bytes may come at once')

/** include/uapi/linux/netfilter/xt_hashlimit.h */
const XtHashlimitMtinfo1 = struct('xt_hashlimit_mtinfo1', {
  name: field(chars(16), 'name', 'name of the table'),
  mode,
  average1: field(u32, 'cfg.avg', 'time between two packets in 1/10000 seconds, or the cost of 16 bytes'),
  burst: field(u32, 'cfg.burst', 'packets at once, or seconds whose bytes may come at once'),
  ...table, ...masks,
})

/** include/uapi/linux/netfilter/xt_hashlimit.h */
const XtHashlimitMtinfo2 = struct('xt_hashlimit_mtinfo2', {
  name: field(chars(255), 'name', 'name of the table'), average, burst, mode, ...table, ...masks,
})

/** include/uapi/linux/netfilter/xt_hashlimit.h */
const XtHashlimitMtinfo3 = struct('xt_hashlimit_mtinfo3', {
  name: field(chars(255), 'name', 'name of the table'), average, burst, mode, ...table,
  interval: field(u32, 'cfg.interval', 'seconds over which the rate is looked at'),
  ...masks,
})

const SEPARATORS = /[,|]/
const keys = names({ srcip: 4, srcport: 8, dstip: 1, dstport: 2 }, { none: '' })
const counted: typeof keys = {
  ...keys,
  parse: (text, context) => keys.parse(text.split(SEPARATORS).filter(Boolean).join(), context, ''),
}
const COUNTED = 0x0f
const CLEANING = 1000

function limitPlace(above: boolean) {
  return {
    negatable: true,
    pack(memory: Memory, value: Parameters<typeof packRate>[1], context: Context, negated: boolean) {
      packRate(memory, value, context)
      if (above !== negated) memory.raise('mode', MODE.above)
    },
    unpack: (memory: Memory) => (memory.has('mode', MODE.above) === above ? unpackRate(memory) : undefined),
  } as const
}

const prefixLength: Kind<number, number> = kindOf({
  name: 'length',
  parse(text, { family }) {
    const length = prefixOf(parseMask(text, family), family)
    if (length < 0) throw new InputError(`the bits of mask '${text}' are not all at its front: give a prefix length`)
    return length
  },
  format: String,
  pack: (value, context) => uint({ max: 8 * WIDTH[context.family] }).pack(value, context),
  unpack: (raw) => raw,
})

function maskPlace(member: string) {
  return {
    pack: (memory: Memory, value: number) => memory.set(member, value),
    unpack(memory: Memory, { family }: Context) {
      const length: number = memory.get(member)
      return length === 8 * WIDTH[family] ? undefined : length
    },
  }
}

export const hashlimit = match('hashlimit', {
  doc: 'Matches up to (or above) a rate, counted apart for each address, port or both, in a table of the kernel.',
  revisions: { 3: XtHashlimitMtinfo3, 2: XtHashlimitMtinfo2, 1: XtHashlimitMtinfo1 },
  private: 'table',
  options: {
    hashlimitUpto: option(hashlimitRate, 'matches up to this rate, of packets (5/min) or bytes (4kb/s)', {
      alias: ['--hashlimit'], ...limitPlace(false),
    }),
    hashlimitAbove: option(hashlimitRate, 'matches above this rate', limitPlace(true)),
    hashlimitBurst: option(hashlimitBurst, 'packets (5 unless given) or bytes that may come before the rate applies', {
      pack: packBurst, unpack: unpackBurst,
    }),
    hashlimitMode: option(counted, 'what is counted apart; all together unless given', {
      pack: (memory, value, context) => memory.raise('mode', keys.pack(value, context)),
      unpack(memory, context) {
        const bits = memory.get('mode') & COUNTED
        return bits === 0 ? undefined : keys.unpack(bits, context)
      },
    }),
    hashlimitName: option(text({ min: 1, max: 254, bare: true }), 'name of the table, at most 254 bytes', {
      to: 'name', required: true,
    }),
    hashlimitHtableSize: option(uint32, 'buckets of the table', { to: 'buckets', fallback: 0, quiet: true }),
    hashlimitHtableMax: option(uint32, 'entries of the table at most', { to: 'most', fallback: 0, quiet: true }),
    hashlimitHtableGcinterval: option(uint32, 'milliseconds between two cleanings of the table; 1000 unless given', {
      to: 'cleaning', fallback: CLEANING, quiet: true,
    }),
    hashlimitHtableExpire: option(uint32, 'milliseconds after which an idle entry is taken out', {
      pack: (memory, value) => memory.set('expire', value),
      unpack(memory) {
        const usual = usualExpire(unpackRate(memory), unpackBurst(memory))
        return memory.get('expire') === usual ? undefined : memory.get('expire')
      },
    }),
    hashlimitSrcmask: option(prefixLength, 'bits of the source that count; all unless given', maskPlace('sourceMask')),
    hashlimitDstmask: option(prefixLength, 'bits of the destination that count; all unless given', {
      ...maskPlace('destinationMask'),
    }),
    hashlimitRateMatch: flag('looks at the rate of the last interval alone, without limiting it', {
      pack(memory) {
        if (!memory.knows('interval')) throw new InputError('the revision that this kernel has does not know it')
        packRateMatch(memory)
      },
      unpack: (memory) => (memory.has('mode', MODE.rateMatch) ? true : undefined),
    }),
    hashlimitRateInterval: option(uint({ min: 1, max: 0x7fff_ffff }), 'seconds of that interval', {
      pack(memory, value) {
        if (!memory.knows('interval')) throw new InputError('the revision that this kernel has does not know it')
        memory.set('interval', value)
      },
      unpack(memory) {
        const usual = memory.has('mode', MODE.rateMatch) ? 1 : 0
        return !memory.knows('interval') || memory.get('interval') === usual ? undefined : memory.get('interval')
      },
    }),
  },
  check: (options) => exactlyOne(options, ['hashlimitUpto', 'hashlimitAbove']),
  finish(memory, { hashlimitRateInterval }) {
    const unused = hashlimitRateInterval === undefined && !memory.has('mode', MODE.rateMatch)
    if (unused && memory.knows('interval')) memory.set('interval', 0)
  },
  list(options, context) {
    const {
      hashlimitUpto, hashlimitAbove, hashlimitBurst: burst, hashlimitMode: apart, hashlimitHtableSize: size,
      hashlimitHtableMax: max, hashlimitHtableGcinterval: cleaning, hashlimitHtableExpire,
      hashlimitSrcmask: source, hashlimitDstmask: destination,
      hashlimitRateMatch: rateMatch, hashlimitRateInterval,
    } = options
    const given = plain(hashlimitUpto ?? hashlimitAbove ?? { bytes: 0 })
    const interval = hashlimitRateInterval ?? 1
    // iptables shows the packets of the whole interval, even where that is not looked at.
    const shown = isBytes(given) ? given : rateOf(ratePeriod(given, SCALE) * interval, SCALE)
    const expire = hashlimitHtableExpire ?? usualExpire(given, burst)
    return line(
      `limit: ${hashlimitUpto ? 'up to' : 'above'}`, hashlimitRate.format(shown, context),
      burst !== undefined && `burst ${hashlimitBurst.format(burst, context)}`,
      apart && `mode ${apart.join('-')}`,
      size !== undefined && `htable-size ${size}`, max !== undefined && `htable-max ${max}`,
      cleaning !== undefined && `htable-gcinterval ${cleaning}`,
      expire !== usualExpire(shown, burst) && `htable-expire ${expire}`,
      source !== undefined && `srcmask ${source}`, destination !== undefined && `dstmask ${destination}`,
      rateMatch && 'rate-match', rateMatch && interval !== 1 && `rate-interval ${interval}`,
    )
  },
})
