import { TransportError } from '../../../src/netlink/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { describeOracle, run } from '../../support/kernel.js'
import { FAMILIES, ownLock, rejection, saved, savedRules, start } from '../../support/xtables.js'

ownLock()

const NAME = `xtables-test-${process.pid}`
const INSIDE = ['ip', 'netns', 'exec', NAME]
const TOOL = { ip: 'iptables-legacy', ip6: 'ip6tables-legacy' } as const

describeOracle('iptables-legacy', 'the legacy tables of another network namespace', () => {
  beforeEach(() => run('ip', ['netns', 'add', NAME]))
  afterEach(() => run('ip', ['netns', 'delete', NAME]))

  describe.each(FAMILIES)('of family %s', (family) => {
    test.each([
      ['its name', NAME],
      ['its path', `/run/netns/${NAME}`],
    ])('are written by %s, and nothing is seen here', async (_, netns) => {
      const here = saved(family)
      await using xt = await openXtables({ backend: 'legacy', netns })
      await xt.transaction((tx) => {
        tx[family].append('filter', 'INPUT', parseRule('-p tcp --dport 22 -j ACCEPT'))
        tx[family].setPolicy('filter', 'FORWARD', 'DROP')
      })
      expect(saved(family)).toEqual(here)
      expect(saved(family, 'filter', INSIDE)).toEqual([
        ':INPUT ACCEPT [0:0]',
        ':FORWARD DROP [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        '[0:0] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      ])
    })

    test('are read, and the tables there are told', async () => {
      start('ip', [...INSIDE.slice(1), TOOL[family], '-w', '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp'])
      await using xt = await openXtables({ backend: 'legacy', netns: NAME })
      expect((await xt[family].read('raw')).OUTPUT?.rules).toMatchObject([{ protocol: 'udp' }])
      expect(Object.keys(await xt[family].readAll())).toEqual(['raw'])
      expect(savedRules(family, 'raw')).toEqual([])
    })

    test('are apart from those here when both are changed at once', async () => {
      await using there = await openXtables({ backend: 'legacy', netns: NAME })
      await using here = await openXtables({ backend: 'legacy' })
      const before = savedRules(family)
      await Promise.all(
        [there, here, there, here].map((xt, i) =>
          xt.transaction((tx) => tx[family].append('filter', 'INPUT', parseRule(`-p tcp --dport ${i + 1}`))),
        ),
      )
      const rule = (port: number) => `-A INPUT -p tcp -m tcp --dport ${port}`
      expect(savedRules(family, 'filter', INSIDE).sort()).toEqual([rule(1), rule(3)])
      expect(savedRules(family).sort()).toEqual([...before, rule(2), rule(4)].sort())
    })

    test('may be so large that another thread carries them', async () => {
      const rules = Array.from({ length: 3000 }, (_, i) => parseRule(`-p udp --dport ${i + 1} -j DROP`))
      await using xt = await openXtables({ backend: 'legacy', netns: NAME })
      await xt.transaction((tx) => tx[family].replaceChain('filter', 'INPUT', rules))
      await xt.transaction((tx) => tx[family].delete('filter', 'INPUT', 1))
      expect(savedRules(family, 'filter', INSIDE)).toHaveLength(2999)
      expect(savedRules(family).filter((line) => line.includes('-j DROP'))).toEqual([])
    })
  })

  test('take a set of that namespace by its name', async () => {
    run('ip', ['netns', 'exec', NAME, 'ipset', 'create', 'first', 'hash:ip'])
    run('ip', ['netns', 'exec', NAME, 'ipset', 'create', 'ban', 'hash:ip'])
    run('ipset', ['create', 'ban', 'hash:ip'])
    await using xt = await openXtables({ backend: 'legacy', netns: NAME })
    await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-m set --match-set ban src -j DROP')))
    expect(savedRules('ip', 'filter', INSIDE)).toEqual(['-A INPUT -m set --match-set ban src -j DROP'])
    expect((await xt.ip.read('filter')).INPUT?.rules[0]?.matches).toMatchObject([
      { match: 'set', matchSet: { set: 'ban' } },
    ])
    await xt.transaction((tx) => tx.ip.flush('filter'))
  })

  test('are not to be had when there is no such namespace', async () => {
    const error = await rejection(openXtables({ backend: 'legacy', netns: 'nosuch-namespace' }))
    expect(TransportError.is(error) && error.message).toMatch(/nosuch-namespace.*ip netns add/)
    expect(TransportError.is(await rejection(openXtables({ backend: 'legacy', netns: '/proc/self/ns/nosuch' })))).toBe(
      true,
    )
    expect(
      TransportError.is(
        await rejection(openXtables({ backend: 'legacy', netns: '/dev/null' }).then((xt) => xt.ip.read('filter'))),
      ),
    ).toBe(true)
  })
})
