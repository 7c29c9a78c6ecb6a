// A kernel of a function, for calls that need an answer: it acknowledges all, and knows what sets and types it is asked for.
const COMMAND = { protocol: 1, list: 7, save: 8, header: 12, type: 13 }

function attribute(type, ...payload) {
  const body = Buffer.concat(payload)
  const head = Buffer.alloc(4)
  head.writeUInt16LE(4 + body.length, 0)
  head.writeUInt16LE(type, 2)
  return Buffer.concat([head, body, Buffer.alloc(-body.length & 3)])
}
const u8 = (type, value) => attribute(type, Buffer.of(value))
const text = (type, value) => attribute(type, Buffer.from(`${value}\0`))

const TYPES = ['hash:ip', 'hash:net', 'hash:ip,port', 'list:set', 'bitmap:port', 'hash:net,iface', 'hash:mac']

/** The attribute of a number in a request, as text; undefined where it has none. */
function textOf(body, wanted) {
  for (let at = 4; at + 4 <= body.length; ) {
    const size = body.readUInt16LE(at)
    if (size < 4) return undefined
    if ((body.readUInt16LE(at + 2) & 0x3fff) === wanted) return body.toString('latin1', at + 4, at + size - 1)
    at += (size + 3) & -4
  }
  return undefined
}

/**
 * A transport to it. `told` hears each datagram. `answers` are given to every request in the place of the right ones, their
 * sequence numbers made to fit.
 */
export async function answering(load, told, answers) {
  const { FakeKernel } = await load('testing/fake-kernel.js')
  const { acknowledge, answer, done } = await load('testing/answers.js')
  return new FakeKernel((datagram) => {
    told(datagram)
    const all = []
    const bytes = Buffer.from(datagram)
    for (let at = 0; at + 16 <= bytes.length; ) {
      const request = bytes.subarray(at, at + bytes.readUInt32LE(at))
      all.push(
        ...(answers === undefined
          ? rightAnswers(request, { acknowledge, answer, done })
          : [...answers.map((one) => numbered(one, request)), done(request)]),
      )
      at += (request.length + 3) & -4
    }
    return all
  })
}

function numbered(answer, request) {
  const bytes = Buffer.from(answer)
  for (let at = 0; at + 16 <= bytes.length; at += Math.max(16, (bytes.readUInt32LE(at) + 3) & -4)) request.copy(bytes, at + 8, 8, 12)
  return bytes
}

function rightAnswers(request, { acknowledge, answer, done }) {
  const command = request.readUInt16LE(4) & 0xff
  const body = request.subarray(16)
  const head = [Buffer.of(2, 0, 0, 0), u8(1, 7)]
  const give = (...attributes) => [
    answer(request, request.readUInt16LE(4), 0, Buffer.concat([...head, ...attributes])),
    acknowledge(request),
  ]
  switch (command) {
    case COMMAND.protocol:
      return give(u8(10, 6))
    case COMMAND.header: {
      const name = textOf(body, 2) ?? ''
      return give(text(2, name), text(3, TYPES[name.length % TYPES.length]), u8(5, 2), u8(4, 3))
    }
    case COMMAND.type:
      return give(text(3, textOf(body, 3) ?? ''), u8(5, 2), u8(4, 3), u8(10, 0))
    case COMMAND.list:
    case COMMAND.save:
      return [done(request)]
    default:
      return [acknowledge(request)]
  }
}
