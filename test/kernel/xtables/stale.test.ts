import { ConflictError, parseRule } from '../../../src/xtables/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { Link } from '../../../src/xtables/nft/link.js'
import { InputError } from '../../../src/netlink/index.js'
import { describeTables, FAMILIES, ownLock, rejection, start } from '../../support/xtables.js'

const folder = ownLock()

/** Has something done before the legacy backend reads the entries of a table. */
function beforeEntries(todo: () => void) {
  const { entries } = TableSocket.prototype
  return jest.spyOn(TableSocket.prototype, 'entries').mockImplementation(function (this: TableSocket, ...args) {
    todo()
    return entries.apply(this, args)
  })
}

/** Has something done before the backend of nf_tables reads the chains of a table, which it does after the generation. */
function beforeChains(todo: () => void) {
  const { chains } = Link.prototype
  return jest.spyOn(Link.prototype, 'chains').mockImplementation(function (this: Link, ...args) {
    todo()
    return chains.apply(this, args)
  })
}

describeTables('a table of %s that changes between reading and committing', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    /** Changes the table with the C tool, which does not respect our lock: the legacy one takes another. */
    const rival = (...args: string[]) => start('env', [`XTABLES_LOCKFILE=${folder}/rival`, tables.programs[family], ...args])
    const ours = parseRule('-p tcp --dport 22')

    beforeEach(() => {
      tables.clear(family)
      tables.clear(family, 'mangle')
    })

    test('is planned again on what it is then, and nothing of the rival is lost', async () => {
      const seen: number[] = []
      const result = await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          seen.push((await tx.rules('filter', 'INPUT')).length)
          if (seen.length <= 3) rival('-A', 'INPUT', '-p', 'udp', '-m', 'comment', '--comment', `rival-${seen.length}`)
          tx.append('filter', 'INPUT', ours)
          return seen.length
        }),
      )
      expect([result, seen]).toEqual([4, [0, 1, 2, 3]])
      expect(tables.savedRules(family)).toEqual([
        ...[1, 2, 3].map((i) => `-A INPUT -p udp -m comment --comment rival-${i}`),
        '-A INPUT -p tcp -m tcp --dport 22',
      ])
    })

    test('is noticed when it has fewer rules, too', async () => {
      await tables.load(family, [':INPUT ACCEPT [0:0]', '[1:1] -A INPUT -p udp', '[2:2] -A INPUT -p sctp'])
      let runs = 0
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          runs++
          tx.insert('filter', 'INPUT', ours)
          await tx.settle()
          if (runs === 1) rival('-D', 'INPUT', '1')
        }),
      )
      expect(runs).toBe(2)
      expect(tables.saved(family).slice(3)).toEqual(['[0:0] -A INPUT -p tcp -m tcp --dport 22', '[2:2] -A INPUT -p sctp'])
    })

    test('is planned again with another table, which was replaced before, put back in between', async () => {
      await tables.load(family, [':PREROUTING ACCEPT [0:0]', '[5:50] -A PREROUTING -p udp'], 'mangle')
      let runs = 0
      await tables.withTables((xt) =>
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
      expect(tables.saved(family, 'mangle').slice(5)).toEqual([
        '[5:50] -A PREROUTING -p udp',
        '[0:0] -A PREROUTING -p tcp -m tcp --dport 22',
      ])
      expect(tables.savedRules(family)).toEqual(['-A INPUT -p tcp -m tcp --dport 22', '-A FORWARD -p udp'])
    })

    test.each([undefined, 1, 3])('is given up after so many attempts: %p', async (attempts) => {
      let runs = 0
      const promise = tables.withTables((xt) =>
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
      const expected = attempts ?? 100
      expect(ConflictError.is(error) && [error.attempts, error.code]).toEqual([expected, 'ERR_CONFLICT'])
      expect(runs).toBe(expected)
      expect(tables.savedRules(family)).toEqual(Array.from({ length: expected }, () => '-A OUTPUT -p udp'))
    })

    test('is not planned again when the kernel refuses it for another reason', async () => {
      let runs = 0
      const promise = tables.withTables((xt) =>
        xt.transaction(({ [family]: tx }) => {
          runs++
          tx.append('filter', 'INPUT', parseRule('-m owner --uid-owner 1'))
        }),
      )
      expect((await rejection(promise)).name).toBe('KernelError')
      expect(runs).toBe(1)
    })

    test('is read again when it changes while it is read', async () => {
      let reads = 0
      const reading = () => {
        if (++reads <= 2) rival('-A', 'INPUT', '-p', 'udp')
      }
      const spy = tables.choose({ legacy: beforeEntries, nft: beforeChains })(reading)
      try {
        const table = await tables.withTables((xt) => xt[family].read('filter'))
        expect(table.INPUT?.rules).toHaveLength(2)
      } finally {
        spy.mockRestore()
      }
      expect(reads).toBe(3)
    })

    test('is not planned at all on a connection that is closed', async () => {
      let runs = 0
      const closed = await tables.withTables(async (xt) => xt)
      expect(InputError.is(await rejection(closed.transaction(() => runs++)))).toBe(true)
      expect(runs).toBe(0)
    })
  })
})
