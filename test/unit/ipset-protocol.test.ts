import { IPSet } from '../../src/index.js'
import type { Asked } from '../support/dialogue.js'
import { ack, data, fakeIpset, sentTo, u8 } from '../support/fake-ipset.js'
import { rejection } from '../support/rejection.js'

type Answer = (asked: Asked) => readonly Uint8Array[]

/** What the first call says to a kernel that answers so to the question for its protocol. */
function refusal(answer: Answer): Promise<Error> {
  return rejection(new IPSet({ transport: fakeIpset({ protocol: answer }) }).names())
}

const IPSET_ERR_PROTOCOL = 4097

describe('the version of the ipset protocol', () => {
  test('is the highest that both sides speak', async () => {
    const transport = fakeIpset({ protocol: (asked) => [data(asked, [u8(1, 8), u8(10, 6)])] })
    const ipset = new IPSet({ transport })
    await ipset.flush('ban')
    // nfgenmsg, then the attribute of the protocol: length 5, type 1, version 7.
    expect(sentTo(transport, 'flush')[0]?.toString('hex', 20, 28)).toBe('0500010007000000')
  })

  test('of a kernel that knows nothing newer than 6 is 6', async () => {
    const asked: number[] = []
    const transport = fakeIpset({
      protocol: (request) => {
        asked.push(request.body[8] as number)
        return request.body[8] === 7 ? [ack(request, IPSET_ERR_PROTOCOL)] : [data(request, [u8(1, 6)])]
      },
    })
    const ipset = new IPSet({ transport })
    await ipset.flush('ban')
    expect(asked).toEqual([7, 6])
    expect(sentTo(transport, 'flush')[0]?.toString('hex', 20, 28)).toBe('0500010006000000')
  })

  test.each<[string, Answer, object, RegExp]>([
    ['a kernel without ipset', (asked) => [ack(asked, 22)], { code: 'ERR_UNSUPPORTED', errno: 22 }, /^this kernel has no ipset: load the module ip_set/],
    ['a kernel that refuses each', (asked) => [ack(asked, IPSET_ERR_PROTOCOL)], { code: 'ERR_UNSUPPORTED' }, /^the kernel refuses every version/],
    ['a kernel that speaks only newer ones', (asked) => [data(asked, [u8(1, 9), u8(10, 8)])], { code: 'ERR_UNSUPPORTED' }, /speaks versions 8 to 9 .*, this library 6 to 7$/],
    ['a kernel that refuses the question', (asked) => [ack(asked, 1)], { code: 'ERR_PERMISSION', errno: 1 }, /CAP_NET_ADMIN|root|permitted/i],
  ])('%s is told from others', async (_, answer, fields, said) => {
    const error = await refusal(answer)
    expect(error).toMatchObject(fields)
    expect(error.message).toMatch(said)
  })
})
