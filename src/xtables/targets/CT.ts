import { InputError } from '../../netlink/wire/error.js'
import { u16, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { names } from '../kinds/names.js'
import { uint16 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { flag, type Memory, option } from '../option.js'

const common = {
  flags: field(u16, 'flags', 'XT_CT_*'),
  zone: field(u16, 'zone', 'number of the zone'),
  events: field(u32, 'ct_events', 'events of connections, a bit for each'),
  expectations: field(u32, 'exp_events', 'events of expectations, a bit for each'),
  helper: field(chars(16), 'helper', 'name of the helper'),
} as const
const connection = field(u64, 'ct', 'belongs to the kernel')

/** include/uapi/linux/netfilter/xt_CT.h */
const XtCtTargetInfo = struct('xt_ct_target_info', { ...common, connection })

/**
 * include/uapi/linux/netfilter/xt_CT.h, revisions 1 and 2. The kernel gives back no more than the first four bytes of
 * `timeout`: xt_CT.c has the `usersize` of revision 0 for all of them.
 */
export const XtCtTargetInfoV1 = struct('xt_ct_target_info_v1', {
  ...common, timeout: field(chars(32), 'timeout', 'name of the timeout policy'), connection,
})

/** XT_CT_NOTRACK */
const NOTRACK = 0x01
/** XT_CT_ZONE_DIR_ORIG, XT_CT_ZONE_DIR_REPL, XT_CT_ZONE_MARK */
const ORIGINAL = 0x04
const REPLY = 0x08
const MARK = 0x10

/** IPCT_* (nf_conntrack_common.h) */
const EVENTS = {
  new: 0x001, related: 0x002, destroy: 0x004, reply: 0x008, assured: 0x010, protoinfo: 0x020, helper: 0x040,
  mark: 0x080, natseqinfo: 0x100, secmark: 0x200,
} as const

type Zone = number | 'mark'
interface Zones {
  readonly zone?: Zone
  readonly zoneOrig?: Zone
  readonly zoneReply?: Zone
}

const zone: Kind<Zone, Zone> = kindOf({
  name: 'number|mark',
  parse: (text, context) => (/^mark$/i.test(text) ? 'mark' : uint16.parse(text, context, '')),
  format: String,
  pack: (value, context) => (value === 'mark' ? value : uint16.pack(value, context)),
  unpack: (raw) => raw,
})

/** The C tool says `zone` where both directions are named, and nothing of zone 0. */
function saidZone({ zone, zoneOrig, zoneReply }: Zones): string {
  const value = zone ?? zoneOrig ?? zoneReply
  if (!value) return ''
  if (zone !== undefined || (zoneOrig !== undefined && zoneReply !== undefined)) return `zone ${value}`
  return `${zoneOrig === undefined ? 'zone-reply' : 'zone-orig'} ${value}`
}

/** Where the zone of one direction stands, or of both where that is 0. The first of them is printed. */
function zonePlace(direction: number, before: readonly (keyof Zones)[]) {
  return {
    pack(memory: Memory, zone: Zone) {
      memory.raise('flags', zone === 'mark' ? direction | MARK : direction)
      if (zone !== 'mark') memory.set('zone', zone)
    },
    unpack(memory: Memory) {
      const zone: Zone = memory.has('flags', MARK) ? 'mark' : memory.get('zone')
      if (direction !== 0) return memory.has('flags', direction) ? zone : undefined
      return zone === 0 || (memory.get('flags') & (ORIGINAL | REPLY)) !== 0 ? undefined : zone
    },
    shown: (options: Zones) => saidZone(options) !== '' && before.every((key) => options[key] === undefined),
    save: (_: Zone, __: unknown, options: Zones) => `--${saidZone(options)}`,
  } as const
}

export const CT = target('CT', {
  doc: 'Says how connections are tracked, before they are.',
  tables: ['raw'],
  revisions: { 2: XtCtTargetInfoV1, 1: XtCtTargetInfoV1, 0: XtCtTargetInfo },
  private: 'connection',
  options: {
    notrack: flag('does not track them at all', { set: { flags: NOTRACK } }),
    helper: option(text({ max: 15, bare: true }), 'name of the helper that follows the connection, at most 15 bytes', {
      to: 'helper', fallback: '', quiet: true,
    }),
    timeout: option(text({ max: 31, bare: true }), 'timeout policy, at most 31 bytes; Linux gives back four of them', {
      to: 'timeout', fallback: '', quiet: true,
    }),
    ctevents: option(names(EVENTS), 'events of connections that are reported, and no others', {
      to: 'events', fallback: 0, quiet: true,
    }),
    expevents: option(names({ new: 1 }), 'events of expected connections that are reported', {
      to: 'expectations', fallback: 0, quiet: true,
    }),
    zone: option(zone, "zone they are looked up in, 0 to 65535; mark: the packet's mark", zonePlace(0, [])),
    zoneOrig: option(zone, 'the same for the original direction alone', zonePlace(ORIGINAL, ['zone'])),
    zoneReply: option(zone, 'the same for replies alone', zonePlace(REPLY, ['zone', 'zoneOrig'])),
  },
  check({ zone, zoneOrig, zoneReply }) {
    const zones = new Set([zone, zoneOrig, zoneReply].filter((one) => one !== undefined))
    if (zones.size > 1) throw new InputError('zone, zoneOrig and zoneReply must be the same: there is one zone')
  },
  list: (options) => line(
    'CT', options.notrack && 'notrack',
    options.helper !== undefined && `helper ${options.helper}`,
    options.timeout !== undefined && `timeout ${options.timeout}`,
    options.ctevents && `ctevents ${options.ctevents.join(',')}`,
    options.expevents && `expevents ${options.expevents.join(',')}`,
    saidZone(options),
  ),
})
