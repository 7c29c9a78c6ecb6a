import { easyOn, type RuleDictionary } from '../../../src/iptc/index.js'
import { InputError, KernelError } from '../../../src/netlink/index.js'
import { ConflictError, type Xtables } from '../../../src/xtables/index.js'
import { describeEasy, emptyTables, note, refusal } from '../../support/iptc.js'
import { Log } from '../../support/monitor.js'
import { describeNft, ownLock, rejection } from '../../support/xtables.js'

ownLock()

describeEasy('batches', ({ tables, family, options, on, xt }) => {
  const saved = (table = 'filter') => tables.savedRules(family, table)
  const line = (name: string | number, chain = 'INPUT') => `-A ${chain} -m comment --comment ${name}`

  test('nothing is there before batchEnd, all of it afterwards', async () => {
    await on().batchBegin('filter', options)
    await on().addRule('filter', 'INPUT', note(1), options)
    await on().addChain('filter', 'web', options)
    await on().addRule('filter', 'web', note(2), options)
    await on().setPolicy('filter', 'FORWARD', 'DROP', options)
    expect(saved()).toEqual([])
    await on().batchEnd('filter', options)
    expect(saved()).toEqual([line(1), line(2, 'web')])
    expect(tables.saved(family)).toContain(':FORWARD DROP [0:0]')
    await on().addRule('filter', 'INPUT', note(3), options)
    expect(saved()).toHaveLength(3)
  })

  test('calls see what waits', async () => {
    await on().batchBegin(undefined, options)
    expect(await on().addChain('filter', 'web', options)).toBe(true)
    expect(await on().addChain('filter', 'web', { ...options, raiseExc: false })).toBe(false)
    for (const name of ['a', 'b', 'c']) await on().addRule('filter', 'web', { ...note(name), counters: [1, 2] }, options)
    await on().addRule('filter', 'web', note('X'), { ...options, position: -1 })
    await on().deleteRule('filter', 'web', note('a'), options)
    await on().replaceRule('filter', 'web', note('c'), note('C'), options)
    expect(await on().hasChain('filter', 'web', options)).toBe(true)
    expect(await on().hasRule('filter', 'web', note('a'), options)).toBe(false)
    expect(await on().getRulePosition('filter', 'web', note('C'), options)).toBe(2)
    expect(await on().getRuleCounters('filter', 'web', note('b'), options)).toEqual([1, 2])
    expect(await on().dumpChain('filter', 'web', options)).toMatchObject([note('b'), note('X'), note('C')])
    await on().setPolicy('filter', 'INPUT', 'DROP', options)
    expect(await on().getPolicy('filter', 'INPUT', options)).toBe('DROP')
    await on().zeroChain('filter', 'web', options)
    expect(Object.keys(await on().dumpTable('filter', options))).toContain('web')
    expect(saved()).toEqual([])
    await on().batchEnd(undefined, options)
    expect(saved()).toEqual(['b', 'X', 'C'].map((name) => line(name, 'web')))
    expect(await on().getRuleCounters('filter', 'web', note('b'), options)).toEqual([0, 0])
  })

  test('a batch of a table leaves the others alone', async () => {
    await on().batchBegin('filter', options)
    await on().addRule('mangle', 'INPUT', note('at once'), options)
    await on().addRule('filter', 'INPUT', note('later'), options)
    expect([saved().length, saved('mangle').length]).toEqual([0, 1])
    await on().batchBegin('mangle', options)
    await on().addRule('mangle', 'INPUT', note('later'), options)
    expect(await refusal(on().batchEnd('nat', options))).toContain("'nat'")
    await on().batchEnd('filter', options)
    expect([saved().length, saved('mangle').length]).toEqual([1, 1])
    await on().batchEnd('mangle', options)
    expect([saved().length, saved('mangle').length]).toEqual([1, 2])
    expect(await refusal(on().batchEnd('mangle', options))).toContain('call batchBegin first')
  })

  test('of a batch of all tables one may end before the others', async () => {
    await on().batchBegin(undefined, options)
    await on().addRule('filter', 'INPUT', note(1), options)
    await on().addRule('mangle', 'INPUT', note(1), options)
    await on().batchEnd('filter', options)
    expect([saved().length, saved('mangle').length]).toEqual([1, 0])
    await on().addRule('filter', 'INPUT', note(2), options)
    await on().addRule('mangle', 'INPUT', note(2), options)
    expect([saved().length, saved('mangle').length]).toEqual([2, 0])
    await on().batchEnd(undefined, options)
    expect([saved().length, saved('mangle').length]).toEqual([2, 2])
  })

  test('a batch of a table may become one of all', async () => {
    await on().batchBegin('filter', options)
    await on().addRule('filter', 'INPUT', note(1), options)
    await on().batchBegin(undefined, options)
    await on().addRule('mangle', 'INPUT', note(1), options)
    await on().batchBegin('filter', options)
    await on().addRule('mangle', 'INPUT', note(2), options)
    expect([saved().length, saved('mangle').length]).toEqual([0, 0])
    await on().batchEnd(undefined, options)
    expect([saved().length, saved('mangle').length]).toEqual([1, 2])
  })

  test('a call that fails is no part of it, and hinders none of the others', async () => {
    await on().addRule('filter', 'INPUT', note('old'), options)
    await on().batchBegin('filter', options)
    await on().addRule('filter', 'INPUT', note(1), options)
    expect(await refusal(on().deleteRule('filter', 'INPUT', note('nope'), options))).toContain('says the same')
    expect(await on().deleteRule('filter', 'INPUT', note('nope'), { ...options, raiseExc: false })).toBeUndefined()
    expect(await refusal(on().addRule('filter', 'nope', note(1), options))).toContain("no chain 'nope'")
    expect(await refusal(on().addRule('filter', 'INPUT', { tcpp: {} }, options))).toContain('tcpp')
    // The first half of it could be made.
    await on().addChain('filter', 'used', options)
    await on().addRule('filter', 'used', note('kept'), options)
    await on().addRule('filter', 'INPUT', { target: 'used' }, options)
    expect(await refusal(on().deleteChain('filter', 'used', { ...options, flush: true }))).toContain('used')
    expect(await on().dumpChain('filter', 'used', options)).toHaveLength(1)
    expect(await refusal(on().batchDeleteRules('filter', [['INPUT', note('old')], ['INPUT', note('nope')]], options))).toContain('says the same')
    expect(await on().hasRule('filter', 'INPUT', note('old'), options)).toBe(true)
    await on().addRule('filter', 'INPUT', note(2), options)
    await on().batchEnd('filter', options)
    expect(saved()).toEqual([line('old'), line(1), '-A INPUT -j used', line(2), line('kept', 'used')])
  })

  test('what fails and nobody awaits fails the batch, which changes nothing', async () => {
    await on().batchBegin('filter', options)
    void on().addRule('filter', 'INPUT', note(1), options)
    void on().addRule('filter', 'INPUT', { tcpp: {} }, options)
    void on().addRule('filter', 'INPUT', note(2), options)
    expect(await refusal(on().batchEnd('filter', options))).toContain('tcpp')
    expect(saved()).toEqual([])
  })

  test('calls that nobody awaits are made in their order', async () => {
    await on().batchBegin('filter', options)
    for (let i = 0; i < 50; i++) void on().addRule('filter', 'INPUT', note(i), options)
    await on().batchEnd('filter', options)
    expect(saved()).toEqual(Array.from({ length: 50 }, (_, i) => line(i)))
  })

  test('a batch that the kernel refuses changes nothing, and is over', async () => {
    await on().batchBegin(undefined, options)
    for (let i = 0; i < 50; i++) await on().addRule('filter', 'INPUT', note(i), options)
    await on().addRule('mangle', 'INPUT', note('other'), options)
    await on().addRule('filter', 'INPUT', { tcp: { dport: '1' } }, options)
    for (let i = 0; i < 50; i++) await on().addRule('filter', 'INPUT', note(i), options)
    const error = await rejection(on().batchEnd(undefined, options))
    expect(error).toBeInstanceOf(KernelError)
    expect(error.message).toContain('filter INPUT rule 51 (-m tcp --dport 1)')
    expect([saved(), saved('mangle')]).toEqual([[], []])
    await on().addRule('filter', 'INPUT', note('after'), options)
    expect(saved()).toEqual([line('after')])
  })

  test('a batch with a jump to a chain that is missing changes nothing', async () => {
    await on().batchBegin('filter', options)
    await on().addRule('filter', 'INPUT', note(1), options)
    await on().addRule('filter', 'INPUT', { target: 'nope' }, options)
    expect(await refusal(on().batchEnd('filter', options))).toContain("no chain 'nope'")
    expect(saved()).toEqual([])
  })

  test('two at once on two easyOn() do not mix', async () => {
    const [one, two] = [easyOn({ xt: xt() }), easyOn({ backend: tables.backend })]
    await Promise.all([one.batchBegin(undefined, options), two.batchBegin(undefined, options)])
    await Promise.all([one, two].flatMap((easy, i) => ['a', 'b'].map((name) => easy.addRule('filter', 'INPUT', note(`${name}${i}`), options))))
    expect((await one.dumpChain('filter', 'INPUT', options)).map(({ comment }) => comment)).toEqual([{ comment: 'a0' }, { comment: 'b0' }])
    await two.batchEnd(undefined, options)
    expect(saved()).toEqual([line('a1'), line('b1')])
    expect(await rejection(one.batchEnd(undefined, options))).toBeInstanceOf(ConflictError)
    expect(saved()).toEqual([line('a1'), line('b1')])
  })

  test('a batch that has read nothing meets no conflict', async () => {
    await on().batchBegin(undefined, options)
    await on().addRule('filter', 'INPUT', note('ours'), options)
    tables.tool(family, '-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
    await on().batchEnd(undefined, options)
    expect(saved()).toEqual([line('theirs'), line('ours')])
  })

  test('calls over another connection do not wait with it', async () => {
    const easy = easyOn({ xt: xt() })
    await using other = await tables.open()
    await easy.batchBegin('filter', options)
    await easy.addRule('filter', 'INPUT', note('waits'), options)
    await easy.addRule('filter', 'INPUT', note('at once'), { ...options, xt: other })
    expect(saved()).toEqual(['-A INPUT -m comment --comment "at once"'])
    expect(await refusal(easy.batchBegin('filter', { ...options, xt: other }))).toContain('another connection')
    await easy.batchEnd('filter', options)
    expect(saved()).toHaveLength(2)
  })

  test('batchAddChains makes or empties, batchDeleteChains deletes what is there', async () => {
    await on().addChain('filter', 'old', options)
    await on().addRule('filter', 'old', note('x'), options)
    await on().batchAddChains('filter', ['old', 'new', 'new'], { ...options, flush: false })
    expect(await on().dumpChain('filter', 'old', options)).toHaveLength(1)
    await on().batchAddChains('filter', new Set(['old', 'newer']), options)
    expect(await on().dumpTable('filter', options)).toEqual({ INPUT: [], FORWARD: [], OUTPUT: [], new: [], newer: [], old: [] })
    await on().batchAddRules('filter', [['old', { target: 'new' }], ['new', { target: 'newer' }]], options)
    await on().batchDeleteChains('filter', ['new', 'nope', 'old', 'new', 'newer'], options)
    expect(await on().getChains('filter', options)).toEqual(['INPUT', 'FORWARD', 'OUTPUT'])
    await on().addChain('filter', 'used', options)
    await on().addRule('filter', 'INPUT', { target: 'used' }, options)
    expect(await refusal(on().batchDeleteChains('filter', ['used'], options))).toContain('used')
  })

  test('batchAddRules and batchDeleteRules are all or nothing', async () => {
    const rules = function* (): Generator<readonly [string, RuleDictionary, number?]> {
      yield ['INPUT', note('b')]
      yield ['INPUT', note('a'), 1]
      yield ['INPUT', note('X'), -1]
      yield ['FORWARD', note('f'), 0]
    }
    await on().batchAddRules('filter', rules(), options)
    const before = [line('a'), line('X'), line('b'), line('f', 'FORWARD')]
    expect(saved()).toEqual(before)
    expect(await refusal(on().batchAddRules('filter', [['INPUT', note('more')], ['nope', note('more')]], options))).toContain('nope')
    expect(await refusal(on().batchAddRules('filter', [['INPUT', note('more')], ['INPUT', note('more'), 9]], options))).toContain('9')
    expect(await refusal(on().batchDeleteRules('filter', [['INPUT', note('a')], ['INPUT', note('nope')]], options))).toContain('says the same')
    expect(await on().batchDeleteRules('filter', [['INPUT', note('a')], ['INPUT', note('nope')]], { ...options, raiseExc: false })).toBeUndefined()
    expect(saved()).toEqual(before)
    await on().batchDeleteRules('filter', [['FORWARD', note('f')], ['INPUT', note('X')]], options)
    expect(saved()).toEqual([line('a'), line('b')])
  })

  test('batchEnd without batchBegin is refused', async () => {
    expect(await refusal(on().batchEnd(undefined, options))).toContain('call batchBegin first')
    expect(await rejection(on().batchEnd('filter', options))).toBeInstanceOf(InputError)
  })
})

describeNft('a batch is one commit', (tables) => {
  let xt: Xtables
  beforeAll(async () => {
    xt = await tables.open()
  })
  beforeEach(() => emptyTables(tables))
  afterAll(() => xt.close())

  test('of several tables of both families: one generation', async () => {
    const events = xt.monitor()
    await events.ready
    const log = new Log(events)
    const easy = easyOn({ xt })
    await easy.batchBegin()
    await easy.batchAddChains('filter', ['a', 'b'])
    for (let i = 0; i < 20; i++) {
      await easy.addRule('filter', 'a', note(i))
      await easy.addRule('nat', 'POSTROUTING', note(i))
      await easy.addRule('mangle', 'INPUT', note(i), { ipv6: true })
    }
    await easy.setPolicy('filter', 'FORWARD', 'DROP')
    await easy.batchEnd()
    const told = await log.commit()
    expect(told.filter(({ type }) => type === 'rule-added')).toHaveLength(60)
    expect(new Set(told.flatMap((event) => ('generation' in event ? [event.generation] : []))).size).toBe(1)
    await easy.batchAddRules('filter', [['a', note('x')], ['b', note('y')]])
    expect((await log.commit()).filter(({ type }) => type === 'rule-added')).toHaveLength(2)
    // Nothing more has been committed: the next is the next.
    await easy.batchBegin()
    expect(await easy.hasRule('filter', 'a', note('x'))).toBe(true)
    await easy.batchEnd()
    await easy.addRule('filter', 'a', note('last'))
    expect((await log.commit()).map(({ type }) => type)).toEqual(['rule-added', 'commit'])
  })
})
