import {
  batchMessage,
  beginNfMessage,
  messageType,
  NfGenMsg,
  readNfGenMsg,
  SUBSYSTEM,
} from '../../src/netlink/nfnetlink.js'
import { finishMessage, messages } from '../../src/netlink/message.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { hex, nlmsg } from '../support/bytes.js'
import { literally, protocolErrorOf } from './wire/literal.js'

// The hexadecimal is that of a little-endian machine; res_id alone is in network byte order.

describe('nfgenmsg', () => {
  literally(NfGenMsg, [
    [{ family: 2, version: 0, resource: 0 }, '02 00 0000'],
    [{ family: 10, version: 0, resource: 0x1234 }, '0a 00 1234'],
  ])
})

test('a message type is the subsystem and the command', () => {
  expect(messageType(SUBSYSTEM.ipset, 9)).toBe(0x0609)
  expect(messageType(SUBSYSTEM.nftables, 0xff)).toBe(0x0aff)
})

test('a message of a subsystem begins with its nfgenmsg', () => {
  const writer = new Writer(64)
  writer.bytes.fill(0xee)
  const start = beginNfMessage(writer, 0x0601, 1, 2, 7)
  writer.put(hex('0500 0100 07 000000'))
  finishMessage(writer, start)
  // The PROTOCOL request of ipset(8), 28 bytes.
  expect(writer.written().toString('hex')).toBe(
    hex('1c000000 0106 0100 07000000 00000000 02 00 0000 0500 0100 07 000000').toString('hex'),
  )
})

test('a batch begins with message 16 and ends with message 17, and names its subsystem', () => {
  const writer = new Writer()
  batchMessage(writer, 'begin', SUBSYSTEM.nftables, 1, 5)
  batchMessage(writer, 'end', SUBSYSTEM.nftables, 1, 6)
  expect(writer.written().toString('hex')).toBe(
    hex('14000000 1000 0100 05000000 00000000 00 00 000a  14000000 1100 0100 06000000 00000000 00 00 000a').toString(
      'hex',
    ),
  )
})

describe('the nfgenmsg of an answer', () => {
  test('is stepped over', () => {
    const [message] = [...messages(nlmsg({ type: 0x0607 }, hex('0a00 1234 0500 0100 07 000000')))]
    expect(readNfGenMsg(message!)).toEqual({ family: 10, version: 0, resource: 0x1234 })
    expect(message!.body.at).toBe(20)
  })

  test.each(['', '02', '020000'])('cut short (%s) is a ProtocolError that says where', (body) => {
    const [message] = [...messages(nlmsg({ type: 0x0607 }, hex(body)))]
    expect(protocolErrorOf(() => readNfGenMsg(message!))).toMatchObject({ offset: 16 })
  })
})
