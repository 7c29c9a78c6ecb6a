import { spawn } from 'node:child_process'
import { BEFORE, both, expectSame, load, LOCK_FILE, ours, state, theirs } from '../../support/iptables-oracle.js'
import { describeOracle } from '../../support/kernel.js'

/** Where we differ on purpose: the exit code of each tool, and why. */
const DIFFERENT = [
  ['ip', '-A INPUT -c -1 5', 0, 2, 'a counter below zero is no counter: the C tool counts 18446744073709551615'],
  ['ip', '-A INPUT -c 0x10 010', 0, 2, 'counters are decimal: the C tool reads 0 and 10'],
  ['ip', '-A INPUT -c 18446744073709551616 1', 0, 1, 'a counter has 64 bits: the C tool counts one less'],
  ['ip', '-A INPUT --source=1.1.1.1', 2, 0, 'the C tool takes the whole word for the address'],
  ['ip', '-A INPUT -s1.1.1.1', 2, 0, 'the C tool takes the whole word for the address'],
  ['ip', '-AINPUT -jACCEPT', 2, 0, 'the C tool takes the whole word for the target'],
  ['ip', '-AINPUT -ptcp --dport 5', 2, 0, 'the C tool takes the whole word for the protocol'],
  ['ip', '-A INPUT --pro=tcp', 2, 0, 'the C tool takes the whole word for the protocol'],
  ['ip', '-A INPUT --ju=ACCEPT', 2, 0, 'the C tool takes the whole word for the target'],
  ['ip', '-A INPUT --in-i=eth0', 0, 0, 'the C tool takes the whole word for the interface: its rule matches --in-i=eth0'],
  ['ip', '-A INPUT -m connlimit --connlimit-above 5 --connlimit-mask 33', 0, 2, 'IPv4 has no prefix of 33: the C tool takes 32'],
  ['ip', '-E web LOG', 0, 1, 'a chain named as a target could not be jumped to'],
  ['ip', "-E web 'a b'", 0, 1, 'a chain with a blank in its name could not be restored'],
  ['ip', '-E web abcdefghijklmnopqrstuvwxyzabc', 0, 1, 'a name of 29 bytes, which no other command takes'],
  ['ip6', '-C INPUT -p tcp --dport 23 -j ACCEPT', 0, 1, 'the C tool finds --dport 22 the same: it does not compare the options of matches'],
] as const

describeOracle('iptables-legacy', 'differences from the C tool that are deliberate', () => {
  test.each(DIFFERENT)('%s: %s: %i there, %i here: %s', async (family, line, there, here) => {
    const done = await both(family, line)
    expect([done.there.code, done.here.code]).toEqual([there, here])
    // Whoever refuses leaves the tables as they were.
    load(family, BEFORE)
    const before = state(family)
    if (here !== 0) expect(done.here.after).toBe(before)
    if (there !== 0) expect(done.there.after).toBe(before)
    if (line.startsWith('-A') && here === 0) expect(done.here.after).not.toBe(before)
  })

  test('an option and its value in one word say the same as in two', async () => {
    for (const [one, two] of [
      ['-AINPUT -s1.1.1.1 -ptcp --dport=5 -jACCEPT', '-A INPUT -s 1.1.1.1 -p tcp --dport 5 -j ACCEPT'],
      ['-A INPUT --source=1.1.1.1 --in-i=eth0 --pro=udp --ju=web', '-A INPUT -s 1.1.1.1 -i eth0 -p udp -j web'],
    ] as const) {
      expect((await both('ip', one)).here.after).toBe((await both('ip', two)).there.after)
    }
  })

  test.each(['-A INPUT -j ACCEPT', '-D INPUT 1', '-N new', '-F', '-P FORWARD ACCEPT', '-Z INPUT 2', '-E web www'])(
    'iptables %s: policies keep their counters, which the C tool sets to zero',
    async (line) => {
      const policies = (text: string) => [...text.matchAll(/^:(?:INPUT|FORWARD|OUTPUT) \w+ (.*)$/gm)].map(([, counters]) => counters)
      const counted = '*filter\n:INPUT ACCEPT [7:700]\n:FORWARD DROP [1:2]\n:OUTPUT ACCEPT [3:9876543210]\n:web - [0:0]\n-A INPUT\n-A INPUT\nCOMMIT\n'
      const { there, here } = await both('ip', line, counted)
      expect([there.code, here.code]).toEqual([0, 0])
      expect(policies(filterOf(there.after))).toEqual(['[0:0]', '[0:0]', '[0:0]'])
      expect(policies(filterOf(here.after))).toEqual(['[7:700]', '[1:2]', '[3:9876543210]'])
      const withoutPolicies = (text: string) => filterOf(text).replace(/^(:\w+ (?:ACCEPT|DROP)) .*$/gm, '$1')
      expect(withoutPolicies(here.after)).toBe(withoutPolicies(there.after))
    },
  )

  test.each(['-nvL INPUT', '-vS', '-S FORWARD -v', '-vxL --line-numbers'])('iptables %s: counters of policies are listed as there', (line) =>
    expectSame('ip', line, BEFORE.replace(':INPUT ACCEPT [0:0]', ':INPUT ACCEPT [123456:9876543210]').replace(':FORWARD DROP [0:0]', ':FORWARD DROP [1:99999]')),
  )

  test('-vv says no more than -v: the C tool prints its memory', async () => {
    for (const line of ['-L INPUT -vv', '-vvL unused', '-A INPUT -vv -j ACCEPT']) {
      const { there, here } = await both('ip', line)
      expect({ code: here.code, after: here.after }).toEqual({ code: there.code, after: there.after })
      expect(there.stdout).toContain('Hooks: pre/in/fwd/out/post')
      expect(here.stdout).toBe((await both('ip', line.replace('vv', 'v'))).there.stdout)
    }
  })

  test('-v -X names the chains it has deleted; the C tool also those that it then does not delete', async () => {
    const { there, here } = await both('ip', '-v -X')
    expect([there.code, here.code, there.stderr === '', here.stderr === '']).toEqual([1, 1, false, false])
    expect(here.after).toBe(there.after)
    expect(there.stdout).toBe("Deleting chain `empty'\nDeleting chain `unused'\nDeleting chain `web'\n")
    expect(here.stdout).toBe('')
    const emptied = BEFORE.replace(/^.*-A (web|unused).*\n|^.*-[jg] web.*\n/gm, '')
    await expectSame('ip', '-v -X', emptied)
  })

  test('-V says who we are, -h and -m tcp -h help in words of our own', async () => {
    expect((await both('ip', '-V')).there.stdout).toBe('iptables v1.8.9 (legacy)\n')
    expect((await both('ip', '-V -L')).here.stdout).toMatch(/^iptables v1\.8\.9 \(legacy\), nfkit \d+\.\d+\.\d+\n$/)
    for (const line of ['-h', '--help', '-A INPUT -h', '-V', '--version', '-m tcp -h', '-j LOG -h', '-h nosuch', '-h --bogus', '-A INPUT -V -x --bogus']) {
      const { there, here } = await both('ip', line)
      expect([line, here.code, here.after]).toEqual([line, there.code, there.after])
      expect(here.stdout).not.toBe('')
    }
  })

  test('a change waits for the lock as long as it takes, or as long as -w says, as in the C tool', async () => {
    load('ip', BEFORE)
    const before = state('ip')
    const holder = spawn('flock', [LOCK_FILE, 'sh', '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'ignore'] })
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    const args = ['-w', '1', '-N', 'new']
    expect([(await ours('ip', '', args)).code, theirs('ip', '', args).code]).toEqual([4, 4])
    expect(theirs('ip', '', ['-A', 'INPUT'], { timeout: 1000 }).code).toBeNull()
    expect((await ours('ip', '', ['-L', 'web'])).code).toBe(0)
    expect(state('ip')).toBe(before)
    const waiting = ours('ip', '', ['-A', 'INPUT'])
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(state('ip')).toBe(before)
    holder.stdin.end('\n')
    await new Promise((resolve) => holder.once('exit', resolve))
    expect((await waiting).code).toBe(0)
    expect(state('ip')).not.toBe(before)
  }, 60_000)
})

function filterOf(saved: string): string {
  return saved.slice(saved.indexOf('*filter'))
}
