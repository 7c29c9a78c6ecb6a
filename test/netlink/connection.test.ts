import { Connection } from '../../src/netlink/connection.js'
import { InputError, TransportError } from '../../src/netlink/error.js'
import { hex } from '../support/bytes.js'
import { ack, type Asked, data, done } from '../support/dialogue.js'
import { bodyOf, build, codeOf, Harness } from './harness.js'
import { eventually } from '../support/waiting.js'

describe('a request', () => {
  test('resolves with its acknowledgement, and gives the data before it', async () => {
    const h = new Harness((asked) => [data(asked, hex('0a0b0c0d'), 0), ack(asked)])
    expect(await h.request(20)).toEqual({ bodies: ['0a0b0c0d'], errno: 0 })
  })

  test('hears of a refusal', async () => {
    const h = new Harness((asked) => ack(asked, 17))
    expect(await h.request(20)).toEqual({ bodies: [], errno: 17 })
  })

  test('that ends with its data needs no acknowledgement', async () => {
    const h = new Harness((asked) => data(asked, hex('01020304'), 0))
    expect(await h.request(20, {}, 'data')).toEqual({ bodies: ['01020304'], errno: undefined })
    const refusing = new Harness((asked) => ack(asked, 22))
    expect(await refusing.request(20, {}, 'data')).toEqual({ bodies: [], errno: 22 })
  })

  test('whose data comes in parts ends with the last', async () => {
    const h = new Harness((asked) => [data(asked, hex('01000000')), data(asked, hex('02000000')), done(asked)])
    expect((await h.request(20, {}, 'data')).bodies).toEqual(['01000000', '02000000'])
  })

  test('has its answers in one datagram or in many', async () => {
    const h = new Harness((asked) =>
      Buffer.concat([data(asked, hex('01000000'), 0), data(asked, hex('02000000'), 0), ack(asked)]),
    )
    expect((await h.request(20)).bodies).toEqual(['01000000', '02000000'])
  })

  test('passes over NLMSG_NOOP', async () => {
    const h = new Harness((asked) => [Buffer.concat([hex('10000000 0100 0000 00000000 00000000')]), ack(asked)])
    expect((await h.request(20)).errno).toBe(0)
    expect(h.connection.counters.stale).toBe(0)
  })

  test('that cannot be written rejects, and nothing is sent', async () => {
    const h = new Harness((asked) => ack(asked))
    const broken = h.connection.request(
      'create',
      'ack',
      () => {
        throw new InputError('no')
      },
      {},
    )
    await expect(broken).rejects.toThrow(InputError)
    expect(h.asked).toEqual([])
    expect((await h.request(21)).errno).toBe(0)
  })

  test('that cannot be sent rejects, and the next one goes', async () => {
    const h = new Harness((asked) => ack(asked))
    const send = jest.spyOn(h.transport, 'send').mockImplementationOnce(() => {
      throw new TransportError('full', { code: 'ERR_OVERRUN' })
    })
    expect(await codeOf(h.request(20))).toBe('ERR_OVERRUN')
    send.mockImplementationOnce((() => Promise.reject(new TransportError('full', { code: 'ERR_OVERRUN' }))) as never)
    expect(await codeOf(h.request(20))).toBe('ERR_OVERRUN')
    expect((await h.request(21)).errno).toBe(0)
  })

  test('whose listener throws rejects with that, and the others go on', async () => {
    const held: Asked[] = []
    const h = new Harness((asked) => void held.push(asked))
    const bad = h.connection.request('bad', 'ack', build(20), {
      acknowledged() {
        throw new RangeError('mine')
      },
    })
    const good = h.request(21)
    await eventually(() => held.length === 2)
    h.transport.push(ack(held[0]!), ack(held[1]!))
    await expect(bad).rejects.toThrow(RangeError)
    expect((await good).errno).toBe(0)
  })
})

describe('many requests in flight', () => {
  test('are each answered by their number, in whatever order', async () => {
    const held: Asked[] = []
    const h = new Harness((asked) => void held.push(asked))
    const requests = Array.from({ length: 100 }, (_, i) => h.request(100 + i))
    await eventually(() => held.length === 100)
    for (const asked of held.reverse())
      h.transport.push(data(asked, Buffer.of(asked.type, 0, 0, 0), 0), ack(asked, asked.type))
    const answers = await Promise.all(requests)
    expect(answers).toEqual(
      Array.from({ length: 100 }, (_, i) => ({
        bodies: [Buffer.of(100 + i, 0, 0, 0).toString('hex')],
        errno: 100 + i,
      })),
    )
    expect(new Set(held.map(({ sequence }) => sequence)).size).toBe(100)
    expect(h.connection.counters.stale).toBe(0)
  })

  test('in one datagram are heard of one by one', async () => {
    const h = new Harness((asked) => ack(asked, asked.type === 21 ? 17 : 0))
    const first = h.connection.sequence(3)
    const heard: [number, number][] = []
    const datagram = Buffer.concat([20, 21, 22].map((type, i) => hexMessage(type, first + i)))
    await h.connection.exchange('three', datagram, first, 3, {
      acknowledged: ({ errno }, index) => void heard.push([index, Math.abs(errno)]),
    })
    expect(heard).toEqual([
      [0, 0],
      [1, 17],
      [2, 0],
    ])
  })

  test('keep apart where the numbers wrap at 2^32', async () => {
    const h = new Harness((asked) => [ack(asked, asked.type)])
    const heard: [number, number][] = []
    const datagram = Buffer.concat([0xffff_fffe, 0xffff_ffff, 0, 1].map((sequence, i) => hexMessage(20 + i, sequence)))
    await h.connection.exchange('four', datagram, 0xffff_fffe, 4, {
      acknowledged: ({ errno }, index) => void heard.push([index, errno]),
    })
    expect(heard).toEqual([
      [0, 20],
      [1, 21],
      [2, 22],
      [3, 23],
    ])
    const before = h.connection.sequence()
    h.connection.sequence(0xffff_ffff - before)
    expect([h.connection.sequence(), h.connection.sequence()]).toEqual([0, 1])
  })
})

describe('an answer that is not for anybody', () => {
  test('is dropped and counted; it never resolves another request', async () => {
    const h = new Harness((asked) => [
      data({ ...asked, sequence: asked.sequence + 1 }, hex('ffffffff'), 0),
      ack({ ...asked, sequence: asked.sequence - 1 }, 99),
      ack(asked),
    ])
    expect(await h.request(20)).toEqual({ bodies: [], errno: 0 })
    expect(h.connection.counters).toEqual({ stale: 2, foreign: 0, truncated: 0 })
  })

  test('because it comes late is dropped and counted', async () => {
    const held: Asked[] = []
    const h = new Harness((asked) => {
      if (asked.type === 20) held.push(asked)
      else return [ack(held[0]!, 99), ack(asked)]
    })
    expect(await codeOf(h.request(20, { timeout: 20 }))).toBe('ERR_TIMEOUT')
    expect(await h.request(21)).toEqual({ bodies: [], errno: 0 })
    expect(h.connection.counters.stale).toBe(1)
  })
})

test('a transport of one own is used as it is', async () => {
  const { transport } = new Harness((asked) => ack(asked))
  await using connection = await Connection.open({ transport })
  const bodies: string[] = []
  await connection.request('x', 'ack', build(20), { message: (message) => void bodies.push(bodyOf(message)) })
  expect(transport.sent).toHaveLength(1)
})

/** A message of a type and number, nothing more. */
function hexMessage(type: number, sequence: number): Buffer {
  const bytes = hex('10000000 0000 0500 00000000 00000000')
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt32LE(sequence, 8)
  return bytes
}
