import { describeCommands } from '../../support/iptables-oracle.js'

/** Lines on tables that hold nothing: on nf_tables nothing is there at all, and what is needed has to be made. */
const LINES: readonly string[] = [
  '-A INPUT -j ACCEPT', '-A FORWARD -p tcp --dport 22 -j ACCEPT', '-t nat -A POSTROUTING -j MASQUERADE', '-t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 80',
  '-t nat -A OUTPUT -j RETURN', '-t nat -A INPUT -j ACCEPT', '-t mangle -A OUTPUT -j MARK --set-mark 1', '-t mangle -A PREROUTING', '-t mangle -A POSTROUTING', '-t raw -A PREROUTING',
  '-t raw -A OUTPUT', '-t security -A INPUT', '-t security -A OUTPUT', '-I INPUT -j DROP', '-I INPUT 1', '-I INPUT 2', '-N new', '-t raw -N new', '-A nosuch', '-A INPUT -j nosuch',
  '-L', '-S', '-nvL', '-L INPUT', '-S INPUT', '-L nosuch', '-S nosuch', '-t nat -L', '-t raw -S', '-F', '-F nosuch', '-t mangle -F', '-Z', '-t nat -Z', '-Z nosuch',
  '-X', '-X INPUT', '-X nosuch', '-P INPUT DROP', '-P INPUT ACCEPT', '-P FORWARD DROP', '-t mangle -P OUTPUT DROP', '-t nat -P OUTPUT ACCEPT', '-P nosuch DROP', '-E a b', '-N INPUT',
  '-D INPUT 1', '-D INPUT -j ACCEPT', '-C INPUT', '-C INPUT -j ACCEPT', '-C nosuch', '-R INPUT 1 -j ACCEPT', '-t nosuch -L', '-t nosuch -A INPUT',
]
const LINES6: readonly string[] = ['-A INPUT -p icmpv6 -j ACCEPT', '-t nat -A POSTROUTING -j MASQUERADE', '-t mangle -A OUTPUT -j MARK --set-mark 1', '-t security -A FORWARD', '-N new', '-P INPUT DROP', '-L', '-S', '-X', '-F', '-Z']

/** Lines that have nothing to do where not even the chain is there: the exit code of iptables-nft, which may make that chain. */
const NEEDLESS = [['-F INPUT', 0], ['-Z INPUT', 1], ['-L -Z', 4]] as const

/** What the legacy tables are when they hold nothing. */
const EMPTY = ['filter', 'nat', 'mangle', 'raw', 'security'].map((table) => `*${table}\nCOMMIT\n`).join('')
const POLICIES = { filter: ['INPUT', 'FORWARD', 'OUTPUT'], mangle: ['OUTPUT'], nat: ['OUTPUT'] } as const
const ACCEPTING = Object.entries(POLICIES).map(([table, chains]) => `*${table}\n${chains.map((chain) => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`).join('')

describeCommands('the same command line as %s where nothing is', (oracle) => {
  const before = oracle.choose({ legacy: `${EMPTY}${ACCEPTING}`, nft: '' })
  test.each(LINES)('iptables %s', (line) => oracle.expectSame('ip', line, before))
  test.each(LINES6)('ip6tables %s', (line) => oracle.expectSame('ip6', line, before))
  test.each(NEEDLESS)('iptables and ip6tables %s have nothing to do, which is no error; iptables-nft gives %i', async (line, code) => {
    for (const family of ['ip', 'ip6'] as const) {
      const { there, here } = await oracle.both(family, line, before)
      expect(there.code).toBe(oracle.choose({ legacy: 0, nft: code }))
      expect([here.code, here.stdout, here.stderr]).toEqual([0, there.stdout, ''])
      for (const after of [there.after, here.after]) expect(after).not.toMatch(/^\[|^:(?!\w+ ACCEPT \[0:0\]$)/m)
    }
  })
})
