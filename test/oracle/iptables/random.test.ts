import fc from 'fast-check'
import { type Family, formatRuleset, parseRuleset, type Xtables } from '../../../src/xtables/index.js'
import { describeCommands, type Oracle } from '../../support/iptables-oracle.js'

const number = (max: number, min = 0) => fc.integer({ min, max })
const words = (...parts: (string | fc.Arbitrary<string | number>)[]) =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(''))
const some = (choices: readonly string[]) => fc.subarray([...choices], { minLength: 1 }).map((chosen) => chosen.join(','))
const one = fc.constantFrom
const not = one('', '! ')
const hex = (max: number) => number(max).map((value) => `0x${value.toString(16)}`)
const span = (max: number) => fc.tuple(number(max), number(max)).map(([a, b]) => (a === b ? `${a}` : `${Math.min(a, b)}:${Math.max(a, b)}`))
const address = { ip: fc.ipV4(), ip6: fc.ipV6() } as const
const network = (family: Family, least = 0) => words(address[family], '/', number(family === 'ip' ? 32 : 128, least))
/** `! -s 1.2.3.4/0` is refused by iptables-nft: the differences have it by name. */
const addresses = ({ backend }: Oracle, family: Family, flag: string) =>
  fc.option(fc.oneof(words(flag, network(family)), words('! ', flag, network(family, backend === 'nft' ? 1 : 0))), { nil: '' })
const letters = (max: number) => fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'), minLength: 1, maxLength: max })
const quoted = fc.string({ minLength: 1, maxLength: 20 }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`)

/** Matches that any rule may have. */
const matches = (family: Family) => [
  words('-m comment --comment ', quoted),
  words('-m mark ', not, '--mark ', hex(0xffffffff), '/', hex(0xffffffff)),
  words('-m connmark ', not, '--mark ', hex(0xffff)),
  words('-m conntrack ', not, '--ctstate ', some(['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'])),
  words('-m conntrack --ctproto ', number(255, 1), ' ', not, '--ctorigsrc ', address[family]),
  words('-m state --state ', some(['NEW', 'ESTABLISHED', 'RELATED'])),
  words('-m limit --limit ', number(1000, 1), one('/second', '/minute', '/hour'), ' --limit-burst ', number(20, 1)),
  // Rate times burst has to fit the kernel's 32 bits, else ERANGE.
  words('-m limit --limit ', number(1000, 100), '/day --limit-burst ', number(20, 1)),
  words('-m hashlimit --hashlimit-', one('upto', 'above'), ' ', number(100, 1), '/sec --hashlimit-mode ', one('srcip', 'dstip', 'srcip,dstport'), ' --hashlimit-name ', letters(10)),
  words('-m length ', not, '--length ', span(65535)),
  words('-m iprange ', not, '--src-range ', one(family === 'ip' ? '10.0.0.1-10.0.0.9' : '2001:db8::1-2001:db8::9')),
  words('-m pkttype ', not, '--pkt-type ', one('unicast', 'broadcast', 'multicast')),
  words('-m statistic --mode nth ', not, '--every ', number(100, 2), ' --packet ', one('0', '1')),
  words('-m statistic --mode random --probability 0.', number(9, 1)),
  words('-m quota ', not, '--quota ', number(2 ** 31)),
  words('-m dscp ', not, '--dscp ', hex(63)),
  words('-m tos ', not, '--tos ', hex(255), '/', hex(255)),
  words(family === 'ip' ? '-m ttl --ttl-' : '-m hl --hl-', one('eq', 'lt', 'gt'), ' ', number(255)),
  words('-m time --timestart 0', number(9), ':1', number(9), ' --weekdays ', some(['Mon', 'Tue', 'Sun'])),
  words('-m u32 --u32 "', hex(60), '=', hex(0xffff), '"'),
  words('-m string --string "', letters(20), '" --algo ', one('bm', 'kmp'), ' --to ', number(65535, 1)),
  words('-m connbytes ', not, '--connbytes ', span(2 ** 31), ' --connbytes-mode ', one('packets', 'bytes', 'avgpkt'), ' --connbytes-dir ', one('original', 'reply', 'both')),
  words('-m connlimit --connlimit-', one('upto', 'above'), ' ', number(10000), ' --connlimit-mask ', number(32)),
  words('-m addrtype ', not, '--src-type ', some(['UNICAST', 'LOCAL', 'MULTICAST'])),
  words('-m recent --', one('set', 'rcheck', 'update', 'remove'), ' --name ', letters(20), ' --', one('rsource', 'rdest')),
  words('-m helper ', not, '--helper ', one('ftp', 'sip')),
  words('-m cpu ', not, '--cpu ', number(64)),
]

/**
 * All ports but all of them: the C tools print no such option; and iptables-nft-save says `--sport 5:65535` for
 * `! --sport 0:4`. The differences have both by name.
 */
const otherwise = { legacy: /! --[sd]port 0:65535/, nft: /! --[sd]port 0:/ } as const

/** A protocol and what goes with it. */
const protocols = (family: Family) => [
  fc.constant(''),
  words(not, '-p ', one('udplite', 'gre', 'esp', '253', 'tcp')),
  words('-p tcp -m tcp ', not, '--dport ', span(65535)),
  words('-p tcp -m tcp ', not, '--sport ', span(65535), ' ', not, '--tcp-flags ', some(['FIN', 'SYN', 'RST', 'ACK']), ' ', some(['SYN', 'ACK'])),
  words('-p udp -m udp ', not, '--sport ', span(65535), ' ', not, '--dport ', span(65535)),
  words('-p udp -m multiport ', not, '--', one('dports', 'sports', 'ports'), ' ', fc.array(number(65535), { minLength: 1, maxLength: 15 }).map((ports) => ports.join(','))),
  words('-p sctp -m sctp ', not, '--dport ', number(65535)),
  words('-p dccp -m dccp ', not, '--sport ', span(65535)),
  family === 'ip' ? words('-p icmp -m icmp ', not, '--icmp-type ', number(18)) : words('-p ipv6-icmp -m icmp6 ', not, '--icmpv6-type ', number(150, 128)),
]

const targets = (family: Family, chain: number, own: readonly string[]) => [
  fc.constant(''),
  one('-j ACCEPT', '-j DROP', '-j RETURN', '-j AUDIT --type accept'),
  words('-j LOG --log-prefix ', quoted, ' --log-level ', number(7)),
  words('-j NFLOG --nflog-group ', number(65535, 1), ' --nflog-prefix ', letters(40)),
  words('-j NFQUEUE --queue-balance ', number(30), ':', number(60, 31), one('', ' --queue-bypass')),
  words('-j CONNMARK --set-xmark ', hex(0xffffffff), '/', hex(0xffffffff)),
  words('-j DSCP --set-dscp ', hex(63)),
  words('-j TOS --set-tos ', hex(255), '/', hex(255)),
  words('-j REJECT --reject-with ', family === 'ip' ? one('icmp-port-unreachable', 'icmp-admin-prohibited') : one('icmp6-port-unreachable', 'icmp6-no-route')),
  words('-j MARK --set-xmark ', hex(0xffffffff), '/', hex(0xffffffff)),
  // Only to chains further on: no circles.
  ...(chain < own.length ? [words(one('-j ', '-g '), one(...own.slice(chain)))] : []),
]
/** Of a match named again the C tool gives `--mark` to the other match that has it, if that was named in between. */
const takesMark = (words: string) => /^-m (conn)?mark /.test(words)
const mixesMarks = (all: readonly string[]) => new Set(all.filter(takesMark).map((words) => words.split(' ')[1])).size > 1 && all.filter(takesMark).length > 2
/** Targets that one of the two tables does not have. */
const notIn = (table: string, target: string) => (table === 'filter' ? /^-j (DSCP|TOS)/.test(target) : /^-j REJECT/.test(target))

interface Sketch {
  readonly table: 'filter' | 'mangle'
  readonly text: string
}

function rule(oracle: Oracle, family: Family, table: string, chain: string, index: number, own: readonly string[]): fc.Arbitrary<string> {
  // ip6tables-nft drops the counters of rules: the differences have it by name.
  const counter = fc.bigInt({ min: 0n, max: oracle.backend === 'nft' && family === 'ip6' ? 0n : 2n ** 63n })
  return fc
    .tuple(
      counter, counter,
      addresses(oracle, family, '-s '),
      addresses(oracle, family, '-d '),
      fc.option(words(not, chain === 'OUTPUT' ? '-o ' : '-i ', letters(14), one('', '+')), { nil: '' }),
      fc.oneof(...protocols(family)).filter((text) => !otherwise[oracle.backend].test(text)),
      fc.uniqueArray(fc.oneof(...matches(family)), { maxLength: 4 }).filter((all) => !mixesMarks(all)),
      fc.oneof(...targets(family, index, own)).filter((target) => !notIn(table, target)),
    )
    .map(([packets, bytes, ...rest]) => `[${packets}:${bytes}] -A ${chain} ${rest.flat().filter((part) => part !== '').join(' ')}`)
}

function ruleset(oracle: Oracle, family: Family): fc.Arbitrary<Sketch> {
  return fc
    .record({ table: one('filter', 'mangle'), own: fc.uniqueArray(letters(20).map((name) => `c-${name}`), { maxLength: 5 }), policies: fc.array(one('ACCEPT', 'DROP'), { minLength: 2, maxLength: 2 }) })
    .chain(({ table, own, policies }) => {
      const builtIn = ['INPUT', 'OUTPUT']
      const chains = [...builtIn, ...own]
      const rules = chains.map((chain, i) => fc.array(rule(oracle, family, table, chain, Math.max(0, i - 1), own), { maxLength: 6 }))
      const counter = fc.bigInt({ min: 0n, max: 2n ** 63n })
      return fc.tuple(fc.tuple(counter, counter), ...rules).map(([[packets, bytes], ...all]) => {
        const heads = [...builtIn.map((chain, i) => `:${chain} ${policies[i]} [${packets}:${bytes}]`), ...own.map((chain) => `:${chain} - [0:0]`)]
        return { table, text: [`*${table}`, ...heads, ...(all as string[][]).flat(), 'COMMIT', ''].join('\n') }
      })
    })
}

/** nf_tables takes its time to change what packets enter. */
const RUNS = { legacy: 60, nft: 20 } as const

describeCommands('random rulesets, both ways, with %s', (oracle) => {
  /** What the C tool prints of one table. */
  const saved = (family: Family, table: string) => {
    const text = oracle.state(family)
    return `${text.slice(text.indexOf(`*${table}\n`)).split('COMMIT\n')[0]}COMMIT\n`
  }

  async function bothWays(xt: Xtables, family: Family, { table, text }: Sketch): Promise<void> {
    oracle.clear(family, [table])
    oracle.restore(family, text)
    const theirText = saved(family, table)
    const read = await xt[family].read(table)
    expect(formatRuleset({ [table]: read }, { family, counters: true })).toBe(theirText)

    // What was read is written again, and then what we make of the text alone.
    for (const given of [{ [table]: read }, parseRuleset(text, { family })]) {
      oracle.clear(family, [table])
      await xt.transaction((tx) => tx[family].restore(given))
      expect(saved(family, table)).toBe(theirText)
    }
    oracle.clear(family, [table])
    await xt.transaction((tx) => tx[family].restore(formatRuleset({ [table]: read }, { family, counters: true }), { counters: true }))
    expect(saved(family, table)).toBe(theirText)
  }

  test('rates that fall between two units are printed in the same one', async () => {
    await using xt = await oracle.open()
    for (const rate of ['961/min', '57692/hour', '16/sec', '17/sec', '7/min', '143/hour', '59/min', '61/min', '3601/hour', '9999/sec', '30/day']) {
      await bothWays(xt, 'ip', { table: 'filter', text: `*filter\n[1:1] -A INPUT -m limit --limit ${rate}\nCOMMIT\n` })
    }
  })

  test.each(['ip', 'ip6'] as const)('%s', async (family) => {
    await using xt = await oracle.open()
    const runs = RUNS[oracle.backend]
    let rules = 0
    await fc.assert(
      fc.asyncProperty(ruleset(oracle, family), async (sketch) => {
        await bothWays(xt, family, sketch)
        rules += sketch.text.split('\n-A').length
      }),
      { numRuns: runs, endOnFailure: true },
    )
    expect(rules).toBeGreaterThanOrEqual(runs)
  }, 120_000)
})
