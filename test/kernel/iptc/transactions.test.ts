import { readdirSync } from 'node:fs'
import { Chain, type CommandLogger, iptcAbort, iptcCommand, IptcCommit, iptcCommit, iptcReturn, Rule, Table, Table6 } from '../../../src/iptc/index.js'
import { InputError, KernelError } from '../../../src/netlink/index.js'
import { ConflictError, parseRule, type Xtables } from '../../../src/xtables/index.js'
import { eventually, sleep } from '../../support/waiting.js'
import { builtModule, startScript } from '../../support/build.js'
import { emptyTables } from '../../support/iptc.js'
import { Log } from '../../support/monitor.js'
import { describeNft, describeTables, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const comment = (name: string | number) => parseRule(`-m comment --comment ${name}`)
const line = (name: string | number, chain = 'INPUT') => `-A ${chain} -m comment --comment ${name}`

/** Keeps what it is told. */
class Heard implements CommandLogger {
  readonly texts: string[] = []
  debug = (text: string) => void this.texts.push(`debug ${text}`)
  warning = (text: string) => void this.texts.push(`warning ${text}`)
  error = (text: string) => void this.texts.push(`error ${text}`)
}

/** Reads the highest number among the comments of INPUT, and appends the next one; `count` times. */
const COUNTING = () => `
import { Chain, iptcCommand, Table } from ${JSON.stringify(builtModule('iptc/index.js'))}
import { parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
process.env.XTABLES_LOCKFILE = ${JSON.stringify(process.env.XTABLES_LOCKFILE)}
const [backend, name, count] = process.argv.slice(2)
const table = new Table('filter', { backend, autocommit: false })
const next = iptcCommand({ maxRetry: 1000 })(function* () {
  yield table
  const chain = new Chain(table, 'INPUT')
  const rules = yield chain.rules
  const numbers = rules.map((rule) => Number(/--comment (\\d+)-/.exec(String(rule))[1]))
  const number = Math.max(0, ...numbers) + 1
  yield chain.appendRule(parseRule('-m comment --comment ' + number + '-' + name))
  return number
})
for (let i = 0; i < Number(count); i++) await next()
await table.close()
`

describeTables('a transaction, %s', (tables) => {
  const { backend } = tables
  let xt: Xtables
  beforeAll(async () => {
    xt = await tables.open()
  })
  afterAll(() => xt.close())
  beforeEach(() => emptyTables(tables))

  const saved = (table = 'filter') => tables.savedRules('ip', table)
  const theirs = (...args: string[]) => tables.tool('ip', ...args)
  const filter = () => new Table('filter', { xt, autocommit: false })

  test('is written as the documentation of pytables has it', async () => {
    const fn = iptcCommand()(function* () {
      const table = new Table('nat', { xt, autocommit: false })
      yield table
      // create rules
      const chain = new Chain(table, 'POSTROUTING')
      const rule = new Rule({ protocol: 'udp', outInterface: 'eth0' })
      rule.createMatch('udp', { dport: '1024:2048', sport: '1234' })
      rule.createTarget('MASQUERADE')
      chain.appendRule(rule)
      iptcCommit()
      // create more rules
      chain.insertRule(comment('more'))
      iptcCommit()

      iptcReturn(true) // return "true"
    })

    async function main() {
      const res = await fn()
      return res // is true
    }
    expect(await main()).toBe(true)
    expect(saved('nat')).toEqual([line('more', 'POSTROUTING'), '-A POSTROUTING -o eth0 -p udp -m udp --sport 1234 --dport 1024:2048 -j MASQUERADE'])
  })

  test('gives what its generator returns, and takes arguments', async () => {
    const add = iptcCommand()(function* (name: string, count: number) {
      const table: Table = yield filter()
      for (let i = 0; i < count; i++) yield new Chain(table, 'INPUT').appendRule(comment(`${name}${i}`))
      return { name, count }
    })
    const result: { name: string; count: number } | undefined = await add('a', 2)
    expect(result).toEqual({ name: 'a', count: 2 })
    expect(await add('b', 1)).toEqual({ name: 'b', count: 1 })
    expect(saved()).toEqual([line('a0'), line('a1'), line('b0')])
  })

  test('may be an asynchronous generator', async () => {
    const add = iptcCommand()(async function* (name: string) {
      const table = filter()
      yield table
      const chain = new Chain(table, 'INPUT')
      const before = (await chain.rules).length
      await chain.appendRule(comment(name))
      yield iptcCommit()
      expect(saved()).toHaveLength(before + 1)
      void chain.appendRule(comment(`${name}2`))
      if (name === 'back') iptcReturn('given back')
      return (await chain.rules).length
    })
    expect([await add('a'), await add('back')]).toEqual([2, 'given back'])
    expect(saved()).toEqual(['a', 'a2', 'back', 'back2'].map((name) => line(name)))
  })

  test('`yield` gives the table itself, and what a promise resolves with', async () => {
    const given = await iptcCommand()(function* () {
      const table = filter()
      const back: unknown = yield table
      const chain: Chain = yield table.createChain('web')
      const nothing: unknown = yield chain.appendRule(comment(1))
      const rules: Rule[] = yield chain.rules
      const commit: unknown = yield iptcCommit()
      return [back === table, String(chain), nothing, rules.map(String), commit, yield Promise.resolve(7)]
    })()
    expect(given).toEqual([true, 'web', undefined, ['-m comment --comment 1'], undefined, 7])
  })

  test('iptcCommit() commits where it is yielded, and only there', async () => {
    const states: number[] = []
    await iptcCommand()(function* () {
      const table: Table = yield filter()
      const chain = new Chain(table, 'INPUT')
      yield chain.appendRule(comment(1))
      iptcCommit()
      states.push(saved().length)
      yield iptcCommit()
      states.push(saved().length)
      yield chain.appendRule(comment(2))
      states.push(saved().length)
    })()
    expect([...states, saved().length]).toEqual([0, 1, 1, 2])
  })

  test('iptcCommit(table) takes a table in', async () => {
    const table = filter()
    await new Chain(table, 'INPUT').appendRule(comment(1))
    await iptcCommand()(function* () {
      yield iptcCommit(table)
      expect(saved()).toEqual([line(1)])
      yield new Chain(table, 'INPUT').appendRule(comment(2))
    })()
    expect(saved()).toEqual([line(1), line(2)])
    expect(iptcCommit(table)).toBeInstanceOf(IptcCommit)
  })

  test('iptcAbort() drops what is not committed', async () => {
    const heard = new Heard()
    const result = await iptcCommand({ logger: heard })(function* named() {
      const table: Table = yield filter()
      yield new Chain(table, 'INPUT').appendRule(comment('kept'))
      yield iptcCommit()
      yield new Chain(table, 'INPUT').appendRule(comment('dropped'))
      iptcAbort()
      return 'never'
    })()
    expect(result).toBeUndefined()
    expect(saved()).toEqual([line('kept')])
    expect(heard.texts).toEqual(['debug transaction named was given up by itself'])
  })

  test('iptcReturn() commits what is left, and gives its value', async () => {
    const run = iptcCommand()(function* (value: unknown) {
      const table: Table = yield filter()
      void new Chain(table, 'INPUT').appendRule(comment(1))
      iptcReturn(value)
    })
    expect([await run(7), await run(undefined)]).toEqual([7, undefined])
    expect(saved()).toHaveLength(2)
  })

  test('its body may catch what a promise rejects with, and go on', async () => {
    const caught: unknown[] = []
    await iptcCommand()(function* () {
      const table: Table = yield filter()
      const chain = new Chain(table, 'INPUT')
      try {
        yield chain.deleteRule(comment('nope'))
      } catch (error) {
        caught.push(error)
      }
      try {
        yield Promise.reject(new RangeError('of somebody else'))
      } catch (error) {
        caught.push(error)
      }
      yield chain.appendRule(comment(1))
    })()
    expect(caught).toEqual([expect.any(InputError), expect.any(RangeError)])
    expect(saved()).toEqual([line(1)])
  })

  test.each<[string, (chain: Chain) => unknown]>([
    ['is thrown', () => { throw new RangeError('of the body') }],
    ['is what a promise rejects with', () => Promise.reject(new RangeError('of the body'))],
  ])('that fails commits nothing: an error that %s', async (_name, fail) => {
    let cleaned = 0
    const error = await rejection(
      iptcCommand()(function* () {
        try {
          const table: Table = yield filter()
          const chain = new Chain(table, 'INPUT')
          yield chain.appendRule(comment(1))
          yield fail(chain) as Promise<unknown>
        } finally {
          cleaned++
        }
      })(),
    )
    expect([error.name, error.message, cleaned]).toEqual(['RangeError', 'of the body', 1])
    expect(saved()).toEqual([])
  })

  test('that the kernel refuses commits nothing, and is not begun again', async () => {
    let begun = 0
    const error = await rejection(
      iptcCommand()(function* () {
        begun++
        const table: Table = yield filter()
        for (const rule of [comment(1), parseRule('-m tcp --dport 22'), comment(2)]) yield new Chain(table, 'INPUT').appendRule(rule)
      })(),
    )
    expect(error).toBeInstanceOf(KernelError)
    expect([begun, saved()]).toEqual([1, []])
  })

  test.each<[string, string, RegExp]>([
    ['a set', '-m set --match-set nope src', /there is no set 'nope'/],
    ['a chain', '-j nope', /there is no chain 'nope'/],
  ])('that names %s that is missing is no conflict', async (_name, text, message) => {
    let begun = 0
    const error = await rejection(
      iptcCommand()(function* () {
        begun++
        const table: Table = yield filter()
        yield new Chain(table, 'INPUT').appendRule(comment(1))
        yield new Chain(table, 'INPUT').appendRule(parseRule(text))
      })(),
    )
    expect([error.name, error.message, begun]).toEqual(['InputError', expect.stringMatching(message), 1])
    expect(saved()).toEqual([])
  })

  test('loses no error of what nobody has awaited', async () => {
    const error = await rejection(
      iptcCommand()(function* () {
        const table: Table = yield filter()
        void new Chain(table, 'INPUT').appendRule(comment(1))
        void table.createChain('INPUT')
        void new Chain(table, 'INPUT').deleteRule(comment('nope'))
      })(),
    )
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toContain("'INPUT' exists already")
    expect(saved()).toEqual([])
  })

  test('leaves its tables as they were: autocommit, nothing that waits', async () => {
    const table = new Table('filter', { xt })
    const chain = new Chain(table, 'INPUT')
    await iptcCommand()(function* () {
      yield table
      expect(table.autocommit).toBe(false)
      yield chain.appendRule(comment(1))
      expect(saved()).toEqual([])
    })()
    expect([table.autocommit, saved()]).toEqual([true, [line(1)]])
    await rejection(iptcCommand()(function* () {
      yield table
      yield chain.appendRule(comment('dropped'))
      throw new Error('of the body')
    })())
    expect([table.autocommit, table.ledger.isEmpty]).toEqual([true, true])
    await chain.appendRule(comment(2))
    expect(saved()).toEqual([line(1), line(2)])
  })

  test('drops what waited in a table before it joined', async () => {
    const table = filter()
    await new Chain(table, 'INPUT').appendRule(comment('dropped'))
    await iptcCommand()(function* () {
      yield table
      yield new Chain(table, 'INPUT').appendRule(comment('kept'))
    })()
    expect(saved()).toEqual([line('kept')])
  })

  test('keeps one table to one transaction at a time', async () => {
    const table = filter()
    const add = iptcCommand()(function* (name: string) {
      yield table
      yield new Chain(table, 'INPUT').appendRule(comment(name))
      yield sleep(20)
      if (name === 'b') iptcAbort()
    })
    const [first, second] = await Promise.allSettled([add('a'), add('b')])
    expect([first?.status, (second as PromiseRejectedResult).reason?.message]).toEqual(['fulfilled', expect.stringContaining('is in another transaction')])
    expect(saved()).toEqual([line('a')])
    expect(await add('c')).toBeUndefined()
    expect(saved()).toEqual([line('a'), line('c')])
  })

  test('runs beside others on tables of their own', async () => {
    const add = iptcCommand({ maxRetry: 100 })(function* (name: number) {
      const table: Table = yield filter()
      const rules: Rule[] = yield new Chain(table, 'INPUT').rules
      yield new Chain(table, 'INPUT').appendRule(comment(`${rules.length}-${name}`))
    })
    await Promise.all(Array.from({ length: 10 }, (_, i) => add(i)))
    expect(saved().map((one) => /(\d+)-/.exec(one)?.[1])).toEqual(Array.from({ length: 10 }, (_, i) => String(i)))
  })

  test('closes what its tables have opened, and nothing else', async () => {
    const sockets = () => readdirSync('/proc/self/fd').length
    const before = sockets()
    const run = iptcCommand()(function* (end: string) {
      const table: Table = yield new Table('filter', { backend, autocommit: false })
      void new Chain(table, 'INPUT').appendRule(comment(1))
      if (end === 'abort') iptcAbort()
      if (end === 'throw') throw new Error('of the body')
      return table
    })
    for (let i = 0; i < 100; i++) await run('return')
    expect(sockets()).toBe(before)
    expect(saved()).toHaveLength(100)
    for (const end of ['abort', 'throw']) await run(end).catch(() => {})
    // What was being read is read to its end.
    await eventually(() => sockets() === before)
    const table = (await run('return')) as Table
    expect(await new Chain(table, 'INPUT').rules).toHaveLength(101)
    const open = sockets()
    expect(open).toBeGreaterThan(before)
    await iptcCommand()(function* () {
      yield table
    })()
    expect(sockets()).toBe(open)
    await table.close()
    expect(sockets()).toBe(before)
  })

  test('has a generator for its body', async () => {
    for (const body of [() => 7, async () => {}, () => [][Symbol.iterator](), () => undefined]) {
      const error = await rejection(iptcCommand()(body as unknown as () => Generator<Table, void>)())
      expect(error).toBeInstanceOf(InputError)
      expect(error.message).toContain('function* ()')
    }
  })

  test('yields nothing but tables, commits and promises', async () => {
    for (const wrong of [7, 'filter', {}, null, undefined, () => {}]) {
      const error = await rejection(iptcCommand()(function* () {
        yield wrong as unknown as Table
      })())
      expect(error).toBeInstanceOf(InputError)
    }
    for (const maxRetry of [0, -1, 1.5, Number.NaN]) expect(() => iptcCommand({ maxRetry })).toThrow(InputError)
  })

  test('without a table says so', async () => {
    const heard = new Heard()
    expect(await iptcCommand({ logger: () => heard })(function* () {
      yield Promise.resolve()
      return 7
    })()).toBe(7)
    expect(heard.texts).toEqual(['warning transaction without a name ended without a table: nothing was committed'])
    const warned: string[] = []
    await iptcCommand({ logger: { warn: (text) => void warned.push(text) } })(function* none() {})()
    expect(warned).toHaveLength(1)
  })

  describe('when others change what it has read', () => {
    test('begins anew, and sees what they did', async () => {
      const heard = new Heard()
      const seen: number[] = []
      const count = await iptcCommand({ logger: () => heard })(function* named() {
        const table: Table = yield filter()
        const chain = new Chain(table, 'INPUT')
        const rules: Rule[] = yield chain.rules
        seen.push(rules.length)
        yield chain.appendRule(comment('ours'))
        if (seen.length < 3) theirs('-A', 'INPUT', '-m', 'comment', '--comment', `theirs${seen.length}`)
        return rules.length
      })()
      expect([count, seen]).toEqual([2, [0, 1, 2]])
      expect(saved()).toEqual([line('theirs1'), line('theirs2'), line('ours')])
      expect(heard.texts).toEqual(Array(2).fill(expect.stringMatching(/^debug transaction named: somebody else has changed table 'filter'.*; it begins anew$/)))
    })

    test('commits it has made stay, and the body begins at its start', async () => {
      let begun = 0
      await iptcCommand()(function* () {
        const first = ++begun === 1
        const table: Table = yield filter()
        yield new Chain(table, 'OUTPUT').appendRule(comment(`step-${begun}`))
        yield iptcCommit()
        yield new Chain(table, 'INPUT').rules
        yield new Chain(table, 'INPUT').appendRule(comment('ours'))
        if (first) theirs('-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
      })()
      expect(saved()).toEqual([line('theirs'), line('ours'), line('step-1', 'OUTPUT'), line('step-2', 'OUTPUT')])
    })

    test('what was read of a table that is not changed counts, too', async () => {
      let begun = 0
      await iptcCommand()(function* () {
        begun++
        const [table, mangle]: Table[] = [filter(), new Table('mangle', { xt, autocommit: false })]
        yield table as Table
        yield mangle as Table
        const rules: Rule[] = yield new Chain(mangle as Table, 'INPUT').rules
        yield new Chain(table as Table, 'INPUT').appendRule(comment(`read-${rules.length}`))
        if (begun === 1) theirs('-t', 'mangle', '-A', 'INPUT')
      })()
      expect([begun, saved()]).toEqual([2, [line('read-1')]])
    })

    test('each time, it gives up with all that stood in the way', async () => {
      for (const maxRetry of [1, 3, undefined]) {
        const heard = new Heard()
        let begun = 0
        const error = (await rejection(
          iptcCommand({ logger: heard, ...(maxRetry === undefined ? {} : { maxRetry }) })(function* named() {
            begun++
            const table: Table = yield filter()
            yield new Chain(table, 'INPUT').rules
            yield new Chain(table, 'INPUT').appendRule(comment('ours'))
            theirs('-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
          })(),
        )) as ConflictError
        const most = maxRetry ?? 5
        expect(error).toBeInstanceOf(ConflictError)
        expect([begun, error.attempts, error.history.length]).toEqual([most, most, most])
        for (const one of error.history) expect(one).toBeInstanceOf(ConflictError)
        expect(error.cause).toBe(error.history.at(-1))
        expect(heard.texts.at(-1)).toBe(`error transaction named: ${most} conflicts in a row, given up`)
      }
      expect(saved().filter((one) => one.includes('ours'))).toEqual([])
    })

    test('its `finally` runs before it begins anew', async () => {
      const steps: string[] = []
      await iptcCommand()(function* () {
        steps.push('begin')
        try {
          const table: Table = yield filter()
          yield new Chain(table, 'INPUT').rules
          yield new Chain(table, 'INPUT').appendRule(comment('ours'))
          if (steps.length === 1) theirs('-A', 'INPUT')
          yield iptcCommit()
        } finally {
          steps.push('end')
        }
      })()
      expect(steps).toEqual(['begin', 'end', 'begin', 'end'])
    })

    test('four processes with 50 transactions each give no number twice', async () => {
      const scripts = ['a', 'b', 'c', 'd'].map((name) => startScript(COUNTING(), [backend, name, '50']))
      for (const { ended } of scripts) {
        const { code, errors } = await ended
        expect([code, errors]).toEqual([0, ''])
      }
      const numbers = saved().map((one) => Number(/--comment (\d+)-/.exec(one)?.[1]))
      expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    }, 60_000)
  })

  test('of several tables is all or nothing', async () => {
    const run = iptcCommand()(function* (last: string) {
      const all = [filter(), new Table('mangle', { xt, autocommit: false }), new Table6('filter', { xt, autocommit: false })]
      for (const table of all) yield table
      for (const table of all) yield new Chain(table, 'INPUT').appendRule(comment(1))
      yield new Chain(all[2] as Table, 'INPUT').appendRule(parseRule(last))
    })
    expect(await rejection(run('-m tcp --dport 22'))).toBeInstanceOf(KernelError)
    const everything = () => [saved(), saved('mangle'), tables.savedRules('ip6')].map(({ length }) => length)
    expect(everything()).toEqual([0, 0, 0])
    await run('-j ACCEPT')
    expect(everything()).toEqual([1, 1, 2])
  })

  test('may have two objects of one table', async () => {
    await iptcCommand()(function* () {
      const [one, two]: Table[] = [filter(), filter()]
      yield one as Table
      yield two as Table
      for (const [i, table] of [one, two].entries()) {
        yield new Chain(table as Table, 'INPUT').rules
        yield new Chain(table as Table, 'INPUT').appendRule(comment(i))
      }
    })()
    expect(saved()).toEqual([line(0), line(1)])
  })
})

describeNft('a transaction', (tables) => {
  test('of several tables of both families is one generation', async () => {
    emptyTables(tables)
    await using xt = await tables.open()
    const events = xt.monitor()
    await events.ready
    const log = new Log(events)
    // Each has a connection of its own: of the same make, they are committed over one.
    const made = [new Table('filter', { backend: 'nft' }), new Table('nat', { backend: 'nft' }), new Table6('mangle', { backend: 'nft' })]
    await iptcCommand()(function* () {
      for (const table of made) yield table
      for (const table of made) for (let i = 0; i < 10; i++) void new Chain(table, 'OUTPUT').appendRule(comment(i))
    })()
    const told = await log.commit()
    expect(told.filter(({ type }) => type === 'rule-added')).toHaveLength(30)
    expect(new Set(told.flatMap((event) => ('generation' in event ? [event.generation] : []))).size).toBe(1)
    for (const table of made) await table.close()
  })
})
