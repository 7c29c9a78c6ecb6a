import { Connection, type ConnectionOptions } from '../../src/netlink/connection.js'
import { InputError } from '../../src/netlink/error.js'
import { openTransport } from '../../src/netlink/socket/open.js'
import { FakeKernel } from '../../src/testing/index.js'
import { acknowledge } from '../../src/testing/answers.js'
import { rejection } from '../support/rejection.js'
import { sleep } from '../support/waiting.js'
import { build } from './harness.js'

/** A kernel that takes some time to answer. */
function slow(): FakeKernel {
  const kernel: FakeKernel = new FakeKernel((datagram) => {
    setTimeout(() => kernel.deliver(acknowledge(datagram)), 30)
    return []
  })
  return kernel
}

const request = (connection: Connection, options: object) => connection.request('flush', 'ack', build(20), {}, options)

test.each([Number.POSITIVE_INFINITY, 2 ** 31, Number.MAX_VALUE])('a request may wait for %d ms, longer than setTimeout knows', async (timeout) => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    await request(new Connection(slow(), { timeout }), {})
    await request(new Connection(slow()), { timeout })
    expect(warn).not.toHaveBeenCalled()
  } finally {
    warn.mockRestore()
  }
})

test.each([Number.NaN, -1, '5', '5s', {}, 5n])('%p is no time to wait, and nothing is sent', async (timeout) => {
  const kernel = slow()
  const error = await rejection(request(new Connection(kernel), { timeout }))
  expect(InputError.is(error) && error.path).toBe('options.timeout')
  expect(kernel.sent).toEqual([])
  expect(() => new Connection(kernel, { timeout: timeout as number })).toThrow(InputError)
})

test.each(['x', {}, new AbortController()])('%p is no signal, and nothing is sent', async (signal) => {
  const kernel = slow()
  const error = await rejection(request(new Connection(kernel), { signal }))
  expect(InputError.is(error) && error.path).toBe('options.signal')
  expect(kernel.sent).toEqual([])
})

test.each<[string, object]>([
  ['options.transport', { transport: 'loops' }],
  ['options.protocol', { protocol: 'netfilter' }],
  ['options.sendBuffer', { sendBuffer: '1mb' }],
  ['options.receiveBuffer', { receiveBuffer: -1 }],
  ['options.groups', { groups: 5 }],
  ['options.groups[1]', { groups: [1, 'x'] }],
  ['options.timeout', { timeout: 'x' }],
  ['netns', { netns: 1234 }],
])('a socket is not opened with a wrong %s', async (path, options) => {
  const error = await rejection(Connection.open(options as ConnectionOptions))
  expect(InputError.is(error) && error.path).toBe(path)
})

test('a transport by an unknown name is not the default one', async () => {
  const error = await rejection(openTransport('directly' as never))
  expect(error.message).toMatch(/'directly'; there are auto, direct, loop/)
})

test('what a transport still sends is not written over by the next request', async () => {
  const late: string[] = []
  class Late extends FakeKernel {
    override send(datagram: Uint8Array): Promise<void> {
      return sleep(5).then(() => {
        late.push(Buffer.from(datagram).toString('hex'))
        super.send(datagram)
      }) as Promise<void>
    }
  }
  const connection = new Connection(new Late((datagram) => [acknowledge(datagram)]))
  await Promise.all([
    connection.request('one', 'ack', build(20), {}),
    connection.request('other', 'ack', build(21), {}),
  ])
  expect(late.map((hex) => hex.slice(8, 12)).sort()).toEqual(['1400', '1500'])
})
