import { AlreadyExists, IPSet, IPSetError, ProtocolError } from '../../src/index.js'
import { attribute, hex, host32, nlmsg, text } from '../support/bytes.js'
import type { Asked } from '../support/dialogue.js'
import { fakeIpset } from '../support/fake-ipset.js'

const CAPPED = 0x100
const TLVS = 0x200

/** NLMSG_ERROR with this behind its header. */
const refusal = ({ sequence }: Asked, flags: number, ...body: Buffer[]) => nlmsg({ type: 2, flags, sequence }, ...body)

/** What becomes of a create that the kernel answers so. */
async function outcome(answer: (asked: Asked) => Buffer): Promise<unknown> {
  await using ipset = new IPSet({ transport: fakeIpset({ create: (asked) => [answer(asked)] }), timeout: 1500 })
  return await ipset.create('ban', { revision: 6 }).then(
    () => 'created',
    (error: unknown) => error,
  )
}

test.each(['', 'ef', 'efffff'])(
  '13. an acknowledgement of too few bytes (%s) is a ProtocolError',
  async (body) => {
    expect(ProtocolError.is(await outcome((asked) => refusal(asked, 0, hex(body))))).toBe(true)
  },
)

test.each([
  ['no request at all', 0, () => []],
  ['half the header of the request', 0, ({ whole }: Asked) => [whole.subarray(0, 8)]],
  ['the header alone', CAPPED, ({ whole }: Asked) => [whole.subarray(0, 16)]],
  ['all of the request', 0, ({ whole }: Asked) => [whole]],
  ['a request cut in the middle', 0, ({ whole }: Asked) => [whole.subarray(0, 22)]],
  ['words that have no end', CAPPED | TLVS, ({ whole }: Asked) => [whole.subarray(0, 16), hex('0700 0100 616263 00')]],
  ['words of no length', CAPPED | TLVS, ({ whole }: Asked) => [whole.subarray(0, 16), hex('0000 0100')]],
  ['words beyond the end', CAPPED | TLVS, ({ whole }: Asked) => [whole.subarray(0, 16), hex('ffff 0100 6162')]],
  [
    'an offset beyond the request',
    CAPPED | TLVS,
    ({ whole }: Asked) => [whole.subarray(0, 16), attribute(2, host32(0xffff_ffff))],
  ],
  ['an offset into the header', TLVS, ({ whole }: Asked) => [whole, attribute(2, host32(3))]],
] as const)('13. a refusal with %s is still the error it is', async (_, flags, rest) => {
  const error = await outcome((asked) => refusal(asked, flags, host32(-17), ...rest(asked)))
  expect(AlreadyExists.is(error)).toBe(true)
  expect(error).toMatchObject({ errno: 17, errnoName: 'EEXIST', set: 'ban' })
})

test('13. a refusal with words says them, and names the attribute', async () => {
  let offset = 0
  const error = await outcome((asked) => {
    offset = asked.whole.indexOf(hex('0c00 0300 686173683a697000')) // IPSET_ATTR_TYPENAME
    return refusal(
      asked,
      TLVS,
      host32(-4098),
      asked.whole,
      attribute(1, text('no such type')),
      attribute(2, host32(offset)),
    )
  })
  expect(offset).toBeGreaterThan(20)
  expect(IPSetError.is(error)).toBe(true)
  expect(error).toMatchObject({
    errnoName: 'IPSET_ERR_FIND_TYPE',
    kernelMessage: 'no such type',
    attributePath: ['TYPENAME'],
  })
})

test.each([1, 4096, 4999, 5000, 0x7fff_ffff])(
  'a refusal with number %i, known or not, is an error with that number',
  async (errno) => {
    expect(await outcome((asked) => refusal(asked, CAPPED, host32(-errno), asked.whole.subarray(0, 16)))).toMatchObject(
      { errno },
    )
  },
)

test('an errno without a name is called by its number', async () => {
  const error = await outcome((asked) => refusal(asked, CAPPED, host32(-3999), asked.whole.subarray(0, 16)))
  expect(error).toMatchObject({ errnoName: 'errno 3999' })
})
