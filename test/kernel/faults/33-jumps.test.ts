import { Connection, InputError } from '../../../src/netlink/index.js'
import { type Changes, parseRule } from '../../../src/xtables/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

/** What cannot be: the change, what the C tool is told for the same, and what is said of it here. */
const WRONG: readonly [string, (tx: Changes) => void, readonly string[], string, RegExp][] = [
  ['a jump to a missing chain', (tx) => tx.append('filter', 'INPUT', parseRule('-j nowhere')), ['-A', 'INPUT', '-j', 'nowhere'], 'filter INPUT rule 2 (-j nowhere)', /no chain 'nowhere' in table 'filter'/],
  ['a goto to a missing chain', (tx) => tx.append('filter', 'INPUT', parseRule('-g nowhere')), ['-A', 'INPUT', '-g', 'nowhere'], 'filter INPUT rule 2 (-g nowhere)', /no chain 'nowhere' in table 'filter'/],
  ['a chain that calls itself', (tx) => tx.append('filter', 'web', parseRule('-j web')), ['-A', 'web', '-j', 'web'], 'filter web rule 2 (-j web)', /circle: web -> web/],
  ['chains that call each other', (tx) => tx.append('filter', 'log', parseRule('-j web')), ['-A', 'log', '-j', 'web'], 'filter log rule 2 (-j web)', /circle: web -> log -> web/],
  ['the deletion of a chain that rules lead to', (tx) => tx.deleteChain('filter', 'log'), ['-X', 'log'], 'filter log', /cannot be deleted/],
  ['the deletion of a chain that is not empty', (tx) => tx.deleteChain('filter', 'full'), ['-X', 'full'], 'filter full', /cannot be deleted/],
  ['the deletion of a chain that is not there', (tx) => tx.deleteChain('filter', 'nowhere'), ['-X', 'nowhere'], '', /no chain 'nowhere' in table 'filter'/],
  ['the deletion of a built-in chain', (tx) => tx.deleteChain('filter', 'INPUT'), ['-X', 'INPUT'], '', /built into/],
]

// The kernel says ELOOP, ENOENT or EBUSY, and not which rule it means. Here it is an InputError, which has no errno but the place, the
// reason and the circle. It is found before anything is sent; but for a circle through rules of nf_tables that nobody has read, as
// none are for an append: that the kernel finds, which changes nothing, and they are read to say where it is.
describeTables('33. what the kernel would refuse in tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => {
      tables.clear(family)
      for (const name of ['web', 'log', 'full']) tables.tool(family, '-N', name)
      for (const rule of ['INPUT -j web', 'web -j log', 'log -p tcp', 'full -p tcp']) tables.tool(family, '-A', ...rule.split(' '))
    })

    test.each(WRONG)('is refused, and the place is named: %s', async (_, change, words, path, reason) => {
      const before = [tables.saved(family), await tables.raw(family)]
      const sent = [jest.spyOn(TableSocket.prototype, 'replace'), jest.spyOn(Connection.prototype, 'batch')]
      try {
        const error = await rejection(tables.withTables((xt) => xt.transaction((tx) => change(tx[family]))))
        if (!InputError.is(error)) throw error
        expect(error.path).toBe(path)
        expect(error.reason).toMatch(reason)
        const unread = tables.backend === 'nft' && /circle/.test(error.reason)
        if (!unread) for (const spy of sent) expect(spy).not.toHaveBeenCalled()
      } finally {
        for (const spy of sent) spy.mockRestore()
      }
      // The C tool, or the kernel it asks, refuses the same; but nf_tables finds a circle only where packets can come to it.
      expect(() => tables.tool(family, ...words)).toThrow()
      expect([tables.saved(family), await tables.raw(family)]).toEqual(before)
    })
  })
})
