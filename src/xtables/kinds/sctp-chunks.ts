import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'

/** How the chunks of a packet compare with a list: one of them is there, all are, or no others. */
export type ChunkMatch = 'any' | 'all' | 'only'

/** Types of chunks, each perhaps with flags: `DATA:Be` asks for B set and E not. `ALL` stands for every type, none for none. */
export interface SctpChunks {
  readonly match: ChunkMatch
  readonly types: readonly string[]
}

/** What stands in the struct. */
export interface ChunkBytes {
  readonly match: number
  readonly map: readonly number[]
  readonly flags: Uint8Array
  readonly count: number
}

const MATCHES: Readonly<Record<ChunkMatch, number>> = { any: 1, all: 2, only: 4 }

/** Name, number and flags of each type, the last flag in bit 0. */
const TYPES: readonly (readonly [name: string, number: number, flags: string])[] = [
  ['DATA', 0, 'IUBE'], ['INIT', 1, ''], ['INIT_ACK', 2, ''], ['SACK', 3, ''], ['HEARTBEAT', 4, ''], ['HEARTBEAT_ACK', 5, ''],
  ['ABORT', 6, 'T'], ['SHUTDOWN', 7, ''], ['SHUTDOWN_ACK', 8, ''], ['ERROR', 9, ''], ['COOKIE_ECHO', 10, ''],
  ['COOKIE_ACK', 11, ''], ['ECN_ECNE', 12, ''], ['ECN_CWR', 13, ''], ['SHUTDOWN_COMPLETE', 14, 'T'], ['I_DATA', 64, 'IUBE'],
  ['RE_CONFIG', 130, ''], ['PAD', 132, ''], ['ASCONF', 193, ''], ['ASCONF_ACK', 128, ''], ['FORWARD_TSN', 192, ''],
  ['I_FORWARD_TSN', 194, ''],
]
const placeOf = new Map(TYPES.map(([name], place) => [name, place]))
const byNumber = [...TYPES].sort((a, b) => a[1] - b[1])

/** XT_NUM_SCTP_FLAGS, and words of `chunkmap`: 64 where 8 would do (include/uapi/linux/netfilter/xt_sctp.h). */
export const MOST_FLAGS = 4
export const MAP_WORDS = 64

/** The C tool lets `-` stand for bit 7. */
function bitOf(flags: string, letter: string): number {
  const at = flags.indexOf(letter)
  if (at >= 0) return flags.length - 1 - at
  return letter === '-' ? 7 : -1
}

function typeOf(item: string): { place: number; flags: string } {
  const [name = '', ...rest] = item.split(':')
  const place = placeOf.get(name.toUpperCase())
  if (place === undefined) throw new InputError(`unknown sctp chunk '${name}'; there are ${TYPES.map(([one]) => one).join(', ')}`)
  return { place, flags: rest.join(':') }
}

function pack({ match, types }: SctpChunks): ChunkBytes {
  if (typeof match !== 'string' || !Object.hasOwn(MATCHES, match)) throw new InputError(`'${shown(match)}' is none of any, all and only`)
  if (!Array.isArray(types)) throw new InputError(`'${shown(types)}' is no list of types of chunks`)
  const all = types.length === 1 && shown(types[0]).toUpperCase() === 'ALL'
  const map: number[] = new Array(MAP_WORDS).fill(all ? 0xffff_ffff : 0)
  // A type is not told by its number here, but by its place among the names: the C tool does so.
  const found: { place: number; set: number; mask: number }[] = []
  for (const item of all ? [] : types) {
    const { place, flags } = typeOf(shown(item))
    const [name, number, letters] = TYPES[place] as (typeof TYPES)[number]
    map[number >> 5] = ((map[number >> 5] as number) | (1 << (number & 31))) >>> 0
    for (const letter of flags) {
      const bit = bitOf(letters, letter.toUpperCase())
      if (bit < 0) throw new InputError(`${name} has no flag '${letter}'${letters ? `; it has ${[...letters].join(', ')}` : ''}`)
      const one = found.find((before) => before.place === place) ?? { place, set: 0, mask: 0 }
      if (one.mask === 0) found.push(one)
      one.mask |= 1 << bit
      if (letter !== letter.toLowerCase()) one.set |= 1 << bit
    }
  }
  if (found.length > MOST_FLAGS) throw new InputError(`${found.length} types of chunks with flags, at most ${MOST_FLAGS} are possible`)
  const flags = new Uint8Array(3 * MOST_FLAGS)
  for (let i = 0; i < MOST_FLAGS; i++) {
    const one = found[i]
    flags.set(one ? [one.place, one.set, one.mask] : [0xff, 0, 0], 3 * i)
  }
  return { match: MATCHES[match], map, flags, count: found.length }
}

/** The types by number; those with flags among themselves in the order in which the struct has them. */
function unpack({ match, map, flags, count }: ChunkBytes): SctpChunks {
  const how = (Object.keys(MATCHES) as ChunkMatch[]).find((name) => MATCHES[name] === match)
  if (how === undefined) throw new InputError(`chunks cannot be compared in way ${match}`)
  if (count > MOST_FLAGS) throw new InputError(`${count} types of chunks with flags`)
  if (map.every((word) => word === 0xffff_ffff)) return { match: how, types: ['ALL'] }
  const flagged = Array.from({ length: count }, (_, i) => {
    const [place = 0, set = 0, mask = 0] = flags.subarray(3 * i)
    const [name = '', , letters = ''] = TYPES[place] ?? []
    const shown = [7, 6, 5, 4, 3, 2, 1, 0].filter((bit) => (mask >> bit) & 1).map((bit) => {
      const letter = letters[letters.length - 1 - bit] ?? '-'
      return (set >> bit) & 1 ? letter : letter.toLowerCase()
    })
    return { name, text: `${name}:${shown.join('')}` }
  })
  const named = byNumber.filter(([, number]) => ((map[number >> 5] as number) >>> (number & 31)) & 1)
  let next = 0
  const types = named.map(([name]) => (flagged.some((one) => one.name === name) ? (flagged[next++]?.text as string) : name))
  return { match: how, types }
}

/** `any|all|only types`. */
export const sctpChunks: Kind<SctpChunks, ChunkBytes> = kindOf({
  name: 'any|all|only type[:flags][,…]',
  words: 2,
  parse(match, _context, second) {
    const types = second.toUpperCase() === 'NONE' ? [] : second.split(',').filter(Boolean)
    if (types.length > 1 && types.some((type) => type.toUpperCase() === 'ALL')) throw new InputError('ALL stands alone')
    return unpack(pack({ match: match.toLowerCase() as ChunkMatch, types }))
  },
  format: ({ match, types }) => `${match} ${types.join(',') || 'NONE'}`,
  pack(value) {
    if (typeof value !== 'object' || value === null) throw new InputError(`'${shown(value)}' is no { match, types }`)
    return pack(value)
  },
  unpack,
})

/** As `iptables -L` shows them: by number, and with `numeric` as `0x0000`. */
export function listChunks({ match, types }: SctpChunks, numeric: boolean): string {
  if (types.length === 0 || types[0] === 'ALL') return `${match} ${types[0] ?? 'NONE'}`
  const rows = types.map((item) => {
    const { place, flags } = typeOf(item)
    const [name, number] = TYPES[place] as (typeof TYPES)[number]
    const listed = numeric ? `0x${number.toString(16).toUpperCase().padStart(4, '0')}` : name
    return { number, text: flags === '' ? listed : `${listed}:${flags}` }
  })
  return `${match} ${rows.sort((a, b) => a.number - b.number).map(({ text }) => text).join(',')}`
}
