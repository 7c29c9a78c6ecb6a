import fc from 'fast-check'
import { jsonLog, type LogEntry } from '../../../../src/iptc/daemon/log.js'
import { InputError } from '../../../../src/netlink/index.js'

function logged(entry: LogEntry): string {
  let text = ''
  jsonLog({ write: (piece: string) => { text += piece } })(entry)
  return text
}

describe('the log', () => {
  test('is one JSON object a line, with the time, the level and the event first', () => {
    const text = logged({ level: 'info', event: 'commit', uid: 1000, chains: ['ip filter INPUT'] })
    expect(text).toMatch(/^\{"time":"\d{4}-\d\d-\d\dT[\d:.]+Z","level":"info","event":"commit","uid":1000,"chains":\["ip filter INPUT"\]\}\n$/)
  })

  test('tells big numbers as text, and of an error its name, code and words', () => {
    expect(JSON.parse(logged({ level: 'warn', event: 'x', bytes: 2n ** 64n, error: new InputError('no', { path: 'a' }) }))).toMatchObject({
      bytes: '18446744073709551616',
      error: { name: 'InputError', code: 'ERR_INPUT', message: 'a: no' },
    })
  })

  test('of what cannot be told says that there was something', () => {
    const round: Record<string, unknown> = {}
    round.self = round
    expect(JSON.parse(logged({ level: 'error', event: 'x', round }))).toMatchObject({ level: 'error', event: 'x', unprintable: true })
  })

  test('is a line an entry, whatever is in it, and its own keys stay its own', () => {
    const values = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.bigInt())
    fc.assert(fc.property(fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('time', 'level', 'event')), values), (rest) => {
      const text = logged({ ...rest, level: 'warn', event: 'refused' })
      expect(text.indexOf('\n')).toBe(text.length - 1)
      const { level, event, time } = JSON.parse(text)
      expect({ level, event }).toEqual({ level: 'warn', event: 'refused' })
      expect(Number.isNaN(Date.parse(time))).toBe(false)
    }))
  })
})
