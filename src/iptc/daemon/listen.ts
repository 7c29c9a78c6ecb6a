import { closeSync, constants, fstatSync, lchownSync, lstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { createConnection } from 'node:net'
import { resolve } from 'node:path'
import { InputError, type Libc, loadLibc, NetfilterError, TransportError, unixAddress } from '../../netlink/index.js'

/** A Unix socket that has its name and its rights, and that nobody can connect to before somebody listens on it. */
export interface BoundSocket {
  readonly fd: number
  readonly path: string
  /** Removes the file, if it is still this socket's. The descriptor belongs to whoever listens. */
  release(): void
}

/** The rights of the file of a socket. */
export interface BindOptions {
  /** Who may connect, as the rights of the file: write is what counts. 0o660 unless given. */
  readonly mode?: number | undefined
  /** Number of the group of the file; the process's unless given. */
  readonly gid?: number | undefined
}

// bits/socket.h, sys/file.h
const AF_UNIX = 1
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000
const LOCK_EX_NB = 2 | 4

/**
 * Makes a Unix socket at a path. It has its rights from the moment it is there. The file that a daemon has left which is gone is
 * replaced; where one still listens, or is just beginning to, or where another file stands, this rejects with an InputError.
 */
export async function bindSocket(path: string, { mode = 0o660, gid }: BindOptions = {}): Promise<BoundSocket> {
  const place = resolve(path)
  const libc = await loadLibc()
  const address = unixAddress(place)
  const unlock = lock(libc, place)
  try {
    await removeStale(place)
    const fd = libc.socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0)
    if (fd < 0) throw TransportError.system('socket', libc.errno())
    try {
      const before = process.umask(0o777 & ~mode)
      try {
        if (libc.bind(fd, address, address.length) < 0) throw TransportError.system(`making the socket ${place}`, libc.errno())
      } finally {
        process.umask(before)
      }
      const { dev, ino } = lstatSync(place)
      giveTo(place, gid)
      let released = false
      return {
        fd,
        path: place,
        release() {
          if (released) return
          released = true
          removeIf(place, (found) => found.dev === dev && found.ino === ino)
          unlock()
        },
      }
    } catch (error) {
      libc.close(fd)
      throw error
    }
  } catch (error) {
    unlock()
    throw NetfilterError.is(error) ? error : new InputError(`no socket can be made at ${place}: ${(error as Error).message}`, { cause: error })
  }
}

/** Gives a socket that was just made to a group; it is gone where that cannot be. */
function giveTo(path: string, gid: number | undefined): void {
  if (gid === undefined || gid === lstatSync(path).gid) return
  try {
    lchownSync(path, -1, gid)
  } catch (cause) {
    unlinkSync(path)
    throw new InputError(`the socket ${path} cannot be given to group ${gid}: run as root, with CAP_CHOWN, or as a member of it`, { cause })
  }
}

/** Keeps other daemons from this path as long as this process lives, or until the lock is given back. */
function lock(libc: Libc, path: string): () => void {
  const file = `${path}.lock`
  for (;;) {
    let fd: number
    try {
      fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    } catch (cause) {
      throw new InputError(`no socket can be made at ${path}: ${(cause as Error).message}`, { cause })
    }
    if (libc.flock(fd, LOCK_EX_NB) < 0) {
      closeSync(fd)
      throw inUse(path)
    }
    // Whoever had the lock before may have taken the file away with it.
    const { ino } = fstatSync(fd)
    if (statSync(file, { throwIfNoEntry: false })?.ino !== ino) {
      closeSync(fd)
      continue
    }
    return () => {
      removeIf(file, (found) => found.ino === ino)
      closeSync(fd)
    }
  }
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) throw new InputError(`${path} is there, and is no socket: it is left as it is, give another path`)
  const answer = await new Promise<string | undefined>((done) => {
    const socket = createConnection({ path })
    socket.once('connect', () => {
      socket.destroy()
      done(undefined)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code))
  })
  if (answer !== 'ECONNREFUSED' && answer !== 'ENOENT') throw inUse(path)
  removeIf(path, ({ ino }) => ino === found.ino)
}

function removeIf(path: string, same: (found: { readonly dev: number; readonly ino: number }) => boolean): void {
  try {
    if (same(lstatSync(path))) unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function inUse(path: string): InputError {
  return new InputError(`a daemon serves at ${path} already: stop that one, or give another path`)
}
