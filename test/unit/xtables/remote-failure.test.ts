import { DeniedError, DumpInterruptedError, InputError, KernelError, NetfilterError, ProtocolError, tellFailure, TransportError } from '../../../src/netlink/index.js'
import { ConflictError, LockError, parseRule, TextError } from '../../../src/xtables/index.js'
import { remade } from '../../../src/xtables/remote/failure.js'
import { thrownBy } from '../../support/thrown.js'

/** Through JSON, as it travels. */
const there = (error: unknown): Error => remade(JSON.parse(JSON.stringify(tellFailure(error))))

const CASES: readonly [string, Error][] = [
  ['InputError', new InputError('is no port', { path: 'rules[3].tcp.dport' })],
  ['InputError', new InputError('without a path')],
  ['TextError', thrownBy(() => parseRule('-p tcp --dprt 22'))],
  ['TextError', new TextError('no such thing', { line: 7, column: 3, cause: new InputError('why') })],
  ['KernelError', new KernelError('filter INPUT rule 3 (-j LOG): the kernel refuses it', { errno: 2, request: 'commit filter', path: 'filter INPUT rule 3 (-j LOG)', kernelMessage: 'its own words', attributePath: ['A', 'B'] })],
  ['KernelError', new KernelError('x', { errno: 4097, errnoName: 'IPSET_ERR_EXIST' })],
  ['TransportError', new TransportError('closed', { code: 'ERR_CLOSED', errno: 32, cause: new TransportError('why', { code: 'ERR_SYSTEM' }) })],
  ['ProtocolError', new ProtocolError('cut', { offset: 12 })],
  ['ProtocolError', new ProtocolError('cut')],
  ['ConflictError', new ConflictError('too often', { attempts: 7 })],
  ['LockError', new LockError('held', { path: '/run/xtables.lock', holder: { pid: 5, command: 'iptables' } })],
  ['LockError', new LockError('held', { path: '/run/xtables.lock' })],
  ['DumpInterruptedError', new DumpInterruptedError(3, [])],
  ['DeniedError', new DeniedError('user 5 may not')],
]

test.each(CASES)('an error comes back as it was: %s', (name, error) => {
  const again = there(error)
  expect(again.name).toBe(name)
  expect(again.constructor).toBe(error.constructor)
  expect(again.message).toBe(error.message)
  expect({ ...again }).toEqual({ ...error })
  expect((again as NetfilterError).code).toBe((error as NetfilterError).code)
  expect((again.cause as Error | undefined)?.message).toBe((error.cause as Error | undefined)?.message)
})

test('errors that are none of this library come back by their message, of unknown classes by their code', () => {
  const own = there(new RangeError('stack', { cause: new TypeError('deeper') }))
  expect([own.constructor, own.message, (own.cause as Error).message]).toEqual([Error, 'stack', 'deeper'])
  const later = remade({ name: 'LaterError', code: 'ERR_LATER', message: 'of another release' })
  expect(NetfilterError.is(later) && [later.code, later.message]).toEqual(['ERR_LATER', 'of another release'])
  expect(there('text').message).toBe('text')
})

test.each([[undefined], [null], [7], ['text'], [{}], [{ name: 'KernelError' }], [{ name: '__proto__', message: 5, details: 7, cause: [] }], [{ name: 'LockError', message: 'x', details: null }], [{ name: 'TextError', message: 'x', details: { path: 5, line: 'a' } }]])('whatever is told, it is an error: %p', (told) => {
  expect(remade(told)).toBeInstanceOf(Error)
})

test('a chain of causes that does not end is told as far as it helps', () => {
  const error = new TransportError('a', { code: 'ERR_SYSTEM' })
  Object.defineProperty(error, 'cause', { value: error })
  let depth = 0
  for (let one: unknown = there(error); one; one = (one as Error).cause) depth++
  expect(depth).toBeGreaterThan(1)
  expect(depth).toBeLessThan(10)
})
