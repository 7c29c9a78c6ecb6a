import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { be16, u16, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { type GivenOption, target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { type Inet, maskOf, parseMask, prefixOf, WIDTH } from '../kinds/address.js'
import { atLeastOne, atMostOne } from '../kinds/exclusive.js'
import { names } from '../kinds/names.js'
import { hex, outOfRange, uint, uint32 } from '../kinds/number.js'
import { type Bag, flag, type Memory, option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_HMARK.h */
const XtHmarkInfo = struct('xt_hmark_info', {
  sourceMask: field(blob(16, 4), 'src_mask', 'bits of the source address that count'),
  destinationMask: field(blob(16, 4), 'dst_mask', 'bits of the destination address that count'),
  sourcePortMask: field(be16, 'port_mask.b16.src', 'source port: bits that count; SPI: the upper half of them'),
  destinationPortMask: field(be16, 'port_mask.b16.dst', 'destination port: bits that count; SPI: the lower half'),
  sourcePort: field(be16, 'port_set.b16.src', 'source port: bits that are set; SPI: the upper half'),
  destinationPort: field(be16, 'port_set.b16.dst', 'destination port: bits that are set; SPI: the lower half'),
  flags: field(u32, 'flags', 'a bit for each option that is given'),
  protocolMask: field(u16, 'proto_mask', 'bits of the protocol that count'),
  random: field(u32, 'hashrnd', 'seed of the hash'),
  modulus: field(u32, 'hmodulus', 'number of marks'),
  offset: field(u32, 'hoffset', 'lowest mark'),
})

const digits = (count: number) => (value: number) => `0x${value.toString(16).padStart(count, '0')}`
const byte = uint({ max: 0xffff, format: digits(2) })
const short = uint({ max: 0xffff, format: digits(4) })
const word = uint({ max: 0xffff_ffff, format: digits(8) })

/** All bits of the field: more than an IPv4 address has, and what --hmark-tuple writes for both families. */
const WHOLE = 128

/** How many bits of an address count. */
const prefix: Kind<number, Inet> = kindOf({
  name: 'length',
  parse(text, { family }) {
    const length = prefixOf(parseMask(text, family), family)
    if (length < 0) throw new InputError(`the bits of '${text}' are not all at its front`)
    return length
  },
  format: (length, { family }) => String(Math.min(length, 8 * WIDTH[family])),
  pack(length, { family }) {
    const max = 8 * WIDTH[family]
    const fits = Number.isInteger(length) && length >= 0 && (length <= max || length === WHOLE)
    if (!fits) throw outOfRange(length, 0, max)
    return maskOf(length)
  },
  unpack: (mask) => prefixOf(mask, 'ip6'),
})

/** Where the 32 bits stand that share their place with those of both ports. */
function spi(source: string, destination: string, bit: number) {
  return {
    pack(memory: Memory, value: number) {
      memory.set(source, value >>> 16)
      memory.set(destination, value & 0xffff)
      memory.raise('flags', bit)
    },
    unpack(memory: Memory) {
      return memory.has('flags', bit) ? memory.get(source) * 0x1_0000 + memory.get(destination) : undefined
    },
  }
}

const parts = names({ ct: 1, src: 2, dst: 4, sport: 8, dport: 16, proto: 32, spi: 64 }, { anyCase: true, prefix: true })

/** What the parts of --hmark-tuple stand for. */
const PARTS: Readonly<Record<string, Bag>> = {
  ct: { hmarkCt: true },
  src: { hmarkSrcPrefix: WHOLE }, dst: { hmarkDstPrefix: WHOLE },
  sport: { hmarkSportMask: 0xffff }, dport: { hmarkDportMask: 0xffff },
  proto: { hmarkProtoMask: 0xffff }, spi: { hmarkSpiMask: 0xffff_ffff },
}

function allOf(list: readonly string[]): Bag {
  return Object.assign({}, ...list.map((name) => PARTS[name]))
}

/** Each option once; but --hmark-tuple replaces those in front of it that say the same. */
function collect(given: readonly GivenOption[]): Bag {
  const options: Bag = {}
  for (const { key, value } of given) {
    if (options[key] !== undefined) throw new InputError('can only be used once', { path: key })
    if (key === 'hmarkTuple') for (const replaced in allOf(value as string[])) delete options[replaced]
    options[key] = value
  }
  return options
}

export const HMARK = target('HMARK', {
  doc: 'Marks the packet by a hash of its addresses, ports and protocol: packets of one connection get the same mark.',
  revisions: { 0: XtHmarkInfo },
  collect,
  options: {
    hmarkSrcPrefix: option(prefix, 'bits of the source address that count, 0 to 32 (IPv6: 128)', {
      to: 'sourceMask', set: { flags: 1 << 0 },
    }),
    hmarkDstPrefix: option(prefix, 'bits of the destination address that count, 0 to 32 (IPv6: 128)', {
      to: 'destinationMask', set: { flags: 1 << 1 },
    }),
    hmarkSportMask: option(short, 'bits of the source port that count', {
      to: 'sourcePortMask', set: { flags: 1 << 6 },
    }),
    hmarkDportMask: option(short, 'bits of the destination port that count', {
      to: 'destinationPortMask', set: { flags: 1 << 7 },
    }),
    hmarkSpiMask: option(word, 'bits of the SPI of IPsec that count; not with those of ports',
      spi('sourcePortMask', 'destinationPortMask', 1 << 3)),
    hmarkSport: option(short, 'bits that are set in the source port, after its mask', {
      to: 'sourcePort', set: { flags: 1 << 4 },
    }),
    hmarkDport: option(short, 'bits that are set in the destination port, after its mask', {
      to: 'destinationPort', set: { flags: 1 << 5 },
    }),
    hmarkSpi: option(word, 'bits that are set in it, after its mask', spi('sourcePort', 'destinationPort', 1 << 2)),
    hmarkProtoMask: option(byte, 'bits of the protocol that count', { to: 'protocolMask', set: { flags: 1 << 8 } }),
    hmarkRnd: option(word, 'seed of the hash, 32 bits', { to: 'random', set: { flags: 1 << 9 }, required: true }),
    hmarkMod: option(uint({ min: 1, max: 0xffff_ffff }), 'number of marks', {
      to: 'modulus', set: { flags: 1 << 10 }, required: true,
    }),
    hmarkOffset: option(uint32, 'the lowest mark; 0 unless given', { to: 'offset', set: { flags: 1 << 11 } }),
    hmarkCt: flag('takes addresses and ports as connection tracking first saw them', {
      flag: '', set: { flags: 1 << 12 }, save: () => '--hmark-tuple ct',
    }),
    hmarkTuple: shorthand(parts, 'what counts, with all its bits: src, dst, sport, dport, proto, spi; ct: as hmarkCt',
      (list, context) => allOf(parts.unpack(parts.pack(list, context), context))),
  },
  check(options) {
    const { hmarkSrcPrefix, hmarkDstPrefix, hmarkRnd, hmarkMod, hmarkOffset, ...counted } = options
    atMostOne(options, ['hmarkSpiMask', 'hmarkSportMask'])
    atMostOne(options, ['hmarkSpiMask', 'hmarkDportMask'])
    if (Object.keys(counted).length === 0) atLeastOne(options, ['hmarkSrcPrefix', 'hmarkDstPrefix', 'hmarkTuple'])
  },
  list(options, context) {
    const show = (name: string, value?: number, format = hex) => value === undefined ? '' : `${name} ${format(value)} `
    // ip6tables shows no length where all bits count.
    const length = (value: number) => (context.family === 'ip6' && value === WHOLE ? '' : prefix.format(value, context))
    return [
      'HMARK ', show('mod', options.hmarkMod, String), show('+', options.hmarkOffset), options.hmarkCt ? 'ct, ' : '',
      show('src-prefix', options.hmarkSrcPrefix, length), show('dst-prefix', options.hmarkDstPrefix, length),
      show('sport-mask', options.hmarkSportMask), show('dport-mask', options.hmarkDportMask),
      show('spi-mask', options.hmarkSpiMask),
      show('sport', options.hmarkSport), show('dport', options.hmarkDport), show('spi', options.hmarkSpi),
      show('proto-mask', options.hmarkProtoMask), show('rnd', options.hmarkRnd),
    ].join('')
  },
})
