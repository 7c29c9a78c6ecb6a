import { describeEntry, formatSkbmark, type RawChunk, type SetEntry } from '../ipset/index.js'

/** What is known of an entry. It can be spread into the options of `add`: what was read is put back. */
export interface IPStats {
  /** Packets that rules have matched it with; undefined in sets without counters. */
  readonly packets: bigint | undefined
  /** Bytes of these packets; undefined in sets without counters. */
  readonly bytes: bigint | undefined
  /** Free text kept with it; undefined where there is none. */
  readonly comment: string | undefined
  /** Seconds left, 0 for never; undefined in sets without timeout. */
  readonly timeout: number | undefined
  /** `0x1/0xff`; the mask is left out when it has all its bits. */
  readonly skbmark: string | undefined
  /** The class of traffic that the target SET puts packets in. */
  readonly skbprio: readonly [major: number, minor: number] | undefined
  /** The queue of the interface that the target SET gives packets. */
  readonly skbqueue: number | undefined
  /** Whether its interface is a port of a bridge. */
  readonly physdev: boolean
  /** Whether the name of its interface is the beginning of one. */
  readonly wildcard: boolean
  /** Whether it is an exception: what it covers does not match the set. */
  readonly nomatch: boolean
}

/** The entries of a set by their text, such as `10.0.0.0/8,tcp:80`, which `add`, `delete` and `test` take back. */
export type Content = Map<string, IPStats>

/**
 * Puts a chunk of a list into the content. Keys are pyroute2's: hosts of network sets keep their /32, hardware
 * addresses are in small letters. A bridge port's key has `physdev:` only where an interface of its name is there too.
 */
export function addToContent(content: Content, { type, entries }: RawChunk): void {
  for (const entry of entries) {
    const described = describeEntry(type, entry, 'key')
    const stats = statsOf(described)
    const key = described.entry
    const other = content.get(key)
    if (other?.physdev) content.set(withPhysdev(key), other)
    content.set(other && stats.physdev ? withPhysdev(key) : key, stats)
  }
}

function withPhysdev(key: string): string {
  return key.replace(',', ',physdev:')
}

function statsOf(entry: SetEntry): IPStats {
  return {
    packets: entry.packets,
    bytes: entry.bytes,
    comment: entry.comment,
    timeout: entry.timeout,
    skbmark: entry.skbmark && formatSkbmark(entry.skbmark),
    skbprio: entry.skbprio,
    skbqueue: entry.skbqueue,
    physdev: entry.physdev ?? false,
    wildcard: entry.wildcard ?? false,
    nomatch: entry.nomatch ?? false,
  }
}
