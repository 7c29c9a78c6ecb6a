import { readdirSync } from 'node:fs'
import type { Libc } from '../libc.js'
import { decode, encode } from '../wire/codec.js'
import { s32, u32 } from '../wire/integers.js'
import { Address, AF_NETLINK } from './address.js'

// include/uapi/asm-generic/socket.h
const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33

/**
 * Gives the netlink socket of this process that has a port a larger receive buffer than net.core.rmem_max allows. False
 * where there is none, or no right to that (CAP_NET_ADMIN). For sockets of others, who do not give their descriptor.
 */
export function forceReceiveBuffer(libc: Libc, port: number, size: number): boolean {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    const address = Buffer.alloc(Address.size)
    // Of what is no socket the kernel says so; of other families the address is longer, and is cut.
    if (libc.getsockname(fd, address, encode(u32, Address.size)) !== 0) continue
    const { family, port: own } = decode(Address, address)
    if (family === AF_NETLINK && own === port) return libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, encode(s32, size), 4) === 0
  }
  return false
}
