// Rules of the C tool's own tests that did not come through the dictionaries of python-iptables 1.2.0 as they were.
import { easyOn, type RuleDictionary } from '../../../src/iptc/index.js'
import { run } from '../../support/kernel.js'
import { describeTables, FAMILIES, ownLock } from '../../support/xtables.js'
import { shown } from './python-iptables/setting.js'
import { clearAll } from './setting.js'

ownLock()

type Family = (typeof FAMILIES)[number]

const hashlimit = (rest: string) => `-m hashlimit ${rest} --hashlimit-name ${`h${rest.length}${rest.replace(/[^a-z0-9]/g, '')}`.slice(0, 12)}`
const ESTIMATED = ['-j RATEEST --rateest-name RE1 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms']
const TUNNELS = {
  ip: '--tunnel-dst 10.0.0.0/8 --tunnel-src 10.0.0.0/8',
  ip6: '--tunnel-dst 2001:db8::/32 --tunnel-src 2001:db8::/32',
} as const

/** By what became of them there: the rules, and what must stand before them. */
const CASES: readonly [what: string, family: Family, rules: readonly string[], before?: readonly string[], table?: string][] = FAMILIES.flatMap(
  (family): (typeof CASES)[number][] => [
    ['hashlimit was silently not installed', family, [
      hashlimit('--hashlimit-above 1000000/sec --hashlimit-mode srcip'),
      hashlimit('--hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-mode dstip'),
      hashlimit('--hashlimit-above 512kb/s --hashlimit-burst 1mb --hashlimit-mode srcip,dstip'),
      hashlimit('--hashlimit-upto 5/day --hashlimit-mode srcip,dstport --hashlimit-htable-size 64 --hashlimit-htable-max 999 --hashlimit-htable-gcinterval 42'),
      hashlimit(`--hashlimit-upto 1/sec --hashlimit-mode srcip --hashlimit-srcmask ${family === 'ip' ? 24 : 64}`),
    ]],
    ['NOTRACK became a bare CT', family, ['-j NOTRACK', '-j CT --notrack'], [], 'raw'],
    ['policy lost --proto ipcomp, --reqid and the first element of --strict', family, [
      `-m policy --dir in --pol ipsec --strict --reqid 1 --spi 0x1 --proto esp --mode tunnel ${TUNNELS[family]} --next --reqid 2`,
      `-m policy --dir in --pol ipsec --strict --reqid 1 --spi 0x1 --proto ipcomp --mode tunnel ${TUNNELS[family]} --next --reqid 2`,
      '-m policy --dir in --pol ipsec --strict --proto ah --mode transport --next ! --proto esp --next --reqid 7',
      '-m policy --dir in --pol ipsec --proto ipcomp',
    ]],
    ['NFLOG --nflog-size became --nflog-range, and prefixes of 63 bytes ended the process', family, [
      '-j NFLOG --nflog-size 0', '-j NFLOG --nflog-size 128', '-j NFLOG --nflog-group 3 --nflog-size 4', `-j NFLOG --nflog-prefix ${'x'.repeat(63)}`,
    ]],
    ['RATEEST was an error', family, ESTIMATED],
    ['rateest was an error', family, [
      '-m rateest --rateest RE1 --rateest-eq --rateest-pps 5', '-m rateest --rateest-delta --rateest RE1 --rateest-bps1 8bit --rateest-lt --rateest-bps2 16bit',
    ], ESTIMATED],
    ['hashlimit --hashlimit-rate-match ended the process', family, [
      hashlimit('--hashlimit-upto 40mb/s --hashlimit-mode srcip --hashlimit-rate-match'),
      hashlimit('--hashlimit-upto 40mb/s --hashlimit-mode srcip --hashlimit-rate-match --hashlimit-rate-interval 10'),
    ]],
  ],
)

const OTHERS: typeof CASES = [
  ['a mask with holes became a prefix', 'ip', ['-s 10.11.12.13/255.0.255.0', '! -d 10.0.0.1/0.255.255.255 -p tcp']],
  ['a mask with holes became a prefix', 'ip6', ['-s fd00::7/ff00::ff', '! -d ::1/::ffff']],
  ['rt lost --rt-0-res and --rt-0-addrs', 'ip6', [
    '-m rt --rt-type 0 --rt-segsleft 1:23 --rt-len 42 --rt-0-res', '-m rt --rt-type 0 --rt-0-res --rt-0-addrs ::1,::2', '-m rt --rt-type 0 --rt-0-addrs ::1 --rt-0-not-strict',
  ]],
  ['the match dst was taken for the address of this name', 'ip6', [
    '-m dst --dst-len 42 --dst-opts 149:92,12:12,123:12', '-m dst ! --dst-len 42', '-d fd77::/64 -m dst --dst-len 1', '-d ::1/128 -m dst --dst-len 1 -m dst --dst-opts 1:2',
  ]],
]

describeTables('rules that python-iptables did not bring through, by %s', (tables) => {
  afterEach(() => clearAll(tables))

  test.each([...CASES, ...OTHERS])('3.1: %s (%s)', async (_, family, rules, before = [], table = 'filter') => {
    const [from, to] = table === 'raw' ? ['PREROUTING', 'OUTPUT'] : ['INPUT', 'copied']
    const options = { ipv6: family === 'ip6' }
    const easy = easyOn({ backend: tables.backend })
    if (to === 'copied') await easy.addChain(table, to, options)
    for (const rule of before) tables.tool(family, '-t', table, '-A', 'FORWARD', ...rule.split(' '))
    const blank = new Set(await tables.raw(family, table))
    for (const rule of rules) tables.tool(family, '-t', table, '-A', from, ...rule.split(' '), ...(rule.includes('-j ') ? [] : ['-j', 'RETURN']))
    const dumped = JSON.parse(JSON.stringify(await easy.dumpChain(table, from, options))) as RuleDictionary[]
    for (const rule of dumped) await easy.addRule(table, to, rule, options)
    expect(shown(tables, family, table, from)).toHaveLength(rules.length)
    expect(shown(tables, family, table, to)).toEqual(shown(tables, family, table, from))
    // In the kernel's own bytes: each is there as often again.
    const all = (await tables.raw(family, table)).filter((bytes) => !blank.has(bytes)).map((bytes) => bytes.slice(bytes.indexOf(' ') + 1))
    const often = (bytes: string) => all.filter((one) => one === bytes).length
    expect([...new Set(all)].filter((bytes) => often(bytes) === 2)).toHaveLength(rules.length)
    for (const rule of dumped) await easy.deleteRule(table, to, rule, options)
    expect(shown(tables, family, table, to)).toEqual([])
  })

  test('3.1: the estimator of RATEEST may be had by a rule and looked at by another in one go', async () => {
    const easy = easyOn({ backend: tables.backend })
    await easy.addRule('filter', 'INPUT', { target: { RATEEST: { 'rateest-name': 'RE9', 'rateest-interval': '250.0ms', 'rateest-ewmalog': '500.0ms' } } })
    await easy.addRule('filter', 'INPUT', { rateest: { rateest: 'RE9', 'rateest-gt': '', 'rateest-pps': '5' }, target: 'DROP' })
    expect(run(tables.programs.ip, ['-w', '-S', 'INPUT']).trim().split('\n').slice(1)).toEqual([
      '-A INPUT -j RATEEST --rateest-name RE9 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms',
      '-A INPUT -m rateest --rateest RE9 --rateest-gt --rateest-pps 5 -j DROP',
    ])
  })
})
