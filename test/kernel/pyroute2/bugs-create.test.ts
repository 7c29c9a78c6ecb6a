import { AlreadyExists, type CreateOptions, InputError, IPSet, loadIpset, WiSet } from '../../../src/index.js'
import { attributesOf, data, fakeIpset, revisions, sentTo, u8 } from '../../support/fake-ipset.js'
import { describeKernel, describeOracle, run } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { entriesIn, headerOf, removeAllSets } from '../../support/sets.js'

describeKernel('bugs of pyroute2 turned right: create', () => {
  let sock: IPSet
  beforeEach(() => {
    sock = new IPSet()
  })
  afterEach(async () => {
    sock.close()
    await removeAllSets()
  })

  test('bug 8: bitmap:ip and bitmap:ip,mac are made, through WiSet too', async () => {
    await sock.create('hosts', { stype: 'bitmap:ip', range: '10.0.0.0/24' })
    expect((await headerOf(sock, 'hosts')).range).toBe('10.0.0.0-10.0.0.255')
    await sock.add('hosts', '10.0.0.7')
    expect(await entriesIn(sock, 'hosts')).toEqual(['10.0.0.7'])
    const set = new WiSet({ name: 'cards', attrType: 'bitmap:ip,mac', range: ['10.0.0.1', '10.0.0.9'], sock })
    await set.create()
    await set.add('10.0.0.1,02:00:5E:00:00:01')
    await set.add('10.0.0.2')
    expect([...(await set.content).keys()].sort()).toEqual(['10.0.0.1,02:00:5e:00:00:01', '10.0.0.2'])
    await expect(sock.create('none', { stype: 'bitmap:ip' })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      path: 'options.range',
    })
  })

  const made: [options: CreateOptions, header: object][] = [
    [{ netmask: 24 }, { netmask: 24 }],
    [{ bitmask: '255.0.255.0' }, { bitmask: '255.0.255.0' }],
    [
      { family: 'inet6', netmask: 64 },
      { family: 'inet6', netmask: 64 },
    ],
    [{ bucketsize: 8 }, { bucketsize: 8 }],
    [{ initval: 0xdeadbeef }, { initval: 0xdeadbeef }],
    [{ stype: 'bitmap:port', range: '1-1024' }, { range: '1-1024' }],
    [
      { stype: 'bitmap:ip', range: '10.0.0.0/16', netmask: 24 },
      { range: '10.0.0.0-10.0.255.255', netmask: 24 },
    ],
  ]
  test.each(made)('bug 13: a set is made with %j', async (options, header) => {
    await sock.create('web', options)
    expect(await headerOf(sock, 'web')).toMatchObject(header)
  })

  test('bug 19: the revision of a WiSet is the one it is made with', async () => {
    await new WiSet({ name: 'web', attrType: 'hash:net', revision: 3, sock }).create()
    expect((await loadIpset('web', { sock }))?.revision).toBe(3)
  })

  test.each([
    ['maxelem', { maxelem: 1000 }, { maxelem: 2000 }],
    ['timeout', { timeout: 10 }, { timeout: 20 }],
    ['counters', {}, { counters: true }],
    ['type', {}, { stype: 'hash:net' }],
  ] as [string, CreateOptions, CreateOptions][])(
    'bug 27: when a set is there but another, the error names what differs: %s',
    async (word, first, second) => {
      await sock.create('web', first)
      const error = await rejection(sock.create('web', { ...second, exclusive: false }))
      expect(error).toBeInstanceOf(AlreadyExists)
      expect(error.message).toMatch(new RegExp(`\\b${word}\\b`))
    },
  )

  test('bug 24: the longest name has 31 bytes', async () => {
    for (const name of ['a'.repeat(31), `${'é'.repeat(15)}!`]) {
      await sock.create(name)
      expect(await sock.names()).toContain(name)
    }
  })
})

describeOracle('ipset', 'bugs of pyroute2 turned right: sets without a family', () => {
  afterEach(removeAllSets)

  test('bug 25: a list:set and a bitmap:port have no family, so the tool lists and saves them all', async () => {
    await using sock = new IPSet()
    await sock.create('member')
    await sock.create('list', { stype: 'list:set', family: 'inet' })
    await new WiSet({ name: 'more', attrType: 'list:set', sock }).create()
    await sock.create('ports', { stype: 'bitmap:port', range: '1-9' })
    await sock.add('list', 'member')
    for (const name of ['list', 'more', 'ports']) expect((await sock.headers(name)).family).toBe('unspec')
    expect(run('ipset', ['list', '-name']).trim().split('\n').sort()).toEqual(['list', 'member', 'more', 'ports'])
    expect(run('ipset', ['list', 'list'])).toMatch(/^Type: list:set\n(.*\n)*Members:\nmember$/m)
    expect(run('ipset', ['save'])).toContain('create list list:set size 8\nadd list member\n')
  })
})

describe('bugs of pyroute2 turned right: create at a fake kernel', () => {
  const calls: [string, (ipset: IPSet, name: string) => Promise<unknown>][] = [
    ['create', (ipset, name) => ipset.create(name)],
    ['destroy', (ipset, name) => ipset.destroy(name)],
    ['flush', (ipset, name) => ipset.flush(name)],
    ['rename from', (ipset, name) => ipset.rename(name, 'web')],
    ['rename to', (ipset, name) => ipset.rename('web', name)],
    ['swap', (ipset, name) => ipset.swap('web', name)],
    ['add', (ipset, name) => ipset.add(name, '192.0.2.1')],
    ['addAll', (ipset, name) => ipset.addAll(name, ['192.0.2.1'])],
    ['test', (ipset, name) => ipset.test(name, '192.0.2.1')],
    ['headers', (ipset, name) => ipset.headers(name)],
    ['list', (ipset, name) => ipset.list(name).next()],
    ['WiSet', (ipset, name) => new WiSet({ name, sock: ipset }).create()],
  ]
  test.each(calls)(
    'bug 24: a name that is too long, empty or no text is refused before it is sent: %s',
    async (_, call) => {
      const transport = fakeIpset({})
      await using ipset = new IPSet({ transport })
      for (const name of ['a'.repeat(32), 'é'.repeat(16), '', 'a\0b', 7 as unknown as string]) {
        await expect(call(ipset, name)).rejects.toThrow(InputError)
      }
      // What may have been sent is the question for the version, the first of all.
      expect(transport.sent.length).toBe(sentTo(transport, 'protocol').length)
    },
  )

  test('bug 13: hash:ip,mark is made with a markmask (bytes to a fake kernel)', async () => {
    const transport = fakeIpset({ type: (asked) => [revisions(asked, 'hash:ip,mark', 3)] })
    await using ipset = new IPSet({ transport })
    await ipset.create('web', { stype: 'hash:ip,mark', markmask: 0xff00 })
    // DATA{ MARKMASK } at the end: ip_set.h, IPSET_ATTR_DATA 7, IPSET_ATTR_MARKMASK 11
    expect(attributesOf(sentTo(transport, 'create')[0]!)).toMatch(/0c00078008000b400000ff00$/)
  })

  test('bug 19: a kernel that speaks version 6 is spoken to in version 6 (bytes to a fake kernel)', async () => {
    const transport = fakeIpset({
      protocol: (asked) => [data(asked, [u8(1, 6)])],
      type: (asked) => [revisions(asked, 'hash:ip', 4)],
    })
    await using ipset = new IPSet({ transport })
    await ipset.create('web')
    const [create] = sentTo(transport, 'create')
    expect(attributesOf(create!)).toMatch(/^0500010006000000/) // PROTOCOL 6
    expect(attributesOf(create!)).toContain('0500040004000000') // REVISION 4
    expect(await ipset.getProtocolVersion()).toEqual({ version: 6, minimum: 6 })
    await expect(ipset.getSetByName('web')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  test('bug 25: hash:mac is made without a family (bytes to a fake kernel)', async () => {
    const transport = fakeIpset({ type: (asked) => [revisions(asked, 'hash:mac', 1)] })
    await using ipset = new IPSet({ transport })
    await ipset.create('web', { stype: 'hash:mac' })
    expect(attributesOf(sentTo(transport, 'create')[0]!)).toContain('0500050000000000') // FAMILY 0
  })
})
