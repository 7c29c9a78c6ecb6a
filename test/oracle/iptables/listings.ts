import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describeCommandsOn, type Oracle, type TableName } from '../../support/iptables-oracle.js'
import type { Family } from '../../../src/xtables/index.js'

interface Case {
  readonly family: Family
  readonly table: TableName
  readonly chain: string
  readonly extension: string
  readonly rule: string
  readonly ok: boolean
  readonly nft: { readonly ok: boolean }
  readonly setup?: readonly string[]
}

/** Rules of extensions that the corpus has nothing of. */
const BEYOND = [
  ['ip6', 'filter', 'INPUT', '-m eui64'], ['ip6', 'filter', 'INPUT', '-m eui64 -m hl --hl-eq 255'],
  ...(['ip', 'ip6'] as const).flatMap((family) => [
    [family, 'filter', 'INPUT', '-m devgroup --src-group 5/0xff'], [family, 'filter', 'FORWARD', '-m devgroup ! --src-group 7 --dst-group 0'],
    [family, 'filter', 'INPUT', '-m helper ! --helper ftp'], [family, 'filter', 'INPUT', '-m time --timestart 10:00 --weekdays Mon,Tue --datestop 2030-01-01T00:00:00'],
    [family, 'filter', 'INPUT', '-m time --monthdays 1,22,31 --kerneltz'], [family, 'mangle', 'OUTPUT', '-j CHECKSUM --checksum-fill'],
  ] as const),
  // Options that no rule of the corpus has.
  ['ip', 'filter', 'INPUT', '-m time --datestart 2030-01-01T00:00:00 --datestop 2031-01-01T00:00:00 --timestart 22:00 --timestop 02:00 --contiguous'],
  ['ip', 'filter', 'INPUT', '-m string --algo bm --from 4 --to 90 --icase --string GET'],
  ['ip', 'filter', 'INPUT', '-m string --algo kmp ! --hex-string "|0d0a|x"'],
  ['ip', 'filter', 'INPUT', '-m recent --rcheck --seconds 60 --reap --name a --rdest'],
  ['ip', 'filter', 'INPUT', '-m recent ! --update --name a'],
  ['ip', 'filter', 'INPUT', '-m hashlimit --hashlimit-upto 5/sec --hashlimit-name b --hashlimit-htable-size 64 --hashlimit-htable-max 100 --hashlimit-htable-gcinterval 500 --hashlimit-mode srcip,dstip --hashlimit-srcmask 24 --hashlimit-dstmask 16'],
  ['ip', 'filter', 'INPUT', '-p tcp -m tcp ! --tcp-option 5'],
  ['ip', 'filter', 'INPUT', '-p tcp -m tcp --tcp-flags SYN NONE'],
  ['ip', 'filter', 'FORWARD', '-m addrtype --dst-type LOCAL --limit-iface-out'],
  ['ip', 'filter', 'INPUT', '-p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr --ecn-ip-ect 2'],
  ['ip', 'filter', 'INPUT', '-p tcp -m ecn ! --ecn-ip-ect 1'],
  ['ip', 'filter', 'INPUT', '-p sctp -m sctp --chunk-types any DATA:UbE,INIT'],
  ['ip', 'filter', 'INPUT', '-p sctp -m sctp ! --dport 80 --chunk-types only SACK'],
  ['ip', 'filter', 'INPUT', '-p 108 -m ipcomp --ipcompspi 1 --compres'],
  ['ip', 'filter', 'INPUT', '-j NFLOG --nflog-group 5 --nflog-threshold 3 --nflog-prefix a'],
  ['ip', 'filter', 'INPUT', '-j NFQUEUE --queue-balance 0:3 --queue-bypass --queue-cpu-fanout'],
  ['ip', 'filter', 'INPUT', '-p tcp -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460'],
  ['ip', 'filter', 'INPUT', '-j LOG --log-macdecode --log-level debug'],
  ['ip', 'mangle', 'PREROUTING', '-j MARK --and-mark 0xf0'],
  ['ip', 'mangle', 'PREROUTING', '-j MARK --or-mark 0xf0'],
  ['ip', 'mangle', 'PREROUTING', '-j MARK --xor-mark 0xf'],
  ['ip', 'mangle', 'PREROUTING', '-j TOS --xor-tos 5'],
  ['ip', 'mangle', 'PREROUTING', '-j TOS --and-tos 5'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --and-mark 0xff'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --or-mark 0xff'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --xor-mark 0xff'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --set-mark 5'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --set-xmark 1/3'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --save-mark --mask 0xff'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xff'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xff'],
  ['ip', 'mangle', 'PREROUTING', '-j CONNMARK --set-xmark 0x1/0x3 --left-shift-mark 2'],
  ['ip', 'mangle', 'PREROUTING', '-p tcp -j ECN --ecn-tcp-cwr 1'],
  ['ip', 'mangle', 'PREROUTING', '-m rpfilter --loose --validmark --accept-local --invert'],
  ['ip', 'mangle', 'PREROUTING', '-j TEE --gateway 10.0.0.1 --oif lo'],
  ['ip', 'nat', 'PREROUTING', '-p tcp -j DNAT --to-destination 10.0.0.1:80 --random --persistent'],
  ['ip', 'nat', 'POSTROUTING', '-j MASQUERADE --random-fully'],
  ['ip', 'filter', 'INPUT', '-m bpf --bytecode "1,6 0 0 1"'],
  ['ip', 'raw', 'PREROUTING', '-j CT --expevents new'],
  ['ip', 'filter', 'INPUT', '-p tcp -m multiport ! --ports 80,90:95'],
  ['ip', 'filter', 'INPUT', '-m statistic --mode random ! --probability 0.3'],
  ['ip6', 'filter', 'INPUT', '-m rt --rt-type 0 --rt-segsleft 2 --rt-0-addrs ::1,::2 --rt-0-not-strict'],
  ['ip6', 'filter', 'INPUT', '-m ah --ahspi 1:5 ! --ahlen 24 --ahres'],
  ['ip6', 'filter', 'INPUT', '-p ipv6-icmp -m icmp6 --icmpv6-type 1/3'],
  ['ip', 'mangle', 'PREROUTING', '-p tcp -j ECN --ecn-tcp-remove'], ['ip', 'mangle', 'PREROUTING', '-p tcp -j ECN --ecn-tcp-ece 1 --ecn-ip-ect 2'],
] as const

const cases: readonly Case[] = [
  ...readFileSync(join(__dirname, '../../../fixtures/xtables/cases.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Case),
  // Of eui64 iptables-nft lists nothing.
  ...BEYOND.map(([family, table, chain, rule]): Case => ({ family, table, chain, extension: `beyond the corpus, ${table}`, rule, ok: true, nft: { ok: !rule.includes('eui64') } })),
]

/** The cases of an extension in a family; each table holds all of its rules at once. */
function grouped(all: readonly Case[]): [string, Case[]][] {
  const groups = new Map<string, Case[]>()
  for (const one of all) groups.set(`${one.family} ${one.extension}`, [...(groups.get(`${one.family} ${one.extension}`) ?? []), one])
  return [...groups]
}

/** Shell lines (`@`) and iptables commands (`%`) that the cases need first; what is there already is no fault. */
function setUp(oracle: Oracle, all: readonly Case[]): void {
  for (const { setup = [], family, table } of all) {
    for (const line of setup) {
      spawnSync('sh', ['-c', line.startsWith('%') ? `${oracle.program(family)} -t ${table} ${line.slice(1).replace(/^ip6?tables /, '')}` : line.replace(/^@/, '')])
    }
  }
}

/** How many rules of a table are good together: some, as a second rule with the same name of a set, are not. */
function loadAll(oracle: Oracle, family: Family, table: TableName, rules: readonly Case[]): Case[] {
  const text = (some: readonly Case[]) => `*${table}\n${some.map((one, i) => `[${i * 977}:${i * 1234567}] -A ${one.chain} ${one.rule}`).join('\n')}\nCOMMIT\n`
  const attempt = (some: readonly Case[]) => oracle.theirs(family, '-restore', ['-n', '-c'], { input: text(some) }).code === 0
  if (attempt(rules)) return [...rules]
  oracle.clear(family, [table])
  return rules.filter((one) => attempt([one]))
}

/** A rule is listed the same wherever it was read from: on nf_tables, where a change takes its time, a few will do. */
const OPTIONS = {
  legacy: ['-nL', '-L', '-nvL', '-nvxL --line-numbers', '-vL', '-L --line-numbers -x', '-S', '-vS'],
  nft: ['-nvL', '-L --line-numbers -x', '-S', '-vS'],
} as const

/** The tests of one backend; each has a file of its own, which may run beside the other. */
export function describeListings(backend: Oracle['backend']): void {
  describeCommandsOn(backend, 'the listings of every case of the corpus are those of %s', (oracle) => {
    // A prefix of more than 63 bytes fits nf_tables, and no rule of ours: it is listed as what only nf_tables says. It takes no
    // --nflog-range: of that the C tool says nothing, not even with -v.
    const good = cases.filter(({ ok, nft, rule }) => oracle.choose({ legacy: ok, nft: nft.ok && !/--nflog-(?:prefix x{64}|range)/.test(rule) }))
    let compared = 0
    beforeAll(() => {
      process.env.TZ = 'UTC'
    })
    afterAll(() => {
      expect(compared).toBe(good.length)
    })

    test.each(grouped(good))('%s', async (_name, all) => {
      const family = all[0]!.family
      for (const table of new Set(all.map((one) => one.table))) {
        for (const other of ['ip', 'ip6'] as const) oracle.empty(other)
        spawnSync('sh', ['-c', 'ipset destroy; nfct timeout delete tmo'])
        const rules = all.filter((one) => one.table === table)
        setUp(oracle, rules)
        const loaded = loadAll(oracle, family, table, rules)
        expect(rules.filter((one) => !loaded.includes(one)).map(({ rule }) => rule)).toEqual([])
        for (const line of OPTIONS[oracle.backend]) {
          const args = ['-t', table, ...line.split(' ')]
          const there = oracle.theirs(family, '', args)
          const here = await oracle.ours(family, '', args)
          expect([line, here.code, here.stdout.split('\n')]).toEqual([line, there.code, withoutNul(there.stdout).split('\n')])
        }
        await expectSameAppended(oracle, rules)
        compared += loaded.length
      }
    }, 60_000)
  })
}

/** `-v -A`: one by one, with both tools. */
async function expectSameAppended(oracle: Oracle, all: readonly Case[]): Promise<void> {
  const said = { there: [] as string[], here: [] as string[] }
  for (const { family, table, chain, rule } of all) {
    const args = ['-t', table, '-v', '-A', chain, ...splitWords(rule)]
    for (const [tool, key] of [['theirs', 'there'], ['ours', 'here']] as const) {
      const { code, stdout } = await oracle[tool](family, '', args)
      said[key].push(`${rule}: ${code} ${withoutNul(stdout)}`)
    }
  }
  expect(said.here).toEqual(said.there)
}

/** The tool ends what it lists of the match bpf with a NUL. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}

/** The words of a rule of the corpus as the shell that captured it had them. */
function splitWords(rule: string): string[] {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${rule}`], { encoding: 'utf8' })
  return stdout.split('\n').slice(0, -1)
}
