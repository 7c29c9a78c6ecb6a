import { InputError } from '../../../src/netlink/index.js'
import { formatRuleset, parseRule, parseRuleset } from '../../../src/xtables/index.js'
import { comesBack, empty, hasExtension, survives } from '../../support/foreign-rules.js'
import { listed, nft, nftLoad } from '../../support/nft-tables.js'
import { describeNft, describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

/** include/uapi/linux/netfilter/xt_udplite... no description of this library's: ports 0 to 65535, from 1 to 2, as bytes. */
const UNKNOWN = { match: 'unknown', name: 'udplite', revision: 0, info: `0000ffff01000200${'00'.repeat(8)}` } as const

describeTables('34. a rule with an extension that nobody has described, in the tables of %s', (tables) => {
  test.each(FAMILIES)('is kept byte for byte by whatever is done around it, and can be written back (%s)', async (family) => {
    if (!(await hasExtension(tables, family, 'match', 'udplite', 0))) return console.warn(`not tried: this kernel has no match udplite for ${family}`)
    await empty(tables, family)
    const rule = { protocol: 136, matches: [UNKNOWN], target: { target: 'ACCEPT' } } as const
    expect((await survives(tables, family, rule)).matches).toEqual([UNKNOWN])
    await comesBack(tables, family)
  })
})

describeNft('34. a rule of nft that iptables has no words for', (tables) => {
  const OWN = parseRule('-m mark --mark 0x5')
  beforeEach(() => {
    nft('flush', 'ruleset')
    nftLoad(`table ip filter {
      set bad { type ipv4_addr; elements = { 192.0.2.1 }; }
      chain INPUT {
        type filter hook input priority filter; policy accept;
        meta l4proto tcp counter packets 0 bytes 0 accept
        ip saddr @bad drop
      }
    }`)
  })

  // The C tool says "# Table `filter' is incompatible, use 'nft' tool.", or, in version 1.8.9, prints the rule without its condition: -j DROP.
  test('is shown by its expressions, and no rule is shown that it is not', async () => {
    await tables.withTables(async (xt) => {
      const { INPUT } = await xt.ip.read('filter')
      expect(INPUT?.rules.map(({ expressions }) => expressions !== undefined)).toEqual([false, true])
      const text = formatRuleset({ filter: await xt.ip.read('filter') })
      expect(text).toContain('-A INPUT -p tcp -j ACCEPT\n')
      expect(text).not.toContain('-j DROP')
      expect(parseRuleset(text).filter?.INPUT?.rules[1]?.expressions).toBe(INPUT?.rules[1]?.expressions)
    })
  })

  test('is kept by a commit beside it, with its set, its place and its handle', async () => {
    const before = listed('ip')
    await tables.withTables((xt) =>
      xt.transaction(({ ip }) => {
        ip.insert('filter', 'INPUT', OWN)
        ip.append('filter', 'INPUT', OWN)
        ip.append('filter', 'FORWARD', OWN)
      }),
    )
    const handled = (lines: readonly string[]) => lines.filter((line) => / # handle \d+$/.test(line))
    expect(handled(before)).toHaveLength(5)
    expect(handled(listed('ip')).filter((line) => before.includes(line))).toEqual(handled(before))
  })

  test.each(['flush', 'replaceChain', 'restore'] as const)('is not lost by %s: that is refused, and the rule is named', async (way) => {
    const before = listed('ip')
    const change = tables.withTables((xt) =>
      xt.transaction(({ ip }) => {
        if (way === 'flush') ip.flush('filter', 'INPUT')
        else if (way === 'replaceChain') ip.replaceChain('filter', 'INPUT', [OWN])
        else ip.restore('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n')
      }),
    )
    const error = await rejection(change)
    expect(InputError.is(error) && [error.path, /nft/.test(error.reason)]).toEqual(['filter INPUT rule 2', true])
    expect(listed('ip')).toEqual(before)
  })
})
