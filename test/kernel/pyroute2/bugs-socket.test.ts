import {
  Connection,
  DumpInterruptedError,
  IPSet,
  loadIpset,
  NoSuchObject,
  type SetHeader,
  testIpsetEntry,
  WiSet,
} from '../../../src/index.js'
import { DirectSocket } from '../../../src/netlink/socket/direct.js'
import { be32, done, DUMP_INTR, fakeIpset, header, ipv4, listed, MULTI, sentTo } from '../../support/fake-ipset.js'
import { describeKernel } from '../../support/kernel.js'
import { entriesIn, headerOf, netfilterSockets, removeAllSets } from '../../support/sets.js'

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
}

describeKernel('bugs of pyroute2 turned right: messages and sockets', () => {
  let sock: IPSet
  beforeEach(() => {
    sock = new IPSet()
  })
  afterEach(async () => {
    jest.restoreAllMocks()
    sock.close()
    await removeAllSets()
  })

  test('bug 16: many entries go in few messages, and come and go as saved text', async () => {
    await sock.create('web')
    const send = jest.spyOn(DirectSocket.prototype, 'send')
    expect(await sock.addAll('web', addresses(10_000))).toBe(10_000)
    expect(send.mock.calls.length).toBeLessThanOrEqual(10)
    expect((await headerOf(sock, 'web')).elements).toBe(10_000)
    expect((await sock.testAll('web', [...addresses(2000), '192.0.2.1'])).filter((there) => !there)).toHaveLength(1)
    send.mockClear()
    expect(await sock.deleteAll('web', addresses(9_998))).toBe(9_998)
    expect(send.mock.calls.length).toBeLessThanOrEqual(10)

    let saved = ''
    for await (const piece of sock.save('web', { sorted: true })) saved += piece
    expect(saved).toMatch(/^create web hash:ip [^\n]*\nadd web 10\.0\.39\.14\nadd web 10\.0\.39\.15\n$/)
    await sock.destroy('web')
    await sock.restore(saved)
    expect(await entriesIn(sock, 'web')).toEqual(['10.0.39.14', '10.0.39.15'])
  })

  test('bug 20: a missing set is refused by the call itself, and each part of a large list knows its set', async () => {
    await expect(sock.headers('missing')).rejects.toThrow(NoSuchObject)
    await expect(sock.list('missing').next()).rejects.toThrow(NoSuchObject)
    await expect(sock.entries('missing').next()).rejects.toThrow(NoSuchObject)
    await sock.create('empty')
    await sock.create('large')
    await sock.addAll('large', addresses(5000))
    const seen = new Map<string, { headers: Set<SetHeader>; parts: number; entries: number }>()
    for await (const { header: found, entries } of sock.list()) {
      const set = seen.get(found.name) ?? { headers: new Set(), parts: 0, entries: 0 }
      seen.set(found.name, {
        headers: set.headers.add(found),
        parts: set.parts + 1,
        entries: set.entries + entries.length,
      })
    }
    expect([...seen.keys()].sort()).toEqual(['empty', 'large'])
    const large = seen.get('large')!
    expect(large.parts).toBeGreaterThan(1)
    expect(large.entries).toBe(5000)
    expect([...large.headers].map(({ type }) => type)).toEqual(['hash:ip'])
    expect(seen.get('empty')).toMatchObject({ parts: 1, entries: 0 })
  })

  test('bug 26: a WiSet leaves a socket open that it was given, and closes its own', async () => {
    {
      await using set = new WiSet({ name: 'web', sock })
      await set.create()
      await using loaded = await loadIpset('web', { sock, inheritSock: true })
      expect(loaded?.sock).toBe(sock)
      set.closeNetlink()
      await set.add('192.0.2.1')
    }
    expect(sock.closed).toBe(false)
    expect(await entriesIn(sock, 'web')).toEqual(['192.0.2.1'])
    expect(await testIpsetEntry('web', '192.0.2.1', { sock })).toBe(true)
    expect(sock.closed).toBe(false)
    {
      await using set = new WiSet({ name: 'web' })
      expect(await set.test('192.0.2.1')).toBe(true)
      expect(netfilterSockets()).toBe(2)
    }
    expect(netfilterSockets()).toBe(1)
  })

  test('bug 28: a WiSet keeps its socket, and an add is one message', async () => {
    const open = jest.spyOn(Connection, 'open')
    const send = jest.spyOn(DirectSocket.prototype, 'send')
    await using set = new WiSet({ name: 'web' })
    await set.create()
    await set.add('192.0.2.1')
    expect(open).toHaveBeenCalledTimes(1)
    send.mockClear()
    for (const address of addresses(100)) await set.add(address === '10.0.0.0' ? '192.0.2.2' : address)
    expect(open).toHaveBeenCalledTimes(1)
    expect(send).toHaveBeenCalledTimes(100)
  })

  test('bug 28: a set that was loaded asks once what it is', async () => {
    await sock.create('web')
    await using set = (await loadIpset('web'))!
    const send = jest.spyOn(DirectSocket.prototype, 'send')
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) await set.add(address)
    expect(send).toHaveBeenCalledTimes(5) // the version and the type of the set first
  })
})

/** A set of the fake kernel with one entry. */
const set = (address: string) => ({
  name: 'web',
  type: 'hash:ip',
  revision: 6,
  create: [be32(18, 1024), be32(19, 65536)],
  entries: [[ipv4(1, address)]],
})

describe('bugs of pyroute2 turned right: lists that change under the reader', () => {
  test('bug 29: a list that was interrupted at its beginning is read again (bytes from a fake kernel)', async () => {
    let times = 0
    const transport = fakeIpset({
      list: (asked) =>
        times++ < 2
          ? [listed(asked, set('192.0.2.99'), MULTI | DUMP_INTR), done(asked, 0, MULTI | DUMP_INTR)]
          : [listed(asked, set('192.0.2.1')), done(asked)],
    })
    await using ipset = new IPSet({ transport })
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1'])
    expect(sentTo(transport, 'list')).toHaveLength(3)
  })

  test('bug 29: a list that is always interrupted is a DumpInterruptedError (bytes from a fake kernel)', async () => {
    const transport = fakeIpset({
      list: (asked) => [listed(asked, set('192.0.2.99'), MULTI | DUMP_INTR), done(asked, 0, MULTI | DUMP_INTR)],
    })
    await using sock = new IPSet({ transport })
    await expect(entriesIn(sock, 'web')).rejects.toMatchObject({
      name: 'DumpInterruptedError',
      code: 'ERR_INTERRUPTED',
    })
    await expect(new WiSet({ name: 'web', sock }).content).rejects.toThrow(DumpInterruptedError)
  })

  test('bug 29: a list that is interrupted at its end is no list to trust (bytes from a fake kernel)', async () => {
    const transport = fakeIpset({
      header: (asked) => [header(asked, 'web', 'hash:ip')],
      list: (asked) => [
        listed(asked, set('192.0.2.1')),
        listed(asked, { ...set('192.0.2.2'), name: 'other' }),
        done(asked, 0, MULTI | DUMP_INTR),
      ],
    })
    await using ipset = new IPSet({ transport })
    const seen: string[] = []
    const reading = async () => {
      for await (const { entries } of ipset.list()) seen.push(...entries.map(({ entry }) => entry))
    }
    await expect(reading()).rejects.toThrow(DumpInterruptedError)
    expect(seen).toEqual(['192.0.2.1', '192.0.2.2'])
  })
})
