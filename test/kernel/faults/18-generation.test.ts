import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ConflictError, parseRule } from '../../../src/xtables/index.js'
import { nft } from '../../support/nft-tables.js'
import { describeNft, environment, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const comment = (name: string, i: number) => `-A INPUT -m comment --comment ${name}-${i}`

describeNft('18. somebody else commits between the plan and the commit', (tables) => {
  beforeEach(() => nft('flush', 'ruleset'))

  test('so it is planned again on what is there then, and both are kept', async () => {
    const seen: number[] = []
    await tables.withTables((xt) =>
      xt.transaction(async ({ ip }) => {
        seen.push((await ip.rules('filter', 'INPUT')).length)
        if (seen.length <= 2) tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', `rival-${seen.length}`)
        ip.append('filter', 'INPUT', parseRule('-m comment --comment own-1'))
      }),
    )
    expect(seen).toEqual([0, 1, 2])
    expect(tables.savedRules('ip')).toEqual([comment('rival', 1), comment('rival', 2), comment('own', 1)])
  })

  test('each time: a ConflictError says how often it was tried, and nothing of ours is there', async () => {
    const change = tables.withTables((xt) =>
      xt.transaction(
        async ({ ip, ip6 }) => {
          for (const tx of [ip, ip6]) tx.append('filter', 'INPUT', parseRule('-p tcp'))
          await ip6.settle()
          // Of another family, in another table: a generation is one for all.
          nft('add', 'table', 'inet', 'rival')
          nft('delete', 'table', 'inet', 'rival')
        },
        { attempts: 3 },
      ),
    )
    const error = await rejection(change)
    if (!ConflictError.is(error)) throw error
    expect([error.code, error.attempts]).toEqual(['ERR_CONFLICT', 3])
    expect(error.message).toMatch(/3 times in a row/)
    for (const family of FAMILIES) expect(tables.savedRules(family)).toEqual([])
  })

  test('all the time, from a process of its own: every rule of both is there in the end, once', async () => {
    const rival = spawn('sh', ['-c', 'for i in $(seq 1 60); do iptables-nft -A INPUT -m comment --comment rival-$i || exit 1; done'], { env: environment(), stdio: 'inherit' })
    const ended = once(rival, 'close')
    let runs = 0
    let ours = 0
    await tables.withTables(async (xt) => {
      while (rival.exitCode === null) {
        ours++
        await xt.transaction(async ({ ip }) => {
          runs++
          // What was read decides what is written: it must be what is there when it is committed.
          const own = (await ip.rules('filter', 'INPUT')).filter(({ matches: [first] = [] }) => first?.match === 'comment' && first.comment?.startsWith('own'))
          ip.append('filter', 'INPUT', parseRule(`-m comment --comment own-${own.length + 1}`))
        }, { attempts: 1000 })
      }
    })
    expect(await ended).toEqual([0, null])
    const of = (name: string) => tables.savedRules('ip').filter((line) => line.includes(name))
    expect(of('rival-')).toEqual(Array.from({ length: 60 }, (_, i) => comment('rival', i + 1)))
    expect(of('own-')).toEqual(Array.from({ length: ours }, (_, i) => comment('own', i + 1)))
    process.stdout.write(`  ${ours} commits of ours beside 60 of iptables-nft took ${runs} plans\n`)
    expect(runs).toBeGreaterThan(ours)
  }, 60_000)
})
