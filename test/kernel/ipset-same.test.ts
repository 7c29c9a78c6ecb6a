import { AlreadyExists, InputError, IPSet } from '../../src/index.js'
import { describeKernel } from '../support/kernel.js'
import { rejection } from '../support/rejection.js'
import { removeAllSets } from '../support/sets.js'

describeKernel('a set that is to be made, or left as it is if it is the same', () => {
  const ipset = new IPSet()
  afterEach(removeAllSets)
  afterAll(() => ipset.close())

  type Options = NonNullable<Parameters<IPSet['create']>[1]>

  test.each<[name: string, there: Options, asked: Options, said: readonly string[]]>([
    ['of another type', { stype: 'hash:ip' }, { stype: 'hash:net' }, ['its type is hash:ip, not hash:net']],
    ['of the other family', { stype: 'hash:ip' }, { stype: 'hash:ip', family: 'inet6' }, ['its family is inet, not inet6']],
    ['with a timeout that was not asked for', { stype: 'hash:ip', timeout: 600 }, { stype: 'hash:ip' }, ['it has timeout 600']],
    ['without the timeout that was', { stype: 'hash:ip' }, { stype: 'hash:ip', timeout: 600 }, ['its timeout is not set, not 600']],
    ['with comments and without counters', { stype: 'hash:ip', comment: true }, { stype: 'hash:ip', counters: true }, ['it has no counters', 'it has comment']],
    ['of other ports', { stype: 'bitmap:port', range: '0-1023' }, { stype: 'bitmap:port', range: '0-65535' }, ['its range is 0-1023, not 0-65535']],
  ])('%s is told from the one that was asked for', async (_, there, asked, said) => {
    await ipset.create('ban', there)
    await ipset.create('ban', { ...there, exclusive: false })
    const error = await rejection(ipset.create('ban', { ...asked, exclusive: false }))
    expect(error).toBeInstanceOf(AlreadyExists)
    for (const one of said) expect(error.message).toContain(one)
    await ipset.create('ban', { ...there, exclusive: false })
  })

  test('what a list is to contain is all, or headers', async () => {
    await ipset.create('ban')
    const listing = async () => {
      for await (const _ of ipset.list('ban', { content: 'header' as 'headers' }));
    }
    const error = await rejection(listing())
    expect(InputError.is(error) && [error.path, error.reason]).toEqual(['options.content', "'header' is neither 'all' nor 'headers'"])
  })

  test('a daemon and a namespace exclude each other', async () => {
    const error = await rejection(new IPSet({ daemon: '/run/nfkit.sock', netns: 'blue' }).names())
    expect(InputError.is(error) && error.reason).toBe("'netns' and 'daemon' exclude each other: the daemon has the socket")
  })
})
