import { ConflictError, parseRule } from '../../../src/xtables/index.js'
import { describeLegacy, FAMILIES, ownLock, rejection, start } from '../../support/xtables.js'

const folder = ownLock()

describeLegacy('20. a table that another program has replaced since it was read', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => tables.clear(family))

    /** The C tool with another lock, as in a container of its own: ours does not keep it waiting. */
    const rival = (...args: string[]) => start('env', [`XTABLES_LOCKFILE=${folder}/rival`, tables.programs[family], ...args])

    test('is read again, and the same is done to what it is then: nothing of the rival is lost', async () => {
      let runs = 0
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          tx.append('filter', 'INPUT', parseRule('-p tcp'))
          await tx.settle()
          if (++runs <= 3) rival('-A', 'INPUT', '-p', 'udp', '-m', 'comment', '--comment', `${runs}`)
        }),
      )
      expect(runs).toBe(4)
      expect(tables.savedRules(family)).toEqual([...[1, 2, 3].map((i) => `-A INPUT -p udp -m comment --comment ${i}`), '-A INPUT -p tcp'])
    })

    test('each time: a ConflictError, and nothing of ours is there', async () => {
      let runs = 0
      const change = tables.withTables((xt) =>
        xt.transaction(
          async ({ [family]: tx }) => {
            tx.append('filter', 'INPUT', parseRule('-p tcp'))
            await tx.settle()
            rival('-A', 'OUTPUT', '-m', 'comment', '--comment', `${++runs}`)
          },
          { attempts: 4 },
        ),
      )
      const error = await rejection(change)
      expect(ConflictError.is(error) && error.attempts).toBe(4)
      expect(tables.savedRules(family)).toEqual([1, 2, 3, 4].map((i) => `-A OUTPUT -m comment --comment ${i}`))
    })

    // The kernel compares the number of entries alone (SO_SET_REPLACE: num_counters), and this library has no more to go by.
    // So a rival that takes no lock, and leaves as many rules as there were, is not noticed: what it has put in is gone.
    // That is what the lock is for: programs which change these tables have to share it.
    test('by one with as many rules is not noticed, where the rival takes another lock', async () => {
      rival('-A', 'INPUT', '-p', 'udp')
      let runs = 0
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          runs++
          tx.append('filter', 'INPUT', parseRule('-p tcp'))
          await tx.settle()
          rival('-R', 'INPUT', '1', '-p', 'sctp')
        }),
      )
      expect(runs).toBe(1)
      expect(tables.savedRules(family)).toEqual(['-A INPUT -p udp', '-A INPUT -p tcp'])
    })
  })
})
