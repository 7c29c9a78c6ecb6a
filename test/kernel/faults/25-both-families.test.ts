import { KernelError } from '../../../src/netlink/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { nft } from '../../support/nft-tables.js'
import { describeLegacy, describeNft, describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const GOOD = parseRule('-p tcp --dport 22 -j ACCEPT')
const BAD = parseRule('-m owner --uid-owner 5')

describeTables('25. a commit of both families of which one is refused, in the tables of %s', (tables) => {
  test.each([
    ['ip', 'ip6'],
    ['ip6', 'ip'],
  ] as const)('leaves %s as it was, too, where %s fails', async (first, second) => {
    for (const family of FAMILIES) {
      tables.clear(family)
      tables.tool(family, '-A', 'INPUT', '-p', 'udp')
    }
    const all = async () => [tables.saved('ip'), tables.saved('ip6'), await tables.raw('ip'), await tables.raw('ip6')]
    const before = await all()
    const change = tables.withTables((xt) =>
      xt.transaction(async (tx) => {
        tx[first].append('filter', 'INPUT', GOOD)
        tx[first].setPolicy('filter', 'FORWARD', 'DROP')
        await tx[first].settle()
        tx[second].append('filter', 'INPUT', BAD)
      }),
    )
    const error = await rejection(change)
    expect(KernelError.is(error) && [error.errnoName, error.path]).toEqual(['EINVAL', 'filter INPUT rule 2 (-m owner --uid-owner 5)'])
    expect(await all()).toEqual(before)
  })
})

describeNft('25. a commit of both families', () => {
  test('is one of the kernel: one generation', async () => {
    nft('flush', 'ruleset')
    await using xt = await openXtables({ backend: 'nft' })
    const events = xt.monitor()
    await events.ready
    await xt.transaction((tx) => {
      for (const family of FAMILIES) tx[family].append('filter', 'INPUT', GOOD)
    })
    const families: string[] = []
    for await (const event of events) {
      if (event.type === 'rule-added') families.push(event.family)
      if (event.type === 'commit') break
    }
    expect(families.sort()).toEqual(['ip', 'ip6'])
  })
})

describeLegacy('25. a commit of both families', (tables) => {
  // Here it is one call of the kernel for each table. Where a later one fails, the earlier ones are put back: there is a moment in
  // which packets meet the new rules of one family and the old ones of the other.
  test('replaces a table at a time, and puts back what was replaced', async () => {
    for (const family of FAMILIES) tables.clear(family)
    const told: [string, number][] = []
    const { replace } = TableSocket.prototype
    const spy = jest.spyOn(TableSocket.prototype, 'replace').mockImplementation(async function (this: TableSocket, bytes) {
      const errno = await replace.call(this, bytes)
      told.push([this.family, errno])
      return errno
    })
    try {
      const change = tables.withTables((xt) =>
        xt.transaction(async (tx) => {
          tx.ip.append('filter', 'INPUT', GOOD)
          await tx.ip.settle()
          tx.ip6.append('filter', 'INPUT', BAD)
        }),
      )
      expect(KernelError.is(await rejection(change))).toBe(true)
    } finally {
      spy.mockRestore()
    }
    expect(told.slice(0, 2)).toEqual([['ip', 0], ['ip6', 22]])
    expect(told.at(-1)).toEqual(['ip', 0])
    expect(tables.savedRules('ip')).toEqual([])
  })
})
