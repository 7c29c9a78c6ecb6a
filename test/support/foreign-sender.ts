import koffi from 'koffi'
import { host16, host32 } from './bytes.js'

// A netlink socket that pretends to be the kernel: any process of root's may send to another's socket (CVE-2012-3520).

const AF_NETLINK = 16
const SOCK_RAW = 3
const NETLINK_NETFILTER = 12

const libc = koffi.load(null)
const socket = libc.func('int socket(int, int, int)')
const bind = libc.func('int bind(int, void *, uint32_t)')
const sendto = libc.func('int64_t sendto(int, void *, size_t, int, void *, uint32_t)')
const close = libc.func('int close(int)')

function address(port: number): Buffer {
  return Buffer.concat([host16(AF_NETLINK), host16(0), host32(port), host32(0)])
}

/** Sends a datagram to the netlink socket with this port, from a socket that is not the kernel's. */
export function sendAsForeigner(port: number, datagram: Uint8Array, protocol = NETLINK_NETFILTER): void {
  const fd: number = socket(AF_NETLINK, SOCK_RAW, protocol)
  try {
    if (fd < 0 || bind(fd, address(0), 12) < 0) throw new Error(`no socket: errno ${koffi.errno()}`)
    const sent: number = sendto(fd, datagram, datagram.length, 0, address(port), 12)
    if (Number(sent) !== datagram.length) throw new Error(`not sent: errno ${koffi.errno()}`)
  } finally {
    close(fd)
  }
}
