import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TransportError } from '../../../src/netlink/index.js'
import { LockError, openXtables, parseRule, type TransactionOptions } from '../../../src/xtables/index.js'
import { builtModule, scriptFile } from '../../support/build.js'
import { describeKernel } from '../../support/kernel.js'
import { sleep } from '../../support/waiting.js'
import { end, holding, ownLock, rejection } from '../../support/xtables.js'

const folder = ownLock()
const LOCK = process.env.XTABLES_LOCKFILE as string

/** Appends a rule; the names of what became of it. */
async function append(options: TransactionOptions = {}): Promise<void> {
  await using xt = await openXtables({ backend: 'legacy' })
  await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp')), options)
}

async function count(): Promise<number> {
  await using xt = await openXtables({ backend: 'legacy' })
  return (await xt.ip.read('filter')).INPUT?.rules.length ?? -1
}

const hold = () => holding('flock', ['--exclusive', '--no-fork', LOCK, 'sh', '-c', 'echo held; exec sleep 60'])

/** Whether the lock can be had by another program now. */
function free(): boolean {
  try {
    execFileSync('flock', ['--exclusive', '--nonblock', LOCK, 'true'])
    return true
  } catch {
    return false
  }
}

describeKernel('the lock on the legacy tables', () => {
  afterEach(() => {
    process.env.XTABLES_LOCKFILE = LOCK
  })

  test('is held during a transaction, and let go of after it', async () => {
    await using xt = await openXtables({ backend: 'legacy' })
    const during = await xt.transaction(async (tx) => {
      await tx.ip.rules('filter', 'INPUT')
      return free()
    })
    expect([during, free()]).toEqual([false, true])
    await rejection(xt.transaction((tx) => tx.ip.append('filter', 'nowhere', parseRule('-p tcp'))))
    expect(free()).toBe(true)
    await rejection(xt.transaction(() => Promise.reject(new Error('never mind'))))
    expect(free()).toBe(true)
  })

  test('is a file that only its owner may open', async () => {
    process.env.XTABLES_LOCKFILE = join(folder, 'new')
    await append()
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o600)
  })

  test('that another program holds is told with the process and its command', async () => {
    const holder = await hold()
    const before = await count()
    try {
      const from = performance.now()
      const error = await rejection(append({ wait: 0 }))
      expect(performance.now() - from).toBeLessThan(5000)
      expect(LockError.is(error) && [error.code, error.path, error.holder]).toEqual([
        'ERR_LOCK',
        LOCK,
        { pid: holder.pid, command: 'sleep' },
      ])
      expect(error.message).toContain(`sleep (process ${holder.pid}) holds the lock`)
      expect(error.message).toContain(LOCK)
    } finally {
      await end(holder)
    }
    expect(await count()).toBe(before)
  })

  test('is waited for as long as it may be, and no longer', async () => {
    const holder = await hold()
    try {
      const from = performance.now()
      const error = await rejection(append({ wait: 1500 }))
      const waited = performance.now() - from
      expect(LockError.is(error) && error.message).toMatch(/for more than 1500 ms/)
      expect(waited).toBeGreaterThanOrEqual(1500)
      expect(waited).toBeLessThan(10_000)
    } finally {
      await end(holder)
    }
  })

  test('is taken as soon as its holder lets go', async () => {
    const holder = await hold()
    const before = await count()
    const waiting = append({ wait: 20_000 })
    await sleep(200)
    expect(await count()).toBe(before)
    await end(holder)
    await waiting
    expect(await count()).toBe(before + 1)
  })

  test('is no longer waited for once a signal says so', async () => {
    const holder = await hold()
    const before = await count()
    try {
      const controller = new AbortController()
      const waiting = rejection(append({ wait: 60_000, signal: controller.signal }))
      const reason = new Error('enough')
      setTimeout(() => controller.abort(reason), 100)
      const from = performance.now()
      const error = await waiting
      expect(performance.now() - from).toBeLessThan(10_000)
      expect(TransportError.is(error) && [error.code, error.cause]).toEqual(['ERR_ABORTED', reason])
      expect(TransportError.is(await rejection(append({ signal: AbortSignal.abort() })))).toBe(true)
    } finally {
      await end(holder)
    }
    expect(await count()).toBe(before)
  })

  test('is held between two connections of one process too', async () => {
    await using xt = await openXtables({ backend: 'legacy' })
    const error = await xt.transaction(async () => rejection(append({ wait: 0 })))
    expect(LockError.is(error) && error.holder?.pid).toBe(process.pid)
  })

  test('does not keep the event loop from turning while it is waited for', async () => {
    const holder = await hold()
    let turns = 0
    const timer = setInterval(() => turns++, 5)
    await rejection(append({ wait: 1000 }))
    clearInterval(timer)
    await end(holder)
    expect(turns).toBeGreaterThan(20)
  })

  test('leaves no open file behind, whether it was had or not', async () => {
    const files = () =>
      execFileSync('sh', ['-c', `ls -l /proc/${process.pid}/fd | grep -c "${LOCK}" || true`], {
        encoding: 'utf8',
      }).trim()
    const holder = await hold()
    for (let i = 0; i < 20; i++) await rejection(append({ wait: 0 }))
    await end(holder)
    for (let i = 0; i < 20; i++) await append()
    expect(files()).toBe('0')
  })

  test('is not to be had when its file is a directory', async () => {
    process.env.XTABLES_LOCKFILE = join(folder, 'directory')
    mkdirSync(process.env.XTABLES_LOCKFILE)
    const error = await rejection(append())
    expect(LockError.is(error) && error.message).toMatch(/directory is a directory.*remove it.*XTABLES_LOCKFILE/)
    expect((error.cause as NodeJS.ErrnoException).code).toBe('EISDIR')
  })

  test('is not to be had when its folder is missing', async () => {
    process.env.XTABLES_LOCKFILE = join(folder, 'missing', 'lock')
    const error = await rejection(append())
    expect(LockError.is(error) && error.message).toMatch(/its folder is missing/)
    expect(existsSync(join(folder, 'missing'))).toBe(false)
  })

  test('is not to be had on a file system that is read-only', () => {
    const place = join(folder, 'mounted')
    mkdirSync(place)
    const script = scriptFile(`
      import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
      process.env.XTABLES_LOCKFILE = process.argv[2]
      const xt = await openXtables({ backend: 'legacy' })
      try {
        await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp')))
        console.log('taken')
      } catch (error) {
        console.log(error.name, error.message)
      }
    `)
    const inside = 'mount -t tmpfs -o ro tmpfs "$1" && exec "$2" "$3" "$1/lock"'
    const args = ['--mount', '--net', 'sh', '-c', inside, 'sh', place, process.execPath, script]
    const printed = execFileSync('unshare', args, { encoding: 'utf8' })
    expect(printed).toMatch(/^LockError .*mounted\/lock is on a file system that is read-only; XTABLES_LOCKFILE/)
  })

  test('is not needed to read', async () => {
    const holder = await hold()
    expect(await count()).toBeGreaterThan(0)
    await end(holder)
  })
})
