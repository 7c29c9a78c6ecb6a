import { easyOn, type EasyOptions, Table } from '../../../src/iptc/index.js'
import { note, refusal } from '../../support/iptc.js'
import { run } from '../../support/kernel.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()

const NAME = `easy-places-${process.pid}`
const INSIDE = ['ip', 'netns', 'exec', NAME]
/** What programs in JavaScript pass on that they were not given themselves. */
const UNDEFINED = { xt: undefined, netns: undefined, backend: undefined } as unknown as EasyOptions
const DROPPED = [':INPUT DROP [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]']

describeTables('where easy calls go to, with %s', (tables) => {
  const { backend } = tables
  beforeEach(() => run('ip', ['netns', 'add', NAME]))
  afterEach(() => run('ip', ['netns', 'delete', NAME]))

  /** What must come of a policy of DROP that was to be set there. */
  function expectThere(here: readonly string[]): void {
    expect(tables.saved('ip')).toEqual(here)
    expect(tables.saved('ip', 'filter', INSIDE)).toEqual(DROPPED)
  }

  test('an option that a call leaves undefined is that of the functions', async () => {
    const here = tables.saved('ip')
    const { setPolicy } = easyOn({ backend, netns: NAME })
    await setPolicy('filter', 'INPUT', 'DROP', UNDEFINED)
    expectThere(here)
  })

  test('so is the connection that they were lent', async () => {
    const here = tables.saved('ip')
    await using xt = await tables.open({ netns: NAME })
    const { setPolicy } = easyOn({ xt })
    await setPolicy('filter', 'INPUT', 'DROP', UNDEFINED)
    expectThere(here)
  })

  test('a call that says where goes there, not over the connection that they were lent', async () => {
    const here = tables.saved('ip')
    await using xt = await tables.open()
    const { setPolicy } = easyOn({ xt })
    await setPolicy('filter', 'INPUT', 'DROP', { backend, netns: NAME })
    expectThere(here)
  })

  test('what waits in a batch is for the place of the batch alone', async () => {
    await using xt = await tables.open({ netns: NAME })
    const { batchBegin, batchEnd, addRule, setPolicy } = easyOn({ xt })
    await batchBegin()
    await setPolicy('filter', 'INPUT', 'DROP', { xt: undefined })
    await addRule('filter', 'INPUT', note('here'), { backend, netns: '/proc/self/ns/net' })
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -m comment --comment here'])
    await batchEnd()
    expect(tables.saved('ip', 'filter', INSIDE)).toEqual(DROPPED)
    await setPolicy('filter', 'INPUT', 'ACCEPT', { backend, netns: '/proc/self/ns/net' })
    await easyOn({ backend }).flushTable('filter')
  })

  test.each([['family', 'ip6'], ['ipV6', true], ['netnss', NAME], ['autocommit', false], ['position', 2]])('an option that is none (%s) is refused, before the wrong table is changed', async (key, value) => {
    const here = tables.saved('ip')
    const options = { backend, [key]: value } as EasyOptions
    const { addChain, batchBegin, dumpTable, encodeIptcRule, flushTable, getTables, insertRule, setPolicy, testRule } = easyOn({ backend })
    const calls = [
      () => setPolicy('filter', 'INPUT', 'DROP', options), () => insertRule('filter', 'INPUT', note('x'), options), () => flushTable('filter', options),
      () => dumpTable('filter', options), () => getTables(options), () => batchBegin(undefined, options), () => batchBegin('filter', options),
    ]
    for (const call of calls) expect(await refusal(call())).toMatch(new RegExp(`^${key}: there is no such option; (there are xt, .*, ipv6|did you mean '\\w+')`))
    expect(await addChain('filter', 'x', { ...options, raiseExc: false })).toBe(false)
    for (const call of [() => testRule(note('x'), options), () => encodeIptcRule(note('x'), options), () => easyOn(options)]) expect(call).toThrow(/^\w+: there is no such option; /)
    expect(tables.saved('ip')).toEqual(here)
    if (key !== 'autocommit') expect(() => new Table('filter', options)).toThrow(/^\w+: there is no such option; (there are .*, autocommit|did you mean '\w+'\?)$/)
  })
})
