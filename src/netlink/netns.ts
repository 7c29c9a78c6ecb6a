import { closeSync, openSync } from 'node:fs'
import { errnoName, errnoText, InputError, TransportError } from './error.js'
import type { Libc } from './libc.js'

const CLONE_NEWNET = 0x4000_0000 // include/uapi/linux/sched.h

/** The file of a network namespace: a name as `ip netns` knows it, or an absolute path. */
export function netnsPath(netns: string): string {
  if (typeof netns !== 'string' || netns === '' || netns.includes('\0')) throw new InputError('a network namespace is a name or an absolute path', { path: 'netns' })
  if (netns.startsWith('/')) return netns
  if (netns.includes('/') || netns === '.' || netns === '..') {
    throw new InputError(`'${netns}' is no name: give a name under /run/netns or an absolute path`, { path: 'netns' })
  }
  return `/run/netns/${netns}`
}

/** An open network namespace: it stays the same one, whatever becomes of the name it was found by. */
export class Namespace {
  readonly #libc: Libc
  readonly #fd: number
  readonly #path: string

  private constructor(libc: Libc, fd: number, path: string) {
    this.#libc = libc
    this.#fd = fd
    this.#path = path
  }

  /** Opens the namespace of a name or a path. Throws a TransportError when there is none. */
  static open(libc: Libc, netns: string): Namespace {
    const path = netnsPath(netns)
    return new Namespace(libc, openNamespace(path, netns), path)
  }

  /** The same namespace for somebody else to close. */
  duplicate(): Namespace {
    return new Namespace(this.#libc, openFile(`/proc/self/fd/${this.#fd}`), this.#path)
  }

  /** Runs `create` with this thread in the namespace, and comes back. What it opens stays there. */
  run<T>(create: () => T): T {
    const home = openFile('/proc/thread-self/ns/net')
    try {
      enter(this.#libc, this.#fd, this.#path)
      try {
        return create()
      } finally {
        enter(this.#libc, home, 'the network namespace this thread came from')
      }
    } finally {
      closeSync(home)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

function openNamespace(path: string, netns: string): number {
  try {
    return openFile(path)
  } catch (error) {
    const { cause } = error as TransportError
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const advice = netns.startsWith('/') ? '' : `; 'ip netns add ${netns}' would make it`
    throw new TransportError(`no network namespace at ${path}${advice}`, { code: 'ERR_SYSTEM', cause })
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const denied = (cause as NodeJS.ErrnoException).code === 'EACCES'
    throw new TransportError(`cannot open ${path}: ${(cause as Error).message}`, { code: denied ? 'ERR_PERMISSION' : 'ERR_SYSTEM', cause })
  }
}

function enter(libc: Libc, fd: number, where: string): void {
  if (libc.setns(fd, CLONE_NEWNET) === 0) return
  const errno = libc.errno()
  if (errnoName(errno) === 'EINVAL') {
    throw new TransportError(`${where} is not a network namespace`, { code: 'ERR_SYSTEM', errno })
  }
  if (errnoName(errno) === 'EPERM') {
    throw new TransportError(`entering ${where}: ${errnoText(errno)}; run as root or with CAP_SYS_ADMIN`, { code: 'ERR_PERMISSION', errno })
  }
  throw TransportError.system(`entering ${where}`, errno)
}
