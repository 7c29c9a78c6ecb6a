import { KernelSets } from '../../../src/xtables/sets.js'
import { host16, host32, readHost16, readHost32 } from '../../support/bytes.js'
import { FakeLibc } from '../../support/fake-libc.js'
import { inputErrorOf } from './errors.js'

const SO_IP_SET = 83 // include/uapi/linux/netfilter/ipset/ip_set.h
const [EPERM, ENOPROTOOPT] = [1, 92]

/** Sets as a kernel would have them: names by index, and families. */
const SETS = new Map<number, readonly [name: string, family: number]>([
  [0, ['first', 2]],
  [7, ['six', 10]],
  [300, ['list', 0]],
])

let libc: FakeLibc
beforeEach(() => {
  libc = new FakeLibc()
  libc.answer = (option, value) => {
    if (option !== SO_IP_SET) return ENOPROTOOPT
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
    const op = readHost32(bytes, 0)
    if (op === 0x100) bytes.set(host32(7), 4)
    else if (op === 0x07) {
      const found = SETS.get(readHost16(bytes, 8))
      bytes.fill(0, 8).write(found?.[0] ?? '', 8)
    } else if (op === 0x08) {
      const asked = bytes.toString('utf8', 12, bytes.indexOf(0, 12))
      const found = [...SETS].find(([, [name]]) => name === asked)
      bytes.set(host16(found?.[0] ?? 0xffff), 12)
      if (found) bytes.set(host32(found[1][1]), 8)
    }
    return 0
  }
})

test('a set is found by its name, after the version has been asked for once', () => {
  const sets = new KernelSets(libc, 'ip')
  expect(sets.index('first')).toBe(0)
  expect(sets.index('list')).toBe(300)
  const asked = libc.argsOf('getsockopt').map(([fd, level, option, , size]) => [fd, level, option, size])
  expect(asked).toEqual([
    [100, 0, 83, host32(8)],
    [100, 0, 83, host32(44)],
    [100, 0, 83, host32(44)],
  ])
})

test('what is asked has the version the kernel told, and the name', () => {
  const questions: Buffer[] = []
  const { answer } = libc
  libc.answer = (option, value) => {
    questions.push(Buffer.from(value))
    return answer(option, value)
  }
  new KernelSets(libc, 'ip').index('first')
  const name = Buffer.alloc(32)
  name.write('first')
  expect(questions).toEqual([
    Buffer.concat([host32(0x100), host32(0)]),
    Buffer.concat([host32(8), host32(7), host32(0), name]),
  ])
})

test('a set is found by its index, and the name is that of now', () => {
  const sets = new KernelSets(libc, 'ip')
  expect([sets.name(0), sets.name(7), sets.name(300), sets.name(5)]).toEqual(['first', 'six', 'list', undefined])
})

test('a name of 31 bytes is read whole', () => {
  const sets = new KernelSets(libc, 'ip')
  SETS.set(9, ['x'.repeat(31), 2])
  expect(sets.name(9)).toBe('x'.repeat(31))
  expect(sets.index('x'.repeat(31))).toBe(9)
  SETS.delete(9)
})

test.each([
  ['ip', 'nosuch', "there is no set 'nosuch'; create it first"],
  ['ip', 'six', "set 'six' holds IPv6 addresses, the rule is for the other family"],
  ['ip6', 'first', "set 'first' holds IPv4 addresses, the rule is for the other family"],
] as const)('for %s set %s cannot be named', (family, name, reason) => {
  expect(inputErrorOf(() => new KernelSets(libc, family).index(name)).reason).toBe(reason)
})

test('a set without addresses is for both families', () => {
  expect([new KernelSets(libc, 'ip').index('list'), new KernelSets(libc, 'ip6').index('list')]).toEqual([300, 300])
})

test('a name too long for any set, or with a NUL in it, is refused before the kernel is asked for it', () => {
  const sets = new KernelSets(libc, 'ip')
  expect(inputErrorOf(() => sets.index('x'.repeat(32))).reason).toMatch(/32 bytes long, at most 31 fit/)
  expect(inputErrorOf(() => sets.index('a\0b')).reason).toMatch(/NUL/)
  expect(libc.argsOf('getsockopt').filter(([, , , , size]) => (size as Buffer).equals(host32(44)))).toEqual([])
})

test('a kernel without sets says so', () => {
  libc.answer = () => ENOPROTOOPT
  expect(inputErrorOf(() => new KernelSets(libc, 'ip').index('first')).reason).toMatch(/ip_set is not loaded/)
})

test('what the kernel does not allow is no fault of the input', () => {
  libc.answer = () => EPERM
  expect(() => new KernelSets(libc, 'ip').name(0)).toThrow(
    expect.objectContaining({ name: 'TransportError', code: 'ERR_PERMISSION' }),
  )
  libc.failing.set('socket', EPERM)
  expect(() => new KernelSets(libc, 'ip')).toThrow(expect.objectContaining({ code: 'ERR_PERMISSION' }))
})

test('it closes its socket', () => {
  const sets = new KernelSets(libc, 'ip6')
  expect(libc.open.size).toBe(1)
  sets.close()
  expect(libc.open.size).toBe(0)
})
