import { Accept, CustomRule, defaultTables, Drop, ForwardingRule, Jump, restore, Rule, RulesetError, Table, Tables, UserChain } from '../../../src/iptc/builder/index.js'
import { InputError, KernelError, TransportError } from '../../../src/netlink/index.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

describeTables('restore of generated tables, seen by %s', (tables) => {
  const options = { backend: tables.backend }
  const filterOf = (family: 'ip' | 'ip6') => new Tables(defaultTables({ family }).filter, { family })
  beforeEach(() => {
    for (const family of FAMILIES) for (const table of ['filter', 'mangle'] as const) tables.clear(family, table)
  })
  const webOf = (family: 'ip' | 'ip6') => {
    const all = filterOf(family)
    const web = all.filter.append(new UserChain('web', { comment: 'x', rules: [Accept({ proto: 'tcp', dport: 80 })] }))
    all.filter.INPUT.append(new Jump(web))
    all.filter.FORWARD.policy = 'DROP'
    return all
  }
  const WEB = ['-A INPUT -m comment --comment x -j web', '-A web -p tcp -m tcp --dport 80 -j ACCEPT']

  test.each(FAMILIES)('puts them into the kernel (%s)', async (family) => {
    await restore(webOf(family), options)
    expect(tables.savedRules(family)).toEqual(WEB)
    expect(tables.saved(family)).toContain(':FORWARD DROP [0:0]')
    await restore(filterOf(family), options)
    expect(tables.savedRules(family)).toEqual([])
  })

  test('puts all default tables into the kernel, of both families, in one transaction', async () => {
    await tables.withTables(async (xt) => {
      let count = 0
      const counting = {
        transaction: (...args: Parameters<typeof xt.transaction>) => {
          count++
          return xt.transaction(...args)
        },
      } as typeof xt
      await restore([webOf('ip'), webOf('ip6'), '*mangle\n-A FORWARD -j ACCEPT\nCOMMIT\n'], { xt: counting })
      expect(count).toBe(1)
      // A connection that was lent stays open.
      expect((await xt.ip.read('filter')).INPUT?.rules).toHaveLength(1)
    })
    for (const family of FAMILIES) expect(tables.savedRules(family)).toEqual(WEB)
    expect(tables.savedRules('ip', 'mangle')).toEqual(['-A FORWARD -j ACCEPT'])
    await restore([defaultTables(), defaultTables({ family: 'ip6' })], options)
    for (const family of FAMILIES) expect(tables.savedRules(family)).toEqual([])
  })

  test('takes text as well, of the family it is told', async () => {
    await restore('*filter\n-A INPUT -s fd00::/8 -j DROP\nCOMMIT\n', { ...options, family: 'ip6' })
    expect(tables.savedRules('ip6')).toEqual(['-A INPUT -s fd00::/8 -j DROP'])
    expect(tables.savedRules('ip')).toEqual([])
  })

  test('test: true changes nothing, and says what would be refused', async () => {
    await restore(webOf('ip'), { ...options, test: true })
    expect(tables.savedRules('ip')).toEqual([])
    const bad = filterOf('ip')
    bad.filter.INPUT.append(new Jump('nowhere', { comment: 'lost' }))
    expect(await rejection(restore(bad, { ...options, test: true }))).toMatchObject({ name: 'RulesetError', comment: 'lost' })
  })

  test('noflush adds, counters counts', async () => {
    await tables.load('ip', [':INPUT ACCEPT [0:0]', '[1:10] -A INPUT -p udp -j DROP'])
    const more = filterOf('ip')
    more.filter.INPUT.append(new Rule({ c: [5, 300], jump: 'ACCEPT' }))
    await restore(more, { ...options, noflush: true, counters: true })
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -p udp -j DROP', '-A INPUT -j ACCEPT'])
    await tables.withTables(async (xt) => {
      expect((await xt.ip.read('filter')).INPUT?.rules.map(({ counters }) => counters)).toEqual([{ packets: 1n, bytes: 10n }, { packets: 5n, bytes: 300n }])
    })
    await restore('*filter\n:INPUT DROP [7:700]\nCOMMIT\n', { ...options, counters: true })
    expect(tables.saved('ip')[0]).toBe(':INPUT DROP [7:700]')
    await restore('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', options)
  })

  test('what is changed while it is under way does not count', async () => {
    const all = webOf('ip')
    const done = restore(all, options)
    all.filter.INPUT.append(Drop())
    all.filter.FORWARD.policy = 'ACCEPT'
    await done
    expect(tables.savedRules('ip')).toEqual(WEB)
    expect(tables.saved('ip')).toContain(':FORWARD DROP [0:0]')
  })

  describe('a rule that is refused', () => {
    /** The line of this file that `location` names. */
    const HERE = /^test\/kernel\/iptc\/builder-restore\.test\.ts:\d+/
    const loaded = async () => {
      await restore(webOf('ip'), options)
      return tables.saved('ip')
    }

    test('by the reader is named, and nothing is opened', async () => {
      const bad = webOf('ip')
      bad.filter.INPUT.append(Drop({ proto: 'tcp', dprot: 22, comment: 'no SSH' }))
      const error = (await rejection(restore(bad, { netns: '/nowhere' }))) as RulesetError
      expect(error).toBeInstanceOf(RulesetError)
      expect(error).toMatchObject({ comment: 'no SSH', location: expect.stringMatching(HERE), rule: bad.filter.INPUT[1], text: '-p tcp -j DROP --dprot 22 -m comment --comment "no SSH"', line: undefined })
      expect(error.message).toMatch(/^filter INPUT "no SSH" \(test\/kernel.*\): unknown option '--dprot'; did you mean '--dport'\? \(in '-p tcp/)
    })

    test('for its jump is named, with its line', async () => {
      const state = await loaded()
      const bad = filterOf('ip')
      bad.filter.INPUT.append(Accept({ source: '192.0.2.1,192.0.2.2' }))
      bad.filter.FORWARD.append(new Jump('nowhere', { comment: 'lost' }))
      const error = (await rejection(restore(bad, options))) as RulesetError
      expect(error).toMatchObject({ name: 'RulesetError', comment: 'lost', location: expect.stringMatching(HERE), rule: bad.filter.FORWARD[0] })
      expect(bad.toIptables().split('\n')[(error.line as number) - 1]).toBe('-A FORWARD -j nowhere -m comment --comment lost')
      expect(InputError.is(error.cause)).toBe(true)
      expect(error.message).toMatch(/^filter FORWARD "lost" \(.*\): there is neither a target 'nowhere'/)
      expect(tables.saved('ip')).toEqual(state)
    })

    test('for its table is named', async () => {
      const state = await loaded()
      const bad = filterOf('ip')
      bad.filter.FORWARD.append(Accept({ source: '192.0.2.1,192.0.2.2' }))
      bad.filter.FORWARD.append(new Rule({ jump: 'CT', notrack: true, comment: 'raw only' }))
      const error = (await rejection(restore(bad, options))) as RulesetError
      expect(error).toMatchObject({ name: 'RulesetError', comment: 'raw only', rule: bad.filter.FORWARD[1] })
      expect(error.message).toMatch(/the target CT may only stand in table raw/)
      expect(tables.saved('ip')).toEqual(state)
    })

    test('for a circle of jumps is named', async () => {
      const bad = filterOf('ip')
      for (const [name, to] of [['a', 'b'], ['b', 'a']] as const) bad.filter.append(new UserChain(name, { rules: [new Jump(to, { comment: `to ${to}` })] }))
      bad.filter.INPUT.append(new Jump('a'))
      expect(await rejection(restore(bad, options))).toMatchObject({ name: 'RulesetError', comment: expect.stringMatching(/^to [ab]$/) })
    })

    const kernelRefuses = () => new Rule({ match: 'owner', uidOwner: 5, comment: 'whose', jump: 'DROP' })

    test('by the kernel is named, behind lists of addresses too', async () => {
      const state = await loaded()
      const bad = filterOf('ip')
      bad.filter.FORWARD.append(new ForwardingRule({ policy: 'ACCEPT' }))
      bad.filter.INPUT.append(Accept({ source: '192.0.2.1,192.0.2.2,192.0.2.3' }))
      const rule = bad.filter.INPUT.append(kernelRefuses())
      bad.filter.INPUT.append(new CustomRule('-p udp -j ACCEPT'))
      const error = (await rejection(restore(bad, options))) as RulesetError
      expect(error).toMatchObject({ name: 'RulesetError', comment: 'whose', location: expect.stringMatching(HERE), rule, line: expect.any(Number) })
      expect(bad.toIptables().split('\n')[(error.line as number) - 1]).toContain('--uid-owner 5')
      expect(KernelError.is(error.cause)).toBe(true)
      expect(error.cause).toMatchObject({ errnoName: 'EINVAL' })
      expect(error.message).toMatch(/^filter INPUT "whose" \(test\/kernel.*\): the kernel refuses it: /)
      expect(tables.saved('ip')).toEqual(state)
    })

    test('by the kernel is named beside rules that were there before', async () => {
      await tables.load('ip', [':INPUT ACCEPT [0:0]', '[0:0] -A INPUT -p udp -j DROP', '[0:0] -A INPUT -p tcp -j DROP'])
      const bad = filterOf('ip')
      bad.filter.INPUT.append(Accept({ i: 'lo' }))
      const rule = bad.filter.INPUT.append(kernelRefuses())
      const error = (await rejection(restore(bad, { ...options, noflush: true }))) as RulesetError
      expect(error).toMatchObject({ name: 'RulesetError', comment: 'whose', rule })
    })

    test('by the kernel is named in the family it is of', async () => {
      const bad = filterOf('ip6')
      const rule = bad.filter.INPUT.append(kernelRefuses())
      const good = filterOf('ip')
      good.filter.INPUT.append(Accept({ i: 'lo' }))
      expect(await rejection(restore([good, bad], options))).toMatchObject({ name: 'RulesetError', rule })
      expect(tables.savedRules('ip')).toEqual([])
    })
  })

  test('what is no rule’s fault is said as it is', async () => {
    expect(TransportError.is(await rejection(restore(filterOf('ip'), { ...options, netns: '/nowhere' })))).toBe(true)
    expect(RulesetError.is(await rejection(restore('*filter\n-A nowhere -j ACCEPT\nCOMMIT\n', options)))).toBe(false)
    expect(await rejection(restore(new Tables(new Table('nonsense')), options))).not.toBeInstanceOf(RulesetError)
  })

  test.each<[string, unknown, object]>([
    ['tset', () => filterOf('ip'), { tset: true }],
    ['test', () => filterOf('ip'), { test: 'yes' }],
    ['family', () => filterOf('ip'), { family: 'ip6' }],
    ['family', () => '', { family: 'ipv6' }],
    ['backend', () => filterOf('ip'), { xt: {} }],
    ['', () => 5, {}],
    ['', () => [filterOf('ip'), filterOf('ip')], {}],
    ['', () => [undefined], {}],
  ])('a misspelt option or what is no tables is refused: %s', async (path, what, more) => {
    expect(await rejection(restore((what as () => never)(), { ...options, ...more }))).toMatchObject({ name: 'InputError', path })
  })
})
