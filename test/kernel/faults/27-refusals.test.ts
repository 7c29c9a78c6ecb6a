import { AlreadyExists, IPSet, IPSetError, SetFullError, SetInUseError, WiSet } from '../../../src/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { rejection } from '../../support/rejection.js'
import { sleep } from '../../support/waiting.js'
import { describeKernel, describeOracle, run } from '../../support/kernel.js'
import { describedIn, entriesIn, headerOf, removeAllSets } from '../../support/sets.js'
import { ownLock } from '../../support/xtables.js'

ownLock()

describeKernel('27. a set that is in use', () => {
  beforeEach(removeAllSets)

  test('is not destroyed: the error counts its users', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    for (const list of ['one', 'two']) {
      await ipset.create(list, { stype: 'list:set' })
      await ipset.add(list, 'ban')
    }
    const error = await rejection(ipset.destroy('ban'))
    expect(SetInUseError.is(error)).toBe(true)
    expect(error).toMatchObject({ errnoName: 'IPSET_ERR_BUSY', set: 'ban', references: 2 })
    expect(await ipset.names()).toContain('ban')
    await ipset.delete('one', 'ban')
    expect(await rejection(ipset.destroy('ban'))).toMatchObject({ references: 1 })
    await ipset.flush('two')
    await ipset.destroy('ban')
    expect((await ipset.names()).sort()).toEqual(['one', 'two'])
  })

  test('is not renamed', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    await ipset.create('list', { stype: 'list:set' })
    await ipset.add('list', 'ban')
    const error = await rejection(ipset.rename('ban', 'other'))
    expect(SetInUseError.is(error)).toBe(true)
    expect(error).toMatchObject({ errnoName: 'IPSET_ERR_REFERENCED' })
  })

  test('is replaced all the same, and its users see the new entries', async () => {
    await using ban = new WiSet({ name: 'ban' })
    await ban.create()
    await ban.add('10.0.0.1')
    await ban.sock.create('list', { stype: 'list:set' })
    await ban.sock.add('list', 'ban')
    await ban.replaceEntries(['10.0.0.2', '10.0.0.3'])
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['10.0.0.2', '10.0.0.3'])
    expect(await headerOf(ban.sock, 'ban')).toMatchObject({ references: 1 })
    expect((await ban.sock.names()).sort()).toEqual(['ban', 'list'])
  })

  test('is replaced while somebody reads its entries', async () => {
    await using ban = new WiSet({ name: 'ban', maxelem: 100_000 })
    await ban.create()
    await ban.insertList(Array.from({ length: 50_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`))
    await using reader = new IPSet()
    const list = reader.list('ban')
    await list.next()
    const replacing = ban.replaceEntries(['10.0.0.2'])
    const reading = sleep(100).then(async () => {
      for await (const _ of list); // the reader comes to its end
    })
    expect(await Promise.all([replacing, reading])).toEqual([1, undefined])
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['10.0.0.2'])
    expect(await ban.sock.names()).toEqual(['ban'])
  })
})

describeOracle('iptables', '27. a set that a rule refers to', () => {
  beforeEach(removeAllSets)

  test('is destroyed once the rule is gone, though the kernel lets go of it a moment later', async () => {
    await using ipset = new IPSet()
    for (let round = 0; round < 20; round++) {
      await ipset.create('ban')
      run('iptables', ['-A', 'INPUT', '-m', 'set', '--match-set', 'ban', 'src', '-j', 'DROP'])
      expect(SetInUseError.is(await rejection(ipset.destroy('ban')))).toBe(true)
      run('iptables', ['-D', 'INPUT', '-m', 'set', '--match-set', 'ban', 'src', '-j', 'DROP'])
      await ipset.destroy('ban')
    }
    expect(await ipset.names()).toEqual([])
  })

  test.each(['nft', 'legacy'] as const)('is destroyed once the rule is gone, also while the connection to %s is open', async (backend) => {
    await using ipset = new IPSet()
    await using xt = await openXtables({ backend })
    for (let round = 0; round < 20; round++) {
      await ipset.create('ban')
      await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-m set --match-set ban src -j DROP')))
      await xt.transaction((tx) => tx.ip.flush('filter', 'INPUT'))
      await ipset.destroy('ban')
    }
    expect(await ipset.names()).toEqual([])
  })
})

describeKernel('28. a set that is full', () => {
  beforeEach(removeAllSets)
  const many = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)

  test('refuses the entry, and the error says how many were taken', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { maxelem: 100 })
    const error = await rejection(ipset.addAll('ban', many))
    expect(SetFullError.is(error)).toBe(true)
    expect(error).toMatchObject({
      errnoName: 'IPSET_ERR_HASH_FULL',
      set: 'ban',
      batch: { index: 100, applied: 100, entry: '10.0.0.100' },
    })
    expect(await entriesIn(ipset, 'ban')).toHaveLength(100)
  })

  test('refuses a single entry too', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { maxelem: 1 })
    await ipset.add('ban', '10.0.0.1')
    expect(SetFullError.is(await rejection(ipset.add('ban', '10.0.0.2')))).toBe(true)
  })

  test('keeps its old entries when new ones do not fit, and grows only when told to', async () => {
    await using ban = new WiSet({ name: 'ban', maxelem: 100 })
    await ban.create()
    await ban.add('192.0.2.1')
    const error = await rejection(ban.replaceEntries(many))
    expect(SetFullError.is(error)).toBe(true)
    expect(error).toMatchObject({ batch: { applied: 100 } })
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['192.0.2.1'])
    expect(await ban.sock.names()).toEqual(['ban'])

    expect(await ban.replaceEntries(many, { grow: true })).toBe(300)
    expect(await entriesIn(ban.sock, 'ban')).toEqual([...many].sort())
    expect((await headerOf(ban.sock, 'ban')).maxelem).toBeGreaterThanOrEqual(300)
    expect(await ban.sock.names()).toEqual(['ban'])
  })

  test('grows also where the number of entries is not known beforehand', async () => {
    await using ban = new WiSet({ name: 'ban', maxelem: 100 })
    await ban.create()
    await ban.replaceEntries(
      (async function* () {
        yield* many
      })(),
      { grow: true },
    )
    expect(await entriesIn(ban.sock, 'ban')).toHaveLength(300)
    expect(await ban.sock.names()).toEqual(['ban'])
  })
})

describeKernel('29. an entry that is there already', () => {
  beforeEach(removeAllSets)

  test('is refused, or brought up to date, as asked', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { timeout: 600, comment: true })
    await ipset.add('ban', '10.0.0.1', { timeout: 100, comment: 'first' })
    const error = await rejection(ipset.add('ban', '10.0.0.1', { timeout: 500 }))
    expect(error).toMatchObject({ errnoName: 'IPSET_ERR_EXIST', entry: '10.0.0.1' })
    expect(IPSetError.is(error)).toBe(true)
    const [before] = await describedIn(ipset, 'ban')
    expect(before?.comment).toBe('first')
    expect(before?.timeout).toBeLessThanOrEqual(100)
    await ipset.add('ban', '10.0.0.1', { timeout: 500, comment: 'second', exclusive: false })
    const [after] = await describedIn(ipset, 'ban')
    expect(after?.comment).toBe('second')
    expect(after?.timeout).toBeGreaterThan(490)
  })

  test('among many is named with its place; without `exclusive` it counts as taken', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    await ipset.add('ban', '10.0.0.3')
    expect(await rejection(ipset.addAll('ban', ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']))).toMatchObject({
      errnoName: 'IPSET_ERR_EXIST',
      batch: { index: 2, applied: 2, entry: '10.0.0.3' },
    })
    expect(await entriesIn(ipset, 'ban')).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    expect(await ipset.addAll('ban', ['10.0.0.1', '10.0.0.4', '10.0.0.4'], { exclusive: false })).toBe(3)
    expect(await entriesIn(ipset, 'ban')).toHaveLength(4)
  })

  test('and one that is not there, when it is deleted', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    expect(await rejection(ipset.delete('ban', '10.0.0.1'))).toMatchObject({ errnoName: 'IPSET_ERR_EXIST' })
    await ipset.delete('ban', '10.0.0.1', { exclusive: false })
    expect(AlreadyExists.is(await rejection(ipset.create('ban')))).toBe(true)
    await ipset.create('ban', { exclusive: false })
  })
})
