import { AlreadyExists, IPSet, NoSuchObject } from '../../../src/index.js'
import { describeKernel } from '../../support/kernel.js'
import { describedIn, entriesIn, headerOf, removeAllSets } from '../../support/sets.js'

describeKernel('pyroute2 test_ipset.py: sets', () => {
  let ipset: IPSet
  beforeEach(() => {
    ipset = new IPSet()
  })
  afterEach(async () => {
    ipset.close()
    await removeAllSets()
  })

  test('create_exclusive_fail: a name that is taken is refused', async () => {
    await ipset.create('web')
    expect(await ipset.headers('web')).toEqual({
      name: 'web',
      type: 'hash:ip',
      family: 'inet',
      revision: expect.any(Number),
    })
    await expect(ipset.create('web')).rejects.toThrow(AlreadyExists)
  })

  test('create_exclusive_success: an identical set is left as it is when not exclusive', async () => {
    await ipset.create('web')
    await ipset.add('web', '192.0.2.1')
    await ipset.create('web', { exclusive: false })
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1'])
  })

  test('create_destroy: a destroyed set is gone', async () => {
    await ipset.create('web')
    expect(await ipset.names()).toEqual(['web'])
    await ipset.destroy('web')
    await expect(ipset.headers('web')).rejects.toThrow(NoSuchObject)
    expect(await ipset.names()).toEqual([])
  })

  test('swap: two sets exchange their members, and both can be destroyed', async () => {
    await ipset.create('blue')
    await ipset.create('green')
    await ipset.add('blue', '192.0.2.1')
    await ipset.add('green', '198.51.100.1')
    await ipset.swap('blue', 'green')
    expect(await entriesIn(ipset, 'blue')).toEqual(['198.51.100.1'])
    expect(await entriesIn(ipset, 'green')).toEqual(['192.0.2.1'])
    await ipset.destroy('blue')
    await ipset.destroy('green')
    expect(await ipset.names()).toEqual([])
  })

  test('maxelem: the most entries a set takes are in its header', async () => {
    await ipset.create('web', { maxelem: 1 })
    expect((await headerOf(ipset, 'web')).maxelem).toBe(1)
  })

  test('hashsize: the number of buckets is in the header, 64 at least', async () => {
    await ipset.create('least', { hashsize: 64 })
    await ipset.create('less', { hashsize: 1 })
    expect((await headerOf(ipset, 'least')).hashsize).toBe(64)
    expect((await headerOf(ipset, 'less')).hashsize).toBe(64)
  })

  test('forceadd: is in the header of the set made with it, and of no other', async () => {
    await ipset.create('with', { forceadd: true })
    await ipset.create('without')
    expect((await headerOf(ipset, 'with')).forceadd).toBe(true)
    expect((await headerOf(ipset, 'without')).forceadd).toBe(false)
  })

  test('flush: the entries go, the set stays', async () => {
    await ipset.create('web')
    await ipset.add('web', '192.0.2.1')
    await ipset.add('web', '192.0.2.2')
    expect(await entriesIn(ipset, 'web')).toEqual(['192.0.2.1', '192.0.2.2'])
    await ipset.flush('web')
    expect(await entriesIn(ipset, 'web')).toEqual([])
    expect(await ipset.names()).toEqual(['web'])
  })

  test('rename: the new name is there, the old one is not', async () => {
    await ipset.create('old')
    await ipset.add('old', '192.0.2.1')
    await ipset.rename('old', 'new')
    expect((await ipset.headers('new')).type).toBe('hash:ip')
    expect(await entriesIn(ipset, 'new')).toEqual(['192.0.2.1'])
    await expect(ipset.headers('old')).rejects.toThrow(NoSuchObject)
  })

  test('custom_hash_values: hashsize and maxelem of a hash:net, which nothing refers to', async () => {
    await ipset.create('web', { stype: 'hash:net', hashsize: 64, maxelem: 16384 })
    expect(await headerOf(ipset, 'web')).toMatchObject({
      type: 'hash:net',
      hashsize: 64,
      maxelem: 16384,
      references: 0,
    })
  })

  test('set_by: a set is found by its name and by its number', async () => {
    await ipset.create('first')
    await ipset.create('web')
    const { index, family } = await ipset.getSetByName('web')
    expect(family).toBe('inet')
    expect(index).toBe((await headerOf(ipset, 'web')).index)
    expect(index).not.toBe((await ipset.getSetByName('first')).index)
    expect(await ipset.getSetByIndex(index)).toEqual({ name: 'web' })
    await expect(ipset.getSetByName('missing')).rejects.toThrow(NoSuchObject)
  })

  test('list_set: a set is a member of a list, and in use while it is', async () => {
    await ipset.create('list', { stype: 'list:set' })
    await ipset.create('member')
    expect((await headerOf(ipset, 'member')).references).toBe(0)
    await ipset.add('list', 'member')
    expect(await ipset.test('list', 'member')).toBe(true)
    expect(await describedIn(ipset, 'list')).toEqual([{ entry: 'member' }])
    expect((await headerOf(ipset, 'member')).references).toBe(1)
    await ipset.delete('list', 'member')
    expect(await ipset.test('list', 'member')).toBe(false)
    expect((await headerOf(ipset, 'member')).references).toBe(0)
  })
})
