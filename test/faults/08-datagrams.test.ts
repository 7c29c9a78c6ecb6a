import { IPSet, ProtocolError } from '../../src/index.js'
import { SetCommand } from '../../src/ipset/attributes.js'
import { TruncatedDatagram } from '../../src/netlink/transport.js'
import { rawAttributes } from '../../src/netlink/wire/attributes.js'
import { decode } from '../../src/netlink/wire/codec.js'
import { Reader } from '../../src/netlink/wire/cursor.js'
import { locate } from '../../src/netlink/wire/describe.js'
import { dissect } from '../../src/testing/index.js'
import { attribute, hex, nlmsg } from '../support/bytes.js'
import { type Asked, data as message } from '../support/dialogue.js'
import { ack, data, done, fakeIpset, header, ipv4, listed, sentTo, text, u8 } from '../support/fake-ipset.js'

const set = (...addresses: string[]) => ({
  name: 'ban',
  type: 'hash:ip',
  revision: 6,
  entries: addresses.map((address) => [ipv4(1, address)]),
})

async function entriesOf(ipset: IPSet): Promise<string[]> {
  const entries: string[] = []
  for await (const { entry } of ipset.entries('ban')) entries.push(entry)
  return entries
}

test('8. a list of which a datagram was cut is read again, whole', async () => {
  let reading = 0
  const cut = new TruncatedDatagram(200_000, Buffer.alloc(131_072)) as never
  const transport = fakeIpset({
    list: (asked) => (++reading === 1 ? [cut] : [listed(asked, set('10.0.0.1')), done(asked)]),
  })
  await using ipset = new IPSet({ transport })
  expect(await entriesOf(ipset)).toEqual(['10.0.0.1'])
  expect(ipset.counters.truncated).toBe(1)
})

type Senseless = readonly (readonly [what: string, answer: (asked: Asked) => Buffer])[]

/** Datagrams whose headers make no sense, as answers to a request. */
const HEADERS: Senseless = [
  ['a length of zero', ({ sequence }) => nlmsg({ type: 0x0607, sequence, length: 0 })],
  ['a length below 16', ({ sequence }) => nlmsg({ type: 0x0607, sequence, length: 15 })],
  [
    'a length beyond the end',
    ({ sequence }) => nlmsg({ type: 0x0607, sequence, length: 4000 }, hex('02000000')),
  ],
  [
    'the greatest length',
    ({ sequence }) => nlmsg({ type: 0x0607, sequence, length: 0xffff_ffff }, hex('02000000')),
  ],
  ['a header cut short', ({ sequence }) => nlmsg({ type: 0x0607, sequence }).subarray(0, 12)],
  [
    'a second message of no length',
    (asked) => Buffer.concat([message(asked, hex('02000000 0500 0100 07 000000')), Buffer.alloc(16)]),
  ],
  ['no nfgenmsg', (asked) => message(asked, hex('0200'))],
]

/** Datagrams whose attributes make no sense. */
const ATTRIBUTES: Senseless = [
  ['an attribute of no length', (asked) => message(asked, hex('02000000 0000 0200'))],
  ['an attribute of three bytes', (asked) => message(asked, hex('02000000 0300 0200'))],
  ['an attribute beyond the end', (asked) => message(asked, hex('02000000 0900 0200 61000000'))],
  ['half an attribute header', (asked) => message(asked, hex('02000000 0500'))],
  ['a name without its end', (asked) => message(asked, hex('02000000 0800 0200 61626364'))],
  ['a number cut short', (asked) => message(asked, hex('02000000 0600 0940 0000 0000'))],
  [
    'an attribute longer than its nest',
    (asked) => message(asked, hex('02000000 0c00 0780 0900 0140 00000000')),
  ],
  [
    'an address nest of nothing',
    (asked) => data(asked, [attribute(0x8008, attribute(0x8007, attribute(0x8001)))]),
  ],
  [
    'an address of no family',
    (asked) => data(asked, [attribute(0x8008, attribute(0x8007, attribute(0x8001, attribute(9, hex('0a000001')))))]),
  ],
  [
    'entries among which something else stands',
    (asked) => data(asked, [attribute(0x8008, attribute(0x8003))]),
  ],
]

/** Tests that each of them is a ProtocolError, wherever it comes. */
function refused(datagrams: Senseless): void {
  test.each(datagrams)('in a list: %s is a ProtocolError, at once', async (_, senseless) => {
    await using ipset = new IPSet({
      transport: fakeIpset({ list: (asked) => [senseless(asked), done(asked)] }),
      timeout: 1500,
    })
    const began = performance.now()
    const error = await entriesOf(ipset).catch((reason: unknown) => reason)
    expect(ProtocolError.is(error)).toBe(true)
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test.each(datagrams)('in an answer: %s is a ProtocolError, and the next call goes on', async (_, senseless) => {
    let asks = 0
    const transport = fakeIpset({
      header: (asked) => [++asks === 1 ? senseless(asked) : header(asked, 'ban', 'hash:net')],
    })
    await using ipset = new IPSet({ transport, timeout: 1500 })
    const error = await ipset.headers('ban').catch((reason: unknown) => reason)
    expect(ProtocolError.is(error)).toBe(true)
    expect((error as ProtocolError).offset ?? 0).toBeGreaterThanOrEqual(0)
    expect((await ipset.headers('ban')).type).toBe('hash:net')
  })
}

describe('9. a datagram whose lengths make no sense', () => refused(HEADERS))
describe('10. attributes that make no sense', () => refused(ATTRIBUTES))

test('10. garbage in the padding is nothing', async () => {
  const padded = (asked: Asked) =>
    message(
      asked,
      hex('02000000 0500 0100 07 ffffff 0600 0200 6200 eeee 0c00 0300 686173683a6970 00 0500 0500 02 dddddd'),
      0,
    )
  await using ipset = new IPSet({ transport: fakeIpset({ header: (asked) => [padded(asked)] }) })
  expect(await ipset.headers('b')).toMatchObject({ name: 'b', type: 'hash:ip', family: 'inet' })
})

describe('11. attributes nested ten thousand deep', () => {
  let bomb: Buffer = attribute(0x8000 | 33)
  for (let depth = 1; depth < 10_000; depth++) bomb = attribute(0x8000 | (depth % 2 ? 7 : 8), bomb)

  /** Runs within a second, whatever comes of it. */
  function quickly<T>(run: () => T): T {
    const began = performance.now()
    try {
      return run()
    } finally {
      expect(performance.now() - began).toBeLessThan(1000)
    }
  }

  test('are a ProtocolError or plain bytes to the decoder', () => {
    quickly(() => {
      try {
        SetCommand.read(new Reader(bomb))
      } catch (error) {
        expect(ProtocolError.is(error)).toBe(true)
      }
    })
    const unknown = attribute(0x8000 | 99, bomb)
    expect(quickly(() => decode(SetCommand, unknown)).unknown?.[0]?.bytes).toHaveLength(bomb.length)
    expect(quickly(() => decode(rawAttributes, unknown))).toHaveLength(1)
  })

  test('are located and dissected to a depth that ends', () => {
    expect(quickly(() => locate(SetCommand, bomb, bomb.length - 1)).length).toBeLessThan(20)
    expect(quickly(() => dissect(nlmsg({ type: 0x0607 }, hex('02000000'), bomb), SetCommand)).length).toBeLessThan(40)
  })

  test('do not stop a list of which they are a part that nobody knows', async () => {
    const odd = (asked: Asked) =>
      data(asked, [
        u8(1, 7),
        text(2, 'ban'),
        text(3, 'hash:ip'),
        u8(5, 2),
        u8(4, 6),
        attribute(0x8007),
        attribute(0x8000 | 99, bomb),
        attribute(0x8008),
      ])
    await using ipset = new IPSet({ transport: fakeIpset({ list: (asked) => [odd(asked), done(asked)] }) })
    expect(await entriesOf(ipset)).toEqual([])
  })
})

test('14. a list whose end carries an error is that error, not an empty list', async () => {
  const transport = fakeIpset({ list: (asked) => [done(asked, 12)] })
  await using ipset = new IPSet({ transport })
  for (const call of [() => entriesOf(ipset), () => ipset.names(), () => ipset.list().next()]) {
    await expect(call()).rejects.toMatchObject({ code: 'ERR_KERNEL', errno: 12, errnoName: 'ENOMEM' })
  }
})

test('14. what came before the error is handed out', async () => {
  await using ipset = new IPSet({
    transport: fakeIpset({ list: (asked) => [listed(asked, set('10.0.0.1')), done(asked, 12)] }),
  })
  const seen: string[] = []
  await expect(
    (async () => {
      for await (const { entry } of ipset.entries('ban')) seen.push(entry)
    })(),
  ).rejects.toMatchObject({ errno: 12 })
  expect(seen).toEqual(['10.0.0.1'])
})

test('15. a list that never ends meets its deadline; the socket is made new and goes on', async () => {
  const transport = fakeIpset({ list: (asked) => [listed(asked, set('10.0.0.1'))], flush: (asked) => [ack(asked)] })
  await using ipset = new IPSet({ transport, timeout: 40 })
  const seen: string[] = []
  await expect(
    (async () => {
      for await (const { entry } of ipset.entries('ban')) seen.push(entry)
    })(),
  ).rejects.toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('list') })
  expect(seen).toEqual(['10.0.0.1'])
  expect(transport.resets).toBe(1)
  await ipset.flush('ban')
  expect(sentTo(transport, 'flush')).toHaveLength(1)
})
