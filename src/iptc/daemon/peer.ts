import type { Socket } from 'node:net'
import { errnoName, loadLibc, TransportError } from '../../netlink/index.js'
import { decode, encode } from '../../netlink/wire/codec.js'
import { Reader } from '../../netlink/wire/cursor.js'
import { s32, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'

/** Who is at the other end of a Unix socket, as the kernel has noted it when it connected. */
export interface Peer {
  /** 0 where it is in a pid namespace that is not seen from here. */
  readonly pid: number
  readonly uid: number
  readonly gid: number
  /** Supplementary groups; the one of `gid` may be among them, or not. */
  readonly groups: readonly number[]
}

const SOL_SOCKET = 1 // include/uapi/asm-generic/socket.h
const SO_PEERCRED = process.arch === 'ppc64' ? 21 : 17 // the same, and arch/powerpc/include/uapi/asm/socket.h
const SO_PEERGROUPS = 59
/** Most supplementary groups of a process (include/uapi/linux/limits.h: NGROUPS_MAX). */
const MOST_GROUPS = 65_536

/** include/linux/socket.h: struct ucred */
const Credentials = struct('ucred', {
  pid: field(s32, 'pid', 'process'),
  uid: field(u32, 'uid', 'effective user'),
  gid: field(u32, 'gid', 'effective group'),
})

/**
 * The process that has connected a Unix socket: SO_PEERCRED and SO_PEERGROUPS. Rejects with a TransportError where the kernel
 * does not say it all, so that nobody is taken for somebody else.
 */
export async function peerOf(socket: Socket): Promise<Peer> {
  const libc = await loadLibc()
  const fd = descriptorOf(socket)
  const ask = (option: number, name: string, ...rooms: number[]): Uint8Array => {
    for (const room of rooms) {
      const value = Buffer.alloc(room)
      const size = encode(u32, room)
      if (libc.getsockopt(fd, SOL_SOCKET, option, value, size) === 0) return value.subarray(0, decode(u32, size))
      if (errnoName(libc.errno()) !== 'ERANGE') break
    }
    throw TransportError.system(`getsockopt ${name}`, libc.errno())
  }
  const credentials = ask(SO_PEERCRED, 'SO_PEERCRED', Credentials.size)
  if (credentials.length !== Credentials.size) throw unsaid(`${credentials.length} bytes of credentials`)
  const { pid, uid, gid } = decode(Credentials, credentials)
  // What is no Unix socket, or is not connected, has the credentials of nobody.
  if (uid === 0xffff_ffff || gid === 0xffff_ffff) throw unsaid('no credentials')
  const groups = new Reader(ask(SO_PEERGROUPS, 'SO_PEERGROUPS', 4 * 64, 4 * MOST_GROUPS))
  return { pid, uid, gid, groups: Array.from({ length: groups.left >> 2 }, () => groups.u32()) }
}

/** The descriptor of a socket, which Node keeps to itself. */
function descriptorOf(socket: Socket): number {
  const fd = (socket as { _handle?: { fd?: unknown } | null })._handle?.fd
  if (typeof fd !== 'number' || fd < 0) throw new TransportError('who connected cannot be told: the connection is closed', { code: 'ERR_CLOSED' })
  return fd
}

function unsaid(what: string): TransportError {
  return new TransportError(`who connected cannot be told: the kernel gives ${what}`, { code: 'ERR_UNSUPPORTED' })
}
