import { describeCommands, type Oracle, withoutComments } from '../../support/iptables-oracle.js'
import type { Family } from '../../../src/xtables/index.js'

/** What the tables hold before each text. Policies have counted nothing: the C tool would set that to zero. */
const BEFORE = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:old - [0:0]
:web - [0:0]
[3:300] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[1:10] -A web -i eth0 -j old
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[6:7] -A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
`
const FILTER = '*filter\n:INPUT ACCEPT [5:500]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:new - [0:0]\n'
const NAT = '*nat\n:PREROUTING ACCEPT [1:2]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n'
const RULES = '[7:70] -A INPUT -p tcp -m tcp --dport 80 -j new\n[8:80] -A new -m comment --comment "two words" -j DROP\n'
const BOTH = `# a comment\n${FILTER}${RULES}COMMIT\n# another\n${NAT}[1:1] -A PREROUTING -p udp -j REDIRECT\nCOMMIT\n`

/** A good text under every option. */
const OPTIONS = [
  '', '-c', '-n', '-c -n', '-cn', '-t', '-t -c', '-nt', '-T filter', '-T nat', '-T mangle', '-T nosuch', '--table=nat -c', '-v', '-v -c', '--counters', '--noflush', '--test', '--verbose', '-b', '-w -c', '-w 5', '-w -W 10',
  '-W 10', '-M /bin/true', '--modprobe=/bin/true', '-q', '--nosuch', '-T', '--count', '--nof', '-cc', '-c extra',
]

/** Texts of all kinds, each without options, with -c and with -n. */
const TEXTS: Readonly<Record<string, string>> = {
  'an empty text': '', 'a comment alone': '# nothing\n', 'blank lines': `\n\n${FILTER}\n\n${RULES}\nCOMMIT\n\n`,
  'no line feed at the end': `${FILTER}${RULES}COMMIT`, 'no COMMIT': `${FILTER}${RULES}`, 'no COMMIT and a second table': `${FILTER}${RULES}${NAT}COMMIT\n`,
  'COMMIT without a table': 'COMMIT\n', 'COMMIT twice': `${FILTER}COMMIT\nCOMMIT\n`, 'a rule without a table': '-A INPUT\n', 'a chain without a table': ':INPUT ACCEPT [0:0]\n',
  'a table and nothing': '*filter\nCOMMIT\n', 'a table without a name': '*\nCOMMIT\n', 'an unknown table': '*nosuch\nCOMMIT\n', 'a table with a blank': '* filter\nCOMMIT\n', 'a table with words': '*filter more\nCOMMIT\n',
  'COMMIT with a blank': `${FILTER}COMMIT \n`, 'commit in small letters': `${FILTER}commit\n`, 'garbage': `${FILTER}garbage\nCOMMIT\n`, 'garbage in front': `garbage\n${FILTER}COMMIT\n`,
  'a rule that is none': `${FILTER}-A INPUT -p tcp --dport x\nCOMMIT\n`, 'an unknown match': `${FILTER}-A INPUT -m nosuch\nCOMMIT\n`, 'an unknown target': `${FILTER}-A INPUT -j nosuch\nCOMMIT\n`,
  'an unknown chain': `${FILTER}-A nosuch -j ACCEPT\nCOMMIT\n`, 'a chain after its use': '*filter\n-A INPUT -j later\n:later - [0:0]\nCOMMIT\n', 'a goto nowhere': `${FILTER}-A INPUT -g nosuch\nCOMMIT\n`, 'a loop': `${FILTER}-A INPUT -j new\n-A new -j new\nCOMMIT\n`,
  'bad counters of a rule': `${FILTER}[x:y] -A INPUT\nCOMMIT\n`, 'half the counters of a rule': `${FILTER}[5] -A INPUT\nCOMMIT\n`, 'counters that do not end': `${FILTER}[5:6 -A INPUT\nCOMMIT\n`, 'counters and no rule': `${FILTER}[5:6]\nCOMMIT\n`, 'counters without a blank': `${FILTER}[5:6]-A INPUT\nCOMMIT\n`, 'large counters': `${FILTER}[18446744073709551615:9223372036854775808] -A INPUT\nCOMMIT\n`,
  'bad counters of a policy': '*filter\n:INPUT ACCEPT [x:y]\nCOMMIT\n', 'no counters of a policy': '*filter\n:INPUT ACCEPT\nCOMMIT\n', 'half the counters of a policy': '*filter\n:INPUT ACCEPT [5]\nCOMMIT\n', 'no policy': '*filter\n:INPUT\nCOMMIT\n', 'a policy that is none': '*filter\n:INPUT REJECT [0:0]\nCOMMIT\n', 'no policy for a built-in chain': '*filter\n:INPUT - [0:0]\nCOMMIT\n', 'a policy for a chain of the user': '*filter\n:new ACCEPT [0:0]\nCOMMIT\n', 'a chain without a name': '*filter\n: ACCEPT [0:0]\nCOMMIT\n',
  'a chain twice': '*filter\n:new - [0:0]\n:new - [0:0]\nCOMMIT\n', 'a policy twice': '*filter\n:INPUT DROP [0:0]\n:INPUT ACCEPT [1:1]\nCOMMIT\n', 'a name of 28 bytes': '*filter\n:abcdefghijklmnopqrstuvwxyzab - [0:0]\nCOMMIT\n', 'a name of 29 bytes': '*filter\n:abcdefghijklmnopqrstuvwxyzabc - [0:0]\nCOMMIT\n', 'a chain without counters': '*filter\n:new -\nCOMMIT\n', 'tabs': '*filter\n:new\t-\t[0:0]\n-A\tnew\t-j\tACCEPT\nCOMMIT\n',
  'the -t option': `${FILTER}-A INPUT -t nat\nCOMMIT\n`, 'the --table option': `${FILTER}-A INPUT --table nat\nCOMMIT\n`, 'a quote that does not end': `${FILTER}-A INPUT -m comment --comment "open\nCOMMIT\n`, 'quotes': `${FILTER}-A INPUT -m comment --comment "a \\"b\\" \\\\ c"\nCOMMIT\n`, 'a quoted chain': `${FILTER}-A "INPUT" -j ACCEPT\nCOMMIT\n`,
  'other commands': `${FILTER}-N more\n-A more -j ACCEPT\n-I INPUT 1 -j more\n-P FORWARD ACCEPT\n-E more most\n-R INPUT 1 -j DROP\n-D INPUT 1\n-F new\n-X new\nCOMMIT\n`, 'commands but -R and -E': `${FILTER}-N more\n-A more -j ACCEPT\n-I INPUT 1 -j more\n-P FORWARD ACCEPT\n-I INPUT 2 -j DROP\n-D INPUT 1\n-D INPUT -j DROP\n-F new\n-X new\n-A more -j DROP\n-C more -j DROP\nCOMMIT\n`, 'another name for a new chain': `${FILTER}-A INPUT -j new\n-E new most\nCOMMIT\n`, 'a built-in chain to delete': `${FILTER}-X INPUT\nCOMMIT\n`, 'all chains deleted': '*filter\n-F\n-X\nCOMMIT\n', 'all chains deleted, and rules behind that': '*filter\n-F\n-X\n-N new\n-A INPUT -j new\n-A new -p tcp\n-P FORWARD DROP\nCOMMIT\n*nat\n-X\n-A OUTPUT -j RETURN\nCOMMIT\n', 'ports without their protocol': `${FILTER}-A INPUT -m tcp --dport 5\nCOMMIT\n`, 'a rule to delete that is not there': `${FILTER}-D INPUT -j DROP\nCOMMIT\n`, 'a listing': `${FILTER}-L INPUT\nCOMMIT\n`, 'a check that fails': `${FILTER}-C INPUT -j DROP\nCOMMIT\n`,
  'rules for both families': `${FILTER}-4 -A INPUT -p icmp\n-6 -A INPUT -p icmpv6\nCOMMIT\n`, 'a list of addresses': `${FILTER}[5:6] -A INPUT -s 10.0.0.1,10.0.0.2\nCOMMIT\n`, 'counters as an option': `${FILTER}-A INPUT -c 5 6 -j ACCEPT\n[1:2] -A INPUT -c 7 8\nCOMMIT\n`, 'DROP in nat': `${NAT}-A PREROUTING -j DROP\nCOMMIT\n`, 'SNAT in filter': `${FILTER}-A INPUT -j SNAT --to-source 1.2.3.4\nCOMMIT\n`,
  'an unknown option': `${FILTER}-A INPUT --nosuch\nCOMMIT\n`, 'no chain': `${FILTER}-A\nCOMMIT\n`, 'a blank in front': `${FILTER} -A INPUT\nCOMMIT\n`, 'a comment with a blank in front': `${FILTER} # x\nCOMMIT\n`, 'a comment behind': `${FILTER}-A INPUT # x\nCOMMIT\n`, 'the same table twice': `${FILTER}${RULES}COMMIT\n${FILTER}-A new -j ACCEPT\nCOMMIT\n`, 'a table in a table': `${FILTER}*nat\nCOMMIT\n`,
  'both tables': BOTH,
}

type Codes = readonly [there: number | null, here: number]
const onBoth = (there: number, here: number, why: string) => ({ legacy: [there, here], nft: [there, here], why }) as const

/**
 * Where we differ on purpose, whatever the options: the exit codes there and here by backend (none: no difference), and why.
 * What the C tool makes of the text `instead` is what we make of this one.
 */
const DIFFERENT: Readonly<Record<string, { readonly legacy?: Codes; readonly nft?: Codes; readonly why: string; readonly instead?: string }>> = {
  'no line feed at the end': { legacy: [2, 0], why: 'the C tool does not know the last COMMIT without its line feed', instead: `${FILTER}${RULES}COMMIT\n` },
  'COMMIT twice': onBoth(1, 1, 'all or nothing: the C tool has committed the first table when it finds the second COMMIT'),
  'no COMMIT and a second table': onBoth(2, 2, 'a text that is refused changes nothing'),
  'a quote that does not end': onBoth(0, 2, 'the C tool takes the rest of the line, its line feed included, for the comment'),
  'a chain twice': { legacy: [2, 1], nft: [0, 1], why: 'the line makes sense, what it asks for cannot be done' },
  'a listing': { ...onBoth(0, 0, 'a listing prints nothing in the middle of a change'), instead: `${FILTER}COMMIT\n` },
  'a second table that is bad': onBoth(2, 2, 'all or nothing: the C tool has committed the first table when it finds what is wrong in the second'),
  'a second table that is unknown': onBoth(2, 2, 'all or nothing'),
  'a second table that the kernel refuses': { legacy: [1, 1], nft: [4, 4], why: 'all or nothing' },
  'a policy for a chain of the user': { nft: [0, 1], why: 'only built-in chains have a policy: the C tool forgets it' },
  'no policy for a built-in chain': { nft: [0, 0], why: 'a chain that holds nothing and lets everything through is not made', instead: '*filter\nCOMMIT\n' },
  'other commands': { nft: [null, 0], why: 'the C tool crashes when it replaces a rule that it has not committed yet', instead: `${FILTER.replace(':new', ':most').replace('DROP', 'ACCEPT')}-A most -j ACCEPT\nCOMMIT\n` },
  'another name for a new chain': { nft: [4, 0], why: 'the C tool asks the kernel for another name of a chain that it has not made yet', instead: `${FILTER.replace(':new', ':most')}-A INPUT -j most\nCOMMIT\n` },
  'a built-in chain to delete': { nft: [0, 1], why: 'the text has named it' },
}
const BAD_SECOND = {
  'a second table that is bad': `${FILTER}${RULES}COMMIT\n${NAT}-A PREROUTING -p tcp --dport x\nCOMMIT\n`,
  'a second table that is unknown': `${FILTER}${RULES}COMMIT\n*nosuch\nCOMMIT\n`,
  'a second table that the kernel refuses': `${FILTER}${RULES}COMMIT\n${NAT}-A POSTROUTING -j REDIRECT\nCOMMIT\n`,
}

async function both(oracle: Oracle, family: Family, args: readonly string[], input: string) {
  oracle.load(family, BEFORE)
  const there = oracle.theirs(family, '-restore', args, { input })
  const thereAfter = oracle.state(family)
  oracle.load(family, BEFORE)
  const here = await oracle.ours(family, '-restore', args, { input })
  return {
    there: { code: there.code, stdout: there.stdout, after: thereAfter, silent: there.stderr === '' },
    here: { code: here.code, stdout: here.stdout, after: oracle.state(family), silent: here.stderr === '' },
  }
}

async function expectSame(oracle: Oracle, family: Family, args: readonly string[], input: string): Promise<void> {
  const { there, here } = await both(oracle, family, args, input)
  expect({ ...here, silent: true }).toEqual({ ...there, silent: true })
  if (there.code !== 0) expect(here.silent).toBe(false)
}

describeCommands('iptables-restore as that of %s', (oracle) => {
  test.each(OPTIONS)('with the options %s', (line) => expectSame(oracle, 'ip', line === '' ? [] : line.split(' '), BOTH))

  for (const option of ['', '-c', '-n']) {
    test.each(Object.entries(TEXTS).filter(([name]) => DIFFERENT[name]?.[oracle.backend] === undefined))(`${option} %s`, (_name, text) =>
      expectSame(oracle, 'ip', option === '' ? [] : [option], text),
    )
  }

  const different = Object.entries(DIFFERENT).flatMap(([name, { [oracle.backend]: codes, why }]) => (codes ? [[name, codes, why] as const] : []))
  test.each(different)('on purpose not as there: %s: %j: %s', async (name, codes) => {
    const text = { ...TEXTS, ...BAD_SECOND }[name] as string
    // With -n the same chain may be named twice, and a built-in chain may hold rules that keep it.
    for (const args of name === 'a chain twice' || name === 'a built-in chain to delete' ? [['-c']] : [['-c'], ['-n', '-c']]) {
      const { there, here } = await both(oracle, 'ip', args, text)
      expect([there.code, here.code, here.stdout]).toEqual([...codes, ''])
      oracle.load('ip', BEFORE)
      if (here.code !== 0) expect(here.after).toBe(oracle.state('ip'))
      else expect(here.after).toBe((await both(oracle, 'ip', args, DIFFERENT[name]?.instead as string)).there.after)
    }
  })

  test('-Z sets to zero also what the text has given before; the C tool then keeps what was given, or fails', async () => {
    const text = `${FILTER}[5:6] -A INPUT\n-Z\nCOMMIT\n`
    const { there, here } = await both(oracle, 'ip', ['-c'], text)
    expect([there.code, here.code]).toEqual([oracle.choose({ legacy: 0, nft: 4 }), 0])
    if (oracle.backend === 'legacy') expect(there.after).toContain(':INPUT ACCEPT [5:500]\n')
    expect(here.after).toContain(':INPUT ACCEPT [0:0]\n')
    expect(here.after).toContain('[0:0] -A INPUT\n')
  })

  test('options in one word, as -w5, are taken; wait without a number waits', async () => {
    for (const option of ['-w5', '-w', '--wait=5']) {
      oracle.load('ip', BEFORE)
      expect((await oracle.ours('ip', '-restore', [option, '-c'], { input: BOTH })).code).toBe(0)
      expect(oracle.state('ip')).toContain('[7:70] -A INPUT -p tcp -m tcp --dport 80 -j new\n')
    }
  })

  test.each(['no COMMIT', 'an unknown table', 'garbage', 'a loop', 'commands but -R and -E', 'quotes', 'both tables'])('IPv6: %s', (name) =>
    // ip6tables-nft-restore drops the counters of rules (1.8.13 no more).
    expectSame(oracle, 'ip6', oracle.choose({ legacy: ['-c'], nft: [] }), TEXTS[name] as string),
  )

  test('IPv6: counters of rules are taken with -c; the C tool of nf_tables drops them', async () => {
    const { there, here } = await both(oracle, 'ip6', ['-c'], BOTH)
    expect([there.code, here.code]).toEqual([0, 0])
    expect(here.after).toContain('[7:70] -A INPUT -p tcp -m tcp --dport 80 -j new\n')
    expect(there.after).toBe(oracle.choose({ legacy: here.after, nft: here.after.replace(/^\[\d+:\d+\] /gm, '[0:0] ') }))
  })
})

describeCommands('iptables-save as that of %s', (oracle) => {
  beforeAll(() => {
    for (const family of ['ip', 'ip6'] as const) oracle.load(family, `${BEFORE}${TEXTS['both tables']}`)
  })

  test.each(['', '-c', '-t filter', '-t nat -c', '--table=nat', '-t nosuch', '-t', '-q', '-M /bin/true', '--counters', '-d', 'extra', '-f /nosuch/file', '-ct filter', '--tab nat'])(
    'with the options %s',
    async (line) => {
      const args = line === '' ? [] : line.split(' ')
      for (const family of ['ip', 'ip6'] as const) {
        const there = oracle.theirs(family, '-save', args)
        const here = await oracle.ours(family, '-save', args)
        expect([here.code, withoutComments(here.stdout)]).toEqual([there.code, withoutComments(there.stdout)])
        const comments = (text: string) => (text.match(/^#.*$/gm) ?? []).map((comment) => comment.replace(/on \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/, 'on DATE'))
        expect(comments(here.stdout)).toEqual(comments(there.stdout))
        if (there.code !== 0) expect(here.stderr).not.toBe('')
      }
    },
  )
})
