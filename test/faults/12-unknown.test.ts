import { IPSet } from '../../src/index.js'
import { attribute, hex } from '../support/bytes.js'
import {
  be32,
  data,
  done,
  fakeIpset,
  header,
  ipv4,
  listed,
  nest,
  revisions,
  sentTo,
  text,
  u8,
} from '../support/fake-ipset.js'

/** A set of a type that no kernel has yet, with an attribute nobody knows in each place. */
const future = {
  name: 'future',
  type: 'hash:ip,vlan',
  revision: 42,
  create: [be32(18, 1024), attribute(0x4000 | 60, hex('deadbeef'))],
  entries: [[ipv4(1, '10.0.0.1'), attribute(61, hex('01020304'))]],
}

test('12. attributes without a name here are kept as they came', async () => {
  const transport = fakeIpset({ list: (asked) => [listed(asked, future), done(asked)] })
  await using ipset = new IPSet({ transport })
  const found: unknown[] = []
  for await (const { data: create, entries } of ipset.raw('future')) found.push(create?.unknown, ...entries.map(({ unknown }) => unknown))
  expect(found).toEqual([[{ type: 0x403c, bytes: Uint8Array.from(hex('deadbeef')) }], [{ type: 61, bytes: Uint8Array.from(hex('01020304')) }]])
})

test('12. a message of another type in an answer is passed over or refused, never taken for data', async () => {
  const odd = (asked: Parameters<typeof data>[0]) => ({ ...asked, type: 0x0aff })
  const transport = fakeIpset({
    header: (asked) => [data(odd(asked), [text(2, 'ban'), text(3, 'hash:mac')], 2), header(asked, 'ban', 'hash:net')],
  })
  await using ipset = new IPSet({ transport })
  const answer = await ipset.headers('ban').catch((error: unknown) => error)
  expect(answer).toMatchObject(answer instanceof Error ? { code: 'ERR_PROTOCOL' } : { type: 'hash:net' })
})

describe('12. a type of another revision', () => {
  test('that the kernel has and this library does not yet know is asked for in the newest both know', async () => {
    const transport = fakeIpset({ type: (asked) => [revisions(asked, 'hash:ip', 99, 0)] })
    await using ipset = new IPSet({ transport })
    await ipset.create('ban')
    // IPSET_ATTR_REVISION(4) = 6
    expect(sentTo(transport, 'create')[0]?.toString('hex')).toContain('05000400' + '06')
  })

  test('all of which are newer, or older, than this library knows is ERR_UNSUPPORTED before anything is made', async () => {
    for (const [newest, oldest] of [
      [120, 100],
      [0, 0],
    ] as const) {
      const transport = fakeIpset({ type: (asked) => [revisions(asked, 'hash:net,port', newest, oldest)] })
      await using ipset = new IPSet({ transport })
      await expect(ipset.create('ban', { stype: 'hash:net,port' })).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
        message: expect.stringMatching(new RegExp(`${oldest} to ${newest}`)),
      })
      expect(sentTo(transport, 'create')).toEqual([])
    }
  })
})

describe('34. a set of a type nobody knows', () => {
  const known = {
    name: 'known',
    type: 'hash:net',
    revision: 7,
    create: [be32(18, 1024)],
    entries: [[ipv4(1, '10.1.0.0'), u8(3, 16)]],
  }
  const kernel = () =>
    fakeIpset({
      list: (asked) => [listed(asked, future), listed(asked, known), done(asked)],
      header: (asked) => [header(asked, 'future', 'hash:ip,vlan')],
    })

  test('is listed with what is understood of it, and so are the sets behind it', async () => {
    await using ipset = new IPSet({ transport: kernel() })
    const seen: unknown[] = []
    for await (const {
      header: { name, type, revision },
      entries,
    } of ipset.list())
      seen.push([name, type, revision, entries.map(({ entry }) => entry)])
    expect(seen).toEqual([
      ['future', 'hash:ip,vlan', 42, ['10.0.0.1']],
      ['known', 'hash:net', 7, ['10.1.0.0/16']],
    ])
  })

  test('is not replaced: what cannot be read whole would be lost', async () => {
    const transport = kernel()
    await using ipset = new IPSet({ transport })
    const { WiSet } = await import('../../src/index.js')
    const set = new WiSet({ name: 'future', attrType: 'hash:ip,vlan', sock: ipset })
    await expect(set.replaceEntries(['10.0.0.2'])).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(INPUT|UNSUPPORTED)$/),
    })
    expect([...sentTo(transport, 'create'), ...sentTo(transport, 'swap'), ...sentTo(transport, 'flush')]).toEqual([])
  })

  test('cannot be made', async () => {
    const transport = kernel()
    await using ipset = new IPSet({ transport })
    await expect(ipset.create('new', { stype: 'hash:ip,vlan' })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      path: 'options.stype',
    })
    expect(sentTo(transport, 'create')).toEqual([])
  })
})

test('a fault in an entry that nobody knows does not change how others print', async () => {
  const transport = fakeIpset({
    list: (asked) => [
      listed(asked, {
        ...future,
        type: 'hash:ip',
        entries: [[ipv4(1, '10.0.0.1'), nest(60, u8(1, 1))], [ipv4(1, '10.0.0.2')]],
      }),
      done(asked),
    ],
  })
  await using ipset = new IPSet({ transport })
  const entries: string[] = []
  for await (const { entry } of ipset.entries('future')) entries.push(entry)
  expect(entries).toEqual(['10.0.0.1', '10.0.0.2'])
})
