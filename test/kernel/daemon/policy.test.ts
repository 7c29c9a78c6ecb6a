import { chmodSync, readFileSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { IPSet } from '../../../src/index.js'
import { livePolicy } from '../../../src/iptc/daemon/live-policy.js'
import { peerOf } from '../../../src/iptc/daemon/peer.js'
import { readPolicy } from '../../../src/iptc/daemon/policy.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { withDaemon } from '../../support/daemon.js'
import { describeKernel } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { servedFolder, tryAs } from '../../support/served.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()

const RULES = {
  rules: [
    { uid: 1000, tables: { 'ip filter': { access: 'write', chains: ['app-*', 'INPUT'] } }, sets: { 'ban-*': 'write', 'seen': 'read' } },
    { uid: 1001, tables: { '*': { access: 'read' } }, sets: { '*': 'read' } },
    { gid: 4000, tables: { 'ip *': { access: 'write' } }, sets: { 'group-*': 'write' } },
  ],
}

const ALLOWED = { uid: 1000, gid: 1000 }
const OTHER = { uid: 1001, gid: 1000 }
const UNKNOWN = { uid: 1002, gid: 1002 }

/** The codes of what a user tries. */
async function outcomes(...args: Parameters<typeof tryAs>): Promise<string[]> {
  return (await tryAs(...args)).map(({ outcome }) => outcome)
}

describeTables('through a daemon, with the tables of %s,', (tables) => {
  const { folder } = servedFolder()
  const serve = async (body: (path: string, log: readonly object[]) => Promise<void>) => {
    const policy = await readPolicy(RULES)
    await withDaemon(folder, { policy, backend: tables.backend }, async ({ path, log }) => {
      chmodSync(path, 0o666)
      await body(path, log)
    })
  }

  const CHANGE = "await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp --dport 22 -j ACCEPT')))"
  const NEW_CHAIN = "await xt.transaction((tx) => tx.ip.newChain('filter', 'app-web'))"
  const FOREIGN = "await xt.transaction((tx) => tx.ip.append('filter', 'OUTPUT', parseRule('-j DROP')))"
  const FOREIGN_CHAIN = "await xt.transaction((tx) => tx.ip.newChain('filter', 'other'))"
  const RENAME = "await xt.transaction((tx) => tx.ip.renameChain('filter', 'app-web', 'other'))"
  const FLUSH = "await xt.transaction((tx) => tx.ip.flush('filter'))"
  const SIX = "await xt.transaction((tx) => tx.ip6.append('filter', 'INPUT', parseRule('-j DROP')))"
  const NAT = "await xt.transaction((tx) => tx.ip.append('nat', 'OUTPUT', parseRule('-j ACCEPT')))"
  const READ = "return Object.keys(await xt.ip.read('filter'))"
  const READ_NAT = "await xt.ip.read('nat')"

  beforeEach(() => {
    tables.clear('ip')
  })

  test('the allowed user may what he may, and no more', async () => {
    await serve(async (path, log) => {
      const tried = await tryAs(ALLOWED, path, [CHANGE, NEW_CHAIN, READ, FOREIGN, FOREIGN_CHAIN, RENAME, SIX, NAT, READ_NAT])
      const denied = 'ERR_DENIED'
      expect(tried.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', denied, denied, denied, denied, denied, denied])
      expect(tried[3]?.message).toMatch(/user 1000 .*OUTPUT.*"ip filter"/)
      expect(tables.savedRules('ip')).toEqual(['-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'])
      expect(log).toContainEqual(expect.objectContaining({ event: 'commit', uid: 1000, gid: 1000, pid: expect.any(Number), outcome: 'made' }))
      expect(log).toContainEqual(expect.objectContaining({ level: 'warn', event: 'refused', uid: 1000, chain: 'OUTPUT' }))
      // What is in chains of others is not taken away by what is said of all.
      await tables.withTables((xt) => xt.transaction((tx) => tx.ip.append('filter', 'OUTPUT', parseRule('-p udp -j DROP'))))
      expect(await outcomes(ALLOWED, path, [FLUSH])).toEqual([denied])
      expect(tables.savedRules('ip')).toContain('-A OUTPUT -p udp -j DROP')
    })
  })

  test('the other may read, and not write', async () => {
    tables.tool('ip', '-A', 'INPUT', '-p', 'icmp', '-j', 'ACCEPT')
    await serve(async (path) => {
      expect(await outcomes(OTHER, path, [READ, READ_NAT, CHANGE, NEW_CHAIN, FLUSH])).toEqual(['done', 'done', 'ERR_DENIED', 'ERR_DENIED', 'ERR_DENIED'])
      expect(tables.savedRules('ip')).toEqual(['-A INPUT -p icmp -j ACCEPT'])
    })
  })

  test('the unknown may nothing, root neither', async () => {
    await serve(async (path) => {
      for (const who of [UNKNOWN, { uid: 0, gid: 0 }]) expect(await outcomes(who, path, [READ, CHANGE, 'await xt.ip.readAll()'])).toEqual(['ERR_DENIED', 'ERR_DENIED', 'ERR_DENIED'])
      expect(tables.savedRules('ip')).toEqual([])
    })
  })

  test('a group counts as the main one and as a supplementary one', async () => {
    await serve(async (path) => {
      expect(await outcomes({ uid: 1003, gid: 4000 }, path, [FOREIGN])).toEqual(['done'])
      expect(await outcomes({ uid: 1003, gid: 5, groups: [6, 4000] }, path, [NAT])).toEqual(['done'])
      expect(await outcomes({ uid: 1003, gid: 5, groups: [6] }, path, [NAT])).toEqual(['ERR_DENIED'])
      await tables.withTables((xt) => xt.transaction((tx) => tx.ip.flush('nat')))
    })
  })

  test('what it may changes with the policy, for connections that are open, too', async () => {
    const policy = livePolicy(await readPolicy({ rules: [] }))
    await withDaemon(folder, { policy, backend: tables.backend }, async ({ open }) => {
      const xt = await open()
      expect(await rejection(xt.ip.read('filter'))).toMatchObject({ code: 'ERR_DENIED' })
      policy.become(await readPolicy({ rules: [{ uid: process.getuid?.(), tables: { 'ip filter': { access: 'read' } } }] }))
      expect(Object.keys(await xt.ip.read('filter'))).toContain('INPUT')
    })
  })
})

describeKernel('sets through a daemon', () => {
  const { folder } = servedFolder()
  const serve = async (body: (path: string) => Promise<void>) => {
    await withDaemon(folder, { policy: await readPolicy(RULES), backend: 'nft' }, async ({ path }) => {
      chmodSync(path, 0o666)
      await body(path)
    })
  }
  beforeEach(removeAllSets)

  test('may be used by who may, and by nobody else', async () => {
    await using ipset = new IPSet()
    await ipset.create('seen')
    await serve(async (path) => {
      const all = ["await ipset.create('ban-1')", "await ipset.add('ban-1', '10.0.0.1')", "return ipset.test('ban-1', '10.0.0.1')", "return ipset.names()", "await ipset.add('seen', '10.0.0.1')", 'await ipset.destroy()']
      const denied = 'ERR_DENIED'
      expect(await tryAs(ALLOWED, path, all)).toMatchObject([
        { outcome: 'done' }, { outcome: 'done' }, { outcome: 'done', message: 'true' }, { outcome: 'done' }, { outcome: denied }, { outcome: denied },
      ])
      expect(await outcomes(OTHER, path, all)).toEqual([denied, denied, 'done', 'done', denied, denied])
      expect(await tryAs(UNKNOWN, path, all)).toMatchObject([
        { outcome: denied }, { outcome: denied }, { outcome: denied }, { outcome: 'done', message: '[]' }, { outcome: denied }, { outcome: denied },
      ])
      expect(await entriesIn(ipset, 'ban-1')).toEqual(['10.0.0.1'])
      expect(await entriesIn(ipset, 'seen')).toEqual([])
    })
  })

  test('100,000 entries of a WiSet are replaced by a user', async () => {
    await using ipset = new IPSet()
    await serve(async (path) => {
      const replace = `const set = new WiSet({ name: 'ban-many', daemon, maxelem: 200000 })
        await set.create()
        await set.add('192.0.2.1')
        const entries = Array.from({ length: 100000 }, (_, i) => '10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255))
        const count = await set.replaceEntries(entries)
        set.closeNetlink()
        return count`
      expect(await tryAs(ALLOWED, path, [replace])).toEqual([{ outcome: 'done', message: '100000' }])
      expect(await ipset.test('ban-many', '192.0.2.1')).toBe(false)
      expect(await ipset.test('ban-many', '10.1.134.159')).toBe(true)
      expect(await ipset.names()).toEqual(['ban-many'])
      expect(await outcomes(OTHER, path, [replace])).toEqual(['ERR_DENIED'])
    })
  })
})

describeKernel('who is at the other end of a socket', () => {
  const { folder } = servedFolder()

  test('is told by the kernel: process, user, group and all supplementary groups', async () => {
    const path = join(folder, 'peer.sock')
    const accepted: Socket[] = []
    const server = createServer((socket) => {
      accepted.push(socket)
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    chmodSync(path, 0o666)
    const own = createConnection(path)
    await new Promise((resolve) => server.once('connection', resolve))
    const groupsOfOwn = readFileSync('/proc/self/status', 'utf8').match(/^Groups:(.*)$/m)?.[1]?.trim().split(' ').filter(Boolean).map(Number)
    expect(await peerOf(accepted[0]!)).toEqual({ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.(), groups: groupsOfOwn })
    own.destroy()
    // More groups than fit at the first try.
    const groups = Array.from({ length: 200 }, (_, i) => 5000 + i)
    const known = new Promise((resolve) => server.once('connection', (socket: Socket) => resolve(peerOf(socket))))
    void tryAs({ uid: 1234, gid: 4321, groups }, path, ['await ipset.names()']).catch(() => {})
    expect(await known).toEqual({ pid: expect.any(Number), uid: 1234, gid: 4321, groups })
    for (const socket of accepted) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  test('is not told of one that is closed, or is no Unix socket', async () => {
    const path = join(folder, 'other.sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const socket = createConnection(path)
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.destroy()
    expect(await rejection(peerOf(socket))).toMatchObject({ code: 'ERR_CLOSED' })
    await new Promise((resolve) => server.close(resolve))
  })

  test('with no way to the daemon’s socket is told who may open it', async () => {
    await withDaemon(folder, { policy: await readPolicy(RULES), backend: 'nft' }, async ({ path }) => {
      const [tried] = await tryAs(ALLOWED, path, ['await ipset.names()'])
      expect(tried).toMatchObject({ outcome: 'ERR_PERMISSION', message: expect.stringMatching(/group/) })
      expect(await rejection(openXtables({ daemon: `${path}.not` }))).toMatchObject({ code: 'ERR_CLOSED' })
    })
  })
})
