import { ExtendedAck, readAcknowledgement, readDone } from '../../src/netlink/acknowledge.js'
import { messages } from '../../src/netlink/message.js'
import { attribute, hex, host32, nlmsg, text } from '../support/bytes.js'
import { literally, protocolErrorOf } from './wire/literal.js'

// include/uapi/linux/netlink.h: NLMSG_ERROR = 2, NLMSG_DONE = 3, NLM_F_CAPPED = 0x100, NLM_F_ACK_TLVS = 0x200. The body is
// struct nlmsgerr { int error; struct nlmsghdr msg; }, behind it the rest of the request unless capped, then attributes.
const CAPPED = 0x100
const TLVS = 0x200

const request = nlmsg({ type: 0x0609, flags: 0x205, sequence: 9 }, hex('0200 0000 0500 0100 07 000000'))

/** Reads an NLMSG_ERROR of this body. */
function acknowledged(flags: number, ...body: Buffer[]) {
  const [message] = [...messages(nlmsg({ type: 2, flags, sequence: 9 }, ...body))]
  return readAcknowledgement(message!)
}

function ended(flags: number, ...body: Buffer[]) {
  const [message] = [...messages(nlmsg({ type: 3, flags, sequence: 9 }, ...body))]
  return readDone(message!)
}

describe('an acknowledgement', () => {
  test('of success has errno 0 and the header of the request', () => {
    const { errno, request: given, ...rest } = acknowledged(CAPPED, host32(0), request.subarray(0, 16))
    expect(errno).toBe(0) // not -0, which toEqual tells apart
    expect(Buffer.from(given)).toEqual(request.subarray(0, 16))
    expect(rest).toEqual({})
  })

  test('of a refusal has a positive errno and the whole request', () => {
    const { errno, request: given } = acknowledged(0, host32(-22), request)
    expect(errno).toBe(22)
    expect(Buffer.from(given)).toEqual(request)
  })

  test('gives the codes of a subsystem as they are', () => {
    expect(acknowledged(CAPPED, host32(-4103), request.subarray(0, 16)).errno).toBe(4103)
    expect(acknowledged(CAPPED, host32(-4352), request.subarray(0, 16)).errno).toBe(4352)
  })

  test('says what the kernel says, behind a whole request', () => {
    const tlvs = Buffer.concat([attribute(1, text('Set type not supported')), attribute(2, host32(24))])
    expect(acknowledged(TLVS, host32(-22), request, tlvs)).toEqual({
      errno: 22,
      request: expect.anything(),
      message: 'Set type not supported',
      offset: 24,
    })
  })

  test('says what the kernel says, behind a header alone', () => {
    const tlvs = Buffer.concat([attribute(5, host32(7)), attribute(6, host32(20))])
    expect(acknowledged(CAPPED | TLVS, host32(-22), request.subarray(0, 16), tlvs)).toMatchObject({
      errno: 22,
      missingType: 7,
    })
  })

  test('of a request that was not padded has its attributes behind the padding', () => {
    const odd = nlmsg({ type: 0x0609, sequence: 9 }, hex('aabbcc'))
    expect(odd).toHaveLength(20)
    const { message, request: given } = acknowledged(TLVS, host32(-22), odd, attribute(1, text('no')))
    expect(message).toBe('no')
    expect(given).toHaveLength(19)
  })

  test('without NLM_F_ACK_TLVS has nothing to say, whatever stands behind the request', () => {
    expect(acknowledged(CAPPED, host32(-22), request.subarray(0, 16), attribute(1, text('no')))).not.toHaveProperty(
      'message',
    )
  })

  test('keeps the bytes of the request apart from those behind it', () => {
    const { request: given } = acknowledged(TLVS, host32(-22), request, attribute(1, text('no')))
    expect(Buffer.from(given)).toEqual(request)
  })
})

describe('an acknowledgement that makes no sense', () => {
  test.each(['', '01', '010203'])('of too few bytes for an errno (%s) is a ProtocolError that says where', (body) => {
    expect(protocolErrorOf(() => acknowledged(0, hex(body)))).toMatchObject({ offset: 16 })
  })

  test('of an errno and half a header still has its errno', () => {
    expect(acknowledged(0, host32(-1), hex('10000000 0906'))).toMatchObject({ errno: 1 })
    expect(acknowledged(TLVS, host32(-1))).toMatchObject({ errno: 1 })
  })

  test.each([
    ['an attribute of length zero', '0000 0100'],
    ['an attribute beyond the end', 'ff00 0100 61 000000'],
    ['text without its NUL', '0500 0100 61 000000'],
    ['a tail of two bytes', '0000'],
    ['an offset of two bytes', '0600 0200 0100 0000'],
  ])('with %s still has its errno, and no words', (_, tlvs) => {
    const ack = acknowledged(CAPPED | TLVS, host32(-1), request.subarray(0, 16), hex(tlvs))
    expect(ack).toEqual({ errno: 1, request: expect.anything() })
  })

  test.each([0, 1, 15, 17, 29, 4096, 0xffff_ffff])(
    'whose request claims %i bytes takes no more than there are',
    (length) => {
      const liar = Buffer.concat([host32(length), request.subarray(4)])
      const { errno, request: given } = acknowledged(TLVS, host32(-1), liar)
      expect(errno).toBe(1)
      expect(given.length).toBeLessThanOrEqual(liar.length)
    },
  )

  test('with attributes nobody knows passes over them', () => {
    expect(
      acknowledged(
        CAPPED | TLVS,
        host32(-1),
        request.subarray(0, 16),
        attribute(77, hex('0102')),
        attribute(1, text('so')),
      ),
    ).toMatchObject({ message: 'so' })
  })

  test('with words that are no UTF-8 still gives them', () => {
    expect(
      acknowledged(CAPPED | TLVS, host32(-1), request.subarray(0, 16), attribute(1, hex('61ff00'))).message,
    ).toMatch(/^a/)
  })
})

describe('the end of a dump', () => {
  test('is a success with 0, and with no body at all', () => {
    expect(ended(2, host32(0)).errno).toBe(0)
    expect(ended(2).errno).toBe(0)
  })

  test('may carry an errno: then the dump has failed', () => {
    expect(ended(2, host32(-105))).toMatchObject({ errno: 105 })
  })

  test('may carry a length, as old kernels wrote it: that is no error', () => {
    expect(ended(2, host32(512)).errno).toBe(0)
  })

  test('may carry words', () => {
    expect(ended(2 | TLVS, host32(-22), attribute(1, text('no such table')))).toMatchObject({
      errno: 22,
      message: 'no such table',
    })
    expect(ended(2 | TLVS, host32(-22), hex('0100'))).toMatchObject({ errno: 22 })
  })

  test('of one to three bytes is a ProtocolError', () => {
    expect(protocolErrorOf(() => ended(2, hex('0000')))).toMatchObject({ offset: 16 })
  })
})

describe('what an extended acknowledgement adds', () => {
  // Little-endian: these attributes are in the machine's order, unlike ipset's.
  literally(ExtendedAck, [
    [{ message: 'no' }, '0700 0100 6e6f00 00'],
    [{ offset: 24 }, '0800 0200 18000000'],
    [{ missingType: 7, missingNest: 20 }, '0800 0500 07000000  0800 0600 14000000'],
    [{ cookie: Uint8Array.of(1, 2) }, '0600 0300 0102 0000'],
  ])
})
