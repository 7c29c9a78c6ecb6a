import { Connection, KernelError } from '../../../src/netlink/index.js'
import { parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { run } from '../../support/kernel.js'
import { describeLegacy, describeTables, FAMILIES, ownLock, rejection, send, type Tables } from '../../support/xtables.js'

ownLock()

const TABLES = ['filter', 'mangle'] as const
const PLACES = FAMILIES.flatMap((family) => TABLES.map((table) => [family, table] as const))
/** What the kernel refuses, and this library does not: packets that come in have no owner. */
const BAD = parseRule('-m owner --uid-owner 5')
const GOOD = parseRule('-p tcp --dport 22')

/** All that both families hold, by the C tool and in bytes. */
async function everything(tables: Tables): Promise<unknown[]> {
  const all: unknown[] = []
  for (const [family, table] of PLACES) all.push(tables.saved(family, table), await tables.raw(family, table))
  return all
}

/** The same in all tables of both families, and packets that it has counted. */
async function fill(tables: Tables): Promise<void> {
  for (const family of FAMILIES) {
    for (const table of TABLES) {
      tables.clear(family, table)
      tables.tool(family, '-t', table, '-N', 'web')
      tables.tool(family, '-t', table, '-A', 'OUTPUT', '-p', 'udp', '--dport', '7001', '-j', 'web')
      tables.tool(family, '-t', table, '-A', 'web', '-p', 'udp', '-m', 'limit', '--limit', '1000/s', '-j', 'RETURN')
      tables.tool(family, '-t', table, '-P', 'FORWARD', 'DROP')
    }
    await send(family, 7001, 3)
  }
}

/** What the kernel has answered to attempts at replacing legacy tables, in order. */
function answers(): { readonly told: number[]; stop(): void } {
  const told: number[] = []
  const { replace } = TableSocket.prototype
  const spy = jest.spyOn(TableSocket.prototype, 'replace').mockImplementation(async function (this: TableSocket, bytes) {
    const errno = await replace.call(this, bytes)
    told.push(errno)
    return errno
  })
  return { told, stop: () => spy.mockRestore() }
}

/** How many tables have been sent to the kernel, or batches for all of them together. */
async function sentWhile(tables: Tables, body: () => Promise<unknown>): Promise<number> {
  const legacy = jest.spyOn(TableSocket.prototype, 'replace')
  const nft = jest.spyOn(Connection.prototype, 'batch')
  try {
    await body()
    return tables.choose({ legacy, nft }).mock.calls.length
  } finally {
    legacy.mockRestore()
    nft.mockRestore()
  }
}

describeTables('a transaction on several tables of %s, of both families', (tables) => {
  beforeAll(() => run('ip', ['link', 'set', 'lo', 'up']))
  beforeEach(() => fill(tables))

  test('changes all of them', async () => {
    const sent = await sentWhile(tables, () =>
      tables.withTables((xt) =>
        xt.transaction((tx) => {
          for (const [family, table] of PLACES) tx[family].append(table, 'INPUT', GOOD)
        }),
      ),
    )
    for (const [family, table] of PLACES) {
      expect(tables.saved(family, table)).toContain('[0:0] -A INPUT -p tcp -m tcp --dport 22')
    }
    expect(sent).toBe(tables.choose({ legacy: 4, nft: 1 }))
  })

  test.each(PLACES)('changes none of them, nor their counters, when one is refused (%s %s)', async (family, table) => {
    const before = await everything(tables)
    const order = [...PLACES.filter((place) => place.join() !== `${family},${table}`), [family, table] as const]
    const promise = tables.withTables((xt) =>
      xt.transaction(async (tx) => {
        for (const [f, t] of order) {
          const rule: RuleInput = f === family && t === table ? BAD : GOOD
          tx[f].append(t, 'INPUT', rule)
          tx[f].delete(t, 'OUTPUT', 1)
          tx[f].flush(t, 'web')
          tx[f].zero(t)
          tx[f].deleteChain(t, 'web')
          tx[f].setPolicy(t, 'FORWARD', 'ACCEPT')
          await tx[f].settle()
        }
      }),
    )
    const { told, stop } = answers()
    const error = await rejection(promise)
    stop()
    expect(KernelError.is(error) && error.errnoName).toBe('EINVAL')
    expect(error.message).toMatch(new RegExp(`^${table} INPUT rule 1 \\(-m owner`))
    if (tables.backend === 'legacy') {
      // Three tables were replaced before the fourth was refused, and three were put back.
      expect(told.slice(0, 4)).toEqual([0, 0, 0, 22])
      expect(told.slice(-3)).toEqual([0, 0, 0])
      expect(told.filter((errno) => errno === 0)).toHaveLength(6)
    }
    expect(await everything(tables)).toEqual(before)
  })

  test.each<[string, RuleInput]>([
    ['that can be seen without the kernel', { target: { jump: 'nowhere' } }],
    ['a rule that cannot be written', { protocol: 'tcp', matches: [{ match: 'tcp', dport: 70_000 }] }],
  ])('refuses before anything is sent what is wrong, also in the last table: %s', async (_, wrong) => {
    const before = await everything(tables)
    const sent = await sentWhile(tables, async () => {
      const promise = tables.withTables((xt) =>
        xt.transaction(async (tx) => {
          for (const [family, table] of PLACES) {
            tx[family].append(table, 'INPUT', GOOD)
            await tx[family].settle()
          }
          tx.ip6.append('mangle', 'INPUT', wrong)
        }),
      )
      expect((await rejection(promise)).name).toBe('InputError')
    })
    expect(sent).toBe(0)
    expect(await everything(tables)).toEqual(before)
  })

  test('leaves a table alone that was only looked at', async () => {
    await tables.load('ip', [':PREROUTING ACCEPT [0:0]', '[6:60] -A PREROUTING -p tcp'], 'mangle')
    const sent = await sentWhile(tables, () =>
      tables.withTables((xt) =>
        xt.transaction(async (tx) => {
          if ((await tx.ip.rules('mangle', 'PREROUTING')).length === 1) tx.ip6.append('filter', 'INPUT', GOOD)
        }),
      ),
    )
    expect(sent).toBe(1)
    expect(tables.saved('ip', 'mangle')).toContain('[6:60] -A PREROUTING -p tcp')
    expect(tables.saved('ip6')).toContain('[0:0] -A INPUT -p tcp -m tcp --dport 22')
  })

  test('sends nothing at all where nothing is to be changed', async () => {
    const sent = await sentWhile(tables, () => tables.withTables((xt) => xt.transaction((tx) => tx.ip.rules('filter', 'INPUT'))))
    expect(sent).toBe(0)
  })
})

describeLegacy('tables that are put back', (tables) => {
  beforeEach(() => fill(tables))

  test('have counted the packets, too, that came while their replacements were there', async () => {
    const before = tables.saved('ip').find((line) => line.includes('dport 7001'))
    expect(before).toMatch(/^\[3:300\] /)
    const { replace } = TableSocket.prototype
    let replaced = 0
    const spy = jest.spyOn(TableSocket.prototype, 'replace').mockImplementation(async function (this: TableSocket, bytes) {
      if (++replaced === 2) await send('ip', 7001, 2)
      return replace.call(this, bytes)
    })
    try {
      const promise = tables.withTables((xt) =>
        xt.transaction(async ({ ip }) => {
          ip.append('filter', 'INPUT', GOOD)
          await ip.settle()
          ip.append('mangle', 'INPUT', BAD)
        }),
      )
      expect((await rejection(promise)).name).toBe('KernelError')
    } finally {
      spy.mockRestore()
    }
    expect(tables.saved('ip').find((line) => line.includes('dport 7001'))).toMatch(/^\[5:500\] /)
  })

  test('are put back each, also where another cannot be, and the error says which one and why the transaction failed', async () => {
    const before = tables.saved('ip', 'mangle')
    const { replace } = TableSocket.prototype
    // Two tables are replaced, the third was changed by another program; then so was the second.
    const answered = [undefined, undefined, 11, 11]
    const spy = jest.spyOn(TableSocket.prototype, 'replace').mockImplementation(async function (this: TableSocket, bytes) {
      return answered.shift() ?? replace.call(this, bytes)
    })
    try {
      const promise = tables.withTables((xt) =>
        xt.transaction(async ({ ip, ip6 }) => {
          for (const [tx, table] of [[ip, 'mangle'], [ip, 'filter'], [ip6, 'filter']] as const) {
            tx.append(table, 'INPUT', GOOD)
            await tx.settle()
          }
        }),
      )
      const error = await rejection(promise)
      expect(KernelError.is(error) && error.errnoName).toBe('EAGAIN')
      expect(error.message).toMatch(/^table 'filter' cannot be put back \(.*\): it stays as the transaction has made it, which failed: table 'filter' was changed by another program$/)
      expect((error.cause as Error).message).toBe("table 'filter' was changed by another program")
    } finally {
      spy.mockRestore()
    }
    expect(tables.saved('ip', 'mangle')).toEqual(before)
    expect(tables.saved('ip')).toContain('[0:0] -A INPUT -p tcp -m tcp --dport 22')
  })
})
