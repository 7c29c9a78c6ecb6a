import { TransportError } from '../../../src/netlink/index.js'
import { parseRule } from '../../../src/xtables/index.js'
import { run } from '../../support/kernel.js'
import { describeTables, FAMILIES, ownLock, rejection, start } from '../../support/xtables.js'

ownLock()

const NAME = `xtables-test-${process.pid}`
const INSIDE = ['ip', 'netns', 'exec', NAME]

describeTables('the tables of %s in another network namespace', (tables) => {
  beforeEach(() => run('ip', ['netns', 'add', NAME]))
  afterEach(() => run('ip', ['netns', 'delete', NAME]))

  describe.each(FAMILIES)('of family %s', (family) => {
    test.each([
      ['its name', NAME],
      ['its path', `/run/netns/${NAME}`],
    ])('are written by %s, and nothing is seen here', async (_, netns) => {
      const here = tables.saved(family)
      await using xt = await tables.open({ netns })
      await xt.transaction((tx) => {
        tx[family].append('filter', 'INPUT', parseRule('-p tcp --dport 22 -j ACCEPT'))
        tx[family].setPolicy('filter', 'FORWARD', 'DROP')
      })
      expect(tables.saved(family)).toEqual(here)
      expect(tables.saved(family, 'filter', INSIDE)).toEqual([
        ':INPUT ACCEPT [0:0]',
        ':FORWARD DROP [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        '[0:0] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      ])
    })

    test('are read, and the tables there are told', async () => {
      start('ip', [...INSIDE.slice(1), tables.programs[family], '-w', '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp'])
      await using xt = await tables.open({ netns: NAME })
      expect((await xt[family].read('raw')).OUTPUT?.rules).toMatchObject([{ protocol: 'udp' }])
      expect(Object.keys(await xt[family].readAll())).toEqual(['raw'])
      expect(tables.savedRules(family, 'raw')).toEqual([])
    })

    test('are apart from those here when both are changed at once', async () => {
      await using there = await tables.open({ netns: NAME })
      await using here = await tables.open()
      const before = tables.savedRules(family)
      await Promise.all(
        [there, here, there, here].map((xt, i) =>
          xt.transaction((tx) => tx[family].append('filter', 'INPUT', parseRule(`-p tcp --dport ${i + 1}`))),
        ),
      )
      const rule = (port: number) => `-A INPUT -p tcp -m tcp --dport ${port}`
      expect(tables.savedRules(family, 'filter', INSIDE).sort()).toEqual([rule(1), rule(3)])
      expect(tables.savedRules(family).sort()).toEqual([...before, rule(2), rule(4)].sort())
    })

    test('may be so large that another thread carries them', async () => {
      const rules = Array.from({ length: 3000 }, (_, i) => parseRule(`-p udp --dport ${i + 1} -j DROP`))
      await using xt = await tables.open({ netns: NAME })
      await xt.transaction((tx) => tx[family].replaceChain('filter', 'INPUT', rules))
      await xt.transaction((tx) => tx[family].delete('filter', 'INPUT', 1))
      expect(tables.savedRules(family, 'filter', INSIDE)).toHaveLength(2999)
      expect(tables.savedRules(family).filter((line) => line.includes('-j DROP'))).toEqual([])
    })
  })

  test('take a set of that namespace by its name', async () => {
    run('ip', ['netns', 'exec', NAME, 'ipset', 'create', 'first', 'hash:ip'])
    run('ip', ['netns', 'exec', NAME, 'ipset', 'create', 'ban', 'hash:ip'])
    run('ipset', ['create', 'ban', 'hash:ip', '-exist'])
    await using xt = await tables.open({ netns: NAME })
    await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-m set --match-set ban src -j DROP')))
    expect(tables.savedRules('ip', 'filter', INSIDE)).toEqual(['-A INPUT -m set --match-set ban src -j DROP'])
    expect((await xt.ip.read('filter')).INPUT?.rules[0]?.matches).toMatchObject([
      { match: 'set', matchSet: { set: 'ban' } },
    ])
    await xt.transaction((tx) => tx.ip.flush('filter'))
  })

  test('are not to be had when there is no such namespace', async () => {
    const error = await rejection(tables.open({ netns: 'nosuch-namespace' }))
    expect(TransportError.is(error) && error.message).toMatch(/nosuch-namespace.*ip netns add/)
    expect(TransportError.is(await rejection(tables.open({ netns: '/proc/self/ns/nosuch' })))).toBe(
      true,
    )
    expect(
      TransportError.is(
        await rejection(tables.open({ netns: '/dev/null' }).then((xt) => xt.ip.read('filter'))),
      ),
    ).toBe(true)
  })
})
