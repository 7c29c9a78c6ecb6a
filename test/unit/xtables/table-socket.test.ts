import { KernelError, TransportError } from '../../../src/netlink/index.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { hex, host32 } from '../../support/bytes.js'
import { FakeLibc } from '../../support/fake-libc.js'

// include/uapi/linux/netfilter_ipv4/ip_tables.h, netfilter_ipv6/ip6_tables.h and asm-generic/errno-base.h
const [SET_REPLACE, SET_ADD_COUNTERS, GET_INFO, GET_ENTRIES] = [64, 65, 64, 65]
const [EPERM, ENOENT, EAGAIN, EINVAL, ENOPROTOOPT, EPROTONOSUPPORT] = [1, 2, 11, 22, 92, 93]
const LARGE = 0x4_0000

const name = (text: string, size: number) => Buffer.concat([Buffer.from(text), Buffer.alloc(size - text.length)])

let libc: FakeLibc
let socket: TableSocket
beforeEach(() => {
  libc = new FakeLibc()
  socket = new TableSocket(libc, 'ip')
})

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test.each([
  ['ip', 2],
  ['ip6', 10],
] as const)('a socket of family %s is a datagram socket that programs started do not inherit', (family, domain) => {
  libc.calls.length = 0
  new TableSocket(libc, family).close()
  expect(libc.calls).toEqual([
    { name: 'socket', args: [domain, 2 | 0o2000000, 0] },
    { name: 'close', args: [101] },
  ])
})

test('a socket that cannot be had is an error', async () => {
  libc.failing.set('socket', EPERM)
  expect(await errorOf(() => new TableSocket(libc, 'ip'))).toMatchObject({
    name: 'TransportError',
    code: 'ERR_PERMISSION',
  })
})

test('how a table is laid out is asked with its name alone', () => {
  const answer = Buffer.concat([
    name('filter', 32),
    ...[0x0e, 1, 0, 152, 304, 5, 6, 0, 152, 304, 7, 4, 640].map(host32),
  ])
  libc.answer = (option, value) => {
    expect([option, Buffer.from(value).toString('hex')]).toEqual([
      GET_INFO,
      Buffer.concat([name('filter', 32), Buffer.alloc(52)]).toString('hex'),
    ])
    value.set(answer)
    return 0
  }
  expect(socket.info('filter')).toEqual({
    name: 'filter',
    validHooks: 0x0e,
    hookEntry: [1, 0, 152, 304, 5],
    underflow: [6, 0, 152, 304, 7],
    entries: 4,
    size: 640,
  })
  expect(libc.argsOf('getsockopt').map(([fd, level, , , size]) => [fd, level, size])).toEqual([[100, 0, host32(84)]])
})

test('the entries stand behind the name and the size', async () => {
  libc.answer = (option, value) => {
    expect([option, Buffer.from(value.subarray(0, 40)).toString('hex')]).toEqual([
      GET_ENTRIES,
      Buffer.concat([name('nat', 32), host32(16), host32(0)]).toString('hex'),
    ])
    value.fill(0xab, 40)
    return 0
  }
  expect((await socket.entries('nat', 16)).toString('hex')).toBe('ab'.repeat(16))
  expect(libc.argsOf('getsockopt')[0]?.[4]).toEqual(host32(56))
})

test('many entries are read on another thread', async () => {
  libc.answer = (_, value) => {
    value.fill(1, 40)
    return 0
  }
  const entries = await socket.entries('nat', LARGE)
  expect([entries.length, entries[0], entries.at(-1)]).toEqual([LARGE, 1, 1])
  expect(libc.calls.map(({ name }) => name)).toEqual(['socket', 'getsockoptInBackground'])
  expect(libc.argsOf('getsockoptInBackground')[0]?.slice(0, 3)).toEqual([100, 0, GET_ENTRIES])
  libc.answer = () => EAGAIN
  expect(await errorOf(() => socket.entries('nat', LARGE))).toMatchObject({ name: 'KernelError', errnoName: 'EAGAIN' })
})

test.each([
  ['ip', 0],
  ['ip6', 41],
] as const)('a table of %s is put in at level %i, a large one on another thread', async (family, level) => {
  const own = new TableSocket(libc, family)
  expect(await own.replace(hex('0102'))).toBe(0)
  expect(libc.argsOf('setsockopt')).toEqual([[101, level, SET_REPLACE, hex('0102'), 2]])
  const large = Buffer.alloc(LARGE + 1)
  expect(await own.replace(large)).toBe(0)
  expect(libc.argsOf('setsockoptInBackground')).toEqual([[101, level, SET_REPLACE, large]])
})

test('why the kernel refuses a table is told by its errno, and nothing is thrown', async () => {
  libc.take = () => EINVAL
  expect(await socket.replace(hex('01'))).toBe(EINVAL)
  expect(await socket.replace(Buffer.alloc(LARGE + 1))).toBe(EINVAL)
})

test('counters are added in pairs behind the name and their number', async () => {
  await socket.addCounters('filter', new BigUint64Array([1n, 2n, 3n, 2n ** 64n - 1n]))
  const [, level, option, bytes, size] = libc.argsOf('setsockopt')[0] as [number, number, number, Buffer, number]
  expect([level, option, size]).toEqual([0, SET_ADD_COUNTERS, 40 + 32])
  expect(bytes.subarray(0, 40)).toEqual(Buffer.concat([name('filter', 32), host32(2), host32(0)]))
  expect(new BigUint64Array(new Uint8Array(bytes.subarray(40)).buffer)).toEqual(
    new BigUint64Array([1n, 2n, 3n, 2n ** 64n - 1n]),
  )
  libc.take = () => EINVAL
  expect(await errorOf(() => socket.addCounters('filter', new BigUint64Array(2)))).toMatchObject({
    name: 'KernelError',
    errnoName: 'EINVAL',
  })
  await expect(socket.addCounters('filter', new BigUint64Array(LARGE))).rejects.toMatchObject({ errnoName: 'EINVAL' })
})

test.each([
  ['ip', 'match', 66],
  ['ip', 'target', 67],
  ['ip6', 'match', 68],
  ['ip6', 'target', 69],
] as const)('for a revision of %s a %s is asked with option %i', (family, type, option) => {
  const own = new TableSocket(libc, family)
  expect(own.hasRevision(type, 'conntrack', 3)).toBe(true)
  const [, level, asked, bytes, size] = libc.argsOf('getsockopt')[0] as [number, number, number, Buffer, Buffer]
  expect([level, asked, size]).toEqual([family === 'ip' ? 0 : 41, option, host32(30)])
  expect(bytes).toEqual(Buffer.concat([name('conntrack', 29), Buffer.from([3])]))
  libc.answer = () => EPROTONOSUPPORT
  expect(own.hasRevision(type, 'conntrack', 9)).toBe(false)
  libc.answer = () => ENOENT
  expect(own.hasRevision(type, 'nosuch', 0)).toBeUndefined()
})

test('asked for a revision, other errors are errors', async () => {
  libc.answer = () => EPERM
  expect(await errorOf(() => socket.hasRevision('match', 'tcp', 0))).toMatchObject({ code: 'ERR_PERMISSION' })
  libc.answer = () => EINVAL
  expect(await errorOf(() => socket.hasRevision('match', 'tcp', 0))).toMatchObject({
    name: 'KernelError',
    errnoName: 'EINVAL',
  })
})

test.each<[errno: number, kind: string, says: RegExp]>([
  [EPERM, 'TransportError', /CAP_NET_ADMIN|root|permi/i],
  [
    ENOPROTOOPT,
    'TransportError',
    /this kernel has no ip_tables: load the module \('modprobe ip_tables'\), or use the nf_tables backend/,
  ],
  [
    ENOENT,
    'KernelError',
    /reading table 'filter': there is no such table; the module that makes it may have to be loaded/,
  ],
  [EINVAL, 'KernelError', /reading table 'filter': .*\(EINVAL\)/],
])('errno %i is a %s', async (errno, kind, says) => {
  libc.answer = () => errno
  const error = await errorOf(() => socket.info('filter'))
  expect([KernelError.is(error), TransportError.is(error)]).toEqual([kind === 'KernelError', kind === 'TransportError'])
  expect((error as Error).message).toMatch(says)
})

test('what the other family lacks has its own name', async () => {
  libc.answer = () => ENOPROTOOPT
  expect(await errorOf(() => new TableSocket(libc, 'ip6').info('filter'))).toMatchObject({
    code: 'ERR_UNSUPPORTED',
    message: expect.stringContaining('modprobe ip6_tables'),
  })
})

test('a name of a table that is too long is refused before the kernel is asked', async () => {
  expect(await errorOf(() => socket.info('x'.repeat(32)))).toMatchObject({ code: 'ERR_INPUT' })
  expect(libc.argsOf('getsockopt')).toEqual([])
})
