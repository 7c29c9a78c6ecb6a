// What is wrong with python-iptables 1.2.0, by the letters of the list of what was tried on it: none of it holds here.
import { readdirSync } from 'node:fs'
import { Chain, easyOn, Match, Rule, type RuleDictionary, Table } from '../../../src/iptc/index.js'
import { InputError, KernelError } from '../../../src/netlink/index.js'
import { ConflictError } from '../../../src/xtables/index.js'
import { run } from '../../support/kernel.js'
import { describeTables, FAMILIES, ownLock, rejection, send } from '../../support/xtables.js'
import { shown } from './python-iptables/setting.js'
import { accept, comments, eachOpens } from './setting.js'

ownLock()

/** Filters that fill more than 1,024 bytes of text: constants are loaded, the last instruction takes the packet. */
const LONG_FILTER = `64,${'0 0 0 4294967295,'.repeat(63)}6 0 0 65535`

describeTables('what is wrong with python-iptables, on %s', (tables) => {
  const easy = easyOn({ backend: tables.backend })
  const opened = eachOpens(tables)

  test('3.2 a: with autocommit, a table that others have changed meanwhile loses no rule of theirs nor of ours', async () => {
    expect(await opened.input.rules).toEqual([])
    tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
    await opened.input.appendRule(accept('ours'))
    expect(comments(tables)).toEqual(['theirs', 'ours'])
  })

  test('3.2 b: without autocommit, a commit planned on what others have changed meanwhile says so, and may be planned again', async () => {
    opened.table.autocommit = false
    const plan = async () => opened.input.insertRule(accept(`ours-${(await opened.input.rules).length}`))
    await plan()
    tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
    const error = await rejection(opened.table.commit())
    expect(ConflictError.is(error) && error.message).toMatch(/table 'filter'.*the rules of INPUT were changed.*[Rr]efresh/)
    expect(comments(tables)).toEqual(['theirs'])
    await opened.table.refresh()
    await plan()
    await opened.table.commit()
    expect(comments(tables)).toEqual(['ours-1', 'theirs'])
    // What was not read is none of its business.
    await opened.input.appendRule(accept('blind'))
    tables.tool('ip', '-I', 'INPUT', '-m', 'comment', '--comment', 'first')
    await opened.table.commit()
    expect(comments(tables)).toEqual(['first', 'ours-1', 'theirs', 'blind'])
  })

  test.each([true, false])('3.2 c: what the kernel refuses is thrown, and nothing is changed (autocommit %s)', async (autocommit) => {
    opened.table.autocommit = autocommit
    const commit = async (rule: Rule) => {
      await opened.input.appendRule(accept('good'))
      const refused = await rejection(opened.input.appendRule(rule).then(() => opened.table.commit()))
      await opened.table.refresh()
      return refused
    }
    const masquerade = new Rule()
    masquerade.createTarget('MASQUERADE')
    const error = await commit(masquerade)
    expect(InputError.is(error) && error.message).toMatch(/^filter INPUT rule 2 \(-j MASQUERADE\): .* only stand in table nat/)
    // The kernel alone knows that a match of ports needs their protocol.
    const ports = new Rule()
    ports.createMatch('udp', { dport: '53' })
    const told = await commit(ports)
    expect(KernelError.is(told) && [told.errnoName, told.path]).toEqual(['EINVAL', `filter INPUT rule ${autocommit ? 3 : 2} (-m udp --dport 53)`])
    expect(comments(tables)).toEqual(autocommit ? ['good', 'good'] : [])
    expect(opened.table.strerror()).toBe(told.message)
  })

  test('3.2 c: a hashlimit without --hashlimit-htable-expire is installed as the C tool installs it', async () => {
    const words = '-m hashlimit --hashlimit-upto 5/sec --hashlimit-mode srcip --hashlimit-name h1'
    const rule = new Rule({ target: 'ACCEPT' })
    rule.createMatch('hashlimit', { hashlimitUpto: '5/sec', hashlimitMode: 'srcip', hashlimitName: 'h1' })
    await opened.input.appendRule(rule)
    tables.tool('ip', '-A', 'INPUT', ...words.split(' '), '-j', 'ACCEPT')
    const [ours, theirs] = shown(tables, 'ip', 'filter', 'INPUT')
    expect(ours).toBe(theirs)
    expect(new Set((await tables.raw('ip')).slice(0, 2)).size).toBe(1)
    rule.matches[0]?.setParameter('hashlimit-htable-expire', '2000')
    await opened.input.replaceRule(rule)
    expect(shown(tables, 'ip', 'filter', 'INPUT')[0]).toContain('--hashlimit-htable-expire 2000')
  })

  test.each(FAMILIES)('3.2 d: NOTRACK is no bare CT: packets are not tracked (%s)', async (family) => {
    run('ip', ['link', 'set', 'lo', 'up'])
    const ipv6 = family === 'ip6'
    await easy.addRule('raw', 'OUTPUT', { protocol: 'udp', udp: { dport: '9755' }, target: 'NOTRACK' }, { ipv6 })
    const state = { protocol: 'udp', udp: { dport: '9755' }, conntrack: { ctstate: 'UNTRACKED' } }
    await easy.addRule('filter', 'INPUT', state, { ipv6 })
    const bytes = await send(family, 9755, 3)
    expect(await easy.getRuleCounters('filter', 'INPUT', state, { ipv6 })).toEqual([3, bytes])
    expect(shown(tables, family, 'raw', 'OUTPUT')).toEqual(['-p udp -m udp --dport 9755 -j NOTRACK'])
  })

  test.each<[what: string, rule: RuleDictionary, path: string]>([
    ['the name of a match', { protocol: 'tcp', tcpp: { dport: '22' }, target: 'ACCEPT' }, 'tcpp'],
    ['an option', { protocol: 'tcp', tcp: { dprt: '22' }, target: 'ACCEPT' }, 'tcp.dprt'],
    ['a key', { protocol: 'tcp', in_interface: 'eth0', target: 'ACCEPT' }, 'in_interface'],
    ['a value', { protocol: 'tcp', tcp: { dport: '22x' }, target: 'ACCEPT' }, 'tcp.dport'],
    ['the name of a target', { protocol: 'tcp', target: { ACEPT: { x: '1' } } }, 'target.ACEPT.x'],
    ['an address', { src: '10.0.0.300', target: 'ACCEPT' }, 'src'],
    ['a protocol', { protocol: 'tpc', target: 'ACCEPT' }, 'protocol'],
  ])('3.2 e: %s that is misspelt is refused, and widens no rule', async (_, rule, path) => {
    const error = await rejection(easy.addRule('filter', 'INPUT', rule))
    expect(InputError.is(error) && error.path).toBe(path)
    expect(easy.testRule(rule)).toBe(false)
    expect(shown(tables, 'ip', 'filter', 'INPUT')).toEqual([])
  })

  test('3.2 f: rules of the C tool are seen, and it sees ours, and warns of nothing', async () => {
    tables.tool('ip', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT')
    expect((await opened.input.rules).map(String)).toEqual(['-p tcp -m tcp --dport 22 -j ACCEPT'])
    await opened.input.appendRule(accept('ours'))
    expect(tables.tool('ip', '-S', 'INPUT').trim().split('\n')).toEqual([
      '-P INPUT ACCEPT', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT', '-A INPUT -m comment --comment ours -j ACCEPT',
    ])
  })

  test.each(['don\'t "quote" \\ me', '"', "'", '\\', '\\"', '-j ACCEPT', '! --comment x', 'two  words ', 'ä'.repeat(100), '!', '$(id)`id`;'])(
    '3.2 i: the comment %j stays as it is',
    async (comment) => {
      await opened.input.appendRule(accept(comment))
      tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', comment, '-j', 'ACCEPT')
      const read = await opened.input.rules
      expect(read.map(({ matches }) => matches[0]?.getParameter('comment'))).toEqual([comment, comment])
      expect(new Set((await tables.raw('ip')).slice(0, 2)).size).toBe(1)
      const [rule] = JSON.parse(JSON.stringify(await easy.dumpChain('filter', 'INPUT'))) as RuleDictionary[]
      await easy.addRule('filter', 'OUTPUT', rule as RuleDictionary)
      expect(shown(tables, 'ip', 'filter', 'OUTPUT')).toEqual(shown(tables, 'ip', 'filter', 'INPUT').slice(1))
    },
  )

  test('3.2 j: the text of a parameter may be longer than 1,024 bytes', async () => {
    expect(LONG_FILTER.length).toBeGreaterThan(1060)
    const rule = new Rule({ target: 'ACCEPT' })
    rule.createMatch('bpf', { bytecode: LONG_FILTER })
    await opened.input.appendRule(rule)
    expect((await opened.input.rules).map(({ matches }) => matches[0]?.bytecode)).toEqual([LONG_FILTER])
    expect(shown(tables, 'ip', 'filter', 'INPUT')).toEqual([`-m bpf --bytecode "${LONG_FILTER}" -j ACCEPT`])
    expect(await easy.hasRule('filter', 'INPUT', { bpf: { bytecode: LONG_FILTER }, target: 'ACCEPT' })).toBe(true)
  })

  test.each(['list', 'dictionary'])('3.2 m: a rule that was read can be deleted, whatever matches it has (%s)', async (way) => {
    const texts = [
      '-m hashlimit --hashlimit-above 512kb/s --hashlimit-burst 1mb --hashlimit-mode srcip,dstport --hashlimit-name m1',
      '-m hashlimit --hashlimit-upto 40mb/s --hashlimit-mode srcip --hashlimit-name m2 --hashlimit-rate-match --hashlimit-rate-interval 10',
      '-m policy --dir in --pol ipsec --strict --reqid 1 --spi 0x1 --proto esp --mode tunnel --tunnel-dst 10.0.0.0/8 --tunnel-src 10.0.0.0/8 --next --reqid 2',
      '-m limit --limit 5/min --limit-burst 9',
      '-p tcp -m state --state NEW,ESTABLISHED',
      '-m recent --update --seconds 60 --name m3 --mask 255.255.0.0 --rdest',
      '-s 10.11.12.13/255.0.255.0',
      '-m statistic --mode nth --every 3 --packet 1',
      '-m quota --quota 1000',
    ]
    for (const text of texts) tables.tool('ip', '-A', 'INPUT', ...text.split(' '), '-j', 'ACCEPT')
    expect(shown(tables, 'ip', 'filter', 'INPUT')).toHaveLength(texts.length)
    if (way === 'list') for (const rule of await opened.input.rules) await opened.input.deleteRule(rule)
    else for (const rule of await easy.dumpChain('filter', 'INPUT')) await easy.deleteRule('filter', 'INPUT', JSON.parse(JSON.stringify(rule)))
    expect(shown(tables, 'ip', 'filter', 'INPUT')).toEqual([])
  })

  test('3.2 n: no descriptor stays open, however many tables and calls there are', async () => {
    const open = () => readdirSync('/proc/self/fd').length
    const round = async () => {
      await using one = new Table('filter', { backend: tables.backend })
      await new Chain(one, 'INPUT').rules
      await new Rule().tablesOn({ backend: tables.backend })
      await easy.getChains('filter')
      await rejection(easy.getRule('filter', 'nosuch'))
    }
    for (let i = 0; i < 3; i++) await round()
    const before = open()
    for (let i = 0; i < 200; i++) await round()
    expect(open()).toBeLessThanOrEqual(before)
  })

  test('3.2 o: a set and its directions may be one text, and a set that is not there is named', async () => {
    run('ipset', ['create', 'bl', 'hash:ip', '-exist'])
    const spellings: Rule[] = []
    for (const matchSet of ['bl src', ['bl', 'src']]) {
      const rule = new Rule({ target: 'ACCEPT' })
      rule.createMatch('set', { matchSet })
      spellings.push(rule)
      await opened.input.appendRule(rule)
    }
    const negated = new Rule({ target: 'ACCEPT' })
    for (const matchSet of ['!bl src', '! bl src', ['!', 'bl', 'src']]) {
      const match = new Match(negated, 'set', { matchSet })
      expect([match.matchSet, String(match)]).toEqual([['!', 'bl', 'src'], '-m set ! --match-set bl src'])
    }
    expect(new Set(shown(tables, 'ip', 'filter', 'INPUT'))).toEqual(new Set(['-m set --match-set bl src -j ACCEPT']))
    const missing = new Rule({ target: 'ACCEPT' })
    missing.createMatch('set', { matchSet: 'nosuch src' })
    const error = await rejection(opened.input.appendRule(missing))
    expect(InputError.is(error) && error.message).toMatch(/there is no set 'nosuch'; create it first/)
  })

  test('3.2 p: what was right there is right here: what is read of a rule gives the same rule again', async () => {
    run('ipset', ['create', 'bl', 'hash:ip', '-exist'])
    tables.tool('ip', '-N', 'web')
    const texts = [
      '-p tcp -m multiport ! --dports 80,443 -j ACCEPT', '-m set ! --match-set bl dst -j DROP', '-p tcp -g web', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT',
      '-m comment --comment a -m comment --comment b -m comment --comment a', '-m limit --limit 3/hour -j web',
    ]
    for (const text of texts) tables.tool('ip', '-A', 'INPUT', ...text.split(' '))
    tables.tool('ip', '-t', 'nat', '-A', 'POSTROUTING', '-p', 'udp', '-j', 'SNAT', '--to-source', '10.0.0.1-10.0.0.9', '--random')
    for (const [name, from, to] of [['filter', 'INPUT', 'FORWARD'], ['nat', 'POSTROUTING', 'INPUT']] as const) {
      await using one = new Table(name, { backend: tables.backend })
      for (const rule of await new Chain(one, from).rules) await new Chain(one, to).appendRule(Rule.from(JSON.parse(JSON.stringify({ ...rule.toRule(), counters: undefined }))))
      expect(shown(tables, 'ip', name, to)).toEqual(shown(tables, 'ip', name, from))
    }
    expect(shown(tables, 'ip', 'filter', 'FORWARD')).toHaveLength(texts.length)
  })
})
