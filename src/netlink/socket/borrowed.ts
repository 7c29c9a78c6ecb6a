import { readdirSync } from 'node:fs'
import type { Libc } from '../libc.js'
import { decode, encode } from '../wire/codec.js'
import { Reader } from '../wire/cursor.js'
import { s32, u32 } from '../wire/integers.js'
import { Address, AF_NETLINK } from './address.js'

// include/uapi/asm-generic/socket.h, linux/netlink.h, linux/sock_diag.h
const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
const SO_MEMINFO = 55
const MEMINFO_SIZE = 36
const MEMINFO_DROPS = 32
const SOL_NETLINK = 270
const NETLINK_NO_ENOBUFS = 5

/** The options of a netlink socket of this process that somebody else holds, who does not give its descriptor. */
export class Borrowed {
  readonly #libc: Libc
  readonly #fd: number
  readonly #info = new Reader(Buffer.alloc(MEMINFO_SIZE))
  readonly #size = encode(u32, MEMINFO_SIZE)

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc
    this.#fd = fd
  }

  /** The socket with this port; undefined where there is none. To be used as long as its owner has not closed it. */
  static find(libc: Libc, port: number): Borrowed | undefined {
    for (const fd of readdirSync('/proc/self/fd').map(Number)) {
      const address = Buffer.alloc(Address.size)
      // Of what is no socket the kernel says so; addresses of other families are longer, and are cut.
      if (libc.getsockname(fd, address, encode(u32, Address.size)) !== 0) continue
      const own = decode(Address, address)
      if (own.family === AF_NETLINK && own.port === port) return new Borrowed(libc, fd)
    }
    return undefined
  }

  /** Keeps the socket without an error of its own when it runs over; `lost` tells of that. */
  quiet(): boolean {
    return this.#set(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)
  }

  /** Gives it a larger receive buffer than net.core.rmem_max allows; false without the right to that (CAP_NET_ADMIN). */
  enlarge(size: number): boolean {
    return this.#set(SOL_SOCKET, SO_RCVBUFFORCE, size)
  }

  /** How many datagrams it has lost since it was opened. */
  lost(): number {
    const info = this.#info
    return this.#libc.getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, info.bytes, this.#size) === 0 ? info.u32At(MEMINFO_DROPS) : 0
  }

  #set(level: number, option: number, value: number): boolean {
    return this.#libc.setsockopt(this.#fd, level, option, encode(s32, value), 4) === 0
  }
}
