import { closeSync, openSync } from 'node:fs'
import { errnoName, InputError, TransportError } from './error.js'
import type { Libc } from './libc.js'

const CLONE_NEWNET = 0x4000_0000 // include/uapi/linux/sched.h

/** The file of a network namespace: a name as `ip netns` knows it, or an absolute path. */
export function netnsPath(netns: string): string {
  if (netns === '' || netns.includes('\0')) throw new InputError('a network namespace is a name or an absolute path')
  if (netns.startsWith('/')) return netns
  if (netns.includes('/') || netns === '.' || netns === '..') {
    throw new InputError(`'${netns}' is no name: give a name under /run/netns or an absolute path`, { path: 'netns' })
  }
  return `/run/netns/${netns}`
}

/** Runs `create` with this thread in another network namespace, and comes back. What it opens stays there. */
export function withNetns<T>(libc: Libc, netns: string | undefined, create: () => T): T {
  if (netns === undefined) return create()
  const path = netnsPath(netns)
  const home = openSync('/proc/thread-self/ns/net', 'r')
  try {
    const there = openNamespace(path, netns)
    try {
      enter(libc, there, path)
    } finally {
      closeSync(there)
    }
    try {
      return create()
    } finally {
      enter(libc, home, 'the network namespace this thread came from')
    }
  } finally {
    closeSync(home)
  }
}

function openNamespace(path: string, netns: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw systemError(path, cause)
    const advice = netns.startsWith('/') ? '' : `; 'ip netns add ${netns}' would make it`
    throw new TransportError(`no network namespace at ${path}${advice}`, { code: 'ERR_SYSTEM', cause })
  }
}

function systemError(path: string, cause: unknown): TransportError {
  const denied = (cause as NodeJS.ErrnoException).code === 'EACCES'
  return new TransportError(`cannot open ${path}: ${(cause as Error).message}`, {
    code: denied ? 'ERR_PERMISSION' : 'ERR_SYSTEM',
    cause,
  })
}

function enter(libc: Libc, fd: number, where: string): void {
  if (libc.setns(fd, CLONE_NEWNET) === 0) return
  const errno = libc.errno()
  if (errnoName(errno) === 'EINVAL') {
    throw new TransportError(`${where} is not a network namespace`, { code: 'ERR_SYSTEM', errno })
  }
  throw TransportError.system(`entering ${where}`, errno)
}
