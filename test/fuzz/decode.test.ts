import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Address, Create, Entry, EntryCommand, SetCommand } from '../../src/ipset/attributes.js'
import { IPSet, NetfilterError } from '../../src/index.js'
import { ExtendedAck, readAcknowledgement, readDone } from '../../src/netlink/acknowledge.js'
import { Header } from '../../src/netlink/header.js'
import { messages } from '../../src/netlink/message.js'
import { NfGenMsg } from '../../src/netlink/nfnetlink.js'
import { rawAttributes } from '../../src/netlink/wire/attributes.js'
import { type Codec, encode } from '../../src/netlink/wire/codec.js'
import { Reader } from '../../src/netlink/wire/cursor.js'
import { locate } from '../../src/netlink/wire/describe.js'
import { ProtocolError } from '../../src/netlink/wire/error.js'
import { cstring } from '../../src/netlink/wire/text.js'
import { attribute, host16, host32 } from '../support/bytes.js'
import { dialogue, done } from '../support/dialogue.js'

const CODECS: readonly Codec<unknown>[] = [
  SetCommand,
  EntryCommand,
  Create,
  Entry,
  Address,
  ExtendedAck,
  rawAttributes,
  Header,
  NfGenMsg,
  cstring(32),
] as Codec<never>[]

/** The value `read` gives, or undefined where it throws a ProtocolError; anything else is thrown on. */
function valueOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!ProtocolError.is(error)) throw error
    if (error.offset !== undefined && !(error.offset >= 0)) throw new Error(`a place at ${error.offset}`)
    return undefined
  }
}

/** What is read from any bytes has to be written, and read the same again. */
function comesBack(codec: Codec<unknown>, bytes: Uint8Array): void {
  const before = Buffer.from(bytes)
  const value = valueOr(() => codec.read(new Reader(bytes)))
  if (!before.equals(bytes)) throw new Error('reading has changed the bytes')
  if (value === undefined) return
  const again = codec.read(new Reader(encode(codec, value)))
  // Faster than expect, which is asked only to say what differs.
  if (!isDeepStrictEqual(again, value)) expect(again).toEqual(value)
}

/** What is done with a datagram that arrives. */
function take(datagram: Uint8Array): void {
  for (const { type, flags, sequence, port, body } of messages(datagram)) {
    const again = () => ({ type, flags, sequence, port, body: new Reader(body.bytes, body.at, body.end) })
    valueOr(() => readAcknowledgement(again()))
    valueOr(() => readDone(again()))
    for (const codec of CODECS) comesBack(codec, again().body.rest())
    for (const codec of CODECS) comesBack(codec, again().body.rest().subarray(4))
    const { bytes, at, end } = body
    for (let offset = at; offset < end; offset += 7) locate(SetCommand, bytes.subarray(0, end), offset, at)
  }
}

// Trees of attributes that look like ipset's: known types with payloads that nearly fit, and some lies about lengths.
const scalar = fc.uint8Array({ minLength: 0, maxLength: 9 }).map((bytes) => Buffer.from(bytes))
const word = fc
  .string({ unit: fc.constantFrom('a', 'é', '日', '😀', ' ', '-'), maxLength: 12 })
  .map((text) => Buffer.from(`${text.slice(0, 5)}\0`))
const flags = fc.constantFrom(0, 0x4000, 0x8000, 0xc000)
const tree = fc.letrec<{ node: Buffer; nodes: Buffer; leaf: Buffer }>((tie) => ({
  leaf: fc.oneof(scalar, word),
  node: fc
    .tuple(fc.nat(33), flags, fc.oneof({ maxDepth: 5, depthIdentifier: 'nest' }, tie('leaf'), tie('nodes')))
    .map(([type, bits, payload]) => attribute(type | bits, payload)),
  nodes: fc.array(tie('node'), { maxLength: 6, depthIdentifier: 'nest' }).map((nodes) => Buffer.concat(nodes)),
}))

type Change = (bytes: Buffer) => Buffer
const place = fc.nat(1_000_000)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(
    ([at, value]): Change =>
      (bytes) => {
        if (bytes.length > 0) bytes[at % bytes.length] = value
        return bytes
      },
  ),
  fc.tuple(place, fc.nat(0xffff)).map(
    ([at, value]): Change =>
      (bytes) => {
        if (bytes.length > 4) host16(value).copy(bytes, (at % (bytes.length - 3)) & -4)
        return bytes
      },
  ),
  place.map(
    (at): Change =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
    ([at, extra]): Change =>
      (bytes) => {
        const cut = at % (bytes.length + 1)
        return Buffer.concat([bytes.subarray(0, cut), extra, bytes.subarray(cut)])
      },
  ),
)
const changes = fc.array(change, { minLength: 1, maxLength: 4 })

interface Fixture {
  readonly sent: readonly string[]
  readonly received: readonly string[]
}
const path = resolve(__dirname, '../../fixtures/ipset/messages.json')
const { fixtures } = JSON.parse(readFileSync(path, 'utf8')) as { fixtures: readonly Fixture[] }
/** What the C tool and the kernel said to each other. */
const captured = [...new Set(fixtures.flatMap(({ sent, received }) => [...sent, ...received]))].map((text) =>
  Buffer.from(text, 'hex'),
)
const mutant = fc
  .tuple(fc.constantFrom(...captured), changes)
  .map(([bytes, list]) => list.reduce<Buffer>((now, one) => one(now), Buffer.from(bytes)))

describe('any bytes are a value or a ProtocolError', () => {
  test('as a datagram', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void valueOr(() => take(bytes))),
      { numRuns: 2000 },
    )
  })

  test('as a message whose header is right', () => {
    const body = fc.uint8Array({ maxLength: 120 })
    fc.assert(
      fc.property(fc.constantFrom(2, 3, 0x0607), fc.nat(0x3ff), body, (type, bits, bytes) => {
        const head = [host32(16 + bytes.length), host16(type), host16(bits), host32(1), host32(0)]
        valueOr(() => take(Buffer.concat([...head, bytes])))
      }),
      { numRuns: 2000 },
    )
  })

  test.each(CODECS.map((codec) => [codec.name, codec] as const))('to %s', (_, codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => comesBack(codec, bytes)),
      { numRuns: 500 },
    )
  })
})

describe('attributes in any order, at any depth, of any length', () => {
  test.each(
    [SetCommand, EntryCommand, Create, Entry, ExtendedAck, rawAttributes].map(
      (codec) => [codec.name, codec as Codec<unknown>] as const,
    ),
  )('are a value of %s that comes back, or a ProtocolError', (_, codec) => {
    fc.assert(
      fc.property(tree.nodes, (bytes) => comesBack(codec, bytes)),
      { numRuns: 1500 },
    )
  })

  test('with lies in them as well', () => {
    fc.assert(
      fc.property(tree.nodes, changes, (bytes, list) => {
        const changed = list.reduce<Buffer>((now, one) => one(now), Buffer.from(bytes))
        for (const codec of CODECS) comesBack(codec, changed)
      }),
      { numRuns: 1500 },
    )
  })
})

describe('captured messages', () => {
  test('are all read, and come back', () => {
    expect(captured.length).toBeGreaterThan(100)
    for (const datagram of captured) take(datagram)
  })

  test('changed in places are a value that comes back, or a ProtocolError', () => {
    fc.assert(
      fc.property(mutant, (datagram) => void valueOr(() => take(datagram))),
      { numRuns: 5000 },
    )
  })
})

test('whatever the kernel answers, a call gives something or one of our errors, and ends', async () => {
  const calls: readonly ((ipset: IPSet) => Promise<unknown>)[] = [
    async (ipset) => {
      for await (const chunk of ipset.list()) expect(chunk.header).toBeDefined()
    },
    async (ipset) => {
      for await (const text of ipset.save()) expect(typeof text).toBe('string')
    },
    (ipset) => ipset.names(),
    (ipset) => ipset.headers('s'),
    (ipset) => ipset.create('s'),
    (ipset) => ipset.test('s', '10.0.0.1'),
    (ipset) => ipset.addAll('s', ['10.0.0.1', '10.0.0.2']),
    (ipset) => ipset.getSetByName('s'),
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...calls),
      fc.array(fc.oneof(mutant, fc.constantFrom(...captured)), { maxLength: 3 }),
      async (call, answers) => {
        const { transport } = dialogue((asked) => {
          const mine = answers.map((answer) => {
            const bytes = Buffer.from(answer)
            for (let at = 0; at + 16 <= bytes.length; at += Math.max(16, (bytes.readUInt32LE(at) + 3) & -4))
              host32(asked.sequence).copy(bytes, at + 8)
            return bytes
          })
          return [...mine, done(asked)]
        })
        const ipset = new IPSet({ transport, timeout: 50 })
        const error = await call(ipset).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        ipset.close()
        if (error !== undefined && !NetfilterError.is(error)) throw error
      },
    ),
    { numRuns: 500 },
  )
})
