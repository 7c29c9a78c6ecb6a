import { IPSet } from '../../src/index.js'
import { API_CALLS } from './api-calls.js'
import { steps } from './messages.js'
import { bytesOf, FIXTURES, type Fixture, replay } from './replay.js'

function fixtureOf(setup: string, command: string) {
  const place = ({ setup, played }: Fixture) => (played ? `${played.type} ${played.family}` : (setup[0] ?? ''))
  const found = FIXTURES.find((one) => one.command.join(' ') === command && place(one) === setup)
  if (!found) throw new Error(`no fixture '${setup} | ${command}'`)
  return found
}

describe('the public API sends what the ipset tool sends', () => {
  test.each(API_CALLS)('%s | %s', async (setup, command, call) => {
    const fixture = fixtureOf(setup, command)
    const transport = replay(fixture)
    const ipset = new IPSet({ transport })
    const outcome = await call(ipset).then(
      (value) => value !== false,
      () => false,
    )
    expect(steps(transport.sent, 'ours')).toEqual(steps(bytesOf(fixture.sent), 'tool'))
    expect(outcome).toBe(fixture.exit === 0)
  })

  test('create with exclusive: false asks a question more, which the tool does not', async () => {
    const fixture = fixtureOf('create s hash:ip', '-exist create s hash:ip')
    const transport = replay(fixture)
    await expect(new IPSet({ transport }).create('s', { exclusive: false })).rejects.toThrow(
      'the tool sent no such HEADER',
    )
    expect(steps(transport.sent, 'ours')).toEqual(steps(bytesOf(fixture.sent), 'tool'))
  })

  test('addAll sends what restore sends for the same entries, in one message', async () => {
    const fixture = FIXTURES.find(({ input }) => input?.[0] === 'create s hash:ip family inet6 comment timeout 0')!
    const transport = replay(fixture)
    const ipset = new IPSet({ transport })
    await ipset.create('s', { family: 'inet6', comment: true, timeout: 0 })
    const entries = Array.from({ length: 40 }, (_, i) => ({
      entry: `2001:db8::${i.toString(16)}`,
      timeout: i,
      comment: `number ${i}`,
    }))
    await ipset.addAll('s', entries)
    const ours = steps(transport.sent, 'ours')
    const expected = steps(bytesOf(fixture.sent), 'tool')
    expect(ours.map(({ message, entries }) => [message, entries])).toEqual(
      expected.map(({ message, entries }) => [message, entries]),
    )
  })
})
