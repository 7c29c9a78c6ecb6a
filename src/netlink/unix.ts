import { TransportError } from './error.js'
import { loadLibc } from './libc.js'
import { encode } from './wire/codec.js'
import { u16 } from './wire/integers.js'

// bits/socket.h, bits/socket_type.h
const AF_UNIX = 1
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const DONT_WAIT_NO_SIGNAL = 0x40 | 0x4000 // MSG_DONTWAIT | MSG_NOSIGNAL

/** Bytes of the longest path of a Unix socket, its NUL included (include/uapi/linux/un.h). */
export const LONGEST_PATH = 108

/**
 * include/uapi/linux/un.h: struct sockaddr_un. A path that begins with `@` is a name outside of the file system. Throws a
 * TransportError (ERR_SYSTEM) for one that is too long, or none.
 */
export function unixAddress(path: string): Buffer {
  const abstract = path.startsWith('@')
  const name = Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`)
  if (name.length > LONGEST_PATH || path === '' || path.includes('\0')) {
    throw new TransportError(`'${path}' is no path of a socket: it has 1 to ${LONGEST_PATH - 1} bytes`, { code: 'ERR_SYSTEM' })
  }
  return Buffer.concat([encode(u16, AF_UNIX), name])
}

/** Sends one datagram to a Unix socket, such as systemd's NOTIFY_SOCKET. Rejects with a TransportError. */
export async function sendUnixDatagram(path: string, text: string): Promise<void> {
  const libc = await loadLibc()
  const to = unixAddress(path)
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0)
  if (fd < 0) throw TransportError.system('socket', libc.errno())
  try {
    const bytes = Buffer.from(text)
    if (libc.sendto(fd, bytes, bytes.length, DONT_WAIT_NO_SIGNAL, to, to.length) < 0) throw TransportError.system(`sendto ${path}`, libc.errno())
  } finally {
    libc.close(fd)
  }
}
