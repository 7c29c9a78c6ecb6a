// Datagrams, attributes, acknowledgements, captures.
import { ipsetReceived, ipsetSent } from '../corpus.mjs'
import { mutatedBytes } from '../mutate-bytes.mjs'
import { mutatedText } from '../mutate-text.mjs'
import { demand, demandSame, readOr } from '../oracle.mjs'

const NODE_TYPES = 34

/** A tree of attributes: known numbers with payloads that nearly fit, and now and then a lie about a length. */
function tree(random, depth = 0) {
  return Buffer.concat(
    random.list(0, depth > 3 ? 2 : 6, () => {
      const nested = depth < 6 && random.once(3)
      const payload = nested
        ? tree(random, depth + 1)
        : random.once(3)
          ? Buffer.from(`${'é日a-'.slice(random.below(4))}\0`)
          : random.bytes(random.pick([0, 1, 2, 4, 4, 6, 8, 16]))
      const head = Buffer.alloc(4)
      head.writeUInt16LE(random.once(40) ? random.below(0x10000) : 4 + payload.length, 0)
      head.writeUInt16LE(random.below(NODE_TYPES) | random.pick([0, 0x4000, 0x8000, 0xc000]), 2)
      return Buffer.concat([head, payload, Buffer.alloc(-payload.length & 3)])
    }),
  )
}

/** Attributes nested a thousand times. */
function deep(random) {
  let bytes = random.bytes(4)
  const type = random.pick([0x8007, 0x8008, 0x8001, 7])
  for (let left = random.within(10, 5000); left > 0 && bytes.length < 0xfff0; left--) {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(4 + bytes.length, 0)
    head.writeUInt16LE(type, 2)
    bytes = Buffer.concat([head, bytes])
  }
  return bytes
}

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { ProtocolError } = await load('netlink/wire/error.js')
  const { messages, numbered } = await load('netlink/message.js')
  const { ExtendedAck, readAcknowledgement, readDone } = await load('netlink/acknowledge.js')
  const { Header } = await load('netlink/header.js')
  const { NfGenMsg } = await load('netlink/nfnetlink.js')
  const { rawAttributes } = await load('netlink/wire/attributes.js')
  const { Address, Create, Entry, EntryCommand, SetCommand } = await load('ipset/attributes.js')
  const { encode } = await load('netlink/wire/codec.js')
  const { Reader } = await load('netlink/wire/cursor.js')
  const { locate } = await load('netlink/wire/describe.js')
  const { cstring } = await load('netlink/wire/text.js')
  const { dissect } = await load('testing/dissect.js')
  const { readJson, writeJson } = await load('netlink/capture.js')
  const { readPcap, writePcap } = await load('netlink/pcap.js')
  const valueOr = readOr(ProtocolError)

  const datagrams = [...ipsetReceived, ...ipsetSent]
  const bodies = datagrams.map((bytes) => bytes.subarray(20))
  const captureOf = (frames) => ({
    protocol: 12,
    frames: frames.map((bytes, i) => ({
      direction: i % 2 ? 'received' : 'sent',
      time: 1_700_000_000_000 + i * 7.125,
      bytes: Uint8Array.from(bytes),
    })),
  })
  const captures = [0, 1, 5].map((count) => captureOf(datagrams.slice(0, count)))
  const pcaps = captures.map(writePcap)
  const jsons = captures.map(writeJson)

  /** What is read has to be written, and is read the same again. */
  const comesBack = (codec, bytes) => {
    const before = Buffer.from(bytes)
    const value = valueOr(() => codec.read(new Reader(bytes)))
    demand(before.equals(bytes), 'reading has changed the bytes')
    if (value === undefined) return false
    demandSame(
      codec.read(new Reader(encode(codec, value))),
      value,
      `${codec.name}: what was read, and what was read of what was written of it`,
    )
    return true
  }
  const codecs = [SetCommand, EntryCommand, Create, Entry, Address, ExtendedAck, rawAttributes, Header, NfGenMsg, cstring(32)]

  return [
    {
      name: 'netlink datagrams',
      make: (random) => mutatedBytes(random, datagrams),
      check(bytes) {
        return (
          valueOr(() => {
            let end = 0
            for (const { type, flags, sequence, port, body } of messages(bytes)) {
              const { at } = body
              const head = { length: body.end - at + 16, type, flags, sequence, port }
              demandSame(encode(Header, head), Buffer.from(bytes.subarray(at - 16, at)), 'the header')
              demand(at >= 16 && body.end <= bytes.length && at - 16 >= end, 'a message beyond its datagram, or over the one before')
              end = body.end
              valueOr(() => NfGenMsg.read(new Reader(bytes, at, body.end)))
              for (let offset = at; offset < body.end; offset += 7) locate(SetCommand, bytes.subarray(0, body.end), offset, at)
            }
            numbered(bytes)
            dissect(bytes, SetCommand)
            return true
          }) ?? false
        )
      },
    },
    {
      name: 'netlink acknowledgements',
      make: (random) => ({
        flags: random.below(0x400),
        bytes: random.once(2)
          ? mutatedBytes(random, datagrams).subarray(16)
          : Buffer.concat([random.bytes(4), mutatedBytes(random, datagrams), tree(random)]),
      }),
      check({ flags, bytes }) {
        const message = () => ({ type: 2, flags, sequence: 1, port: 0, body: new Reader(bytes) })
        const told = valueOr(() => readAcknowledgement(message()))
        const done = valueOr(() => readDone(message()))
        for (const one of [told, done]) {
          if (one === undefined) continue
          demand(Number.isInteger(one.errno) && one.request.length <= bytes.length, 'an acknowledgement that makes no sense', one)
        }
        return told !== undefined
      },
    },
    {
      name: 'netlink attributes',
      make: (random) => (random.once(50) ? deep(random) : random.once(2) ? tree(random) : mutatedBytes(random, bodies)),
      check: (bytes) => codecs.map((codec) => comesBack(codec, bytes)).includes(true),
    },
    {
      name: 'capture files (pcap)',
      make: (random) => mutatedBytes(random, pcaps),
      check(bytes) {
        const capture = valueOr(() => readPcap(bytes))
        if (!capture) return false
        const again = readPcap(writePcap(capture))
        demandSame(
          again.frames.map(({ direction, bytes: frame }) => [direction, Buffer.from(frame)]),
          capture.frames.map(({ direction, bytes: frame }) => [direction, Buffer.from(frame)]),
          'the frames',
        )
        demand(
          again.frames.every(({ time }, i) => Math.abs(time - capture.frames[i].time) < 0.0021),
          'the times',
          again.frames.map(({ time }) => time),
          capture.frames.map(({ time }) => time),
        )
        return true
      },
    },
    {
      name: 'capture files (JSON)',
      make: (random) => mutatedText(random, jsons),
      check(text) {
        const capture = valueOr(() => readJson(text))
        if (!capture) return false
        // As text: JSON has no word for -0.
        demandSame(writeJson(readJson(writeJson(capture))), writeJson(capture), 'the capture')
        return true
      },
    },
  ]
}
