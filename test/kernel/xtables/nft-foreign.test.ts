import { InputError, KernelError } from '../../../src/netlink/index.js'
import { type Changes, formatRule, parseRule, type Rule } from '../../../src/xtables/index.js'
import { listed, nft, nftLoad } from '../../support/nft-tables.js'
import { describeNft, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const ADDRESSES = { ip: '10.0.0.0/8, 192.0.2.1', ip6: 'fd00::/8, 2001:db8::1' } as const

/** A table with sets, maps, base chains and rules that no iptables says, and others that it does. */
const TABLE = (family: 'ip' | 'ip6') => `
table ${family} filter {
  set bad { type ipv${family === 'ip' ? 4 : 6}_addr; flags interval; elements = { ${ADDRESSES[family]} }; }
  map ports { type inet_service : verdict; elements = { 22 : accept, 23 : drop, 24 : goto held }; }
  chain INPUT {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    iif "lo" accept
    ${family} saddr @bad counter packets 5 bytes 50 drop comment "bad ones"
    tcp dport vmap @ports
    tcp dport { 80, 443 } accept
    ct mark 5 jump web
    meta l4proto udp counter packets 7 bytes 70 accept comment "one of iptables, but for its comment"
  }
  chain web {
    ct direction original counter packets 3 bytes 30 return
    meta l4proto tcp counter packets 1 bytes 2 return
  }
  chain held {
    ct state invalid drop
  }
  chain mine {
    type filter hook input priority 10; policy accept;
    ct state invalid drop
    jump web
  }
}
`
const FOREIGN = { ct: 1, lo: 2, set: 3, vmap: 4, ports: 5, jump: 6 } as const
const own = parseRule('-m mark --mark 5 -j ACCEPT')

/** What is done beside the rules of nft, which are to stay as they are. */
const BESIDE: readonly [string, (tx: Changes) => void | Promise<void>][] = [
  ['append', (tx) => tx.append('filter', 'INPUT', own)],
  ['insert in front', (tx) => tx.insert('filter', 'INPUT', own)],
  ['insert between them', (tx) => tx.insert('filter', 'INPUT', own, 4)],
  ['a rule for a chain that was not there', (tx) => tx.append('filter', 'OUTPUT', own)],
  ['a chain, and a rule that jumps to it', (tx) => {
    tx.newChain('filter', 'own')
    tx.append('filter', 'own', own)
    tx.insert('filter', 'INPUT', { target: { jump: 'own' } }, 3)
    tx.renameChain('filter', 'own', 'owned')
  }],
  ['a chain that is made and deleted', (tx) => {
    tx.newChain('filter', 'own')
    tx.deleteChain('filter', 'own')
  }],
  ['a rule that is put between them and taken out', (tx) => {
    tx.insert('filter', 'INPUT', own, 4)
    tx.delete('filter', 'INPUT', 4)
  }],
  ['replaceChain by what was read and more', async (tx) => {
    const [first, ...rest] = (await tx.rules('filter', 'INPUT')).map(({ counters, ...rule }) => rule)
    tx.replaceChain('filter', 'INPUT', [first as Rule, own, ...rest, own])
  }],
  ['replaceChain by what was read, counters and all', async (tx) => tx.replaceChain('filter', 'INPUT', [...(await tx.rules('filter', 'INPUT')), own])],
  ['zero of what has counted nothing', (tx) => tx.zero('filter', 'INPUT', 1)],
  ['restore without flushing', (tx) => tx.restore('*filter\n:own - [0:0]\n-A INPUT -j own\n-I INPUT -p tcp\nCOMMIT\n', { noflush: true })],
]

/** What would lose one of them, and which is named. */
const LOSING: readonly [string, (tx: Changes) => void | Promise<void>, string][] = [
  ['replaceChain', (tx) => tx.replaceChain('filter', 'INPUT', [own]), 'filter INPUT rule 1'],
  ['replaceChain by all but one', async (tx) => tx.replaceChain('filter', 'INPUT', (await tx.rules('filter', 'INPUT')).map(({ counters, ...rule }) => rule).filter((_, i) => i !== 3)), 'filter INPUT rule 4'],
  ['flush of a chain', (tx) => tx.flush('filter', 'web'), 'filter web rule 1'],
  ['flush of the table', (tx) => tx.flush('filter'), 'rule 1'],
  ['restore of a ruleset', (tx) => tx.restore({ filter: { INPUT: { rules: [] } } }), 'rule 1'],
  ['restore of a text', (tx) => tx.restore('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'), 'rule 1'],
]

describeNft('what nft has made in a table of iptables', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => {
      nft('flush', 'ruleset')
      nftLoad(TABLE(family))
    })

    const change = (body: (tx: Changes) => unknown) => tables.withTables((xt) => xt.transaction((tx) => body(tx[family]) as Promise<void>))
    const read = () => tables.withTables((xt) => xt[family].read('filter'))

    test.each(BESIDE)('is kept as nft lists it, beside: %s', async (_, body) => {
      const before = listed(family)
      expect(before.filter((line) => /# handle \d+$/.test(line)).length).toBeGreaterThan(15)
      await change(body)
      const after = listed(family)
      expect(after).toEqual(expect.arrayContaining(before))
      // In the same order.
      const handled = (lines: readonly string[]) => lines.filter((line) => before.includes(line) && /# handle/.test(line))
      expect(handled(after)).toEqual(handled(before))
    })

    test('is kept when a chain that its rules jump to gets another name', async () => {
      const before = listed(family)
      await change((tx) => tx.renameChain('filter', 'web', 'www'))
      expect(listed(family)).toEqual(before.map((line) => line.replace(/\bweb\b/, 'www')))
    })

    test('has its counters zeroed, and its comments kept, in the same place', async () => {
      const before = listed(family)
      await change((tx) => {
        tx.zero('filter', 'INPUT')
        tx.zero('filter', 'web', 1)
      })
      const zeroed = /packets (5 bytes 50|7 bytes 70|3 bytes 30)/
      expect(before.filter((line) => zeroed.test(line))).toHaveLength(3)
      expect(listed(family)).toEqual(before.map((line) => line.replace(zeroed, 'packets 0 bytes 0')))
    })

    test.each(LOSING)('is not lost by %s: that is refused, the rule is named, and nothing changes', async (_, body, path) => {
      const before = listed(family)
      const error = await rejection(change(body))
      if (!InputError.is(error)) throw error
      expect(error.path).toContain(path)
      expect(error.reason).toMatch(/nft/)
      expect(listed(family)).toEqual(before)
    })

    test('goes when it is deleted by its number, or a text says -F, as with the C tool', async () => {
      const before = listed(family)
      await change((tx) => {
        tx.delete('filter', 'INPUT', FOREIGN.vmap)
        tx.replace('filter', 'web', 1, own)
      })
      expect(listed(family).some((line) => line.includes('vmap'))).toBe(false)
      expect(listed(family).some((line) => line.includes('ct direction'))).toBe(false)
      await change((tx) => tx.restore('*filter\n-F INPUT\nCOMMIT\n', { noflush: true }))
      expect((await read()).INPUT?.rules).toEqual([])
      const chain = (name: string, lines: readonly string[]) => lines.slice(lines.findIndex((line) => line.startsWith(`chain ${name} `))).slice(0, 4)
      expect(chain('mine', listed(family))).toEqual(chain('mine', before))
    })

    test('is read: its rules by their expressions, where iptables has no words for them', async () => {
      const { INPUT, web, held, ...others } = await read()
      expect(INPUT?.rules.map(({ expressions }) => expressions !== undefined)).toEqual([true, true, true, true, true, true, false])
      expect(web?.rules.map(({ expressions }) => expressions !== undefined)).toEqual([true, false])
      for (const { expressions } of [...(INPUT?.rules ?? []), ...(held?.rules ?? [])]) expect(expressions ?? '00').toMatch(/^([0-9a-f]{2})+$/)
      expect(INPUT?.rules[FOREIGN.set - 1]?.counters).toEqual({ packets: 5n, bytes: 50n })
      expect(formatRule(INPUT?.rules[6] as Rule, { family })).toBe('-p udp -m comment --comment "one of iptables, but for its comment" -j ACCEPT')
      // A base chain of nft is none of iptables.
      expect(Object.keys(others)).toEqual(['FORWARD', 'OUTPUT'])
    })

    test.each(['ct', 'lo', 'set', 'vmap', 'jump'] as const)('is found and deleted by what was read, and can be written back: %s', async (which) => {
      const place = FOREIGN[which]
      const before = listed(family)
      const rule = (await read()).INPUT?.rules[place - 1] as Rule
      await change(async (tx) => {
        expect(await tx.has('filter', 'INPUT', rule)).toBe(true)
        tx.delete('filter', 'INPUT', rule)
      })
      const text = (line: string) => line.replace(/ # handle \d+$/, '')
      const one = listed(family).map(text)
      expect(one).toHaveLength(before.length - 1)
      await change((tx) => tx.insert('filter', 'INPUT', rule, place))
      // The comment of nft is no part of the expressions.
      expect(listed(family).map(text)).toEqual(before.map(text).map((line) => (which === 'set' ? line.replace(' comment "bad ones"', '') : line)))
    })

    test('keeps a chain that only its map leads to from being deleted: the kernel says so', async () => {
      await change((tx) => tx.delete('filter', 'held', 1))
      const before = listed(family)
      const error = await rejection(change((tx) => tx.deleteChain('filter', 'held')))
      expect(KernelError.is(error) && [error.errnoName, error.path]).toEqual(['EBUSY', 'filter held'])
      expect(error.message).toMatch(/chain 'held' of table 'filter'/)
      expect(listed(family)).toEqual(before)
    })

    test('is kept in other tables, too, whatever family they are of', async () => {
      nftLoad('table inet filter { chain INPUT { type filter hook input priority 0; ct state new counter; }; }\ntable netdev t { chain c { }; }\n')
      const before = [nft('-a', 'list', 'table', 'inet', 'filter'), nft('-a', 'list', 'table', 'netdev', 't')]
      await tables.withTables(async (xt) => {
        await xt.transaction((tx) => {
          for (const one of FAMILIES) tx[one].append('mangle', 'INPUT', own)
        })
        expect(Object.keys(await xt[family].readAll())).toEqual(['mangle', 'filter'])
      })
      expect([nft('-a', 'list', 'table', 'inet', 'filter'), nft('-a', 'list', 'table', 'netdev', 't')]).toEqual(before)
    })
  })
})
