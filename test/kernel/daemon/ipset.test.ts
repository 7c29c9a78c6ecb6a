import { createConnection } from 'node:net'
import fc from 'fast-check'
import { IPSet, WiSet } from '../../../src/index.js'
import { type Policy, readPolicy } from '../../../src/iptc/daemon/policy.js'
import { type Connected, connectDaemon, DeniedError } from '../../../src/netlink/index.js'
import { getIpsetSocket, loadAllIpsets, loadIpset } from '../../../src/wiset/index.js'
import { type IpsetDaemon, ipsetDaemon } from '../../support/ipset-daemon.js'
import { describeKernel } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { describedIn, entriesIn, headerOf, netfilterSockets, removeAllSets } from '../../support/sets.js'
import { eventually, sleep } from '../../support/waiting.js'

const person = (uid: number) => ({ pid: 1, uid, gid: uid, groups: [] })
const ADMIN = person(1)
const BANNER = person(2)
const READER = person(3)
const STRANGER = person(4)

const RULES = {
  rules: [
    { uid: 1, sets: { '*': 'write' } },
    { uid: 2, sets: { 'ban-*': 'write', 'seen': 'read' } },
    { uid: 3, sets: { 'ban-*': 'read' } },
  ],
}

describeKernel('ipset through a daemon', () => {
  let policy: Policy
  let daemon: IpsetDaemon
  const open: IPSet[] = []
  /** An IPSet of somebody. */
  async function as(peer: typeof ADMIN): Promise<IPSet> {
    daemon.peer = peer
    const ipset = new IPSet({ daemon: daemon.path })
    open.push(ipset)
    await ipset.getProtocolVersion()
    return ipset
  }

  beforeEach(async () => {
    await removeAllSets()
    policy = await readPolicy(RULES)
    daemon = await ipsetDaemon(policy, ADMIN, { patience: 4000 })
  })
  afterEach(async () => {
    for (const ipset of open.splice(0)) ipset.close()
    await eventually(async () => daemon.open.size === 0)
    await daemon.close()
    expect(netfilterSockets()).toBe(0)
  })

  test('does all that IPSet does', async () => {
    const ipset = await as(ADMIN)
    await ipset.create('ban', { stype: 'hash:net', timeout: 100, comment: true, counters: true })
    await ipset.add('ban', '198.51.100.0/24', { comment: 'scanner' })
    await ipset.add('ban', '198.51.101.0/24')
    expect(await ipset.test('ban', '198.51.100.7')).toBe(true)
    expect(await ipset.test('ban', '198.51.102.7')).toBe(false)
    await ipset.delete('ban', '198.51.101.0/24')
    expect(await describedIn(ipset, 'ban')).toMatchObject([{ entry: '198.51.100.0/24', comment: 'scanner' }])
    await ipset.rename('ban', 'other')
    await ipset.create('ban', { stype: 'hash:net', timeout: 100, comment: true, counters: true })
    await ipset.swap('ban', 'other')
    expect(await entriesIn(ipset, 'ban')).toEqual(['198.51.100.0/24'])
    expect((await ipset.names()).sort()).toEqual(['ban', 'other'])
    expect((await ipset.headers('ban')).type).toBe('hash:net')
    const { index } = await ipset.getSetByName('ban')
    expect(await ipset.getSetByIndex(index)).toEqual({ name: 'ban' })
    expect(await ipset.getSupportedRevisions('hash:ip')).toMatchObject({ max: expect.any(Number) })
    expect(await ipset.restore('create more hash:ip\nadd more 10.0.0.1\nadd more 10.0.0.2\n')).toBe(3)
    let saved = ''
    for await (const piece of ipset.save('more')) saved += piece
    expect(saved).toMatch(/add more 10\.0\.0\.2/)
    await ipset.flush('more')
    await ipset.destroy('more')
    await ipset.destroy()
    expect(await ipset.names()).toEqual([])
  })

  test('errors of the kernel are what they are without it', async () => {
    const there = await as(ADMIN)
    await using here = new IPSet()
    await here.create('ban', { maxelem: 64 })
    await here.add('ban', '10.0.0.1')
    const tries: ((ipset: IPSet) => Promise<unknown>)[] = [
      (ipset) => ipset.create('ban', { stype: 'hash:net' }),
      (ipset) => ipset.destroy('nosuch'),
      (ipset) => ipset.add('ban', '10.0.0.1'),
      (ipset) => ipset.delete('ban', '10.0.0.9'),
      (ipset) => ipset.addAll('ban', ['10.0.0.1', '10.0.0.2']),
      (ipset) => ipset.add('ban', 'nonsense'),
      (ipset) => ipset.list('nosuch').next(),
      (ipset) => ipset.getSetByIndex(4711),
      (ipset) => ipset.testAll('nosuch', ['10.0.0.1']),
    ]
    for (const attempt of tries) {
      const [one, other] = [await rejection(attempt(here)), await rejection(attempt(there))]
      expect({ ...other, message: other.message, name: other.name }).toEqual({ ...one, message: one.message, name: one.name })
    }
  })

  test('what the policy allows is done, what it does not is a DeniedError that says what would', async () => {
    const admin = await as(ADMIN)
    await admin.create('ban-v4')
    await admin.create('seen')
    await admin.create('secret')
    const banner = await as(BANNER)
    await banner.add('ban-v4', '10.0.0.1')
    expect(await banner.test('seen', '10.0.0.1')).toBe(false)
    await banner.create('ban-v6', { family: 'inet6' })
    const denied = async (attempt: Promise<unknown>, words: RegExp) => {
      const error = await rejection(attempt)
      expect(DeniedError.is(error)).toBe(true)
      expect(error).toMatchObject({ code: 'ERR_DENIED', message: expect.stringMatching(words) })
    }
    await denied(banner.add('seen', '10.0.0.1', { etype: 'ip' }), /user 2 may not write set 'seen' \(add\).*\{"uid":2,"sets":\{"seen":"write"\}\}/)
    await denied(banner.flush('seen'), /write set 'seen' \(flush\)/)
    await denied(banner.destroy('secret'), /'secret'/)
    await denied(banner.test('secret', '10.0.0.1'), /"secret":"read"/)
    await denied(banner.headers('secret'), /'secret'/)
    await denied(banner.getSetByName('secret'), /'secret'/)
    await denied(banner.list('secret').next(), /read set 'secret' \(list\)/)
    await denied(banner.create('other'), /write set 'other' \(create\)/)
    await denied(banner.rename('ban-v4', 'other'), /'other'/)
    await denied(banner.rename('seen', 'ban-seen'), /'seen'/)
    await denied(banner.swap('ban-v4', 'seen'), /'seen'/)
    await denied(banner.destroy(), /write all sets \(destroy\).*"\*":"write"/)
    await denied(banner.flush(), /write all sets \(flush\)/)
    await denied(banner.addAll('seen', ['10.0.0.1'], { etype: 'ip' }), /'seen'/)
    await denied(banner.testAll('secret', ['10.0.0.1', '10.0.0.2'], { etype: 'ip' }), /'secret'/)
    expect(await rejection(banner.restore('add ban-v4 10.0.0.7\nflush secret\n'))).toMatchObject({ line: 2, cause: { code: 'ERR_DENIED' } })
    expect((await admin.names()).sort()).toEqual(['ban-v4', 'ban-v6', 'secret', 'seen'])
    expect(await entriesIn(admin, 'seen')).toEqual([])

    const reader = await as(READER)
    expect(await reader.test('ban-v4', '10.0.0.1')).toBe(true)
    await denied(reader.add('ban-v4', '10.0.0.2'), /user 3/)
    await denied(reader.create('ban-x'), /user 3/)
    const stranger = await as(STRANGER)
    await denied(stranger.headers('ban-v4'), /user 4/)
    expect(await stranger.names()).toEqual([])
  })

  test('a list of all sets is one of those that may be read; others cannot be found by their numbers', async () => {
    const admin = await as(ADMIN)
    for (const name of ['ban-1', 'hidden', 'ban-2', 'seen', 'zzz']) await admin.create(name)
    await admin.addAll('hidden', Array.from({ length: 3000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`))
    await admin.addAll('ban-2', Array.from({ length: 3000 }, (_, i) => `11.0.${i >> 8}.${i & 255}`))
    const banner = await as(BANNER)
    expect((await banner.names()).sort()).toEqual(['ban-1', 'ban-2', 'seen'])
    const found = new Map<string, number>()
    for await (const { header, entries } of banner.list()) found.set(header.name, (found.get(header.name) ?? 0) + entries.length)
    expect([...found].sort()).toEqual([['ban-1', 0], ['ban-2', 3000], ['seen', 0]])
    let saved = ''
    for await (const piece of banner.save()) saved += piece
    expect(saved).not.toMatch(/hidden|zzz|10\.0\.0\.1\n/)
    const { index } = await admin.getSetByName('hidden')
    const error = await rejection(banner.getSetByIndex(index))
    expect(error).toMatchObject({ name: 'NoSuchObject', errnoName: 'ENOENT' })
    const { index: own } = await admin.getSetByName('ban-1')
    expect(await banner.getSetByIndex(own)).toEqual({ name: 'ban-1' })
  })

  test('members of a list of sets need what the list needs', async () => {
    const admin = await as(ADMIN)
    await admin.create('ban-all', { stype: 'list:set' })
    for (const name of ['ban-1', 'hidden']) await admin.create(name)
    const banner = await as(BANNER)
    await banner.add('ban-all', 'ban-1')
    expect(await rejection(banner.add('ban-all', 'hidden'))).toMatchObject({ code: 'ERR_DENIED' })
    expect(await rejection(banner.addAll('ban-all', ['hidden']))).toMatchObject({ code: 'ERR_DENIED' })
    expect(await rejection(banner.test('ban-all', 'hidden'))).toMatchObject({ code: 'ERR_DENIED' })
    expect(await entriesIn(admin, 'ban-all')).toEqual(['ban-1'])
  })

  test('100,000 entries are added, listed, tested and deleted', async () => {
    const banner = await as(BANNER)
    await banner.create('ban-many', { maxelem: 200_000, hashsize: 65_536 })
    const entries = Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    const progress: number[] = []
    const began = performance.now()
    expect(await banner.addAll('ban-many', entries, { onProgress: ({ done }) => progress.push(done) })).toBe(100_000)
    const added = performance.now()
    let count = 0
    for await (const _ of banner.entries('ban-many')) count++
    const listed = performance.now()
    expect(count).toBe(100_000)
    process.stdout.write(`  100,000 entries through the daemon: added in ${Math.round(added - began)} ms, listed in ${Math.round(listed - added)} ms\n`)
    expect(progress.at(-1)).toBe(100_000)
    const found = await banner.testAll('ban-many', entries.slice(0, 5000).concat('11.0.0.1'))
    expect(found.filter(Boolean)).toHaveLength(5000)
    expect(await banner.deleteAll('ban-many', entries.slice(0, 60_000))).toBe(60_000)
    expect(await headerOf(banner, 'ban-many')).toMatchObject({ elements: 40_000 })
    const changes = daemon.log.filter(({ event, command }) => event === 'change' && command === 'add')
    expect(changes.reduce((sum, { entries: some }) => sum + (some as number), 0)).toBe(100_000)
  })

  test('the first entry that is refused is named, and how far it came', async () => {
    const banner = await as(BANNER)
    await banner.create('ban-many', { maxelem: 200_000 })
    await banner.add('ban-many', '10.0.200.0')
    const entries = Array.from({ length: 60_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    const error = await rejection(banner.addAll('ban-many', entries))
    expect(error).toMatchObject({ errnoName: 'IPSET_ERR_EXIST', batch: { index: 51_200, entry: '10.0.200.0', applied: 51_200 } })
  })

  test('two lists are read at once, and one that is left early costs nothing', async () => {
    const banner = await as(BANNER)
    await banner.create('ban-1', { maxelem: 100_000 })
    await banner.addAll('ban-1', Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`))
    const one = banner.entries('ban-1')
    await one.next()
    let count = 1
    for await (const _ of banner.entries('ban-1')) count++
    expect(count).toBe(20_001)
    await one.return?.()
    for (let i = 0; i < 5; i++) for await (const _ of banner.entries('ban-1')) break
    await banner.flush('ban-1')
    await banner.destroy('ban-1')
  })

  test('many small requests at once are answered, each with its own', async () => {
    const banner = await as(BANNER)
    await banner.create('ban-1')
    const tests = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    await Promise.all(tests.map((entry, i) => (i % 2 === 0 ? banner.add('ban-1', entry) : undefined)))
    const found = await Promise.all(tests.map((entry) => banner.test('ban-1', entry)))
    expect(found).toEqual(tests.map((_, i) => i % 2 === 0))
  })

  test('who changed what is written down', async () => {
    const banner = await as(BANNER)
    await banner.create('ban-1')
    await banner.add('ban-1', '10.0.0.1')
    await rejection(banner.add('ban-1', '10.0.0.1'))
    await rejection(banner.destroy('seen'))
    await banner.names()
    const who = { service: 'ipset', pid: 1, uid: 2, gid: 2 }
    expect(daemon.log).toEqual([
      { level: 'info', event: 'change', command: 'create', sets: ['ban-1'], messages: 1, entries: 0, outcome: 'done', ms: expect.any(Number), ...who },
      { level: 'info', event: 'change', command: 'add', sets: ['ban-1'], messages: 1, entries: 1, outcome: 'done', ms: expect.any(Number), ...who },
      { level: 'info', event: 'change', command: 'add', sets: ['ban-1'], messages: 1, entries: 1, outcome: 'IPSET_ERR_EXIST', ms: expect.any(Number), ...who },
      { level: 'warn', event: 'refused', command: 'destroy', access: 'write', sets: ['seen'], reason: expect.stringMatching(/user 2/), ...who },
    ])
  })

  describe('a WiSet', () => {
    test('replaces entries, though its user may write no temporary sets of others', async () => {
      daemon.peer = BANNER
      await using ban = new WiSet({ name: 'ban-v4', daemon: daemon.path })
      await ban.create()
      await ban.insertList(['10.0.0.1', '10.0.0.2'])
      expect(await ban.replaceEntries(Array.from({ length: 10_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`))).toBe(10_000)
      expect((await ban.updateContent()).size).toBe(10_000)
      expect(await ban.sock.names()).toEqual(['ban-v4'])
      await using sock = getIpsetSocket({ daemon: daemon.path })
      const loaded = await loadIpset('ban-v4', { sock })
      expect(loaded?.attrType).toBe('hash:ip')
      // It opens a socket of its own, and that leads to the daemon, too.
      expect(await loaded?.test('10.1.0.1')).toBe(true)
      expect(loaded?.sock.daemon).toBe(daemon.path)
      loaded?.closeNetlink()
      expect([...(await loadAllIpsets({ sock })).keys()]).toEqual(['ban-v4'])
      await ban.destroy()
    })

    test('replaces those of several sets at once on one socket', async () => {
      const banner = await as(BANNER)
      const names = ['ban-1', 'ban-2', 'ban-3']
      for (const name of names) await banner.create(name)
      const slowly = async function* (first: number) {
        for (let i = 0; i < 20; i++) {
          yield `10.${first}.0.${i}`
          await sleep(5)
        }
      }
      await Promise.all(names.map((name, i) => new WiSet({ name, sock: banner }).replaceEntries(slowly(i))))
      for (const name of names) expect(await entriesIn(banner, name)).toHaveLength(20)
      expect((await banner.names()).sort()).toEqual(names)
    })

    test('of another user cannot be meddled with meanwhile', async () => {
      const admin = await as(ADMIN)
      await admin.create('nfkit~roots')
      const banner = await as(BANNER)
      expect(await banner.names()).toEqual([])
      for (const attempt of [
        () => banner.add('nfkit~roots', '10.0.0.1', { etype: 'ip' }),
        () => banner.create('nfkit~roots', { exclusive: false }),
        () => banner.destroy('nfkit~roots'),
        () => banner.headers('nfkit~roots'),
      ]) expect(await rejection(attempt())).toMatchObject({ errnoName: 'ENOENT' })
      // It is there: whoever makes it anew gets nothing by that.
      expect(await rejection(banner.create('nfkit~roots'))).toMatchObject({ errnoName: 'EEXIST' })
      expect(await rejection(banner.flush('nfkit~roots'))).toMatchObject({ errnoName: 'ENOENT' })
      await banner.create('nfkit~mine')
      await banner.add('nfkit~mine', '10.0.0.1')
      daemon.peer = { ...person(5), gid: 2 }
      expect(await rejection((await as(READER)).create('nfkit~other'))).toMatchObject({ errnoName: 'ENOENT' })
      // A name that was given up, in whatever way, may be that of another's set next.
      const givenUp = [() => banner.destroy('nfkit~mine'), () => banner.rename('nfkit~mine', 'ban-mine'), () => admin.destroy('nfkit~mine'), () => admin.destroy()]
      for (const give of givenUp) {
        await give()
        await admin.create('nfkit~mine')
        expect(await rejection(banner.flush('nfkit~mine'))).toMatchObject({ errnoName: 'ENOENT' })
        expect(await rejection(banner.rename('ban-mine', 'nfkit~mine'))).toMatchObject({ errnoName: 'ENOENT' })
        await admin.destroy()
        await banner.create('nfkit~mine')
      }
    })

    test('that is being made while its program goes is cleaned up after', async () => {
      daemon.peer = BANNER
      const body = Buffer.concat([
        Buffer.from([2, 0, 0, 0, 5, 0, 1, 0, 7, 0, 0, 0]), attribute(2, Buffer.from('nfkit~left\0')), attribute(3, Buffer.from('hash:ip\0')),
        attribute(4, Buffer.of(1)), attribute(5, Buffer.of(2)), attribute(0x8007, Buffer.alloc(0)),
      ])
      const { socket } = await connectDaemon(daemon.path, 'ipset')
      void socket.send(Buffer.concat([Buffer.from([16 + body.length, 0, 0, 0, 2, 6, 5, 6, 1, 0, 0, 0, 0, 0, 0, 0]), body]))
      socket.close()
      await eventually(async () => daemon.log.length > 0)
      expect(daemon.log).toMatchObject([{ event: 'change', command: 'create', sets: ['nfkit~left'], outcome: 'done' }])
      const admin = await as(ADMIN)
      expect(await admin.names()).toEqual(['nfkit~left'])
      await eventually(async () => (await admin.names()).length === 0)
    })

    test('that its process leaves half way is cleaned up after', async () => {
      const banner = await as(BANNER)
      await banner.create('nfkit~left')
      banner.close()
      const admin = await as(ADMIN)
      expect(await admin.names()).toEqual(['nfkit~left'])
      await eventually(async () => (await admin.names()).length === 0)
    })
  })

  test('a daemon that is gone is an error for what is under way, and the next call finds the next one', async () => {
    const ipset = await as(ADMIN)
    await ipset.create('ban')
    const { path } = daemon
    for (const socket of daemon.open) socket.destroy()
    const [first, second] = await Promise.allSettled([ipset.names(), ipset.names()])
    // Whether the end has been heard of before or not: then the call connects anew.
    for (const one of [first, second]) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'ERR_CLOSED' })
    expect(await ipset.names()).toEqual(['ban'])
    expect(daemon.path).toBe(path)
  })

  test('what is no message of ipset ends the connection, and nothing of it is done', async () => {
    const admin = await as(ADMIN)
    await admin.create('ban')
    const attempts: ((connected: Connected) => void)[] = [
      ({ socket }) => void socket.send(Buffer.from('nonsense nonsense')),
      ({ socket }) => void socket.send(Buffer.alloc(64)),
      ({ socket }) => void socket.send(Buffer.alloc(300 * 1024, 1)),
    ]
    for (const attempt of attempts) {
      const connected = await connectDaemon(daemon.path, 'ipset')
      const ended = new Promise((resolve) => {
        connected.socket.onEnd = resolve
      })
      attempt(connected)
      await ended
    }
    expect(daemon.log.filter(({ event }) => event === 'malformed')).toHaveLength(2)
    expect(await admin.names()).toEqual(['ban'])
  })

  test('whatever is sent, sets of others stay as they are', async () => {
    const admin = await as(ADMIN)
    for (const name of ['hidden', 'ban-1', 'seen']) await admin.create(name)
    await admin.create('lists', { stype: 'list:set' })
    await admin.addAll('hidden', ['10.0.0.1', '10.0.0.2'])
    const before = await theirs(admin)
    const names = fc.constantFrom('hidden', 'ban-1', 'seen', 'lists', 'ban-2')
    const name = names.map((text) => attribute(2, Buffer.from(`${text}\0`)))
    const second = names.map((text) => attribute(3, Buffer.from(`${text}\0`)))
    const member = names.map((text) => attribute(0x8007, attribute(18, Buffer.from(`${text}\0`))))
    const address = fc.constant(attribute(0x8007, attribute(0x8001, attribute(0x4001, Buffer.from([10, 9, 9, 9])))))
    const attributes = fc.array(fc.oneof(name, name, second, member, address), { maxLength: 4 })
    const message = fc.record({ command: fc.integer({ min: 0, max: 17 }), attributes, change: fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 2 }) })
    const datagrams = fc.sample(fc.array(message, { minLength: 1, maxLength: 2 }), 600)
    const changed = new Map<string, number>()
    daemon.peer = BANNER
    let connected: Connected | undefined
    for (const messages of datagrams) {
      const datagram = Buffer.concat(messages.map(({ command, attributes, change }, i) => {
        const body = Buffer.concat([Buffer.from([2, 0, 0, 0, 5, 0, 1, 0, 7, 0, 0, 0]), ...attributes])
        const bytes = Buffer.concat([Buffer.from([16 + body.length, 0, 0, 0, command, 6, 5, 0, i, 0, 0, 0, 0, 0, 0, 0]), body])
        if (change) bytes[change[0] % bytes.length] = change[1]
        return bytes
      }))
      connected ??= await connectDaemon(daemon.path, 'ipset')
      const { socket } = connected
      const heard = await new Promise<string>((resolve) => {
        socket.onFrame = () => resolve('answered')
        socket.onEnd = () => resolve('ended')
        void socket.send(datagram)
      })
      changed.set(heard, (changed.get(heard) ?? 0) + 1)
      if (heard === 'ended') connected = undefined
    }
    connected?.socket.destroy()
    expect(changed.get('answered')).toBeGreaterThan(100)
    expect(await theirs(admin)).toEqual(before)
    expect(daemon.log.filter(({ event }) => event === 'refused').length).toBeGreaterThan(50)
  })

  test('one that takes none of its answers keeps nobody else', async () => {
    const admin = await as(ADMIN)
    await admin.create('ban', { maxelem: 1_000_000, hashsize: 262_144 })
    await admin.addAll('ban', Array.from({ length: 400_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
    const raw = createConnection(daemon.path)
    raw.pause()
    raw.write(frame(Buffer.from(JSON.stringify({ version: 1, service: 'ipset' }))))
    await sleep(100)
    // A list of all sets, as IPSet asks for it.
    raw.write(frame(Buffer.from([28, 0, 0, 0, 7, 6, 5, 3, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 1, 0, 7, 0, 0, 0])))
    await sleep(300)
    const began = performance.now()
    await admin.create('other')
    await admin.add('other', '10.0.0.1')
    expect(performance.now() - began).toBeLessThan(2500)
    expect(await eventually(() => daemon.log.find(({ event }) => event === 'failed'), 'the daemon gives it up', 20)).toMatchObject({ error: { code: 'ERR_TIMEOUT' } })
    raw.destroy()
    await admin.destroy('ban')
  })
})

/** What is in the sets that are not the banner's. */
async function theirs(admin: IPSet): Promise<string> {
  let saved = ''
  for await (const piece of admin.save(undefined, { sorted: true })) saved += piece
  return saved.split('\n').filter((line) => !/^\w+ ban-/.test(line)).sort().join('\n')
}

/** The bytes of one attribute. */
function attribute(type: number, payload: Buffer): Buffer {
  const head = Buffer.from([(payload.length + 4) & 255, (payload.length + 4) >> 8, type & 255, type >> 8])
  return Buffer.concat([head, payload, Buffer.alloc(-payload.length & 3)])
}

function frame(payload: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(payload.length)
  return Buffer.concat([size, payload])
}
