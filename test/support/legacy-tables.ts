import { loadLibc } from '../../src/netlink/index.js'
import { encode } from '../../src/netlink/wire/codec.js'
import { HEADER_OFFSETS } from '../../src/xtables/header.js'
import type { Family } from '../../src/xtables/index.js'
import { TableReplace } from '../../src/xtables/layout.js'
import { type Info, TableSocket } from '../../src/xtables/legacy/sockopt.js'

/** A socket to read and write whole tables by, past the library's rules and past the lock. */
export async function rawSocket(family: Family): Promise<TableSocket> {
  return new TableSocket(await loadLibc(), family)
}

/** A table's bytes as the kernel gives them, each entry in hexadecimal without counters and the kernel's own mark. */
export async function rawEntries(family: Family, table = 'filter'): Promise<string[]> {
  const socket = await rawSocket(family)
  try {
    const bytes = await socket.entries(table, socket.info(table).size)
    const { nextOffset, comeFrom, packets } = HEADER_OFFSETS[family]
    const entries: string[] = []
    for (let at = 0; at < bytes.length; ) {
      const size = bytes.readUInt16LE(at + nextOffset)
      const entry = Buffer.from(bytes.subarray(at, at + size))
      entry.fill(0, comeFrom, comeFrom + 4).fill(0, packets, packets + 16)
      entries.push(entry.toString('hex'))
      at += size
    }
    return entries
  } finally {
    socket.close()
  }
}

/** Puts entries at the start of a table's first chain, by one SO_SET_REPLACE; they may jump nowhere. */
export async function rawPrepend(family: Family, added: readonly Uint8Array[], table = 'filter'): Promise<void> {
  const libc = await loadLibc()
  const socket = new TableSocket(libc, family)
  const info = socket.info(table)
  const memory = libc.reserve(16 * info.entries)
  try {
    const bytes = await socket.entries(table, info.size)
    const more = Buffer.concat(added)
    const errno = await socket.replace(
      Buffer.concat([replaceHeader(info, more.length, added.length, memory.address), more, bytes]),
    )
    if (errno !== 0) throw new Error(`the kernel refuses the entries: errno ${errno}`)
  } finally {
    memory.free()
    socket.close()
  }
}

function replaceHeader(info: Info, size: number, count: number, counters: bigint): Buffer {
  const first = info.hookEntry.findIndex((_, hook) => info.validHooks & (1 << hook))
  const moved = (place: number) => (place === 0xffff_ffff ? 0 : place + size)
  return encode(TableReplace, {
    name: info.name,
    validHooks: info.validHooks,
    entries: info.entries + count,
    size: info.size + size,
    hookEntry: info.hookEntry.map((place, hook) => (hook === first ? 0 : moved(place))),
    underflow: info.underflow.map(moved),
    oldEntries: info.entries,
    counters,
  })
}
