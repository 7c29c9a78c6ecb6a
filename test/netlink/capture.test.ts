import { Connection, ProtocolError } from '../../src/netlink/index.js'
import { acknowledge, difference, dissect, FakeKernel, readJson, readPcap, Recorder, Replayer, writeJson, writePcap } from '../../src/testing/index.js'
import { rejection } from '../support/rejection.js'
import { thrownBy } from '../support/thrown.js'
import { build } from './harness.js'

/** A request of type 0x650 with no body: length, type, flags, sequence number, port. */
const message = (sequence: number, type = 0x650) => Uint8Array.from([16, 0, 0, 0, type & 0xff, type >> 8, 1, 0, sequence, 0, 0, 0, 0, 0, 0, 0])

const NOTHING = { message: () => {}, acknowledged: () => {} }
const ask = (connection: Connection, type: number) => connection.request(`request ${type}`, 'ack', build(type), NOTHING)

/** What passes while a connection asks twice. */
async function recorded() {
  const recorder = new Recorder(new FakeKernel((datagram) => [acknowledge(datagram)]))
  const connection = new Connection(recorder)
  await ask(connection, 0x650)
  await ask(connection, 0x651)
  connection.close()
  return recorder
}

describe('a recorded conversation', () => {
  test('has every datagram in its order, and the recorder is the transport it stands for', async () => {
    const kernel = new FakeKernel((datagram) => [acknowledge(datagram)])
    const recorder = new Recorder(kernel)
    expect([recorder.port, recorder.counters, recorder.closed]).toEqual([1, { foreign: 0, truncated: 0 }, false])
    recorder.send(message(5))
    recorder.reset()
    expect(recorder.receive()).toBeUndefined()
    recorder.send(message(6))
    const waited = recorder.wait()
    expect(recorder.receive()).toEqual(acknowledge(message(6)))
    await waited
    recorder.close()
    expect([recorder.closed, kernel.closed]).toEqual([true, true])
    expect(recorder.capture.protocol).toBe(12)
    expect(recorder.capture.frames.map(({ direction, bytes }) => [direction, bytes])).toEqual([
      ['sent', message(5)], ['sent', message(6)], ['received', acknowledge(message(6))],
    ])
  })

  test.each([
    ['pcap', (capture: Recorder['capture']) => readPcap(writePcap(capture))],
    ['JSON', (capture: Recorder['capture']) => readJson(writeJson(capture))],
  ])('is the same out of a file of %s, and plays again with other sequence numbers', async (_, through) => {
    const { capture } = await recorded()
    const read = through(capture)
    expect(read).toEqual({ protocol: 12, frames: capture.frames.map((frame) => ({ ...frame, bytes: Uint8Array.from(frame.bytes) })) })
    const replayer = new Replayer(read)
    const connection = new Connection(replayer)
    await ask(connection, 0x650)
    expect(replayer.finished).toBe(false)
    await ask(connection, 0x651)
    expect(replayer.finished).toBe(true)
  })
})

describe('what is not in the captured conversation is refused', () => {
  test('another request, with the first byte that differs', async () => {
    const { capture } = await recorded()
    const error = thrownBy(() => new Replayer(capture).send(message(9, 0x652)))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toMatch(/^frame 0 differs from the captured one:\n {2}then 10000000500601.*\n {2}now {2}10000000520601.*$/m)
    expect(error).toMatchObject({ offset: 4 })
  })

  test('a longer one', async () => {
    const { capture } = await recorded()
    const longer = Uint8Array.from([...message(9), 0, 0, 0, 0])
    longer[0] = 20
    expect(thrownBy(() => new Replayer(capture).send(longer))).toMatchObject({ offset: 0 })
  })

  test('one more than there were', async () => {
    const { capture } = await recorded()
    const connection = new Connection(new Replayer(capture))
    await ask(connection, 0x650)
    await ask(connection, 0x651)
    const error = await rejection(ask(connection, 0x650))
    expect(error.message).toMatch(/frame 4: nothing more was sent in the captured conversation, now 1000000050/)
  })

  test('anything, when it is closed', async () => {
    const { capture } = await recorded()
    const replayer = new Replayer(capture)
    replayer.close()
    expect(thrownBy(() => replayer.send(message(1)))).toMatchObject({ code: 'ERR_CLOSED' })
    await replayer.wait()
  })
})

describe('a pcap file', () => {
  /** A file of one packet in the other byte order, whose times are in nanoseconds: a datagram of 16 bytes that the kernel sent. */
  const foreign = Buffer.from([
    'a1b23c4d', '0002', '0004', '00000000', '00000000', '00040000', '000000fd',
    '6553f100', '075bca00', '00000020', '00000020',
    '0000', '0338', '00000000000000000000', '000c', Buffer.from(message(7)).toString('hex'),
  ].join(''), 'hex')

  test('of the other byte order, with nanoseconds, is read', () => {
    expect(readPcap(foreign)).toEqual({
      protocol: 12,
      frames: [{ direction: 'received', time: 1_700_000_000_123.456, bytes: message(7) }],
    })
  })

  test('of no packets is a conversation of none', () => {
    expect(readPcap(foreign.subarray(0, 24))).toEqual({ protocol: 0, frames: [] })
  })

  const patched = (at: number, bytes: readonly number[]) => {
    const file = Buffer.from(foreign)
    file.set(bytes, at)
    return file
  }
  test.each<[string, Uint8Array, string]>([
    ['shorter than its header', foreign.subarray(0, 23), 'too short'],
    ['of another format', patched(0, [0x0a, 0x0d, 0x0d, 0x0a]), 'pcapng has to be converted first'],
    ['of another link type', patched(23, [1]), 'link type 1, not 253'],
    ['that ends in the header of a packet', foreign.subarray(0, 30), 'a packet header cut short'],
    ['that ends in a packet', foreign.subarray(0, 60), 'a packet of 32 bytes cut short'],
  ])('%s is refused', (_, file, said) => {
    const error = thrownBy(() => readPcap(file))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain(said)
  })
})

describe('the readable form', () => {
  test('says what the messages are, and shows bytes that are none all the same', () => {
    const cut = message(4)
    cut[0] = 15
    const frames = [{ direction: 'sent' as const, time: 1, bytes: message(3) }, { direction: 'received' as const, time: 2, bytes: cut }]
    const [first, second] = JSON.parse(writeJson({ protocol: 12, frames })).frames
    expect(first.messages).toEqual([{ type: 0x650, subsystem: 6, command: 0x50, flags: '0x1', sequence: 3, port: 0, size: 16 }])
    expect(second.messages).toBe('a message of 15 bytes where 16 are left (at byte 0)')
    expect(readJson(writeJson({ protocol: 12, frames })).frames).toEqual(frames)
  })

  const document = (frame: object) => JSON.stringify({ format: 'netfilter-kit capture 1', protocol: 12, frames: [frame] })
  test.each([
    ['no JSON', '{', 'not a capture'],
    ['another document', '{"format": "x"}', "its format is not 'netfilter-kit capture 1'"],
    ['frames that are no list', '{"format": "netfilter-kit capture 1", "protocol": 12}', 'not a capture'],
    ['a direction there is none of', document({ direction: 'up', time: 1, bytes: '' }), 'frames[0] is not a frame'],
    ['bytes that are none', document({ direction: 'sent', time: 1, bytes: 'abc' }), 'frames[0] is not a frame'],
  ])('%s is refused', (_, text, said) => {
    const error = thrownBy(() => readJson(text))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain(said)
  })
})

describe('two datagrams', () => {
  test('that are the same do not differ', () => {
    expect(difference(message(1), message(1))).toEqual([])
  })

  test('differ in lines, those expected first', () => {
    const more = Uint8Array.from([28, 0, 0, 0, 0x50, 6, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 8, 0, 1, 0, 9, 9, 9, 9])
    expect(dissect(more)).toEqual(['message type 0x0650 flags 0x001 length 28', '  fixed 02000000', '  attribute 1 09090909'])
    expect(difference(message(1), more)).toEqual([
      '- message type 0x0650 flags 0x001 length 16', '+ message type 0x0650 flags 0x001 length 28',
      '-   fixed ', '+   fixed 02000000',
      '+   attribute 1 09090909',
    ])
    expect(difference(more, message(1)).at(-1)).toBe('-   attribute 1 09090909')
  })
})
