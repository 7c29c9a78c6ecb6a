import { BEFORE, describeCommandsOn, wordsOf } from '../../support/iptables-oracle.js'
import { run } from '../../support/kernel.js'

/** Rules that no iptables has words for, put behind the first of INPUT. */
const FOREIGN = ['ct state new counter packets 5 bytes 500 accept', 'ip saddr . tcp dport vmap { 10.0.0.1 . 22 : drop, 10.0.0.2 . 80 : accept }', 'fib saddr type local counter jump web']

/** Lines that change what stands around them, or show other chains. */
const LINES: readonly string[] = [
  '-A INPUT -j DROP', '-I INPUT -j DROP', '-I INPUT 3 -j DROP', '-I INPUT 9', '-R INPUT 1 -j DROP', '-D INPUT 1', '-R INPUT 2 -j DROP', '-D INPUT 3', '-F INPUT', '-F', '-N new', '-X empty', '-X web',
  '-P OUTPUT DROP', '-E web www', '-Z INPUT 1', '-Z FORWARD', '-C INPUT -p tcp --dport 22 -j ACCEPT', '-L empty', '-S OUTPUT', '-nvL FORWARD', '-t nat -L', '-t nat -A POSTROUTING -j MASQUERADE', '-A nosuch',
]

describeCommandsOn('nft', 'rules that only nf_tables says, and %s', (oracle) => {
  const table = () => run('nft', ['list', 'table', 'ip', 'filter'])

  /** The handle of the first rule that nft lists so. */
  const handleOf = (rule: RegExp) => new RegExp(`${rule.source}.* # handle (\\d+)$`, 'm').exec(run('nft', ['-a', 'list', 'table', 'ip', 'filter']))?.[1] as string

  function load(): void {
    oracle.empty('ip')
    oracle.restore('ip', BEFORE)
    for (const rule of [...FOREIGN].reverse()) run('nft', ['add', 'rule', 'ip', 'filter', 'INPUT', 'position', handleOf(/dport 22/), ...rule.split(' ')])
  }

  test.each(LINES)('iptables %s does as there, and leaves them as they are', async (line) => {
    load()
    const there = oracle.theirs('ip', '', wordsOf(line))
    const after = table()
    load()
    const here = await oracle.ours('ip', '', wordsOf(line))
    expect({ code: here.code, stdout: here.stdout, table: table() }).toEqual({ code: there.code, stdout: there.stdout, table: after })
  })

  test.each(['-L INPUT -n', '-nL', '-nvL'])('iptables %s lists what is known of them; the C tool lists nothing and fails', async (line) => {
    load()
    expect(oracle.theirs('ip', '', wordsOf(line))).toMatchObject({ code: 1, stdout: '' })
    const { code, stdout } = await oracle.ours('ip', '', wordsOf(line))
    const foreign = stdout.split('\n').filter((text) => text.includes('nf_tables:'))
    expect(code).toBe(0)
    expect(foreign).toEqual([
      expect.stringMatching(/ACCEPT +\? .* nf_tables: ct bitwise cmp counter immediate$/),
      expect.stringMatching(/ \? .* nf_tables: .*payload .*lookup$/),
      expect.stringMatching(/web +\? .* nf_tables: fib cmp counter immediate$/),
    ])
  })

  test('iptables -S prints their expressions; the C tool prints nothing and fails', async () => {
    load()
    expect(oracle.theirs('ip', '', ['-S', 'INPUT'])).toMatchObject({ code: 1, stdout: '' })
    const { code, stdout } = await oracle.ours('ip', '', ['-S', 'INPUT'])
    expect(code).toBe(0)
    expect(stdout.match(/^-A INPUT --nft-expressions [\da-f]+$/gm)).toHaveLength(FOREIGN.length)
    expect(stdout.match(/^-A INPUT -(?!-)/gm)).toHaveLength(4)
  })

  test('one of them is deleted by what -S prints of it, and found by -C', async () => {
    load()
    const line = /^-A (INPUT --nft-expressions [\da-f]+)$/m.exec((await oracle.ours('ip', '', ['-S', 'INPUT'])).stdout)?.[1] as string
    expect((await oracle.ours('ip', '', ['-C', ...line.split(' ')])).code).toBe(0)
    expect((await oracle.ours('ip', '', ['-D', ...line.split(' ')])).code).toBe(0)
    expect((await oracle.ours('ip', '', ['-C', ...line.split(' ')])).code).toBe(1)
    expect(table()).not.toContain('ct state')
    expect(table()).toContain('fib saddr')
  })

  test('iptables-save has them behind a comment sign; the C tool prints nothing of the table', async () => {
    load()
    expect(oracle.theirs('ip', '-save', ['-t', 'filter'])).toMatchObject({ code: 0, stdout: expect.not.stringContaining('*filter') })
    const { code, stdout } = await oracle.ours('ip', '-save', ['-c', '-t', 'filter'])
    expect(code).toBe(0)
    expect(stdout.match(/^# unknown: \[\d+:\d+\] -A INPUT --nft-expressions [\da-f]+$/gm)).toHaveLength(FOREIGN.length)
    // The C tool reads all the rest.
    expect(oracle.theirs('ip', '-restore', ['-c', '--test'], { input: stdout }).code).toBe(0)
  })

  test('what iptables-save printed comes back from iptables-restore, anonymous sets apart: they are gone with their rule', async () => {
    load()
    run('nft', ['delete', 'rule', 'ip', 'filter', 'INPUT', 'handle', handleOf(/vmap/)])
    const before = table()
    const { stdout } = await oracle.ours('ip', '-save', ['-c'])
    expect(oracle.theirs('ip', '', ['-F', 'INPUT']).code).toBe(0)
    expect(table()).not.toBe(before)
    expect((await oracle.ours('ip', '-restore', ['-c'], { input: stdout })).code).toBe(0)
    expect(table()).toBe(before)
  })

  test('iptables-restore does not lose them: it fails and says which; the C tool drops them', async () => {
    load()
    const before = table()
    const { code, stderr } = await oracle.ours('ip', '-restore', ['-c'], { input: BEFORE })
    expect(code).toBe(4)
    expect(stderr).toContain('filter INPUT rule 2')
    expect(table()).toBe(before)
    expect(oracle.theirs('ip', '-restore', ['-c'], { input: BEFORE }).code).toBe(0)
    expect(table()).not.toContain('fib')
  })

  test('iptables-restore -n adds to them, as there', async () => {
    const text = '*filter\n-A INPUT -j DROP\n-I INPUT -j DROP\nCOMMIT\n'
    load()
    expect(oracle.theirs('ip', '-restore', ['-n'], { input: text }).code).toBe(0)
    const after = table()
    load()
    expect((await oracle.ours('ip', '-restore', ['-n'], { input: text })).code).toBe(0)
    expect(table()).toBe(after)
  })

  test('a deletion by content goes past them; the C tool fails with 3', async () => {
    load()
    const words = ['-D', 'INPUT', '-p', 'udp', '--dport', '53', '-m', 'comment', '--comment', 'two words', '-j', 'DROP']
    const before = table()
    expect(oracle.theirs('ip', '', words).code).toBe(3)
    expect(table()).toBe(before)
    expect((await oracle.ours('ip', '', words)).code).toBe(0)
    expect(table()).not.toContain('udp')
  })
})

describeCommandsOn('nft', 'legacy tables beside those of %s', (oracle) => {
  test('-L, -S and iptables-save say on standard error that there are some, as there', async () => {
    run('iptables-legacy', ['-A', 'OUTPUT', '-m', 'comment', '--comment', 'legacy'])
    try {
      for (const [kind, line] of [['', '-L'], ['', '-S'], ['-save', '']] as const) {
        for (const { code, stdout, stderr } of [oracle.theirs('ip', kind, wordsOf(line)), await oracle.ours('ip', kind, wordsOf(line))]) {
          expect([code, stdout.includes('legacy')]).toEqual([0, false])
          expect(stderr).toMatch(/^# Warning: .*legacy tables.*\n$/)
        }
      }
      // Of the other family there is none.
      for (const { stderr } of [oracle.theirs('ip6', '', ['-L']), await oracle.ours('ip6', '', ['-L'])]) expect(stderr).toBe('')
    } finally {
      run('iptables-legacy', ['-F'])
    }
  })
})
