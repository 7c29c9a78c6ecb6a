import { DirectSocket } from '../../src/netlink/socket/direct.js'
import { thrownBy } from '../support/thrown.js'
import { FakeLibc } from '../support/fake-libc.js'

let mockLibc = new FakeLibc()
jest.mock('../../src/netlink/libc.js', () => ({ loadLibc: async () => mockLibc }))

const EMFILE = 24

/** How often each descriptor was closed. */
function closes(): number[] {
  return mockLibc.argsOf('close').map(([fd]) => fd as number)
}

describe.each(['socket', 'bind', 'getsockname'])('a socket that cannot be made anew, because %s fails', (call) => {
  test('is closed, and no descriptor is closed twice: it may be another file by then', async () => {
    mockLibc = new FakeLibc()
    const socket = await DirectSocket.open()
    mockLibc.failing.set(call, EMFILE)
    expect(thrownBy(() => socket.reset())).toMatchObject({ code: 'ERR_SYSTEM', errno: EMFILE })
    expect(socket.closed).toBe(true)
    socket.close()
    expect(mockLibc.open.size).toBe(0)
    expect(closes()).toEqual([...new Set(closes())])
    expect(closes().every((fd) => fd >= 0)).toBe(true)
    expect(thrownBy(() => socket.send(Buffer.alloc(16)))).toMatchObject({ code: 'ERR_CLOSED' })
  })
})
