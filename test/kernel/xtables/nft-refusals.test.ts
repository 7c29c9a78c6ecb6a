import { InputError, KernelError, openTransport } from '../../../src/netlink/index.js'
import { type Changes, type Family, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { NftBackend } from '../../../src/xtables/nft/backend.js'
import { Xtables } from '../../../src/xtables/xtables.js'
import { kernelRules, nft, recorded } from '../../support/nft-tables.js'
import { describeNft, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const plain = (i: number): RuleInput => ({ protocol: 'tcp', matches: [{ match: 'tcp', dport: i }] })
const text = (rule: string) => (family: Family) => parseRule(rule, { family })
const unknown = (name: string, revision: number, info = '00'.repeat(8)) => ({ match: 'unknown', name, revision, info }) as const

/** What the kernel refuses: table and chain, rule, errno, and what is said of it. */
const REFUSED: readonly [string, string, (family: Family) => RuleInput, string, RegExp][] = [
  ['an extension no kernel has', 'filter INPUT', () => ({ matches: [unknown('nosuch', 0)] }), 'ENOENT', /-m unknown --name nosuch/],
  ['a revision no kernel has', 'filter INPUT', () => ({ matches: [unknown('multiport', 9)] }), 'ENOENT', /--name multiport --revision 9/],
  ['an extension with too few bytes', 'filter INPUT', () => ({ matches: [unknown('multiport', 1)] }), 'EINVAL', /multiport/],
  ['ports without a protocol', 'filter INPUT', () => ({ matches: [{ match: 'tcp', dport: 22 }] }), 'EINVAL', /match tcp may need a protocol/],
  ['ports of another protocol', 'filter INPUT', () => ({ protocol: 'udp', matches: [{ match: 'tcp', dport: 22 }] }), 'EINVAL', /match tcp/],
  ['ports of any protocol but theirs', 'filter INPUT', () => ({ protocol: { not: 'tcp' }, matches: [{ match: 'tcp', dport: 22 }] }), 'EINVAL', /match tcp/],
  ['a target without its protocol', 'filter INPUT', text('-j REJECT --reject-with tcp-reset'), 'EINVAL', /target REJECT may need a protocol/],
  ['a target in the wrong chain', 'nat POSTROUTING', text('-p tcp -j REDIRECT'), 'EINVAL', /target REDIRECT.*another chain/],
  ['a match in the wrong chain', 'mangle OUTPUT', text('-m socket'), 'EINVAL', /match socket.*another chain/],
  ['the owner of what comes in', 'filter INPUT', text('-m owner --uid-owner 5'), 'EINVAL', /match owner.*another chain/],
  ['a helper that is not there', 'raw PREROUTING', text('-p tcp -j CT --helper nosuch'), 'ENOENT', /target CT names is not there: a helper/],
  ['a target of another table in disguise', 'filter INPUT', () => ({ target: { target: 'unknown', name: 'CHECKSUM', revision: 0, info: `01${'00'.repeat(7)}` } }), 'EINVAL', /CHECKSUM/],
]

/** What is refused before the kernel sees it. */
const WRONG: readonly [string, string, (family: Family) => RuleInput, RegExp, RegExp][] = [
  ['QUEUE, which nf_tables lacks', 'filter INPUT', text('-j QUEUE'), /^filter INPUT rule 3\.target$/, /no QUEUE: use NFQUEUE/],
  ['a target in the wrong table', 'filter INPUT', text('-p tcp -j REDIRECT'), /^filter INPUT rule 3 \(-p tcp -j REDIRECT\)$/, /only stand in table nat/],
  ['a set that is not there', 'filter INPUT', text('-m set --match-set nosuch src'), /^filter INPUT rule 3\.matches\[0\]\.matchSet/, /no set 'nosuch'; create it/],
  ['a jump to a chain that is not there', 'filter INPUT', text('-j nowhere'), /^filter INPUT rule 3 \(-j nowhere\)$/, /no chain 'nowhere' in table 'filter'/],
  ['ports of no protocol that has them', 'filter INPUT', () => ({ protocol: 'icmp', matches: [{ match: 'multiport', dports: '1,2' }] }), /^filter INPUT rule 3\.matches\[0\]\.dports$/, /-p tcp/],
  ['an entry of the legacy tables', 'filter INPUT', () => ({ header: '00'.repeat(84) }), /^filter INPUT rule 3\.header$/, /only the legacy tables/],
  ['expressions that are none', 'filter INPUT', () => ({ expressions: '0' }), /^filter INPUT rule 3\.expressions$/, /hexadecimal/],
]

describeNft('what is wrong with a change of nf_tables', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => {
      nft('flush', 'ruleset')
      for (const rule of [['-p', 'tcp'], ['-p', 'udp']]) tables.tool(family, '-A', 'INPUT', ...rule)
    })

    /** Appends a rule; must fail, and change nothing. */
    async function refused(place: string, change: (tx: Changes, table: string, chain: string) => void, test = false): Promise<Error> {
      const [table, chain] = place.split(' ') as [string, string]
      const before = nft('-a', 'list', 'ruleset')
      const error = await rejection(tables.withTables((xt) => xt.transaction((tx) => change(tx[family], table, chain), { test })))
      expect(nft('-a', 'list', 'ruleset')).toBe(before)
      return error
    }

    test.each(REFUSED)('is told by the kernel, also in a test: %s', async (_, place, rule, errno, words) => {
      const number = place === 'filter INPUT' ? 3 : 1
      for (const test of [false, true]) {
        const error = await refused(place, (tx, table, chain) => tx.append(table, chain, rule(family)), test)
        if (!KernelError.is(error)) throw error
        expect(error.errnoName).toBe(errno)
        expect(error.path).toMatch(new RegExp(`^${place} rule ${number} \\(.+\\)$`))
        expect(error.message).toMatch(words)
      }
    })

    test.each(WRONG)('is refused before the kernel sees it, with a number that counts the rules that are there: %s', async (_, place, rule, path, words) => {
      const error = await refused(place, (tx, table, chain) => tx.append(table, chain, rule(family)))
      if (!InputError.is(error)) throw error
      expect(error.path).toMatch(path)
      expect(error.reason).toMatch(words)
    })

    test('names one rule of a thousand by index and text, wherever the others go', async () => {
      const error = await refused('filter INPUT', (tx) => {
        tx.newChain('filter', 'web')
        for (let i = 1; i <= 1000; i++) {
          tx.insert('filter', 'INPUT', plain(i))
          tx.append('filter', 'web', i === 617 ? { matches: [unknown('nosuch', 0)] } : plain(i))
        }
      })
      expect(KernelError.is(error) && error.path).toBe('filter web rule 617 (-m unknown --name nosuch --revision 0 --info 0000000000000000)')
    })

    test('names the first of more than the kernel has room to tell of, and nothing is changed by looking for it', async () => {
      for (let i = 1; i <= 2; i++) tables.tool(family, '-A', 'OUTPUT', '-p', 'tcp', '--dport', `${i}`)
      const before = nft('-a', 'list', 'ruleset')
      const transport = await openTransport('direct', { receiveBuffer: 200_000 })
      const received = jest.spyOn(transport, 'receive')
      await using xt = new Xtables(await NftBackend.open({ transport }))
      const change = xt.transaction(({ [family]: tx }) => {
        for (let i = 1; i <= 300; i++) tx.append('filter', 'OUTPUT', plain(i))
        for (let i = 1; i <= 3000; i++) tx.append('filter', 'OUTPUT', { matches: [unknown('nosuch', 0)] })
      })
      const error = await rejection(change)
      expect(KernelError.is(error) && [error.path, error.errnoName]).toEqual(['filter OUTPUT rule 303 (-m unknown --name nosuch --revision 0 --info 0000000000000000)', 'ENOENT'])
      expect(received.mock.results.filter(({ type }) => type === 'throw').map(({ value }) => value.code)).toContain('ERR_OVERRUN')
      expect(nft('-a', 'list', 'ruleset')).toBe(before)
    })

    test('says of a match that this kernel lacks that its module may have to be loaded', async () => {
      const rule = parseRule('-m ipvs --ipvs', { family })
      const { xt } = await recorded()
      const error = await xt.transaction((tx) => tx[family].append('filter', 'INPUT', rule), { test: true }).then(() => undefined, (reason) => reason)
      xt.close()
      if (error === undefined) return console.warn('not tried: this kernel has the match ipvs')
      expect(KernelError.is(error) && error.message).toMatch(/this kernel has no match 'ipvs': its module may have to be loaded/)
    })

    test('is found in a test, and nothing else is done in one', async () => {
      const before = nft('-a', 'list', 'ruleset')
      const { xt, said } = await recorded()
      await xt.transaction(
        ({ ip, ip6 }) => {
          for (const tx of [ip, ip6]) {
            tx.newChain('filter', 'web')
            tx.append('filter', 'INPUT', { target: { jump: 'web' } })
            tx.setPolicy('mangle', 'FORWARD', 'DROP')
          }
          ;({ ip, ip6 })[family].delete('filter', 'INPUT', 1)
        },
        { test: true },
      )
      xt.close()
      expect(said.counts()).toMatchObject({ batch: 1, newChain: expect.any(Number), newRule: 2, deleteRule: 1 })
      expect(nft('-a', 'list', 'ruleset')).toBe(before)
      expect(await kernelRules(family)).toHaveLength(2)
    })
  })
})
