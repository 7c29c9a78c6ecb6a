import { ConflictError, parseRule } from '../../../src/xtables/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { InputError } from '../../../src/netlink/index.js'
import { describeOracle } from '../../support/kernel.js'
import {
  clear,
  FAMILIES,
  load,
  ownLock,
  rejection,
  saved,
  savedRules,
  start,
  withTables,
} from '../../support/xtables.js'

const folder = ownLock()
const TOOL = { ip: 'iptables-legacy', ip6: 'ip6tables-legacy' } as const

describeOracle('iptables-legacy', 'a table that changes between reading and committing', () => {
  describe.each(FAMILIES)('of family %s', (family) => {
    /** Changes the table with the C tool, which does not respect our lock: it takes another. */
    const rival = (...args: string[]) => start('env', [`XTABLES_LOCKFILE=${folder}/rival`, TOOL[family], ...args])
    const ours = parseRule('-p tcp --dport 22')

    beforeEach(() => {
      clear(family)
      clear(family, 'mangle')
    })

    test('is planned again on what it is then, and nothing of the rival is lost', async () => {
      const seen: number[] = []
      const result = await withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          seen.push((await tx.rules('filter', 'INPUT')).length)
          if (seen.length <= 3) rival('-A', 'INPUT', '-p', 'udp', '-m', 'comment', '--comment', `rival-${seen.length}`)
          tx.append('filter', 'INPUT', ours)
          return seen.length
        }),
      )
      expect([result, seen]).toEqual([4, [0, 1, 2, 3]])
      expect(savedRules(family)).toEqual([
        ...[1, 2, 3].map((i) => `-A INPUT -p udp -m comment --comment rival-${i}`),
        '-A INPUT -p tcp -m tcp --dport 22',
      ])
    })

    test('is noticed when it has fewer rules, too', async () => {
      load(family, [':INPUT ACCEPT [0:0]', '[1:1] -A INPUT -p udp', '[2:2] -A INPUT -p sctp'])
      let runs = 0
      await withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          runs++
          tx.insert('filter', 'INPUT', ours)
          await tx.settle()
          if (runs === 1) rival('-D', 'INPUT', '1')
        }),
      )
      expect(runs).toBe(2)
      expect(saved(family).slice(3)).toEqual(['[0:0] -A INPUT -p tcp -m tcp --dport 22', '[2:2] -A INPUT -p sctp'])
    })

    test('is planned again with another table, which was replaced before, put back in between', async () => {
      load(family, [':PREROUTING ACCEPT [0:0]', '[5:50] -A PREROUTING -p udp'], 'mangle')
      let runs = 0
      await withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          runs++
          expect(await tx.rules('mangle', 'PREROUTING')).toHaveLength(1)
          tx.append('mangle', 'PREROUTING', ours)
          tx.append('filter', 'INPUT', ours)
          await tx.settle()
          if (runs === 1) rival('-A', 'FORWARD', '-p', 'udp')
        }),
      )
      expect(runs).toBe(2)
      expect(saved(family, 'mangle').slice(5)).toEqual([
        '[5:50] -A PREROUTING -p udp',
        '[0:0] -A PREROUTING -p tcp -m tcp --dport 22',
      ])
      expect(savedRules(family)).toEqual(['-A INPUT -p tcp -m tcp --dport 22', '-A FORWARD -p udp'])
    })

    test.each([undefined, 1, 3])('is given up after so many attempts: %p', async (attempts) => {
      let runs = 0
      const promise = withTables((xt) =>
        xt.transaction(
          async ({ [family]: tx }) => {
            runs++
            tx.append('filter', 'INPUT', ours)
            await tx.settle()
            rival('-A', 'OUTPUT', '-p', 'udp')
          },
          { attempts },
        ),
      )
      const error = await rejection(promise)
      const expected = attempts ?? 10
      expect(ConflictError.is(error) && [error.attempts, error.code]).toEqual([expected, 'ERR_CONFLICT'])
      expect(runs).toBe(expected)
      expect(savedRules(family)).toEqual(Array.from({ length: expected }, () => '-A OUTPUT -p udp'))
    })

    test('is not planned again when the kernel refuses it for another reason', async () => {
      let runs = 0
      const promise = withTables((xt) =>
        xt.transaction(({ [family]: tx }) => {
          runs++
          tx.append('filter', 'INPUT', parseRule('-m owner --uid-owner 1'))
        }),
      )
      expect((await rejection(promise)).name).toBe('KernelError')
      expect(runs).toBe(1)
    })

    test('is read again when it changes while it is read', async () => {
      const { entries } = TableSocket.prototype
      let reads = 0
      const spy = jest.spyOn(TableSocket.prototype, 'entries').mockImplementation(async function (
        this: TableSocket,
        table,
        size,
      ) {
        if (++reads <= 2) rival('-A', 'INPUT', '-p', 'udp')
        return entries.call(this, table, size)
      })
      try {
        const table = await withTables((xt) => xt[family].read('filter'))
        expect(table.INPUT?.rules).toHaveLength(2)
      } finally {
        spy.mockRestore()
      }
      expect(reads).toBe(3)
    })

    test('is not planned at all on a connection that is closed', async () => {
      let runs = 0
      const closed = await withTables(async (xt) => xt)
      expect(InputError.is(await rejection(closed.transaction(() => runs++)))).toBe(true)
      expect(runs).toBe(0)
    })
  })
})
