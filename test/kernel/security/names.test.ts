import { IPSet } from '../../../src/index.js'
import { easyOn } from '../../../src/iptc/index.js'
import { formatRuleset } from '../../../src/xtables/index.js'
import { describeKernel, run } from '../../support/kernel.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()

/** Names that others may give to chains and sets, and that mean something to JavaScript. */
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length', '0']

const untouched = () => {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Record<string, unknown>).rules).toBeUndefined()
}

describeTables('what somebody has put into the tables of %s', (tables) => {
  test.each(NAMES)('is read as data, a chain by the name of %s', async (name) => {
    tables.clear('ip')
    tables.tool('ip', '-N', name)
    tables.tool('ip', '-A', name, '-m', 'comment', '--comment', name, '-j', 'DROP')
    tables.tool('ip', '-A', 'INPUT', '-j', name)
    await tables.withTables(async (xt) => {
      const filter = await xt.ip.read('filter')
      expect(Object.keys(filter).sort()).toEqual(['FORWARD', 'INPUT', 'OUTPUT', name].sort())
      expect(filter[name]?.rules).toMatchObject([{ matches: [{ match: 'comment', comment: name }], target: { target: 'DROP' } }])
      expect(formatRuleset({ filter })).toContain(`-A INPUT -j ${name}\n-A ${name} -m comment --comment ${name} -j DROP\n`)
      const dumped = await easyOn({ xt }).dumpTable('filter')
      expect(Object.keys(dumped)).toContain(name)
      // Put back from data it is the same again.
      const before = tables.saved('ip')
      await xt.transaction((tx) => tx.ip.restore({ filter }))
      expect(tables.saved('ip')).toEqual(before)
    })
    untouched()
    tables.clear('ip')
  })
})

describeKernel('what somebody has put into sets', () => {
  test.each(NAMES)('is read as data, a set and a comment by the name of %s', async (name) => {
    await removeAllSets()
    run('ipset', ['create', name, 'hash:ip', 'comment'])
    run('ipset', ['add', name, '192.0.2.1', 'comment', name])
    await using ipset = new IPSet()
    expect(await ipset.names()).toEqual([name])
    expect(await entriesIn(ipset, name)).toEqual(['192.0.2.1'])
    for await (const { comment } of ipset.entries(name)) expect(comment).toBe(name)
    untouched()
    await removeAllSets()
  })
})
