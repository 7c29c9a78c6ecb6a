import { readFileSync } from 'node:fs'
import { encode, type Infer } from '../../netlink/wire/codec.js'
import { Reader, Writer } from '../../netlink/wire/cursor.js'
import { u32 } from '../../netlink/wire/integers.js'
import { errnoName, errnoText, KernelError, type Libc, type Namespace, TransportError } from '../../netlink/index.js'
import { addressFamily, type Family } from '../context.js'
import { CountersInfo, RevisionQuestion, TableEntries, TableInfo } from '../layout.js'

// Options of get- and setsockopt (ip_tables.h: IPT_SO_*, ip6_tables.h: IP6T_SO_*).
const SET_REPLACE = 64
const SET_ADD_COUNTERS = 65
const GET_INFO = 64
const GET_ENTRIES = 65
const REVISION: Readonly<Record<Family, Readonly<Record<'match' | 'target', number>>>> = {
  ip: { match: 66, target: 67 },
  // 66 and 67 mean something else at level 41 (in6.h: IPV6_RECVTCLASS), and seem to succeed.
  ip6: { match: 68, target: 69 },
}
const LEVEL: Readonly<Record<Family, number>> = { ip: 0, ip6: 41 }
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000

/** Calls over so many bytes go out on another thread. */
const LARGE = 0x4_0000

export type Info = Infer<typeof TableInfo>

/** The kernel's side of the legacy tables of one family: get- and setsockopt on a socket of its own. */
export class TableSocket {
  readonly family: Family
  readonly #libc: Libc
  readonly #fd: number
  readonly #namespace: Namespace | undefined

  /** Opens a socket, in `namespace` where that is given. Throws a TransportError when it cannot be had. */
  constructor(libc: Libc, family: Family, namespace?: Namespace) {
    this.family = family
    this.#libc = libc
    this.#namespace = namespace
    const open = () => libc.socket(addressFamily(family), SOCK_DGRAM | SOCK_CLOEXEC, 0)
    this.#fd = namespace ? namespace.run(open) : open()
    if (this.#fd < 0) throw TransportError.system('socket', libc.errno())
  }

  close(): void {
    this.#libc.close(this.#fd)
  }

  /** The tables that exist now, in the order in which the kernel lists them. Brings none into being. */
  tables(): string[] {
    const file = this.family === 'ip' ? 'ip_tables_names' : 'ip6_tables_names'
    const read = () => {
      try {
        return readFileSync(`/proc/thread-self/net/${file}`, 'utf8').split('\n').filter(Boolean)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') throw absent(this.family, error)
        if (code === 'EACCES' || code === 'EPERM') {
          throw new TransportError(`${file} may not be read: run as root or with CAP_NET_ADMIN`, { code: 'ERR_PERMISSION', cause: error })
        }
        throw new TransportError(`${file} cannot be read: ${(error as Error).message}`, { code: 'ERR_SYSTEM', cause: error })
      }
    }
    return this.#namespace ? this.#namespace.run(read) : read()
  }

  /** How a table is laid out. Makes the table where there is none yet. */
  info(table: string): Info {
    const bytes = encode(TableInfo, { name: table, validHooks: 0, hookEntry: [], underflow: [], entries: 0, size: 0 })
    this.#get(GET_INFO, bytes, `reading table '${table}'`)
    return TableInfo.read(new Reader(bytes))
  }

  /** All entries of a table. EAGAIN when `size` is no longer its size. */
  async entries(table: string, size: number): Promise<Buffer> {
    const writer = new Writer(TableEntries.size + size)
    TableEntries.write(writer, { name: table, size: BigInt(size) })
    writer.reserve(size)
    const bytes = writer.written()
    const what = `reading table '${table}'`
    if (bytes.length <= LARGE) this.#get(GET_ENTRIES, bytes, what)
    else this.#check(await this.#libc.getsockoptInBackground(this.#fd, LEVEL[this.family], GET_ENTRIES, bytes), what)
    return bytes.subarray(TableEntries.size)
  }

  /** Puts a table in the place of the one there is. 0, or the errno with which the kernel refused. */
  async replace(bytes: Buffer): Promise<number> {
    if (bytes.length > LARGE) return this.#libc.setsockoptInBackground(this.#fd, LEVEL[this.family], SET_REPLACE, bytes)
    return this.#libc.setsockopt(this.#fd, LEVEL[this.family], SET_REPLACE, bytes, bytes.length) === 0 ? 0 : this.#libc.errno()
  }

  /** Adds to the counters of a table, one pair for each of its entries. */
  async addCounters(table: string, counters: BigUint64Array): Promise<void> {
    const writer = new Writer(CountersInfo.size + counters.byteLength)
    CountersInfo.write(writer, { name: table, entries: BigInt(counters.length / 2) })
    writer.put(new Uint8Array(counters.buffer, counters.byteOffset, counters.byteLength))
    const bytes = writer.written()
    const errno = bytes.length > LARGE
      ? await this.#libc.setsockoptInBackground(this.#fd, LEVEL[this.family], SET_ADD_COUNTERS, bytes)
      : this.#libc.setsockopt(this.#fd, LEVEL[this.family], SET_ADD_COUNTERS, bytes, bytes.length) === 0 ? 0 : this.#libc.errno()
    this.#check(errno, `adding counters to table '${table}'`)
  }

  /** Whether the kernel has a revision of a match or target; undefined where it does not know the name at all. */
  hasRevision(type: 'match' | 'target', name: string, revision: number): boolean | undefined {
    const bytes = encode(RevisionQuestion, { name, revision })
    const option = REVISION[this.family][type]
    if (this.#libc.getsockopt(this.#fd, LEVEL[this.family], option, bytes, encode(u32, bytes.length)) === 0) return true
    const errno = this.#libc.errno()
    if (errnoName(errno) === 'EPROTONOSUPPORT') return false
    if (errnoName(errno) === 'ENOENT') return undefined
    throw this.#error(errno, `asking for ${type} '${name}'`)
  }

  #get(option: number, bytes: Buffer, what: string): void {
    const result = this.#libc.getsockopt(this.#fd, LEVEL[this.family], option, bytes, encode(u32, bytes.length))
    this.#check(result === 0 ? 0 : this.#libc.errno(), what)
  }

  #check(errno: number, what: string): void {
    if (errno !== 0) throw this.#error(errno, what)
  }

  #error(errno: number, what: string): Error {
    const name = errnoName(errno)
    if (name === 'EPERM' || name === 'EACCES') return TransportError.system(what, errno)
    if (name === 'ENOPROTOOPT') return absent(this.family)
    if (name === 'ENOENT') {
      return new KernelError(`${what}: there is no such table; the module that makes it may have to be loaded`, { errno, request: what })
    }
    return new KernelError(`${what}: ${errnoText(errno)} (${name})`, { errno, request: what })
  }
}

function absent(family: Family, cause?: unknown): TransportError {
  const [module, tool] = family === 'ip' ? ['ip_tables', 'iptables'] : ['ip6_tables', 'ip6tables']
  return new TransportError(
    `this kernel has no ${module}: load the module ('modprobe ${module}'), or use the nf_tables backend, as ${tool}-nft does`,
    { code: 'ERR_UNSUPPORTED', cause },
  )
}
