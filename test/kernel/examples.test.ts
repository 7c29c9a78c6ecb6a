import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IPSet } from '../../src/index.js'
import { readPolicy } from '../../src/iptc/daemon/index.js'
import { socketFolder, withDaemon } from '../support/daemon.js'
import { done, EXAMPLES, exampleNames, installedExamples, left, linesOf, saved } from '../support/example-programs.js'
import { describeOracle, run } from '../support/kernel.js'
import { startProgram } from '../support/served.js'

const FORWARDING = '/proc/sys/net/ipv4/ip_forward'

const { begin, finish } = installedExamples()

describe.each(exampleNames())('examples/%s', (name) => {
  const example = name.slice(0, -'.mjs'.length)

  test('--help says how to run it', async () => {
    const { code, output, errors } = await finish(example, ['--help'])
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output).toMatch(new RegExp(`^Usage: ${name}`))
  })

  test('what it does not know is refused, and nothing is done', async () => {
    const { code, output, errors } = await finish(example, ['--nonsense'])
    expect({ ended: code !== 0, output }).toEqual({ ended: true, output: '' })
    expect(errors).toMatch(/--nonsense/)
  })

  test('is named by the README', () => {
    expect(readFileSync(join(EXAMPLES, '../README.md'), 'utf8').includes(`(examples/${name})`)).toBe(true)
  })
})

describeOracle('iptables-save', 'examples on the kernel', () => {
  const sockets = socketFolder()
  beforeAll(() => {
    run('ip', ['link', 'set', 'lo', 'up'])
  })
  afterEach(() => {
    expect(left()).toEqual([])
  })

  test('ban-list bans who is complained of too often, in both families, and leaves nothing', async () => {
    await using ipset = new IPSet()
    const { child, ended } = begin('ban-list', '--pattern', 'Failed password .* from (\\S+)', '--times', '2', '--timeout', '60')
    const lines = linesOf(child.stdout)
    await lines.until(/^watching$/m)
    for (const address of ['192.0.2.7', '192.0.2.7', '198.51.100.1', '2001:db8::7', '2001:db8::7', 'nobody', '192.0.2.7']) {
      child.stdin?.write(`sshd[5]: Failed password for root from ${address} port 22\n`)
    }
    await lines.until(/^banned 2001:db8::7$/m)

    expect(saved('iptables', 'filter')).toEqual(['-A INPUT -m set --match-set ban-list4 src -j DROP'])
    expect(saved('ip6tables', 'filter')).toEqual(['-A INPUT -m set --match-set ban-list6 src -j DROP'])
    expect(await ipset.testAll('ban-list4', ['192.0.2.7', '198.51.100.1'])).toEqual([true, false])
    for await (const { timeout, comment } of ipset.entries('ban-list4')) expect({ timed: timeout! <= 60, comment }).toEqual({ timed: true, comment: '2 complaints' })

    child.kill('SIGINT')
    expect(await ended).toEqual(done('watching\nbanned 192.0.2.7\nbanned 2001:db8::7\n'))
    expect(await ipset.names()).toEqual([])
  })

  test('ban-list --keep leaves its bans to the kernel, and takes them up again', async () => {
    await using ipset = new IPSet()
    const complaint = 'bad 192.0.2.9\n'
    const args = ['--pattern', '^bad (.*)$', '--times', '1']
    expect(await finish('ban-list', [...args, '--keep'], complaint)).toEqual(done('watching\nbanned 192.0.2.9\n'))
    expect(await ipset.test('ban-list4', '192.0.2.9')).toBe(true)
    expect(saved('iptables', 'filter')).toHaveLength(1)
    expect(await finish('ban-list', args, complaint)).toEqual(done('watching\nbanned 192.0.2.9\n'))
  })

  test('nat-gateway masquerades and forwards while it runs', async () => {
    const { child, ended } = begin('nat-gateway', '--outside', 'eth0', '--inside', 'eth1', '--network', '192.168.1.0/24')
    await linesOf(child.stdout).until(/goes out over eth0$/m)
    expect(saved('iptables', 'nat')).toEqual([
      ':example-gateway - [0:0]',
      '-A POSTROUTING -j example-gateway',
      '-A example-gateway -s 192.168.1.0/24 -o eth0 -j MASQUERADE',
    ])
    expect(saved('iptables', 'filter')).toEqual([
      ':FORWARD DROP [0:0]',
      ':example-gateway - [0:0]',
      '-A FORWARD -j example-gateway',
      '-A example-gateway -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A example-gateway -m conntrack --ctstate INVALID -j DROP',
      '-A example-gateway -s 192.168.1.0/24 -i eth1 -o eth0 -j ACCEPT',
    ])
    expect(run('cat', [FORWARDING])).toBe('1\n')
    child.kill('SIGTERM')
    expect(await ended).toEqual(done('192.168.1.0/24 goes out over eth0\npackets forwarded: 0\n'))
    expect(run('cat', [FORWARDING])).toBe('0\n')
  })

  test('port-forward sends ports on, and hairpins', async () => {
    const { child, ended } = begin('port-forward', '--address', '203.0.113.5', '--network', '192.168.1.0/24', 'tcp:443=192.168.1.10:8443')
    await linesOf(child.stdout).until(/^forwarding/m)
    expect(saved('iptables', 'nat').filter((line) => line.startsWith('-A'))).toEqual([
      '-A PREROUTING -j example-forwards',
      '-A OUTPUT -j example-forwards',
      '-A POSTROUTING -j example-hairpin',
      '-A example-forwards -d 203.0.113.5/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 192.168.1.10:8443',
      '-A example-hairpin -s 192.168.1.0/24 -d 192.168.1.10/32 -p tcp -m tcp --dport 8443 -m conntrack --ctstate DNAT -j MASQUERADE',
    ])
    expect(saved('iptables', 'filter').at(-1)).toBe('-A example-forwards -d 192.168.1.10/32 -p tcp -m tcp --dport 8443 -m conntrack --ctstate DNAT -j ACCEPT')
    child.kill('SIGINT')
    expect(await ended).toEqual(done('forwarding tcp:443=192.168.1.10:8443\n'))
  })

  test('container-rules writes the firewall of another namespace, and no other', async () => {
    const { child } = startProgram('unshare', ['--net', 'sh', '-c', 'echo there; exec sleep 60'])
    await linesOf(child.stdout).until(/there/)
    const inside = ['nsenter', `--net=/proc/${child.pid}/ns/net`]
    const set = () => run('nsenter', [...inside.slice(1), 'ipset', '-n', 'list'])
    try {
      expect((await finish('container-rules', [String(child.pid), '--allow', '198.51.100.0/24', '--resolver', '192.0.2.53'])).output).toMatch(/may reach 1 networks\n$/)
      expect(left()).toEqual([])
      expect(saved('iptables', 'filter', inside)).toEqual([
        ':INPUT DROP [0:0]',
        ':FORWARD DROP [0:0]',
        ':OUTPUT DROP [0:0]',
        '-A INPUT -i lo -j ACCEPT',
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A OUTPUT -o lo -j ACCEPT',
        '-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A OUTPUT -d 192.0.2.53/32 -p udp -m udp --dport 53 -j ACCEPT',
        '-A OUTPUT -p tcp -m tcp --dport 443 -m set --match-set example-allowed dst -j ACCEPT',
        '-A OUTPUT -j REJECT --reject-with icmp-admin-prohibited',
      ])
      expect(saved('ip6tables', 'filter', inside).at(-1)).toBe('-A OUTPUT -o lo -j ACCEPT')
      expect(set()).toBe('example-allowed\n')

      expect((await finish('container-rules', [String(child.pid), '--open'])).code).toBe(0)
      expect([saved('iptables', 'filter', inside), saved('ip6tables', 'filter', inside), set()]).toEqual([[], [], ''])
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('watch-changes tells what another program does', async () => {
    const { child, ended } = begin('watch-changes')
    await linesOf(child.stderr).until(/watching/)
    const lines = linesOf(child.stdout)
    run('iptables', ['-A', 'INPUT', '-s', '192.0.2.1', '-j', 'DROP'])
    await lines.until(/iptables -t filter \+ -A INPUT -s 192\.0\.2\.1\/32 -j DROP\n {2}by iptables, process \d+\n/)
    run('ip6tables', ['-P', 'FORWARD', 'DROP'])
    await lines.until(/ip6tables -t filter [~+] .*:FORWARD DROP\n/)
    run('iptables', ['-F', 'INPUT'])
    await lines.until(/iptables -t filter - -A INPUT -s 192\.0\.2\.1\/32 -j DROP\n/)
    run('ip6tables', ['-P', 'FORWARD', 'ACCEPT'])
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0, errors: 'watching\n' })
  })

  test('generated-ruleset prints what iptables-restore takes, and commits both families', async () => {
    const { code, output } = await finish('generated-ruleset')
    expect(code).toBe(0)
    expect(output).toMatch(/# Rule: names for the office \(.*generated-ruleset\.mjs:\d+/)
    const [four = '', six = ''] = output.split(/(?<=^COMMIT\n)(?=\n*# Tables generated)/m)
    expect(run('iptables-restore', ['--test'], four)).toBe('')
    expect(run('ip6tables-restore', ['--test'], six)).toBe('')

    expect(await finish('generated-ruleset', ['--commit'])).toEqual(done('committed\n'))
    const rules = saved('iptables', 'filter')
    expect(rules.slice(0, 2)).toEqual([':INPUT DROP [0:0]', ':FORWARD DROP [0:0]'])
    const start = (line: string) => line.split(' -m comment')[0]
    expect(rules.map(start)).toContain('-A INPUT -s 192.168.1.0/24 -i eth1 -p udp -m multiport --dports 53')
    expect(saved('ip6tables', 'filter').map(start)).toContain('-A INPUT -p ipv6-icmp')
    expect(await finish('generated-ruleset', ['--reset'])).toEqual(done(''))
  })

  test('easy saves tables, and loads them again', async () => {
    run('iptables-restore', [], '*filter\n:FORWARD DROP [0:0]\n:web - [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j web\n-A web -s 192.0.2.0/24 -j ACCEPT\n-A web -j REJECT --reject-with tcp-reset -p tcp\nCOMMIT\n')
    const before = saved('iptables', 'filter')
    const { code, output } = await finish('easy', ['save'])
    expect(code).toBe(0)
    expect(JSON.parse(output).filter.FORWARD).toEqual({ policy: 'DROP', rules: [] })

    run('iptables-restore', [], '*filter\n:FORWARD ACCEPT [0:0]\n:other - [0:0]\n-A INPUT -j other\nCOMMIT\n')
    expect(await finish('easy', ['load'], output)).toEqual(done(expect.stringMatching(/^loaded .*filter/)))
    expect(saved('iptables', 'filter')).toEqual(before)

    const bad = JSON.stringify({ filter: { INPUT: { policy: 'ACCEPT', rules: [{ target: 'DROP' }, { tpc: { dport: '80' } }] } } })
    expect((await finish('easy', ['load'], bad)).code).not.toBe(0)
    expect(saved('iptables', 'filter')).toEqual(before)
    run('iptables-restore', [], '*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n')
  })

  test('daemon-client opens ports where the policy lets it, and is told where not', async () => {
    run('iptables', ['-N', 'app-web'])
    const policy = await readPolicy({ rules: [{ uid: 'root', tables: { 'ip filter': { access: 'write', chains: ['app-*'] } } }] })
    await withDaemon(sockets, { policy, backend: 'nft' }, async ({ path }) => {
      const rule = '-p tcp -m tcp --dport 8080 -j ACCEPT'
      const client = (...args: string[]) => finish('daemon-client', [...args, '--daemon', path])
      expect(await client('open', '8080')).toEqual(done(`${rule}\n`))
      expect(await client('open', '8080')).toEqual(done(`${rule}\n`))
      expect(saved('iptables', 'filter')).toEqual([':app-web - [0:0]', `-A app-web ${rule}`])
      expect(await client('list')).toEqual(done(`${rule}\n`))
      const denied = await client('open', '8080', '--chain', 'INPUT')
      expect(denied).toMatchObject({ code: 1, output: '' })
      expect(denied.errors).toMatch(/may not write chain 'INPUT'/)
      expect(await client('close', '8080')).toEqual(done(''))
    })
    run('iptables', ['-X', 'app-web'])
  })
})
