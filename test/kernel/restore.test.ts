import { IPSet, RestoreError, TransportError } from '../../src/index.js'
import { describeKernel } from '../support/kernel.js'
import { rejection } from '../support/rejection.js'
import { removeAllSets } from '../support/sets.js'

const COUNT = 20_000
const address = (i: number) => `10.0.${i >> 8}.${i & 255}`

/** A text that fills a set; in line 6 is what line 3 had already. */
function text(options: string): string {
  const lines = Array.from({ length: COUNT }, (_, i) => `add many ${address(i === 4 ? 1 : i)}${options}`)
  return `create many hash:ip maxelem 100000 comment\n${lines.join('\n')}\n`
}

describeKernel('a saved text with a line that is refused', () => {
  afterEach(removeAllSets)

  test.each([
    ['plain entries', ''],
    ['entries with comments', ' comment x'],
  ])('is carried out up to that line and no further: %s', async (_, options) => {
    await using ipset = new IPSet()
    const error = await rejection(ipset.restore(text(options)))
    expect(RestoreError.is(error) && error.line).toBe(6)
    const entries = []
    for await (const { entry } of ipset.entries('many')) entries.push(entry)
    expect(entries.sort()).toEqual([0, 1, 2, 3].map(address))
  })

  test('is ended by a test that finds nothing', async () => {
    await using ipset = new IPSet()
    const error = await rejection(ipset.restore('create a hash:ip\nadd a 10.0.0.1\ntest a 10.0.0.2\nadd a 10.0.0.3\n'))
    expect(error).toMatchObject({ name: 'RestoreError', line: 3, cause: { errnoName: 'IPSET_ERR_EXIST', set: 'a', entry: '10.0.0.2' } })
    expect(await ipset.testAll('a', ['10.0.0.1', '10.0.0.3'])).toEqual([true, false])
  })

  test('is nobody\'s fault when it is aborted', async () => {
    await using ipset = new IPSet()
    const controller = new AbortController()
    async function* pieces() {
      yield 'create a hash:ip\n'
      controller.abort()
      yield 'create b hash:ip\n'
    }
    const error = await rejection(ipset.restore(pieces(), { signal: controller.signal }))
    expect(TransportError.is(error) && error.code).toBe('ERR_ABORTED')
    expect(await ipset.names()).toEqual(['a'])
  })
})
