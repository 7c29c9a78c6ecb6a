import { IPSet, IPSetError } from '../../../src/index.js'
import { describeKernel } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { describedIn, entriesIn, removeAllSets } from '../../support/sets.js'
import { eventually } from '../../support/waiting.js'

describeKernel('pyroute2 test_ipset.py: entries', () => {
  let ipset: IPSet
  beforeEach(() => {
    ipset = new IPSet()
  })
  afterEach(async () => {
    ipset.close()
    await removeAllSets()
  })

  test('add_exclusive_fail: an entry that is there is refused', async () => {
    await ipset.create('web')
    await ipset.add('web', '192.0.2.1')
    await expect(ipset.add('web', '192.0.2.1')).rejects.toMatchObject({ errno: 4103, errnoName: 'IPSET_ERR_EXIST' })
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1'])
  })

  test('add_exclusive_success: an entry that is there is no fault when not exclusive', async () => {
    await ipset.create('web')
    await ipset.add('web', '192.0.2.1')
    await ipset.add('web', '192.0.2.1', { exclusive: false })
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1'])
  })

  test('add_delete: an entry appears in the list and disappears', async () => {
    await ipset.create('web')
    expect(await entriesIn(ipset, 'web')).toEqual([])
    await ipset.add('web', '192.0.2.1')
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1'])
    await ipset.delete('web', '192.0.2.1')
    expect(await entriesIn(ipset, 'web')).toEqual([])
  })

  test('counters: are 0 in a set made with them and absent from others', async () => {
    await ipset.create('with', { counters: true })
    await ipset.create('without')
    await ipset.add('with', '192.0.2.1')
    await ipset.add('without', '192.0.2.1')
    expect(await describedIn(ipset, 'with')).toEqual([{ entry: '192.0.2.1', packets: 0n, bytes: 0n }])
    expect(await describedIn(ipset, 'without')).toEqual([{ entry: '192.0.2.1' }])
  })

  test('comments: a comment comes back as it was given', async () => {
    const comment = 'a véry exotic comment: 10 % off, #1\tfor {you}'
    await ipset.create('web', { comment: true })
    await ipset.add('web', '192.0.2.1', { comment })
    expect(await describedIn(ipset, 'web')).toEqual([{ entry: '192.0.2.1', comment }])
  })

  test('skbmark: mark and mask come back as a pair', async () => {
    await ipset.create('web', { skbinfo: true })
    await ipset.add('web', '192.0.2.1', { skbmark: [0x100, 0xffff_ffff] })
    expect((await describedIn(ipset, 'web'))[0]?.skbmark).toEqual([0x100, 0xffff_ffff])
  })

  test('skbprio: major and minor class come back as a pair', async () => {
    await ipset.create('web', { skbinfo: true })
    await ipset.add('web', '192.0.2.1', { skbprio: [1, 10] })
    expect((await describedIn(ipset, 'web'))[0]?.skbprio).toEqual([1, 10])
  })

  test('skbqueue: comes back as a number', async () => {
    await ipset.create('web', { skbinfo: true })
    await ipset.add('web', '192.0.2.1', { skbqueue: 1 })
    expect((await describedIn(ipset, 'web'))[0]?.skbqueue).toBe(1)
  })

  test('timeout: entries expire at the default of the set, or at their own', async () => {
    await ipset.create('web', { timeout: 1 })
    await ipset.add('web', '192.0.2.1')
    await ipset.add('web', '192.0.2.2', { timeout: 2 })
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1', '192.0.2.2'])
    await eventually(async () => !(await ipset.test('web', '192.0.2.1')))
    const [left, ...others] = await describedIn(ipset, 'web')
    expect(others).toEqual([])
    expect(left).toEqual({ entry: '192.0.2.2', timeout: expect.any(Number) })
    expect(left?.timeout).toBeGreaterThan(0)
    expect(left?.timeout).toBeLessThanOrEqual(2)
    await eventually(async () => (await entriesIn(ipset, 'web')).length === 0)
  })

  test('exception_msg: the error of a second add says what is wrong', async () => {
    await ipset.create('web')
    await ipset.add('web', '192.0.2.1')
    const error = await rejection(ipset.add('web', '192.0.2.1'))
    expect(error).toBeInstanceOf(IPSetError)
    expect(error.message).toContain("Element cannot be added to the set: it's already added")
    expect(error.message).toContain("'192.0.2.1' in set 'web'")
  })
})
