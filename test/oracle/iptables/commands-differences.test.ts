import { spawn } from 'node:child_process'
import { BEFORE, describeCommands, LOCK_FILE } from '../../support/iptables-oracle.js'
import { DIFFERENCES } from './differences.js'
import { sleep } from '../../support/waiting.js'

describeCommands('differences from %s that are deliberate', (oracle) => {
  const { backend } = oracle

  test.each(DIFFERENCES.map((one) => [one.family, one.line, one.codes[backend], one.why] as const))('%s: %s: %j there and here: %s', async (family, line, codes) => {
    if (codes === undefined) return oracle.expectSame(family, line)
    const [there, here] = codes
    const done = await oracle.both(family, line)
    expect([done.there.code, done.here.code]).toEqual([there, here])
    // Whoever refuses leaves the tables as they were.
    oracle.load(family, BEFORE)
    const before = oracle.state(family)
    if (here !== 0) expect(done.here.after).toBe(before)
    if (there !== 0) expect(done.there.after).toBe(before)
    if (line.startsWith('-A') && here === 0) expect(done.here.after).not.toBe(before)
    if (here === there) expect(done.here.after).not.toBe(done.there.after)
  })

  test('an option and its value in one word say the same as in two', async () => {
    for (const [one, two] of [
      ['-AINPUT -s1.1.1.1 -ptcp --dport=5 -jACCEPT', '-A INPUT -s 1.1.1.1 -p tcp --dport 5 -j ACCEPT'],
      ['-A INPUT --source=1.1.1.1 --in-i=eth0 --pro=udp --ju=web', '-A INPUT -s 1.1.1.1 -i eth0 -p udp -j web'],
    ] as const) {
      expect((await oracle.both('ip', one)).here.after).toBe((await oracle.both('ip', two)).there.after)
    }
  })

  test.each([
    ['! --sport 0:4', oracle.choose({ legacy: '! --sport 0:4', nft: '--sport 5:65535' }), 'a range that begins with the first port, negated'],
    ['! --dport 5:65535', '! --dport 5:65535', 'a range that ends with the last port, negated'],
    ['! --sport 0:65535', '', 'no port at all'],
  ])('-p tcp %s is listed so, and by the C tool as "%s": %s', async (option, there) => {
    oracle.load('ip', BEFORE)
    expect((await oracle.ours('ip', '', ['-A', 'empty', '-p', 'tcp', ...option.split(' ')])).code).toBe(0)
    expect((await oracle.ours('ip', '', ['-S', 'empty'])).stdout).toBe(`-N empty\n-A empty -p tcp -m tcp ${option}\n`)
    expect(oracle.theirs('ip', '', ['-S', 'empty']).stdout).toBe(`-N empty\n-A empty -p tcp -m tcp${there === '' ? '' : ` ${there}`}\n`)
  })

  const counted = '*filter\n:INPUT ACCEPT [7:700]\n:FORWARD DROP [1:2]\n:OUTPUT ACCEPT [3:9876543210]\n:web - [0:0]\n-A INPUT\n-A INPUT\nCOMMIT\n'
  const changes = ['-A INPUT -j ACCEPT', '-D INPUT 1', '-N new', '-F', '-Z INPUT 2', '-E web www']
  if (backend === 'nft') {
    test.each(changes)('iptables %s: policies keep their counters as there', (line) => oracle.expectSame('ip', line, counted))
    test('iptables -P FORWARD ACCEPT: the policy keeps its counters, which the C tool sets to zero', async () => {
      const { there, here } = await oracle.both('ip', '-P FORWARD ACCEPT', counted)
      expect([there.code, here.code, here.after]).toEqual([0, 0, there.after.replace(':FORWARD ACCEPT [0:0]', ':FORWARD ACCEPT [1:2]')])
      expect(there.after).not.toBe(here.after)
    })
  } else {
    test.each([...changes, '-P FORWARD ACCEPT'])('iptables %s: policies keep their counters, which the C tool sets to zero', async (line) => {
      const policies = (text: string) => [...text.matchAll(/^:(?:INPUT|FORWARD|OUTPUT) \w+ (.*)$/gm)].map(([, counters]) => counters)
      const { there, here } = await oracle.both('ip', line, counted)
      expect([there.code, here.code]).toEqual([0, 0])
      expect(policies(filterOf(there.after))).toEqual(['[0:0]', '[0:0]', '[0:0]'])
      expect(policies(filterOf(here.after))).toEqual(['[7:700]', '[1:2]', '[3:9876543210]'])
      const withoutPolicies = (text: string) => filterOf(text).replace(/^(:\w+ (?:ACCEPT|DROP)) .*$/gm, '$1')
      expect(withoutPolicies(here.after)).toBe(withoutPolicies(there.after))
    })
  }

  test.each(['-nvL INPUT', '-vS', '-S FORWARD -v', '-vxL --line-numbers'])('iptables %s: counters of policies are listed as there', (line) =>
    oracle.expectSame('ip', line, BEFORE.replace(':INPUT ACCEPT [0:0]', ':INPUT ACCEPT [123456:9876543210]').replace(':FORWARD DROP [0:0]', ':FORWARD DROP [1:99999]')),
  )

  test('-vv says no more than -v: the C tool prints its memory', async () => {
    for (const line of ['-L INPUT -vv', '-vvL unused', '-A INPUT -vv -j ACCEPT']) {
      const { there, here } = await oracle.both('ip', line)
      expect({ code: here.code, after: here.after }).toEqual({ code: there.code, after: there.after })
      expect(there.stdout).toContain(oracle.choose({ legacy: 'Hooks: pre/in/fwd/out/post', nft: '[ counter pkts ' }))
      expect(here.stdout).toBe((await oracle.both('ip', line.replace('vv', 'v'))).there.stdout)
    }
  })

  test('-v -X names the chains it has deleted; the C tool also those that it then does not delete', async () => {
    const { there, here } = await oracle.both('ip', '-v -X')
    const code = oracle.choose({ legacy: 1, nft: 4 })
    expect([there.code, here.code, there.stderr === '', here.stderr === '']).toEqual([code, code, false, false])
    expect(here.after).toBe(there.after)
    expect(there.stdout).toBe("Deleting chain `empty'\nDeleting chain `unused'\nDeleting chain `web'\n")
    expect(here.stdout).toBe('')
    const emptied = BEFORE.replace(/^.*-A (web|unused).*\n|^.*-[jg] web.*\n/gm, '')
    await oracle.expectSame('ip', '-v -X', emptied)
  })

  test('-V says who we are, -h and -m tcp -h help in words of our own', async () => {
    const name = oracle.choose({ legacy: 'legacy', nft: 'nf_tables' })
    expect((await oracle.both('ip', '-V')).there.stdout).toBe(`iptables v1.8.9 (${name})\n`)
    expect((await oracle.both('ip', '-V -L')).here.stdout).toMatch(new RegExp(`^iptables v1\\.8\\.9 \\(${name}\\), nfkit \\d+\\.\\d+\\.\\d+\n$`))
    for (const line of ['-h', '--help', '-A INPUT -h', '-V', '--version', '-m tcp -h', '-j LOG -h', '-h nosuch', '-h --bogus', '-A INPUT -V -x --bogus']) {
      const { there, here } = await oracle.both('ip', line)
      expect([line, here.code, here.after]).toEqual([line, there.code, there.after])
      expect(here.stdout).not.toBe('')
    }
  })

  test(oracle.choose({ legacy: 'a change waits for the lock as long as it takes, or as long as -w says, as in the C tool', nft: 'the lock of the legacy tables concerns nobody, whatever -w says, as in the C tool' }), async () => {
    const { ours, theirs } = { ours: (...args: string[]) => oracle.ours('ip', '', args), theirs: (...args: string[]) => oracle.theirs('ip', '', args, { timeout: 1000 }) }
    oracle.load('ip', BEFORE)
    const before = oracle.state('ip')
    const holder = spawn('flock', [LOCK_FILE, 'sh', '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'ignore'] })
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    const release = async () => {
      holder.stdin.end('\n')
      await new Promise((resolve) => holder.once('exit', resolve))
    }
    if (backend === 'nft') {
      expect([(await ours('-w', '1', '-N', 'new')).code, (await ours('-A', 'new')).code, theirs('-w', '1', '-A', 'new').code, theirs('-A', 'new').code]).toEqual([0, 0, 0, 0])
      expect(oracle.state('ip').match(/^\[0:0\] -A new$/gm)).toHaveLength(3)
      return release()
    }
    expect([(await ours('-w', '1', '-N', 'new')).code, oracle.theirs('ip', '', ['-w', '1', '-N', 'new']).code]).toEqual([4, 4])
    expect(theirs('-A', 'INPUT').code).toBeNull()
    expect((await ours('-L', 'web')).code).toBe(0)
    expect(oracle.state('ip')).toBe(before)
    const waiting = ours('-A', 'INPUT')
    await sleep(500)
    expect(oracle.state('ip')).toBe(before)
    await release()
    expect((await waiting).code).toBe(0)
    expect(oracle.state('ip')).not.toBe(before)
  }, 60_000)
})

function filterOf(saved: string): string {
  return saved.slice(saved.indexOf('*filter'))
}
