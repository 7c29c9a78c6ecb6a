import { KernelError } from '../../../src/netlink/index.js'
import { parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const rule = (i: number): RuleInput => ({ protocol: 'tcp', matches: [{ match: 'tcp', dport: i }], target: { target: 'ACCEPT' } })
/** What only the kernel refuses: packets that come in have no owner. */
const BAD = parseRule('-m owner --uid-owner 5')

describeTables('24. a commit of a thousand rules of which one is refused, in the tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    test.each([1, 617, 1000])('changes nothing, and the error names rule %i: number, text, errno and why', async (place) => {
      tables.clear(family)
      tables.tool(family, '-N', 'web')
      tables.tool(family, '-A', 'FORWARD', '-p', 'udp', '-j', 'web')
      tables.tool(family, '-P', 'OUTPUT', 'ACCEPT')
      const before = [tables.saved(family), await tables.raw(family)]
      const change = tables.withTables((xt) =>
        xt.transaction(({ [family]: tx }) => {
          tx.setPolicy('filter', 'FORWARD', 'DROP')
          tx.flush('filter', 'FORWARD')
          tx.deleteChain('filter', 'web')
          for (let i = 1; i <= 1000; i++) tx.append('filter', 'INPUT', i === place ? BAD : rule(i))
        }),
      )
      const error = await rejection(change)
      if (!KernelError.is(error)) throw error
      expect(error.path).toBe(`filter INPUT rule ${place} (-m owner --uid-owner 5)`)
      expect([error.errno, error.errnoName]).toEqual([22, 'EINVAL'])
      expect(error.message).toMatch(/the kernel refuses it: .*\(EINVAL\).*; .*match owner .*another chain/)
      expect([tables.saved(family), await tables.raw(family)]).toEqual(before)
    })
  })
})
