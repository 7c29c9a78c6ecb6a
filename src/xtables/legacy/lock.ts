import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { errnoName, type Libc, TransportError } from '../../netlink/index.js'
import { LockError } from '../error.js'

const LOCK_EX = 2 // include/uapi/asm-generic/fcntl.h
const LOCK_NB = 4
/** The file that iptables locks. */
const PATH = '/run/xtables.lock'
/** Milliseconds between two tries: the tool holds the lock for two to three. */
const NAP = 1

export interface LockOptions {
  /** Milliseconds to wait for it; 0: not at all. */
  readonly wait: number
  readonly signal?: AbortSignal | undefined
}

/** The lock on the legacy tables, held from its making until `release`. */
export class Lock {
  readonly #fd: number

  private constructor(fd: number) {
    this.#fd = fd
  }

  /**
   * Takes the lock that iptables takes (XTABLES_LOCKFILE, or /run/xtables.lock), waiting as long as it may. Throws a
   * LockError when somebody else holds it, or the file cannot be had.
   */
  static async take(libc: Libc, { wait, signal }: LockOptions): Promise<Lock> {
    const path = process.env.XTABLES_LOCKFILE || PATH
    const fd = open(path)
    try {
      const end = performance.now() + wait
      for (;;) {
        if (signal?.aborted) throw new TransportError(`waiting for ${path} was aborted`, { code: 'ERR_ABORTED', cause: signal.reason })
        if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return new Lock(fd)
        const errno = libc.errno()
        if (errnoName(errno) === 'EINTR') continue
        if (errnoName(errno) !== 'EAGAIN') throw TransportError.system(`locking ${path}`, errno)
        if (performance.now() >= end) throw held(path, fd, wait)
        await pause(NAP)
      }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  release(): void {
    closeSync(this.#fd)
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_CREAT, 0o600)
  } catch (error) {
    throw unusable(path, error)
  }
}

function unusable(path: string, cause: unknown): LockError {
  const code = (cause as NodeJS.ErrnoException).code
  const advice = 'XTABLES_LOCKFILE names another file; every program that changes these tables must use the same'
  const reason =
    code === 'EISDIR' ? `${path} is a directory (a container mount often makes one): remove it`
    : code === 'EROFS' ? `${path} is on a file system that is read-only`
    : code === 'EACCES' || code === 'EPERM' ? `${path} may not be opened: run as root`
    : code === 'ENOENT' ? `${path} cannot be made, its folder is missing`
    : `${path} cannot be opened (${code})`
  return new LockError(`the lock on the tables cannot be taken: ${reason}; ${advice}`, { path, cause })
}

function held(path: string, fd: number, wait: number): LockError {
  const holder = holderOf(fd)
  const who = holder ? `${holder.command} (process ${holder.pid})` : 'another program'
  const long = wait > 0 ? ` for more than ${wait} ms` : ''
  return new LockError(`${who} holds the lock on the tables (${path})${long}; wait longer, or try again`, { path, holder })
}

/** Who holds the lock on an open file, by /proc/locks. */
function holderOf(fd: number): LockError['holder'] {
  const { ino } = fstatSync(fd)
  try {
    const line = readFileSync('/proc/locks', 'utf8').split('\n').find((text) => text.includes('FLOCK') && text.includes(`:${ino} `))
    const pid = Number(line?.trim().split(/\s+/)[4])
    if (!(pid > 0)) return undefined
    return { pid, command: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }
  } catch {
    return undefined
  }
}
