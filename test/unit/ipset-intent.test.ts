import fc from 'fast-check'
import { EntryCommand, SetCommand } from '../../src/ipset/attributes.js'
import { COMMAND } from '../../src/ipset/command.js'
import { type Intent, intentOf, intentsOf, setOfAnswer } from '../../src/ipset/intent.js'
import { beginNfMessage, finishMessage, type Message, messages, messageType, NLM_F, ProtocolError, SUBSYSTEM } from '../../src/netlink/index.js'
import { decode } from '../../src/netlink/wire/codec.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { cstring } from '../../src/netlink/wire/text.js'

type Name = keyof typeof COMMAND

interface Shape {
  readonly type?: number
  readonly flags?: number
  readonly sequence?: number
  readonly entry?: boolean
}

/** A message of a command. */
function bytesOf(command: Name, body: Record<string, unknown>, { type, flags, sequence = 7, entry = 'adt' in body || ['add', 'delete', 'test'].includes(command) }: Shape = {}): Buffer {
  const writer = new Writer(256)
  const start = beginNfMessage(writer, type ?? messageType(SUBSYSTEM.ipset, COMMAND[command].number), flags ?? COMMAND[command].flags, 2, sequence)
  const codec = entry ? EntryCommand : SetCommand
  codec.write(writer, { protocol: 7, ...body })
  finishMessage(writer, start)
  return Buffer.from(writer.written())
}

function only(datagram: Uint8Array): Message {
  const [message, ...more] = messages(datagram)
  expect(more).toEqual([])
  return message as Message
}

function meant(command: Name, body: Record<string, unknown>, shape?: Shape): Intent {
  return intentOf(only(bytesOf(command, body, shape)))
}

/** The bytes of one attribute. */
function attribute(type: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  const view = new Uint16Array([payload.length + 4, type])
  Buffer.from(view.buffer).copy(head)
  return Buffer.concat([head, payload, Buffer.alloc(-payload.length & 3)])
}

/** A message whose attributes are given as bytes. */
function raw(command: Name, ...attributes: Uint8Array[]): Message {
  const writer = new Writer(256)
  const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, COMMAND[command].number), COMMAND[command].flags, 2, 1)
  for (const one of attributes) writer.put(one)
  finishMessage(writer, start)
  return only(writer.written())
}

const text = (name: string) => Buffer.from(`${name}\0`)

describe('what a message does to which sets', () => {
  test.each<[Name, Record<string, unknown>, Partial<Intent>]>([
    ['protocol', {}, { access: 'read', sets: [], every: false }],
    ['create', { name: 'ban', typename: 'hash:ip', revision: 1, family: 2, data: { timeout: 5 } }, { access: 'write', sets: ['ban'], every: false, exclusive: true }],
    ['destroy', { name: 'ban' }, { access: 'write', sets: ['ban'], every: false }],
    ['destroy', {}, { access: 'write', sets: [], every: true }],
    ['flush', { name: 'ban' }, { access: 'write', sets: ['ban'], every: false }],
    ['flush', {}, { access: 'write', sets: [], every: true }],
    ['rename', { name: 'ban', typename: 'new' }, { access: 'write', sets: ['ban', 'new'] }],
    ['swap', { name: 'ban', typename: 'other' }, { access: 'write', sets: ['ban', 'other'] }],
    ['list', { name: 'ban' }, { access: 'read', sets: ['ban'], every: false }],
    ['list', { flags: 4 }, { access: 'read', sets: [], every: true }],
    ['save', {}, { access: 'read', sets: [], every: true }],
    ['add', { name: 'ban', data: { ip: '10.0.0.1' } }, { access: 'write', sets: ['ban'], entries: 1, exclusive: true }],
    ['delete', { name: 'ban', data: { ip: '10.0.0.1' } }, { access: 'write', sets: ['ban'], entries: 1 }],
    ['test', { name: 'ban', data: { ip: '10.0.0.1' } }, { access: 'read', sets: ['ban'], entries: 1 }],
    ['header', { name: 'ban' }, { access: 'read', sets: ['ban'] }],
    ['type', { typename: 'hash:ip', family: 2 }, { access: 'read', sets: [], every: false }],
    ['getByName', { name: 'ban' }, { access: 'read', sets: ['ban'] }],
    ['getByIndex', { index: 3 }, { access: 'read', sets: [], every: false }],
  ])('%s of %j', (command, body, expected) => {
    expect(meant(command, body)).toMatchObject({ command, ...expected })
  })

  test('many entries are counted', () => {
    const adt = Array.from({ length: 500 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}`, lineno: i + 1 }))
    expect(meant('add', { name: 'ban', lineno: 0, adt })).toMatchObject({ sets: ['ban'], entries: 500 })
  })

  test('members of a list of sets, and those they stand beside, are sets like the list', () => {
    expect(meant('add', { name: 'all', data: { name: 'ban', nameref: 'other' } }).sets).toEqual(['all', 'ban', 'other'])
    const adt = [{ name: 'one', lineno: 1 }, { name: 'two', nameref: 'three', lineno: 2 }]
    expect(meant('delete', { name: 'all', lineno: 0, adt }).sets).toEqual(['all', 'one', 'two', 'three'])
  })

  test('without the flag nothing is exclusive', () => {
    expect(meant('create', { name: 'ban', typename: 'hash:ip' }, { flags: COMMAND.create.flags & ~NLM_F.exclusive }).exclusive).toBe(false)
  })

  test('each message of a datagram is told by itself, what makes no sense among them', () => {
    const datagram = Buffer.concat([bytesOf('flush', { name: 'ban' }), bytesOf('flush', { name: 'b' }, { type: 0x0a01 }), bytesOf('header', { name: 'c' })])
    expect(intentsOf(datagram).map(({ intent }) => (intent instanceof Error ? 'refused' : intent.sets[0]))).toEqual(['ban', 'refused', 'c'])
  })
})

describe('is refused', () => {
  test.each<[string, () => Message]>([
    ['another subsystem', () => only(bytesOf('flush', { name: 'ban' }, { type: messageType(SUBSYSTEM.nftables, 4) }))],
    ['a control message', () => only(bytesOf('flush', { name: 'ban' }, { type: 3 }))],
    ['the begin of a batch', () => only(bytesOf('flush', { name: 'ban' }, { type: 16 }))],
    ['a command that is not known', () => only(bytesOf('flush', { name: 'ban' }, { type: messageType(SUBSYSTEM.ipset, 16) }))],
    ['command 0', () => only(bytesOf('flush', { name: 'ban' }, { type: messageType(SUBSYSTEM.ipset, 0) }))],
    ['what is no request', () => only(bytesOf('flush', { name: 'ban' }, { flags: 0 }))],
    ['a command without its set', () => only(bytesOf('header', {}))],
    ['a swap with one name', () => only(bytesOf('swap', { name: 'ban' }))],
    ['a rename with no first name', () => only(bytesOf('rename', { typename: 'ban' }))],
    ['a set where there is none', () => only(bytesOf('getByIndex', { name: 'ban', index: 1 }))],
    ['data where there is none', () => only(bytesOf('flush', { name: 'ban', data: { name: 'other' } }, { entry: true }))],
    ['entries where there are none', () => only(bytesOf('create', { name: 'ban', typename: 'hash:ip', adt: [{ name: 'other' }] }))],
    ['an unknown attribute', () => raw('flush', attribute(2, text('ban')), attribute(12, text('x')))],
    ['attribute 0', () => raw('flush', attribute(2, text('ban')), attribute(0, text('x')))],
    ['an unknown attribute of an entry', () => raw('add', attribute(2, text('ban')), attribute(7 | 0x8000, attribute(30, text('x'))))],
    ['a name twice', () => raw('flush', attribute(2, text('ban')), attribute(2, text('other')))],
    ['a name twice, once with flags', () => raw('flush', attribute(2, text('ban')), attribute(2 | 0x4000, text('other')))],
    ['a member twice in an entry', () => raw('add', attribute(2, text('all')), attribute(7 | 0x8000, Buffer.concat([attribute(18, text('a')), attribute(18, text('b'))])))],
    ['something behind the end of a name', () => raw('flush', attribute(2, Buffer.from('ban\0x\0')))],
    ['a name with two ends', () => raw('flush', attribute(2, Buffer.from('ban\0\0')))],
    ['a name without end', () => raw('flush', attribute(2, Buffer.from('bann')))],
    ['an empty name', () => raw('flush', attribute(2, text('')))],
    ['a name of no bytes', () => raw('flush', attribute(2, Buffer.alloc(0)))],
    ['a name that is too long', () => raw('flush', attribute(2, text('x'.repeat(32))))],
    ['a member that is too long', () => raw('add', attribute(2, text('all')), attribute(7 | 0x8000, attribute(18, text('x'.repeat(32)))))],
    ['an attribute longer than its message', () => raw('flush', Buffer.from([200, 0, 2, 0, 97, 0, 0, 0]))],
    ['what asks for no answer', () => only(bytesOf('flush', { name: 'ban' }, { flags: NLM_F.request }))],
    ['an attribute shorter than its header', () => raw('flush', Buffer.from([3, 0, 2, 0]))],
    ['the rest of an attribute', () => raw('flush', attribute(2, text('ban')), Buffer.from([8, 0]))],
    ['another attribute among entries', () => raw('add', attribute(2, text('all')), attribute(8 | 0x8000, attribute(2, text('b'))))],
    ['no room for the family', () => only(Buffer.from([16, 0, 0, 0, 4, 6, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0]))],
  ])('%s', (_, message) => {
    expect(() => intentOf(message())).toThrow(ProtocolError)
  })

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['less than a header', Buffer.alloc(15, 1)],
    ['a message that says it is longer than it is', Buffer.concat([Buffer.from([99, 0, 0, 0]), bytesOf('flush', {}).subarray(4)])],
    ['a message of no bytes', Buffer.alloc(32)],
    ['bytes behind the last message', Buffer.concat([bytesOf('flush', { name: 'ban' }), Buffer.alloc(8)])],
  ])('a datagram of %s', (_, datagram) => {
    expect(() => intentsOf(datagram)).toThrow(ProtocolError)
  })
})

/** Attributes as the kernel takes them (lib/nlattr.c, nla_parse_deprecated): the last of a type counts, what does not fit ends it all. */
function kernelAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (const [type, payload] of kernelNests(bytes)) found.set(type, payload)
  return found
}

function* kernelNests(bytes: Buffer): Generator<[number, Buffer]> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = bytes.readUInt16LE(at)
    if (size < 4 || size > bytes.length - at) return
    yield [bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + size)]
    at += (size + 3) & -4
  }
}

/** The sets that the kernel would use for a message, told as loosely as the kernel tells them. */
function kernelNames(message: Buffer): string[] {
  const names: string[] = []
  const name = (bytes: Buffer | undefined) => {
    const nul = bytes?.indexOf(0) ?? -1
    if (bytes && nul > 0) names.push(decode(cstring(256), bytes.subarray(0, nul + 1)))
  }
  const command = message.readUInt16LE(4) & 0xff
  const attributes = kernelAttributes(message.subarray(20, message.readUInt32LE(0)))
  if (![1, 13, 15].includes(command)) name(attributes.get(2))
  if (command === 5 || command === 6) name(attributes.get(3))
  if (command < 9 || command > 11) return names
  const member = (data: Buffer) => {
    const entry = kernelAttributes(data)
    name(entry.get(18))
    name(entry.get(19))
  }
  const data = attributes.get(7)
  if (data) member(data)
  for (const [, one] of kernelNests(attributes.get(8) ?? Buffer.alloc(0))) member(one)
  return names
}

describe('whatever the bytes are', () => {
  test('there is an intent, or a ProtocolError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        for (const { intent } of intentsOf(bytes)) expect(intent instanceof ProtocolError || typeof intent.command === 'string').toBe(true)
      } catch (error) {
        expect(ProtocolError.is(error)).toBe(true)
      }
    }), { numRuns: 3000 })
  })

  const valid = fc.constantFrom(
    bytesOf('swap', { name: 'ours', typename: 'theirs' }),
    bytesOf('add', { name: 'ours', lineno: 0, adt: [{ name: 'first', lineno: 1 }, { name: 'second', nameref: 'third', lineno: 2 }] }),
    bytesOf('create', { name: 'ours', typename: 'hash:ip', revision: 4, family: 2, data: { hashsize: 1024, timeout: 9 } }),
    bytesOf('destroy', { name: 'ours' }),
    bytesOf('flush', {}),
    bytesOf('add', { name: 'ours', data: { name: 'first', nameref: 'second' } }),
    Buffer.concat([bytesOf('flush', { name: 'ours' }), bytesOf('rename', { name: 'theirs', typename: 'third' })]),
    bytesOf('test', { name: 'ours', data: { ip: '10.0.0.1', comment: 'text' } }),
  )

  test('a message with some bytes changed names every set that the kernel would take it to name, or is refused', () => {
    let understood = 0
    fc.assert(fc.property(valid, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }), (bytes, changes) => {
      const changed = Buffer.from(bytes)
      for (const [at, value] of changes) changed[at % changed.length] = value
      let asked: ReturnType<typeof intentsOf>
      try {
        asked = intentsOf(changed)
      } catch (error) {
        expect(ProtocolError.is(error)).toBe(true)
        return
      }
      let at = 0
      for (const { intent } of asked) {
        const message = changed.subarray(at)
        at += (message.readUInt32LE(0) + 3) & -4
        if (intent instanceof Error) continue
        understood++
        expect(intent.sets).toEqual(expect.arrayContaining(kernelNames(message)))
        // Without a name the kernel takes all of them.
        if (['list', 'save', 'destroy', 'flush'].includes(intent.command)) expect(intent.every).toBe(kernelNames(message).length === 0)
      }
    }), { numRuns: 20_000 })
    expect(understood).toBeGreaterThan(1000)
  })

  test('a message that is cut is refused, those before it are not changed by that', () => {
    fc.assert(fc.property(valid, fc.nat(), (bytes, cut) => {
      const size = cut % bytes.length
      const whole = bytes.readUInt32LE(0)
      // Fewer than four bytes are padding.
      if (size < whole || size > whole + 3) expect(() => intentsOf(bytes.subarray(0, size))).toThrow(ProtocolError)
      else expect(intentsOf(bytes.subarray(0, size)).map(({ intent }) => intent)).toEqual([intentsOf(bytes)[0]?.intent])
    }))
  })

  test('an answer tells its set, or nothing, or is a ProtocolError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const writer = new Writer(64)
      const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, 7), 2, 2, 1)
      writer.put(bytes)
      finishMessage(writer, start)
      try {
        const set = setOfAnswer(only(writer.written()))
        expect(set === undefined || typeof set === 'string').toBe(true)
      } catch (error) {
        expect(ProtocolError.is(error)).toBe(true)
      }
    }), { numRuns: 2000 })
  })
})
