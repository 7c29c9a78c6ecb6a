import { InputError, loadLibc, TransportError } from '../../netlink/index.js'
import { decode, encode } from '../../netlink/wire/codec.js'
import { s32, u32 } from '../../netlink/wire/integers.js'

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST = 3

// include/uapi/asm-generic/socket.h, bits/socket.h
const SOL_SOCKET = 1
const SO_TYPE = 3
const SO_ACCEPTCONN = 30
const SO_DOMAIN = 39
const AF_UNIX = 1
const SOCK_STREAM = 1

/**
 * The listening socket that systemd has opened for this process (LISTEN_FDS, LISTEN_PID): its descriptor; undefined where there
 * is none. The variables are taken out of `env`, so that no other program takes it for its own. Rejects with an InputError where
 * it is not one listening Unix stream socket.
 */
export async function activatedSocket(env: NodeJS.ProcessEnv = process.env, pid = process.pid): Promise<number | undefined> {
  const { LISTEN_FDS: count, LISTEN_PID: owner } = env
  delete env.LISTEN_FDS
  delete env.LISTEN_PID
  delete env.LISTEN_FDNAMES
  // For another process: this one has inherited the variables by chance.
  if (count === undefined || owner !== String(pid)) return undefined
  if (!/^\d{1,4}$/.test(count)) throw new InputError(`LISTEN_FDS is '${count}', which is no number of sockets`)
  if (Number(count) === 0) return undefined
  if (Number(count) > 1) throw new InputError(`systemd hands over ${count} sockets, and a daemon has one: leave one ListenStream= in the socket unit`)
  await demandListening(FIRST)
  return FIRST
}

async function demandListening(fd: number): Promise<void> {
  const libc = await loadLibc()
  const ask = (option: number): number => {
    const value = encode(s32, 0)
    if (libc.getsockopt(fd, SOL_SOCKET, option, value, encode(u32, 4)) !== 0) throw TransportError.system(`asking what descriptor ${fd} is`, libc.errno())
    return decode(s32, value)
  }
  if (ask(SO_DOMAIN) !== AF_UNIX || ask(SO_TYPE) !== SOCK_STREAM || ask(SO_ACCEPTCONN) !== 1) {
    throw new InputError('what systemd hands over is no listening Unix stream socket: use ListenStream= with a path in the socket unit')
  }
}
