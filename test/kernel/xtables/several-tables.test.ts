import { KernelError } from '../../../src/netlink/index.js'
import { parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { describeOracle, run } from '../../support/kernel.js'
import {
  clear,
  FAMILIES,
  load,
  ownLock,
  rawEntries,
  rejection,
  saved,
  send,
  tool,
  withTables,
} from '../../support/xtables.js'

ownLock()

const TABLES = ['filter', 'mangle'] as const
/** What the kernel refuses, and this library does not: packets that come in have no owner. */
const BAD = parseRule('-m owner --uid-owner 5')
const GOOD = parseRule('-p tcp --dport 22')

const everything = async () => {
  const all: unknown[] = []
  for (const family of FAMILIES)
    for (const table of TABLES) all.push(saved(family, table), await rawEntries(family, table))
  return all
}

/** What the kernel has answered to attempts at replacing tables, in order. */
function answers(): { readonly told: number[]; stop(): void } {
  const told: number[] = []
  const { replace } = TableSocket.prototype
  const spy = jest.spyOn(TableSocket.prototype, 'replace').mockImplementation(async function (
    this: TableSocket,
    bytes,
  ) {
    const errno = await replace.call(this, bytes)
    told.push(errno)
    return errno
  })
  return { told, stop: () => spy.mockRestore() }
}

describeOracle('iptables-legacy', 'a transaction on several tables of both families', () => {
  beforeAll(() => run('ip', ['link', 'set', 'lo', 'up']))

  beforeEach(async () => {
    for (const family of FAMILIES) {
      for (const table of TABLES) {
        clear(family, table)
        tool(family, '-t', table, '-N', 'web')
        tool(family, '-t', table, '-A', 'OUTPUT', '-p', 'udp', '--dport', '7001', '-j', 'web')
        tool(family, '-t', table, '-A', 'web', '-p', 'udp', '-m', 'limit', '--limit', '1000/s', '-j', 'RETURN')
        tool(family, '-t', table, '-P', 'FORWARD', 'DROP')
      }
      await send(family, 7001, 3)
    }
  })

  const PLACES = FAMILIES.flatMap((family) => TABLES.map((table) => [family, table] as const))

  test('changes all of them', async () => {
    await withTables((xt) =>
      xt.transaction((tx) => {
        for (const [family, table] of PLACES) tx[family].append(table, 'INPUT', GOOD)
      }),
    )
    for (const [family, table] of PLACES)
      expect(saved(family, table)).toContain('[0:0] -A INPUT -p tcp -m tcp --dport 22')
  })

  test.each(PLACES)(
    'puts the earlier ones back with their counters when the last is refused (%s %s)',
    async (family, table) => {
      const before = await everything()
      const order = [...PLACES.filter((place) => place.join() !== `${family},${table}`), [family, table] as const]
      const { told, stop } = answers()
      const promise = withTables((xt) =>
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
      const error = await rejection(promise)
      stop()
      expect(KernelError.is(error) && error.errnoName).toBe('EINVAL')
      expect(error.message).toMatch(new RegExp(`^${table} INPUT rule 1 \\(-m owner`))
      // Three tables were replaced before the fourth was refused, and three were put back.
      expect(told.slice(0, 4)).toEqual([0, 0, 0, 22])
      expect(told.slice(-3)).toEqual([0, 0, 0])
      expect(told.filter((errno) => errno === 0)).toHaveLength(6)
      expect(await everything()).toEqual(before)
    },
  )

  test('puts one back with the packets, too, that came while its replacement was there', async () => {
    const before = saved('ip').find((line) => line.includes('dport 7001'))
    expect(before).toMatch(/^\[3:300\] /)
    const { replace } = TableSocket.prototype
    let replaced = 0
    const spy = jest.spyOn(TableSocket.prototype, 'replace').mockImplementation(async function (
      this: TableSocket,
      bytes,
    ) {
      if (++replaced === 2) await send('ip', 7001, 2)
      return replace.call(this, bytes)
    })
    try {
      const promise = withTables((xt) =>
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
    expect(saved('ip').find((line) => line.includes('dport 7001'))).toMatch(/^\[5:500\] /)
  })

  test('refuses before anything is sent what can be seen without the kernel', async () => {
    const before = await everything()
    const { told, stop } = answers()
    const promise = withTables((xt) =>
      xt.transaction(async (tx) => {
        for (const [family, table] of PLACES) {
          tx[family].append(table, 'INPUT', GOOD)
          await tx[family].settle()
        }
        tx.ip6.append('mangle', 'INPUT', { target: { jump: 'nowhere' } })
      }),
    )
    expect((await rejection(promise)).name).toBe('InputError')
    stop()
    expect(told).toEqual([])
    expect(await everything()).toEqual(before)
  })

  test('refuses before anything is sent a rule that cannot be written, also in the last table', async () => {
    const before = await everything()
    const { told, stop } = answers()
    const promise = withTables((xt) =>
      xt.transaction(async (tx) => {
        for (const [family, table] of PLACES) {
          tx[family].append(table, 'INPUT', GOOD)
          await tx[family].settle()
        }
        tx.ip6.append('mangle', 'INPUT', { protocol: 'tcp', matches: [{ match: 'tcp', dport: 70_000 }] })
      }),
    )
    expect((await rejection(promise)).name).toBe('InputError')
    stop()
    expect(told).toEqual([])
    expect(await everything()).toEqual(before)
  })

  test('leaves a table alone that was only looked at', async () => {
    load('ip', [':PREROUTING ACCEPT [0:0]', '[6:60] -A PREROUTING -p tcp'], 'mangle')
    const { told, stop } = answers()
    await withTables((xt) =>
      xt.transaction(async (tx) => {
        if ((await tx.ip.rules('mangle', 'PREROUTING')).length === 1) tx.ip6.append('filter', 'INPUT', GOOD)
      }),
    )
    stop()
    expect(told).toEqual([0])
    expect(saved('ip', 'mangle')).toContain('[6:60] -A PREROUTING -p tcp')
    expect(saved('ip6')).toContain('[0:0] -A INPUT -p tcp -m tcp --dport 22')
  })
})
