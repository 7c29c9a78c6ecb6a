import { blob } from '../../netlink/wire/array.js'
import type { Codec } from '../../netlink/wire/codec.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import type { Context } from '../context.js'
import { type GivenOption, match } from '../extension.js'
import { formatInet, type Inet } from '../kinds/address.js'
import { atMostOne, exactlyOne } from '../kinds/exclusive.js'
import { host } from '../kinds/host.js'
import { uint, uint32 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { type Bag, flag, option } from '../option.js'

const DEFAULT = 'DEFAULT'
const plainName = chars(200)

/** iptables writes a name over DEFAULT, whose end stays behind a shorter one. It compares rules by their bytes. */
const nameOverDefault: Codec<string> = {
  ...plainName,
  write(writer, value) {
    const at = writer.at
    plainName.write(writer, value)
    const end = writer.bytes.indexOf(0, at) - at
    for (let i = end + 1; i < DEFAULT.length; i++) writer.bytes[at + i] = DEFAULT.charCodeAt(i)
  },
}

const members = {
  seconds: field(u32, 'seconds', 'how long ago at most; 0: any time'),
  hitCount: field(u32, 'hit_count', 'packets seen at least'),
  action: field(u8, 'check_set', 'XT_RECENT_*'),
  inverted: field(u8, 'invert', 'matches where it would not'),
  name: field(nameOverDefault, 'name', 'name of the list'),
  side: field(u8, 'side', '0: source address, 1: destination address'),
}

/** include/uapi/linux/netfilter/xt_recent.h */
const XtRecentMtinfo = struct('xt_recent_mtinfo', members)

/** include/uapi/linux/netfilter/xt_recent.h */
const XtRecentMtinfoV1 = struct('xt_recent_mtinfo_v1', {
  ...members,
  mask: field(blob(16, 4), 'mask', 'bits of the address that count'),
})

const CHECK = 0x01
const SET = 0x02
const UPDATE = 0x04
const REMOVE = 0x08
const TTL = 0x10
const REAP = 0x20
const ACTIONS = ['set', 'rcheck', 'update', 'remove']
const SOURCE = 0
const DESTINATION = 1
const listName = text({ max: 199, bare: true })
const FULL: Inet = new Uint8Array(16).fill(0xff)

function action(doc: string, bit: number) {
  return flag(doc, { set: { action: bit }, not: { inverted: 1 } })
}

function side(doc: string, value: number) {
  return flag(doc, {
    pack: (memory) => memory.set('side', value),
    unpack: (memory) => (memory.get('side') === value ? true : undefined),
  })
}

/** Of `--rsource` and `--rdest` the last counts. */
function lastSide(given: readonly GivenOption[]): Bag {
  const options: Bag = {}
  const seen = new Set<string>()
  for (const { key, value, negated } of given) {
    if (seen.has(key)) throw new InputError(`option '--${key}' can only be used once`)
    seen.add(key)
    if (key === 'rsource') delete options.rdest
    if (key === 'rdest') delete options.rsource
    options[key] = negated ? false : value
  }
  return options
}

function fullMask({ family }: Context): string {
  return formatInet(FULL, family)
}

export const recent = match('recent', {
  doc: 'A list of addresses with the times of their last packets, kept by the kernel (/proc/net/xt_recent).',
  revisions: { 1: XtRecentMtinfoV1, 0: XtRecentMtinfo },
  options: {
    set: action('puts the address on the list, or notes the time; always matches', SET),
    rcheck: action('matches an address on the list', CHECK),
    update: action('as rcheck, and notes the time when it matches', UPDATE),
    remove: action('matches an address on the list and takes it off', REMOVE),
    seconds: option(uint({ min: 1, max: 0xffff_ffff }), 'its last packet came no longer ago, in seconds', {
      to: 'seconds', fallback: 0, quiet: true,
    }),
    reap: flag('takes addresses off the list that were last seen longer ago than that', { set: { action: REAP } }),
    hitcount: option(uint32, 'at least so many packets came; by default the kernel counts up to 20', {
      to: 'hitCount', fallback: 0, quiet: true,
    }),
    rttl: flag('its first packet had the same TTL, against forged addresses', { set: { action: TTL } }),
    name: option(listName, 'name of the list, at most 199 bytes; DEFAULT unless given', {
      to: 'name', fallback: DEFAULT,
      save(name, context, { mask }) {
        return line('--name', listName.format(name, context), mask === undefined && `--mask ${fullMask(context)}`)
      },
    }),
    mask: option(host, 'bits of the address that count, written as an address; all unless given', {
      to: 'mask', fallback: FULL,
      // For IPv4 a mask that was given fills four bytes only: 255.255.255.255 is not the same bytes as none.
      unpack(memory, { family }) {
        const mask: Inet | undefined = memory.knows('mask') ? memory.get('mask') : undefined
        return mask?.every((byte) => byte === 0xff) ? undefined : mask && formatInet(mask, family)
      },
    }),
    rsource: side('the source address; so unless given', SOURCE),
    rdest: side('the destination address', DESTINATION),
  },
  collect: lastSide,
  check(options) {
    exactlyOne(options, ACTIONS)
    if (options.reap && options.seconds === undefined) throw new InputError('--reap needs --seconds')
    const { rttl, set, remove } = options
    if (rttl && (set ?? remove) !== undefined) throw new InputError('--rttl goes with --rcheck and --update')
    atMostOne(options, ['rsource', 'rdest'])
  },
  list(options, context) {
    const { seconds, reap, hitcount, rttl, name, mask = fullMask(context), rsource, rdest } = options
    const bag: Bag = options
    const words = [['set', 'SET'], ['rcheck', 'CHECK'], ['update', 'UPDATE'], ['remove', 'REMOVE']] as const
    return line(
      words.some(([key]) => bag[key] === false) && '!', 'recent:',
      ...words.map(([key, word]) => bag[key] !== undefined && word),
      !!seconds && `seconds: ${seconds}`, reap && 'reap', !!hitcount && `hit_count: ${hitcount}`, rttl && 'TTL-Match',
      `name: ${name}`, rsource && 'side: source', rdest && 'side: dest', `mask: ${mask}`,
    )
  },
})
