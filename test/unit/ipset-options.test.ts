import { InputError, IPSet, WiSet } from '../../src/index.js'
import { thrownBy } from '../support/thrown.js'

const refused = (make: () => unknown) => {
  const error = thrownBy(make)
  if (!InputError.is(error)) throw error
  return error
}

test.each([
  ['netsn', /did you mean 'netns'/],
  ['attr_revision', /did you mean 'attrRevision'/],
  ['nothing', /there are transport, .*netns/],
])('an IPSet with the option %s is refused: it could be the namespace that is meant', (name, words) => {
  const error = refused(() => new IPSet({ [name]: 'blue' }))
  expect(error.path).toBe(`options.${name}`)
  expect(error.message).toMatch(words)
})

test.each([
  ['netsn', /did you mean 'netns'/],
  ['attr_type', /did you mean 'attrType'/],
  ['stype', /attrType/],
  ['conters', /did you mean 'counters'/],
])('a WiSet with the option %s is refused', (name, words) => {
  const error = refused(() => new WiSet({ name: 'ban', [name]: 'x' }))
  expect(error.path).toBe(`options.${name}`)
  expect(error.message).toMatch(words)
})

test('a WiSet takes all that a set can be made of', () => {
  const options = { family: 'inet6', timeout: 5, counters: true, comment: true, skbinfo: true, forceadd: true, hashsize: 64, maxelem: 5, revision: 4, range: '1-5', bitmapPortsRange: '1-5' } as const
  expect(new WiSet({ name: 'ban', ...options }).options).toEqual(options)
})
