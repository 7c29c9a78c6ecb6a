import { IPSet } from '../../src/index.js'
import { TransportError } from '../../src/netlink/error.js'
import { codeOf, Harness } from '../netlink/harness.js'
import { eventually } from '../support/waiting.js'
import { ack, type Asked, data, done } from '../support/dialogue.js'
import { hex, nlmsg } from '../support/bytes.js'
import { fakeIpset, header, sentTo } from '../support/fake-ipset.js'

const overrun = () => new TransportError('recvfrom: ENOBUFS', { code: 'ERR_OVERRUN', errno: 105 })

test('1. answers that were lost reject all that wait for one, and the connection goes on', async () => {
  const h = new Harness((asked) => (asked.type < 30 ? undefined : ack(asked)))
  const requests = [20, 21, 22].map((type) => codeOf(h.request(type)))
  await eventually(() => h.asked.length === 3 && h.transport.waiting)
  h.transport.push(overrun())
  expect(await Promise.all(requests)).toEqual(['ERR_OVERRUN', 'ERR_OVERRUN', 'ERR_OVERRUN'])
  h.transport.push(...h.asked.map((asked) => ack(asked)))
  expect((await h.request(30)).errno).toBe(0)
  expect(h.connection.counters.stale).toBe(3)
})

test('1. a batch asks for one acknowledgement, however many its entries are', async () => {
  const transport = fakeIpset({ header: (asked) => [header(asked, 'ban', 'hash:ip')] })
  await using ipset = new IPSet({ transport })
  const entries = Array.from({ length: 5000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)
  expect(await ipset.addAll('ban', entries)).toBe(5000)
  const batches = sentTo(transport, 'add')
  expect(batches.length).toBeLessThanOrEqual(3)
  for (const batch of batches) expect(batch.readUInt32LE(0)).toBe(batch.length)
})

test('2. ipset sends no events; an overrun that the kernel tells of is ERR_OVERRUN to who asked', async () => {
  const h = new Harness((asked) => nlmsg({ type: 4, sequence: asked.sequence }, hex('00000000'))) // NLMSG_OVERRUN
  expect(await codeOf(h.request(20))).toBe('ERR_OVERRUN')
  expect(await codeOf(h.stream(50).next())).toBe('ERR_OVERRUN')
})

test('5. where nothing comes the error is ERR_TIMEOUT and names the request', async () => {
  const transport = fakeIpset({ header: () => [], list: () => [], destroy: () => [], create: () => [] })
  await using ipset = new IPSet({ transport, timeout: 25 })
  await expect(ipset.headers('ban')).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: expect.stringContaining('header'),
  })
  await expect(ipset.list('ban').next()).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: expect.stringContaining('list'),
  })
  await expect(ipset.destroy('ban')).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: expect.stringContaining('destroy'),
  })
  await expect(ipset.destroy('ban', { timeout: 10 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
})

test('6. an answer that comes after its request has timed out is nobody else’s', async () => {
  const held: Asked[] = []
  const transport = fakeIpset({
    header(asked) {
      held.push(asked)
      return held.length === 1 ? [] : [header(held[0]!, 'slow', 'hash:mac'), header(asked, 'quick', 'hash:net')]
    },
  })
  await using ipset = new IPSet({ transport })
  await expect(ipset.headers('slow', { timeout: 20 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  expect((await ipset.headers('quick')).type).toBe('hash:net')
  expect(ipset.counters).toEqual({ stale: 1, foreign: 0, truncated: 0 })
})

test('6. an answer to a request that nobody made is dropped and counted', async () => {
  const h = new Harness((asked) => [
    ack({ ...asked, sequence: 0 }, 1),
    data({ type: asked.type, sequence: asked.sequence ^ 0x8000_0000 }, hex('ffffffff')),
    done({ sequence: asked.sequence + 1000 }, 1),
    ack(asked),
  ])
  expect(await h.request(20)).toEqual({ bodies: [], errno: 0 })
  expect(h.connection.counters.stale).toBe(3)
})
