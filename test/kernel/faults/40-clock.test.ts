import { IPSet } from '../../../src/index.js'
import { LockError, parseRule } from '../../../src/xtables/index.js'
import { describeKernel } from '../../support/kernel.js'
import { removeAllSets } from '../../support/sets.js'
import { describeLegacy, describeNft, end, holding, ownLock, rejection } from '../../support/xtables.js'

ownLock()

/** A clock on the wall that jumps by a year with every look at it, ahead and back. */
function jumping(): () => void {
  const year = 365 * 86_400_000
  let looks = 0
  const spy = jest.spyOn(Date, 'now').mockImplementation(() => 1.8e12 + (++looks % 2 === 0 ? 1 : -1) * looks * year)
  return () => spy.mockRestore()
}

let stop: () => void
beforeEach(() => {
  stop = jumping()
})
afterEach(() => stop())

describeLegacy('40. the clock jumps while the lock is waited for', (tables) => {
  const append = (wait: number) => tables.withTables((xt) => xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp')), { wait }))

  test('and it is waited for as long as was said', async () => {
    const holder = await holding('flock', ['--exclusive', '--no-fork', process.env.XTABLES_LOCKFILE as string, 'sh', '-c', 'echo held; exec sleep 60'])
    try {
      const began = performance.now()
      expect(LockError.is(await rejection(append(400)))).toBe(true)
      expect(performance.now() - began).toBeGreaterThanOrEqual(399)
      const waiting = append(60_000)
      setTimeout(() => void end(holder), 200)
      await waiting
      expect(performance.now() - began).toBeLessThan(20_000)
    } finally {
      await end(holder)
    }
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -p tcp'])
  })
})

describeKernel('40. the clock jumps', () => {
  test('while the kernel is asked: no deadline is met before its time', async () => {
    await removeAllSets()
    await using ipset = new IPSet({ timeout: 5000 })
    await ipset.create('ban', { maxelem: 200_000 })
    const entries = Array.from({ length: 50_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    expect(await ipset.addAll('ban', entries)).toBe(50_000)
    let listed = 0
    for await (const { entries: some } of ipset.list('ban', { timeout: 2000 })) listed += some.length
    expect(listed).toBe(50_000)
  })
})

describeNft('40. the clock jumps', (tables) => {
  test('while a commit is planned again', async () => {
    let runs = 0
    await tables.withTables((xt) =>
      xt.transaction(async ({ ip }) => {
        ip.append('filter', 'OUTPUT', parseRule('-p tcp'))
        await ip.settle()
        if (++runs <= 3) tables.tool('ip', '-A', 'INPUT', '-p', 'udp')
      }),
    )
    expect(runs).toBe(4)
    expect(tables.savedRules('ip').filter((line) => line.includes('OUTPUT'))).toEqual(['-A OUTPUT -p tcp'])
  })
})
