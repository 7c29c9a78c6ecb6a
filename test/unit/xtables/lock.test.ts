import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockError } from '../../../src/xtables/index.js'
import { Lock } from '../../../src/xtables/legacy/lock.js'
import { FakeLibc } from '../../support/fake-libc.js'

const [EINTR, EAGAIN, ENOLCK] = [4, 11, 37]
const EXCLUSIVE_AT_ONCE = 2 | 4 // include/uapi/asm-generic/fcntl.h: LOCK_EX, LOCK_NB

let folder: string
let path: string
let libc: FakeLibc
const before = process.env.XTABLES_LOCKFILE

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfilter-kit-lock-'))
  path = join(folder, 'lock')
  process.env.XTABLES_LOCKFILE = path
  libc = new FakeLibc()
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  if (before === undefined) delete process.env.XTABLES_LOCKFILE
  else process.env.XTABLES_LOCKFILE = before
})

/** Files of the folder that this process holds open. */
function held(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return statSync(`/proc/self/fd/${fd}`).ino === statSync(path).ino
    } catch {
      return false
    }
  })
}

test('the lock is taken at once on a file that is made for it, and given back', async () => {
  const lock = await Lock.take(libc, { wait: 0 })
  expect(libc.calls).toEqual([{ name: 'flock', args: [Number(held()[0]), EXCLUSIVE_AT_ONCE] }])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  lock.release()
  expect(held()).toEqual([])
  expect(existsSync(path)).toBe(true)
})

test('it is tried again while somebody else holds it, and after a signal', async () => {
  libc.lockErrors.push(EINTR, EAGAIN, EAGAIN, EINTR, EAGAIN)
  const lock = await Lock.take(libc, { wait: 60_000 })
  expect(libc.argsOf('flock')).toHaveLength(6)
  lock.release()
})

test('without waiting, a lock that is held is a LockError at once', async () => {
  libc.lockErrors.push(EAGAIN)
  const error = await Lock.take(libc, { wait: 0 }).catch((reason: unknown) => reason)
  expect(LockError.is(error)).toBe(true)
  expect(error).toMatchObject({ code: 'ERR_LOCK', path, holder: undefined })
  expect((error as Error).message).toMatch(
    /^another program holds the lock on the tables \(.*lock\); wait longer, or try again$/,
  )
  expect(libc.argsOf('flock')).toHaveLength(1)
  expect(held()).toEqual([])
})

test('a wait that ends is a LockError that says how long it was', async () => {
  libc.flock = () => {
    libc.failing.set('flock', EAGAIN)
    return FakeLibc.prototype.flock.call(libc, 0, 0)
  }
  await expect(Lock.take(libc, { wait: 5 })).rejects.toThrow(/for more than 5 ms/)
  expect(libc.argsOf('flock').length).toBeGreaterThan(1)
  expect(held()).toEqual([])
})

test('waiting ends with its signal', async () => {
  const abort = new AbortController()
  libc.failing.set('flock', EAGAIN)
  const taking = Lock.take(libc, { wait: 60_000, signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(taking).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: new Error('enough') })
  expect(held()).toEqual([])
})

test('aborted before, it is not even tried', async () => {
  await expect(Lock.take(libc, { wait: 0, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  expect(libc.argsOf('flock')).toEqual([])
  expect(held()).toEqual([])
})

test('another error of flock is told as it is', async () => {
  libc.lockErrors.push(ENOLCK)
  await expect(Lock.take(libc, { wait: 60_000 })).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining(`locking ${path}`),
  })
  expect(held()).toEqual([])
})

test.each<[what: string, prepare: () => void, says: RegExp]>([
  ['a folder', () => mkdirSync(path), /lock is a directory|cannot be opened/],
  [
    'in a folder that is missing',
    () => {
      process.env.XTABLES_LOCKFILE = join(folder, 'none', 'lock')
    },
    /cannot be made, its folder is missing/,
  ],
])('a lock file that is %s is a LockError that says what to do', async (_, prepare, says) => {
  prepare()
  const error = await Lock.take(libc, { wait: 0 }).catch((reason: unknown) => reason)
  expect(LockError.is(error)).toBe(true)
  expect((error as Error).message).toMatch(says)
  expect((error as Error).message).toMatch(/XTABLES_LOCKFILE names another file/)
  expect(libc.argsOf('flock')).toEqual([])
})
