import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { IPSet } from '../../../src/index.js'
import { bindSocket } from '../../../src/iptc/daemon/listen.js'
import { loadLibc, unixAddress } from '../../../src/netlink/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { describeKernel } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { type Ended, nfkit, nfkitScript, type Running, servedFolder, startNode, startProgram } from '../../support/served.js'
import { removeAllSets } from '../../support/sets.js'
import { eventually, sleep } from '../../support/waiting.js'
import { environment, ownLock } from '../../support/xtables.js'

ownLock()

const USER = { uid: 1000, gid: 1000 }
const ALL = { rules: [
  { uid: process.getuid?.() ?? 0, tables: { '*': { access: 'write' } }, sets: { '*': 'write' } },
  { uid: 1000, tables: { 'ip filter': { access: 'write', chains: ['INPUT'] } }, sets: { 'ban-*': 'write' } },
] }

interface Entry {
  readonly event: string
  readonly [key: string]: unknown
}

/** What a daemon has logged so far. */
function logOf(text: string): Entry[] {
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line))
}

describeKernel('nfkit serve', () => {
  const { folder, socket, policy, write } = servedFolder()
  const running: Running[] = []

  const heard = (one: Running, event: string, count = 1) => eventually(() => {
    const found = logOf(one.errors()).filter((entry) => entry.event === event)
    if (one.child.exitCode !== null && found.length < count) throw new Error(`it ended with ${one.child.exitCode}: ${one.errors()}`)
    return found[count - 1]
  }, `${event} in the log`)

  async function serve(...args: string[]): Promise<Running> {
    const one = startNode([nfkitScript(), 'serve', '--socket', socket, '--policy', policy, ...args])
    running.push(one)
    await heard(one, 'serving')
    return one
  }
  async function end(one: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    one.child.kill(signal)
    return one.ended
  }

  beforeEach(async () => {
    write(ALL)
    await removeAllSets()
  })
  afterEach(async () => {
    for (const one of running.splice(0)) {
      one.child.kill('SIGKILL')
      await one.ended
    }
    for (const name of readdirSync(folder)) if (name !== 'policy.json') rmSync(join(folder, name), { recursive: true })
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s, and leaves nothing behind', async (signal) => {
    const one = await serve('--backend', 'nft')
    expect(lstatSync(socket).mode & 0o777).toBe(0o660)
    expect(logOf(one.errors())[0]).toMatchObject({ level: 'info', event: 'serving', pid: one.child.pid, socket, backend: 'nft' })
    await using ipset = new IPSet({ daemon: socket })
    await ipset.create('ban-1')
    const { code, errors } = await end(one, signal)
    expect(code).toBe(0)
    expect(logOf(errors).map(({ event }) => event)).toEqual(['serving', 'change', 'ending', 'ended'])
    expect(readdirSync(folder)).toEqual(['policy.json'])
    expect(await rejection(ipset.names())).toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('gives the socket the rights and the group that it is told', async () => {
    await serve('--mode', '0606', '--group', '4321')
    const { mode, gid } = lstatSync(socket)
    expect([mode & 0o777, gid]).toEqual([0o606, 4321])
  })

  test('finishes what is under way', async () => {
    const one = await serve('--backend', 'nft')
    const xt = await openXtables({ daemon: socket })
    const rules = Array.from({ length: 5000 }, (_, i) => parseRule(`-p tcp --dport ${i + 1} -j ACCEPT`))
    let settled = false
    const commit = xt.transaction((tx) => tx.ip.replaceChain('filter', 'INPUT', rules)).then(() => 'made', (error: Error & { code: string }) => error.code).finally(() => {
      settled = true
    })
    await sleep(60)
    const early = settled
    expect((await end(one)).code).toBe(0)
    const outcome = await commit
    xt.close()
    await using here = await openXtables({ backend: 'nft' })
    const there = (await here.ip.read('filter')).INPUT?.rules.length
    // The whole of it is there and the program was told so, or it was cut off before the commit was asked for.
    expect([['made', 5000], ['ERR_CLOSED', 0]]).toContainEqual([outcome, there])
    expect(early && outcome !== 'made').toBe(false)
    await here.transaction((tx) => tx.ip.flush('filter'))
  })

  test('is refused where another one serves, and takes the place of one that was killed', async () => {
    const first = await serve()
    const { code, errors } = await nfkit(['serve', '--socket', socket, '--policy', policy])
    expect(code).toBe(1)
    expect(errors).toMatch(/^nfkit serve: a daemon serves at .* already/)
    await using ipset = new IPSet({ daemon: socket })
    await ipset.create('ban-1')
    first.child.kill('SIGKILL')
    await first.ended
    expect(existsSync(socket)).toBe(true)
    await serve()
    // The client finds the new one by itself.
    await ipset.names().catch(() => {})
    expect(await ipset.names()).toEqual(['ban-1'])
  })

  test('reads the policy again on SIGHUP; a bad one changes nothing', async () => {
    write({ rules: [] })
    const one = await serve()
    await using ipset = new IPSet({ daemon: socket })
    expect(await rejection(ipset.create('ban-1'))).toMatchObject({ code: 'ERR_DENIED' })
    write(ALL)
    one.child.kill('SIGHUP')
    expect(await heard(one, 'policy')).toMatchObject({ level: 'info', path: policy })
    await ipset.create('ban-1')
    write('{ "rules": [ { "uid": 0, "set": {} } ] }')
    one.child.kill('SIGHUP')
    expect(await heard(one, 'policy', 2)).toMatchObject({ level: 'error', kept: true, error: { name: 'InputError', message: expect.stringMatching(/policy\.json: rules\[0\]: there is no 'set'/) } })
    await ipset.destroy('ban-1')
  })

  test('tells systemd when it is ready, reads its policy again, and ends', async () => {
    const libc = await loadLibc()
    const path = join(folder, 'notify')
    const address = unixAddress(path)
    const fd = libc.socket(1, 2 | 0o2000000, 0)
    expect(libc.bind(fd, address, address.length)).toBe(0)
    const next = async (): Promise<string> => {
      const bytes = Buffer.alloc(512)
      const size = await eventually(() => {
        const found = libc.recvfrom(fd, bytes, bytes.length, 0x40, Buffer.alloc(128), Buffer.from([128, 0, 0, 0]))
        return found < 0 ? undefined : Number(found)
      }, 'a notification')
      return bytes.toString('utf8', 0, size)
    }
    const one = startNode([nfkitScript(), 'serve', '--socket', socket, '--policy', policy], { env: environment({ NOTIFY_SOCKET: path }) })
    running.push(one)
    expect(await next()).toBe('READY=1')
    expect(existsSync(socket)).toBe(true)
    one.child.kill('SIGHUP')
    expect(await next()).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/)
    expect(await next()).toBe('READY=1')
    one.child.kill('SIGTERM')
    expect(await next()).toBe('STOPPING=1')
    expect((await one.ended).code).toBe(0)
    libc.close(fd)
  })

  test('serves nobody the worse when what it notifies is gone', async () => {
    const one = startNode([nfkitScript(), 'serve', '--socket', socket, '--policy', policy], { env: environment({ NOTIFY_SOCKET: join(folder, 'nosuch') }) })
    running.push(one)
    expect(await heard(one, 'notify')).toMatchObject({ level: 'warn' })
    await using ipset = new IPSet({ daemon: socket })
    expect(await ipset.names()).toEqual([])
  })

  describe('on a socket that systemd hands over', () => {
    /** Starts the daemon as systemd does: descriptor 3, and its own number in LISTEN_PID. */
    const activate = (fd: number, ...args: string[]) => {
      const command = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
      const one = startProgram('/bin/sh', ['-c', command, 'sh', process.execPath, nfkitScript(), 'serve', '--policy', policy, ...args], { stdio: ['pipe', 'pipe', 'pipe', fd] })
      running.push(one)
      return one
    }

    test('serves those that came before it was started, and leaves the file', async () => {
      const bound = await bindSocket(socket, { mode: 0o660 })
      const server = createServer()
      await new Promise<void>((resolve) => server.listen({ fd: bound.fd }, resolve))
      const waiting = new IPSet({ daemon: socket })
      const one = activate(bound.fd)
      // From here on the daemon alone takes connections.
      await new Promise((resolve) => server.close(resolve))
      await waiting.create('ban-1')
      expect(await heard(one, 'serving')).toMatchObject({ socket: 'of systemd' })
      waiting.close()
      one.child.kill('SIGTERM')
      expect((await one.ended).code).toBe(0)
      expect(existsSync(socket)).toBe(true)
      bound.release()
    })

    test('refuses what is no listening Unix socket', async () => {
      const bound = await bindSocket(socket)
      expect(await activate(bound.fd).ended).toMatchObject({ code: 1, errors: expect.stringMatching(/no listening Unix stream socket/) })
      bound.release()
    })
  })

  test.each<[string, string[], number, RegExp]>([
    ['an unknown option', ['--sockett', '/x'], 2, /sockett.*\n.*--help/s],
    ['a word too many', ['now'], 2, /now/],
    ['an unknown backend', ['--backend', 'ebtables'], 2, /auto, nft or legacy/],
    ['rights that are none', ['--mode', '999'], 2, /octal/],
    ['rights beyond those of all', ['--mode', '4755'], 2, /octal/],
    ['an unknown group', ['--group', 'nosuchgroup'], 2, /no group 'nosuchgroup'/],
    ['a limit without a number', ['--limit', 'connections'], 2, /connections=500/],
    ['no path', ['--socket', ''], 2, /--socket/],
    ['an unknown limit', ['--limit', 'fun=1'], 1, /no such limit/],
    ['a limit of none', ['--limit', 'connections=0'], 1, /limits\.connections/],
    ['a folder that is not there', ['--socket', '/nosuch/nfkit.sock'], 1, /\/nosuch\/nfkit\.sock/],
    ['a policy that is not there', ['--policy', '/nosuch/policy.json'], 1, /\/nosuch\/policy\.json/],
    ['a namespace that is not there', ['--netns', 'nosuch-namespace'], 1, /nosuch-namespace/],
  ])('%s: says so, and ends with a code', async (_, args, code, words) => {
    const all = ['--socket', '--policy'].flatMap((name) => (args.includes(name) ? [] : [name, name === '--socket' ? socket : policy]))
    const ended = await nfkit(['serve', ...all, ...args])
    expect(ended).toMatchObject({ code, output: '', errors: expect.stringMatching(words) })
    expect(ended.errors).toMatch(/^nfkit serve: /)
    expect(readdirSync(folder)).toEqual(['policy.json'])
  })

  test('tells whether a policy is good', async () => {
    expect(await nfkit(['serve', '--check', '--policy', policy])).toEqual({ code: 0, signal: null, output: `${policy} is good\n`, errors: '' })
    write('{ "rules": [ { "uid": "nosuchuser" } ] }')
    expect(await nfkit(['serve', '--check', '--policy', policy])).toMatchObject({ code: 1, errors: expect.stringMatching(/rules\[0\]\.uid: there is no user 'nosuchuser'/) })
  })

  test('explains itself, and the command tells of it', async () => {
    const { code, output } = await nfkit(['serve', '--help'])
    expect(code).toBe(0)
    for (const option of ['--socket', '--policy', '--backend', '--mode', '--group', '--netns', '--limit', '--check', 'SIGHUP', 'NFKIT_DAEMON']) expect(output).toContain(option)
    expect((await nfkit(['help'])).output).toMatch(/^ {2}serve /m)
  })

  describe('the commands with NFKIT_DAEMON, as a user', () => {
    const as = (args: readonly string[], input = '', more: Record<string, string> = { NFKIT_DAEMON: socket }) => nfkit(args, { ...USER, input, env: environment(more) })

    test('ipset and iptables do what the policy allows, and say what it does not', async () => {
      await serve('--backend', 'nft', '--mode', '666')
      expect(await as(['ipset', 'create', 'ban-1', 'hash:ip'])).toMatchObject({ code: 0, errors: '' })
      expect(await as(['ipset', 'restore'], 'add ban-1 10.0.0.1\nadd ban-1 10.0.0.2\n')).toMatchObject({ code: 0, errors: '' })
      expect((await as(['ipset', 'save'])).output).toMatch(/^create ban-1 hash:ip .*\nadd ban-1 10\.0\.0\.\d\nadd ban-1 10\.0\.0\.\d\n$/)
      expect(await as(['ipset', 'test', 'ban-1', '10.0.0.3'])).toMatchObject({ code: 1 })
      expect(await as(['ipset', 'create', 'other', 'hash:ip'])).toMatchObject({ code: 1, errors: expect.stringMatching(/^ipset v7\.17: user 1000 may not write set 'other'/) })
      expect(await as(['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT'])).toMatchObject({ code: 0, errors: '' })
      expect((await as(['iptables', '-S', 'INPUT'])).output).toBe('-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n')
      expect((await as(['iptables', '-nL', 'INPUT'])).output).toMatch(/tcp dpt:22/)
      expect((await as(['iptables-save', '-t', 'filter'])).output).toMatch(/-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT/)
      expect(await as(['iptables-restore', '--noflush'], '*filter\n-A INPUT -p udp -j DROP\nCOMMIT\n')).toMatchObject({ code: 0, errors: '' })
      expect(await as(['iptables', '-C', 'INPUT', '-p', 'udp', '-j', 'DROP'])).toMatchObject({ code: 0 })
      expect(await as(['iptables', '-A', 'OUTPUT', '-j', 'DROP'])).toMatchObject({ code: 4, errors: expect.stringMatching(/^iptables: user 1000 may not write chain 'OUTPUT'/) })
      expect(await as(['ip6tables', '-S'])).toMatchObject({ code: 4, errors: expect.stringMatching(/may not read table 'filter' of ip6/) })
      expect((await as(['iptables', '-V'])).output).toMatch(/^iptables v1\.8\.9 \(nf_tables\)/)
      expect(await as(['iptables-legacy', '-S'])).toMatchObject({ code: 3, errors: expect.stringMatching(/has the nft tables/) })
    })

    test('say that there is no daemon, or that its socket is not for them', async () => {
      expect(await as(['ipset', 'list'])).toMatchObject({ code: 1, errors: expect.stringMatching(/nfkit serve/) })
      expect(await as(['iptables', '-S'])).toMatchObject({ code: 3, errors: expect.stringMatching(/nfkit serve/) })
      expect((await as(['iptables', '-V'])).code).toBe(0)
      await serve()
      expect(await as(['ipset', 'list'])).toMatchObject({ code: 1, errors: expect.stringMatching(/may not open the socket.*group/) })
    })

    test('and with an empty one, or none, go to the kernel, which refuses', async () => {
      await serve('--mode', '666')
      for (const more of [{ NFKIT_DAEMON: '' }, {}]) expect(await as(['ipset', 'list'], '', more)).toMatchObject({ code: 1, errors: expect.stringMatching(/CAP_NET_ADMIN/) })
    })
  })
})
