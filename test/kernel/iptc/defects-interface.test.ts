// What the members of python-iptables 1.2.0 did wrong, by the sections of the list of them: none of it holds here.
import { Chain, easyOn, isTableAvailable, Match, Policy, Rule, type RuleDictionary, Table, Target } from '../../../src/iptc/index.js'
import { InputError } from '../../../src/netlink/index.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'
import { eachOpens } from './setting.js'
import { shown } from './python-iptables/setting.js'

ownLock()

const HASHLIMIT = { hashlimit: { 'hashlimit-upto': '5/sec', 'hashlimit-mode': 'srcip', 'hashlimit-name': 'i1' }, target: 'ACCEPT' }
const RECENT = { recent: { update: '', seconds: '60', name: 'i2', rsource: '' }, target: 'DROP' }

describeTables('members of python-iptables that did something else, by %s', (tables) => {
  const options = { backend: tables.backend }
  const easy = easyOn(options)
  const lines = (chain = 'INPUT', family: (typeof FAMILIES)[number] = 'ip') => shown(tables, family, 'filter', chain)
  const opened = eachOpens(tables)

  test('1.1: whether there is a table is asked each time', async () => {
    expect(await Promise.all([isTableAvailable('filter', options), isTableAvailable('nosuch', options)])).toEqual([true, false])
  })

  test('1.2: autocommit belongs to one table object', async () => {
    const other = new Table('filter', { ...options, autocommit: false })
    expect([opened.table.autocommit, other.autocommit]).toEqual([true, false])
    await new Chain(other, 'INPUT').appendRule(new Rule({ target: 'DROP' }))
    await opened.input.appendRule(new Rule({ target: 'ACCEPT' }))
    expect(lines()).toEqual(['-j ACCEPT'])
    await other.close()
  })

  test('1.2: close() drops what was not committed, and the table may be used again', async () => {
    opened.table.autocommit = false
    await opened.input.appendRule(new Rule({ target: 'DROP' }))
    await opened.table.close()
    expect(await opened.input.rules).toEqual([])
    await opened.table.commit()
    expect(lines()).toEqual([])
  })

  test('1.2: a commit may follow a commit without a refresh', async () => {
    opened.table.autocommit = false
    for (const target of ['ACCEPT', 'DROP']) {
      await opened.input.appendRule(new Rule({ target }))
      await opened.table.commit()
    }
    await opened.table.commit()
    expect(lines()).toEqual(['-j ACCEPT', '-j DROP'])
  })

  test('1.2: refresh() commits nothing, and asking for a policy neither', async () => {
    opened.table.autocommit = false
    await opened.input.appendRule(new Rule({ target: 'DROP' }))
    expect(await opened.input.getPolicy()).toBe(new Policy('ACCEPT'))
    expect(lines()).toEqual([])
    await opened.table.refresh()
    expect(await opened.input.rules).toEqual([])
    await opened.table.commit()
    expect(lines()).toEqual([])
  })

  test('1.2, 1.3: a chain that is renamed is known by its new name', async () => {
    const chain = await opened.table.createChain('before')
    await opened.input.appendRule(new Rule({ target: 'before' }))
    await chain.rename('after')
    expect([chain.name, await opened.table.isChain('before'), await opened.table.isChain(chain)]).toEqual(['after', false, true])
    expect(new Chain(opened.table, 'after')).toBe(chain)
    expect(lines()).toEqual(['-j after'])
  })

  test('1.3: a rule that takes the place of another one is checked as any', async () => {
    await opened.input.appendRule(new Rule({ target: 'ACCEPT' }))
    const rule = new Rule({ target: 'DROP' })
    rule.createMatch('multiport')
    expect(InputError.is(await rejection(opened.input.replaceRule(rule)))).toBe(true)
    expect(lines()).toEqual(['-j ACCEPT'])
  })

  test('1.3: a rule needs no target', async () => {
    await opened.input.appendRule(new Rule({ protocol: 'tcp' }))
    const named = new Rule({ protocol: 'udp' })
    named.createTarget('')
    await opened.input.appendRule(named)
    expect(lines()).toEqual(['-p tcp', '-p udp'])
    expect((await opened.input.rules).map(({ target }) => target)).toEqual([undefined, undefined])
  })

  test('1.5: an interface can be taken back, and a fragment be none', () => {
    const rule = new Rule({ inInterface: 'eth0', outInterface: '!eth1', fragment: '!' })
    expect(String(rule)).toBe('-i eth0 ! -o eth1 ! -f')
    rule.inInterface = undefined
    rule.outInterface = null
    rule.fragment = false
    expect([rule.inInterface, rule.outInterface, rule.fragment, String(rule)]).toEqual([undefined, undefined, false, ''])
  })

  test('1.6: a name is a chain of its own table alone, and a target comes before a chain', async () => {
    await using nat = new Table('nat', options)
    const chain = await nat.createChain('LOGGED')
    const error = await rejection(opened.input.appendRule(new Rule({ target: 'LOGGED' })))
    expect(InputError.is(error) && error.message).toMatch(/there is no chain 'LOGGED' in table 'filter'/)
    await chain.delete()
    expect(() => new Target(new Rule(), 'REJECT', { rejectWidth: 'tcp-reset' } as object)).toThrow("did you mean 'rejectWith'")
  })

  test('1.6: options whose names members have are set by setParameter, and other misspelt ones throw', async () => {
    const rule = new Rule({ target: 'DROP' })
    const match = new Match(rule, 'recent', { set: '' })
    match.setParameter('name', 'i3')
    expect([match.name, match.getParameter('name')]).toEqual(['recent', 'i3'])
    expect(() => Object.assign(match, { nmae: 'i3' })).toThrow(InputError)
    expect(() => Object.assign(match, { size: 3 })).toThrow(/./)
    rule.addMatch(match)
    await opened.input.appendRule(rule)
    expect(lines()).toEqual(['-m recent --set --name i3 --mask 255.255.255.255 --rsource -j DROP'])
  })

  test.each(FAMILIES)('1.7: zero_all, zero_table and zero_chain set counters to zero (%s)', async (family) => {
    const ipv6 = family === 'ip6'
    const counted = async () => {
      await easy.flushChain('filter', 'INPUT', { ipv6 })
      await easy.addRule('filter', 'INPUT', { protocol: 'tcp', target: 'ACCEPT', counters: [7, 700] }, { ipv6 })
      return easy.getRuleCounters('filter', 'INPUT', { protocol: 'tcp', target: 'ACCEPT' }, { ipv6 })
    }
    for (const zero of [() => easy.zeroAll({ ipv6 }), () => easy.zeroTable('filter', { ipv6 }), () => easy.zeroChain('filter', 'INPUT', { ipv6 })]) {
      expect(await counted()).toEqual([7, 700])
      await zero()
      expect(await easy.getRuleCounters('filter', 'INPUT', { protocol: 'tcp', target: 'ACCEPT' }, { ipv6 })).toEqual([0, 0])
    }
  })

  test.each([['recent', RECENT], ['hashlimit', HASHLIMIT]])('1.7: has_rule finds a rule that was dumped: %s', async (_, rule) => {
    await easy.addRule('filter', 'INPUT', rule)
    const [dumped] = await easy.dumpChain('filter', 'INPUT')
    for (const one of [rule, dumped as RuleDictionary]) {
      expect([await easy.hasRule('filter', 'INPUT', one), await easy.getRulePosition('filter', 'INPUT', one)]).toEqual([true, 0])
    }
    await easy.deleteRule('filter', 'INPUT', dumped as RuleDictionary)
    expect(lines()).toEqual([])
  })

  test('1.7: the counters of a rule that is not there, and the policy of a chain that has none, are told as that', async () => {
    expect(InputError.is(await rejection(easy.getRuleCounters('filter', 'INPUT', { protocol: 'tcp', target: 'ACCEPT' })))).toBe(true)
    await easy.addChain('filter', 'own')
    expect(await easy.getPolicy('filter', 'own')).toBeUndefined()
    expect(InputError.is(await rejection(easy.getPolicy('filter', 'nosuch')))).toBe(true)
  })

  test('1.7: get_rule_position is for IPv6 too', async () => {
    const rule = { protocol: 'udp', src: 'fd77::/64', target: 'ACCEPT' }
    await easy.addRule('filter', 'INPUT', { protocol: 'tcp', target: 'ACCEPT' }, { ipv6: true })
    await easy.addRule('filter', 'INPUT', rule, { ipv6: true })
    expect(await easy.getRulePosition('filter', 'INPUT', rule, { ipv6: true })).toBe(1)
  })

  test('1.7: test_rule is false for what is no rule', () => {
    const garbage: unknown[] = [{ nosuch: 1 }, { protocol: 'tcp', tcp: { dport: 'x' } }, { src: 'x' }, { target: { REJECT: { x: 1 } } }, { target: 5 }, { tcp: null }]
    for (const rule of [...garbage, null, 5, 'x', [], undefined]) expect([rule, easy.testRule(rule as RuleDictionary)]).toEqual([rule, false])
    expect(easy.testRule({ protocol: 'tcp', tcp: { dport: '22' }, target: 'ACCEPT' })).toBe(true)
  })

  test('1.7: a dump commits nothing', async () => {
    opened.table.autocommit = false
    await opened.input.appendRule(new Rule({ target: 'DROP' }))
    await Promise.all([easy.dumpAll(), easy.dumpTable('filter'), easy.dumpChain('filter', 'INPUT')])
    expect(lines()).toEqual([])
    await easy.batchBegin()
    await easy.addRule('filter', 'INPUT', { target: 'DROP' })
    expect(await easy.dumpChain('filter', 'INPUT')).toHaveLength(1)
    expect(lines()).toEqual([])
    await easy.batchEnd()
    expect(lines()).toEqual(['-j DROP'])
  })

  test('1.7: calls of a batch are committed together, at its end', async () => {
    await easy.batchBegin('filter')
    for (const target of ['ACCEPT', 'DROP']) {
      await easy.addRule('filter', 'INPUT', { protocol: 'tcp', target })
      expect(lines()).toEqual([])
    }
    await easy.batchEnd('filter')
    expect(lines()).toEqual(['-p tcp -j ACCEPT', '-p tcp -j DROP'])
  })

  test('1.7: a dictionary is not changed by what is made of it', () => {
    const given = { protocol: 'tcp', tcp: { dport: ['!', '22'] }, comment: [{ comment: 'a' }] }
    const before = structuredClone(given)
    expect(String(easy.encodeIptcRule(given))).toBe('-p tcp -m tcp ! --dport 22 -m comment --comment a')
    expect(given).toEqual(before)
  })

  test('1.7: a mask with holes stays one, and the match dst is apart from the address dst', async () => {
    await easy.addRule('filter', 'INPUT', { src: '10.11.12.13/255.0.255.0' })
    expect((await easy.dumpChain('filter', 'INPUT'))[0]?.src).toBe('10.0.12.0/255.0.255.0')
    expect(lines()).toEqual(['-s 10.0.12.0/255.0.255.0'])
    await easy.addRule('filter', 'INPUT', { dst: ['fd77::/64', { 'dst-len': '42' }] }, { ipv6: true })
    expect(await easy.getRule('filter', 'INPUT', { position: 1, ipv6: true })).toMatchObject({ dst: ['fd77::/64', { 'dst-len': '42' }] })
    expect(lines('INPUT', 'ip6')).toEqual(['-d fd77::/64 -m dst --dst-len 42'])
  })

  test('1.2: a table that no kernel has is refused before anything is asked', async () => {
    expect(() => new Table('filtre')).toThrow("there is no table 'filtre'; there are")
    const error = await rejection(easy.getChains('filtre'))
    expect(InputError.is(error) && error.message).toMatch(/filtre/)
  })
})
