import { DirectSocket } from '../../src/netlink/socket/direct.js'
import { FakeLibc } from '../support/fake-libc.js'
import { rejection } from '../support/rejection.js'

let mockLibc = new FakeLibc()
jest.mock('../../src/netlink/libc.js', () => ({ loadLibc: async () => mockLibc }))

test('without the right to enter a namespace it is said which right that is', async () => {
  mockLibc.failing.set('setns', 1)
  const error = await rejection(DirectSocket.open({ netns: '/proc/self/ns/net' }))
  expect(error).toMatchObject({ code: 'ERR_PERMISSION', errno: 1 })
  expect(error.message).toMatch(/CAP_SYS_ADMIN/)
  expect(error.message).not.toMatch(/CAP_NET_ADMIN/)
})

test('a namespace that cannot be opened is a TransportError that names it', async () => {
  mockLibc = new FakeLibc()
  const error = await rejection(DirectSocket.open({ netns: '/proc/self/ns/net/none' }))
  expect(error).toMatchObject({ name: 'TransportError', code: 'ERR_SYSTEM' })
  expect(error.message).toMatch(/cannot open \/proc\/self\/ns\/net\/none/)
})
