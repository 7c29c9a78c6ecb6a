import {
  type CreateOptions,
  InputError,
  IPSet,
  NoSuchObject,
  SetFullError,
  type SetHeader,
  WiSet,
} from '../../../src/index.js'
import { attributesOf, be32, done, fakeIpset, listed, sentTo } from '../../support/fake-ipset.js'
import { describeKernel } from '../../support/kernel.js'
import { entriesIn, headerOf, removeAllSets } from '../../support/sets.js'

/** What a set is made of, without what depends on its entries. */
function made({ elements: _, memsize: _memsize, ...rest }: SetHeader): Partial<SetHeader> {
  return rest
}

/** `count` addresses from 10.0.0.0 on. */
function* addresses(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
}

describeKernel('bugs of pyroute2 turned right: replaceEntries', () => {
  let sock: IPSet
  beforeEach(() => {
    sock = new IPSet()
  })
  afterEach(async () => {
    sock.close()
    await removeAllSets()
  })

  const kept: [what: string, options: CreateOptions, entries: string[]][] = [
    [
      'maxelem, hashsize, timeout and all flags',
      { maxelem: 100_000, hashsize: 4096, timeout: 600, counters: true, comment: true, skbinfo: true, forceadd: true },
      ['192.0.2.1'],
    ],
    ['netmask', { netmask: 24 }, ['192.0.2.0']],
    ['bitmask', { bitmask: '255.255.0.255' }, ['192.0.0.1']],
    ['bucketsize and initval', { bucketsize: 6, initval: 0x1234 }, ['192.0.2.1']],
    ['revision', { stype: 'hash:net', revision: 3 }, ['10.0.0.0/8']],
    ['family', { stype: 'hash:net,port', family: 'inet6' }, ['2001:db8::/32,tcp:80']],
    ['size of a list', { stype: 'list:set', size: 4 }, ['member']],
    ['timeout 0', { timeout: 0 }, ['192.0.2.1']],
  ]
  test.each(kept)('bug 3: %s of the set stay, and its number, which rules refer to', async (_, options, entries) => {
    await sock.create('member')
    await sock.create('web', options)
    const before = made(await headerOf(sock, 'web'))
    for (const [name, value] of Object.entries(options))
      expect([name, before[name === 'stype' ? 'type' : (name as never)]]).toEqual([name, value])
    await new WiSet({ name: 'web', sock }).replaceEntries(entries)
    expect(made(await headerOf(sock, 'web'))).toEqual(before)
    expect(await entriesIn(sock, 'web')).toEqual(entries)
    expect((await sock.names()).sort()).toEqual(['member', 'web'])
  })

  test('bug 4: more than 65,536 entries fit when the set has room for them', async () => {
    const set = new WiSet({ name: 'web', maxelem: 200_000, sock })
    await set.create()
    expect(await set.replaceEntries(addresses(70_000))).toBe(70_000)
    expect(await headerOf(sock, 'web')).toMatchObject({ elements: 70_000, maxelem: 200_000 })
    expect(await sock.names()).toEqual(['web'])
  })

  test('bug 4: more than fit are refused with nothing changed, unless the set may grow', async () => {
    const set = new WiSet({ name: 'web', sock })
    await set.create()
    await set.add('192.0.2.1')
    await expect(set.replaceEntries(addresses(70_000))).rejects.toThrow(SetFullError)
    expect(await entriesIn(sock, 'web')).toEqual(['192.0.2.1'])
    expect(await sock.names()).toEqual(['web'])
    await set.replaceEntries(addresses(70_000), { grow: true })
    const { elements, maxelem } = await headerOf(sock, 'web')
    expect(elements).toBe(70_000)
    expect(maxelem).toBeGreaterThanOrEqual(70_000)
  })

  test('bug 5: a failure of any kind leaves the old entries, and no other set', async () => {
    const set = new WiSet({ name: 'web', maxelem: 3, sock })
    await set.create()
    await set.add('192.0.2.1')
    function* broken() {
      yield '192.0.2.7'
      throw new Error('the source is broken')
    }
    const failures: [entries: Iterable<string>, error: unknown][] = [
      [['192.0.2.2', 'no address'], InputError],
      [['192.0.2.2', '2001:db8::1'], InputError],
      [['192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5'], SetFullError],
      [['192.0.2.2', '0.0.0.0'], { errnoName: 'IPSET_ERR_HASH_ELEM' }],
      [broken(), new Error('the source is broken')],
    ]
    for (const [entries, error] of failures) {
      const replaced = expect(set.replaceEntries(entries)).rejects
      if (typeof error === 'function' || error instanceof Error) await replaced.toThrow(error as Error)
      else await replaced.toMatchObject(error as object)
      expect(await entriesIn(sock, 'web')).toEqual(['192.0.2.1'])
      expect(await sock.names()).toEqual(['web'])
    }
    await expect(new WiSet({ name: 'missing', sock }).replaceEntries(['192.0.2.1'])).rejects.toThrow(NoSuchObject)
    expect(await sock.names()).toEqual(['web'])
  })

  test('bug 6: what is given twice counts once', async () => {
    const set = new WiSet({ name: 'web', comment: true, sock })
    await set.create()
    await set.replaceEntries([
      '192.0.2.1',
      { entry: '192.0.2.2', comment: 'first' },
      '192.0.2.1',
      { entry: '192.0.2.2', comment: 'last' },
    ])
    const comments = [...(await set.content)].map(([key, { comment }]) => [key, comment]).sort()
    expect(comments).toEqual([
      ['192.0.2.1', undefined],
      ['192.0.2.2', 'last'],
    ])
  })

  const bitmaps: [options: CreateOptions, before: string, after: string[]][] = [
    [{ stype: 'bitmap:ip', range: '10.0.0.0-10.0.0.255' }, '10.0.0.1', ['10.0.0.0', '10.0.0.255']],
    [
      { stype: 'bitmap:ip', range: '10.0.0.0-10.0.255.255', netmask: 24, counters: true },
      '10.0.1.0',
      ['10.0.2.0', '10.0.3.0'],
    ],
    [
      { stype: 'bitmap:ip,mac', range: '10.0.0.0-10.0.0.255', timeout: 600 },
      '10.0.0.1,02:00:5E:00:00:01',
      ['10.0.0.2,02:00:5E:00:00:02'],
    ],
    [{ stype: 'bitmap:port', range: '1000-2000', comment: true }, '1000', ['1001', '2000']],
  ]
  test.each(bitmaps)('bug 7: a bitmap is replaced and keeps its range: %j', async (options, before, after) => {
    await sock.create('web', options)
    await sock.add('web', before)
    const header = made(await headerOf(sock, 'web'))
    expect(header.range).toBe(options.range)
    await new WiSet({ name: 'web', sock }).replaceEntries(after)
    expect(await entriesIn(sock, 'web')).toEqual(after)
    expect(made(await headerOf(sock, 'web'))).toEqual(header)
    expect(await sock.names()).toEqual(['web'])
  })
})

describe('bugs of pyroute2 turned right: replaceEntries of a fake kernel', () => {
  test('bug 3: markmask stays (bytes to a fake kernel)', async () => {
    const create = [be32(11, 0xff00), be32(18, 1024), be32(19, 500), be32(24, 0)]
    const transport = fakeIpset({
      list: (asked) => [listed(asked, { name: 'web', type: 'hash:ip,mark', revision: 2, create }), done(asked)],
    })
    await using sock = new IPSet({ transport })
    await new WiSet({ name: 'web', sock }).replaceEntries(['192.0.2.1,0x100'])
    const [made] = sentTo(transport, 'create')
    const attributes = attributesOf(made!)
    expect(attributes).toContain(`11000300${Buffer.from('hash:ip,mark\0').toString('hex')}`)
    expect(attributes).toContain('0500040002000000') // REVISION 2
    expect(attributes).toContain('08000b400000ff00') // MARKMASK 0xff00
    expect(attributes).toContain('08001340000001f4') // MAXELEM 500
    expect(sentTo(transport, 'swap')).toHaveLength(1)
    expect(sentTo(transport, 'destroy')).toHaveLength(1)
  })
})
