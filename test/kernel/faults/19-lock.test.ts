import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { TransportError } from '../../../src/netlink/index.js'
import { LockError, parseRule, type TransactionOptions } from '../../../src/xtables/index.js'
import { describeLegacy, end, holding, ownLock, rejection } from '../../support/xtables.js'

const folder = ownLock()
const LOCK = process.env.XTABLES_LOCKFILE as string

describeLegacy('19. the lock on the legacy tables', (tables) => {
  const append = (options: TransactionOptions = {}) =>
    tables.withTables((xt) => xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp')), options))
  const hold = () => holding('flock', ['--exclusive', '--no-fork', LOCK, 'sh', '-c', 'echo held; exec sleep 60'])

  beforeEach(() => tables.clear('ip'))
  afterEach(() => {
    process.env.XTABLES_LOCKFILE = LOCK
  })

  test('held by another process is waited for, for a time, and then a LockError names that process', async () => {
    const holder = await hold()
    try {
      const began = performance.now()
      const error = await rejection(append({ wait: 300 }))
      const took = performance.now() - began
      if (!LockError.is(error)) throw error
      expect([error.code, error.path, error.holder]).toEqual(['ERR_LOCK', LOCK, { pid: holder.pid, command: 'sleep' }])
      expect(took).toBeGreaterThanOrEqual(299)
      expect(took).toBeLessThan(5000)
      expect(tables.savedRules('ip')).toEqual([])
    } finally {
      await end(holder)
    }
    await append()
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -p tcp'])
  })

  test('is no longer waited for when a signal aborts', async () => {
    const holder = await hold()
    try {
      const error = await rejection(append({ wait: 60_000, signal: AbortSignal.timeout(100) }))
      expect(TransportError.is(error) && error.code).toBe('ERR_ABORTED')
      expect(tables.savedRules('ip')).toEqual([])
    } finally {
      await end(holder)
    }
  })

  // A file system that is read-only: test/kernel/xtables/lock.test.ts.
  test.each<[string, string, RegExp, () => void]>([
    ['a directory, as a container mount makes one', 'directory', /is a directory \(a container mount often makes one\): remove it/, () => mkdirSync(join(folder, 'directory'))],
    ['in a folder that is missing', 'missing/lock', /its folder is missing/, () => {}],
  ])('that cannot be had, its file being %s, says so and what to do; nothing is changed without it', async (_, file, words, make) => {
    make()
    process.env.XTABLES_LOCKFILE = join(folder, file)
    const error = await rejection(append())
    expect(LockError.is(error) && error.message).toMatch(words)
    expect(error.message).toMatch(/XTABLES_LOCKFILE names another file/)
    process.env.XTABLES_LOCKFILE = LOCK
    expect(tables.savedRules('ip')).toEqual([])
  })
})
