// What python-iptables 1.2.0 told the kernel by an IPv6 rule was not what the rule said: seen by bytes, and by what was counted.
import { Chain, Rule, Rule6, Table, Table6 } from '../../../src/iptc/index.js'
import { run } from '../../support/kernel.js'
import { describeTables, FAMILIES, ownLock } from '../../support/xtables.js'
import { clearAll } from './setting.js'
import { shown } from './python-iptables/setting.js'

ownLock()

const PEER = `iptc-test-${process.pid}`
const ADDRESS = { ip: ['10.77.0.1', '10.77.0.2'], ip6: ['fd77::1', 'fd77::2'] } as const
const PREFIX = { ip: 24, ip6: 64 } as const
const OF = { ip: { Rule, Table }, ip6: { Rule: Rule6, Table: Table6 } } as const

/** From the other end of a cable: three connections are asked for at a port where nobody listens, and two datagrams are sent. */
function knock(address: string): void {
  const script = `for i in 1 2 3; do (exec 3<>/dev/tcp/${address}/9) 2>/dev/null; done; for i in 1 2; do echo x > /dev/udp/${address}/9; done; true`
  run('ip', ['netns', 'exec', PEER, 'bash', '-c', script])
}

/** Conditions as they are assigned here, as the C tool is told, and the packets that they are for. */
const CONDITIONS: readonly [given: Readonly<Record<string, string>>, words: string, tcp: number, udp: number][] = [
  [{ inInterface: 'eth0' }, '-i eth0', 0, 0],
  [{ inInterface: 'eth2' }, '-i eth2', 3, 2],
  [{ inInterface: '!eth2' }, '! -i eth2', 0, 0],
  [{ inInterface: '!eth0' }, '! -i eth0', 3, 2],
  [{ inInterface: 'eth+' }, '-i eth+', 3, 2],
  [{ inInterface: '!eth+' }, '! -i eth+', 0, 0],
  [{ inInterface: 'ethernet0+' }, '-i ethernet0+', 0, 0],
  [{ inInterface: 'e' }, '-i e', 0, 0],
  [{ inInterface: '0123456789abcde' }, '-i 0123456789abcde', 0, 0],
  [{ protocol: 'tcp' }, '-p tcp', 3, 0],
  [{ protocol: '!tcp' }, '! -p tcp', 0, 2],
  [{ protocol: '!udp' }, '! -p udp', 3, 0],
  [{ protocol: '!6', inInterface: 'eth2' }, '! -p 6 -i eth2', 0, 2],
  [{ protocol: '!tcp', inInterface: '!eth0' }, '! -p tcp ! -i eth0', 0, 2],
]

const CASES = [
  ['3.2 g, 3.2 h and 1.8', 'ip6'],
  ['as 3.2 g and 3.2 h, where it was right', 'ip'],
] as const

describeTables('conditions of rules of python-iptables, by %s', (tables) => {
  beforeAll(() => {
    run('ip', ['netns', 'add', PEER])
    run('ip', ['link', 'add', 'eth2', 'type', 'veth', 'peer', 'name', 'far0', 'netns', PEER])
    const there = (...args: string[]) => run('ip', ['netns', 'exec', PEER, 'ip', ...args])
    for (const family of FAMILIES) {
      const [here, far] = ADDRESS[family].map((address) => `${address}/${PREFIX[family]}`) as [string, string]
      const nodad = family === 'ip6' ? ['nodad'] : []
      run('ip', ['address', 'add', here, 'dev', 'eth2', ...nodad])
      there('address', 'add', far, 'dev', 'far0', ...nodad)
    }
    run('ip', ['link', 'set', 'eth2', 'up'])
    there('link', 'set', 'far0', 'up')
  })
  afterAll(() => {
    run('ip', ['link', 'delete', 'eth2'])
    run('ip', ['netns', 'delete', PEER])
  })
  afterEach(() => clearAll(tables))

  test.each(CASES)('%s: interfaces and protocols that are not to be are for the packets that the C tool’s are for (%s)', async (_, family) => {
    const { Rule, Table } = OF[family]
    await using table = new Table('filter', { backend: tables.backend })
    const input = new Chain(table, 'INPUT')
    // Each rule twice, ours and the C tool's, where packets of one protocol come by.
    for (const protocol of ['tcp', 'udp'] as const) {
      const chain = await table.createChain(protocol)
      await input.appendRule(new Rule({ protocol, target: protocol }))
      for (const [given, words] of CONDITIONS) {
        await chain.appendRule(new Rule(given))
        tables.tool(family, '-A', protocol, ...words.split(' '))
      }
    }
    knock(ADDRESS[family][0])
    for (const [at, protocol] of (['tcp', 'udp'] as const).entries()) {
      const rules = await new Chain(table, protocol).rules
      const counted = CONDITIONS.map(([, words], index) => [words, ...rules.slice(2 * index, 2 * index + 2).map(({ counters }) => Number(counters[0]))])
      expect(counted).toEqual(CONDITIONS.map(([, words, ...counts]) => [words, counts[at], counts[at]]))
    }
  })

  test.each(CASES)('%s: they are the bytes that the C tool sends (%s)', async (_, family) => {
    const { Rule, Table } = OF[family]
    await using table = new Table('filter', { backend: tables.backend })
    const blank = new Set(await tables.raw(family))
    for (const out of [false, true]) {
      const chain = new Chain(table, out ? 'OUTPUT' : 'INPUT')
      for (const [{ inInterface, protocol }, words] of CONDITIONS) {
        const rule = new Rule({ ...(protocol && { protocol }), target: 'ACCEPT' })
        if (inInterface !== undefined) rule[out ? 'outInterface' : 'inInterface'] = inInterface
        await chain.appendRule(rule)
        tables.tool(family, '-A', chain.name, ...(out ? words.replace('-i', '-o') : words).split(' '), '-j', 'ACCEPT')
      }
    }
    // Each stands before its like.
    const rules = (await tables.raw(family)).filter((bytes) => !blank.has(bytes))
    expect(rules).toHaveLength(4 * CONDITIONS.length)
    for (let at = 0; at < rules.length; at += 2) expect(rules[at]).toBe(rules[at + 1])
  })

  test('1.8: the mask of an IPv6 address is read to its end', async () => {
    await using table = new Table6('filter', { backend: tables.backend })
    const addresses = ['fd77::/64', 'fd77::/65', 'fd77::1', 'fd77::/7', '::/1', 'fd00::7/ff00::ff', '::/ffff:0:ffff::']
    for (const address of addresses) tables.tool('ip6', '-A', 'INPUT', '-s', address)
    for (const { src } of await new Chain(table, 'INPUT').rules) await new Chain(table, 'OUTPUT').appendRule(new Rule6({ src }))
    expect(shown(tables, 'ip6', 'filter', 'OUTPUT')).toEqual(shown(tables, 'ip6', 'filter', 'INPUT'))
    expect(shown(tables, 'ip6', 'filter', 'OUTPUT')).toHaveLength(addresses.length)
  })
})
