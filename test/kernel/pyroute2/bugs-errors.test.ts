import { type CreateOptions, IPSet, IPSetError, SetFullError } from '../../../src/index.js'
import { ack, fakeIpset, header, revisions } from '../../support/fake-ipset.js'
import { describeKernel } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { removeAllSets } from '../../support/sets.js'

describeKernel('bugs of pyroute2 turned right: errors', () => {
  let ipset: IPSet
  beforeEach(() => {
    ipset = new IPSet()
  })
  afterEach(async () => {
    ipset.close()
    await removeAllSets()
  })

  const refused: [name: string, errno: number, options: CreateOptions, before: string[], entry: string][] = [
    ['IPSET_ERR_HASH_FULL', 4352, { maxelem: 1 }, ['192.0.2.1'], '192.0.2.2'],
    ['IPSET_ERR_HASH_ELEM', 4353, {}, [], '0.0.0.0'],
    ['IPSET_ERR_HASH_RANGE', 4357, { stype: 'hash:net' }, [], '0.0.0.0-255.255.255.255'],
    ['IPSET_ERR_BITMAP_RANGE', 4352, { stype: 'bitmap:ip', range: '10.0.0.0/24' }, [], '10.0.1.0'],
    ['IPSET_ERR_BITMAP_RANGE', 4352, { stype: 'bitmap:port', range: '1-9' }, [], '10'],
    ['IPSET_ERR_NAME', 4352, { stype: 'list:set' }, [], 'missing'],
    ['IPSET_ERR_LOOP', 4353, { stype: 'list:set' }, [], 'otherlist'],
    ['IPSET_ERR_NAMEREF', 4355, { stype: 'list:set' }, ['one'], 'two,before,missing'],
    ['IPSET_ERR_REF_EXIST', 4357, { stype: 'list:set' }, [], 'one,before,two'],
  ]
  test.each(refused)(
    'bug 15: the kernel refuses with %s (%i): %j',
    async (errnoName, errno, options, before, entry) => {
      for (const name of ['one', 'two']) await ipset.create(name)
      await ipset.create('otherlist', { stype: 'list:set' })
      await ipset.create('web', options)
      for (const first of before) await ipset.add('web', first)
      const error = await rejection(ipset.add('web', entry))
      expect(error).toBeInstanceOf(IPSetError)
      expect(error).toMatchObject({ errno, errnoName, set: 'web', entry })
      await expect(ipset.addAll('web', [entry])).rejects.toMatchObject({ errno, errnoName })
    },
  )

  test('bug 15: a comment, counters, a timeout, a mark in a set made without: the error says so', async () => {
    await ipset.create('web')
    const cases = [
      [{ comment: 'x' }, 4112, 'IPSET_ERR_COMMENT', 'Comment cannot be used: set was created without comment support'],
      [
        { packets: 1 },
        4111,
        'IPSET_ERR_COUNTER',
        'Packet/byte counters cannot be used: set was created without counter support',
      ],
      [{ timeout: 1 }, 4107, 'IPSET_ERR_TIMEOUT', 'Timeout cannot be used: set was created without timeout support'],
      [
        { skbmark: 1 },
        4114,
        'IPSET_ERR_SKBINFO',
        'Skbinfo mapping cannot be used: set was created without skbinfo support',
      ],
    ] as const
    for (const [options, errno, errnoName, sentence] of cases) {
      await expect(ipset.add('web', '192.0.2.1', options)).rejects.toMatchObject({ errno, errnoName, sentence })
    }
  })
})

/** include/uapi/linux/netfilter/ipset/ip_set_{hash,bitmap,list}.h: the comments there say what each sentence has to. */
// Kernels of today let a list of sets grow beyond its size: IPSET_ERR_LIST_FULL comes from older ones only.
const CODES: [group: string, errno: number, errnoName: string, means: RegExp][] = [
  ['hash:ip', 4352, 'IPSET_ERR_HASH_FULL', /full/],
  ['hash:ip', 4353, 'IPSET_ERR_HASH_ELEM', /null/i],
  ['hash:ip', 4354, 'IPSET_ERR_INVALID_PROTO', /protocol cannot/],
  ['hash:ip', 4355, 'IPSET_ERR_MISSING_PROTO', /protocol is needed/],
  ['hash:ip', 4356, 'IPSET_ERR_HASH_RANGE_UNSUPPORTED', /cannot be a range/],
  ['hash:ip', 4357, 'IPSET_ERR_HASH_RANGE', /range/],
  ['bitmap:ip', 4352, 'IPSET_ERR_BITMAP_RANGE', /out of the range/],
  ['bitmap:ip', 4353, 'IPSET_ERR_BITMAP_RANGE_SIZE', /larger than/],
  ['list:set', 4352, 'IPSET_ERR_NAME', /member does not exist/],
  ['list:set', 4353, 'IPSET_ERR_LOOP', /list of sets cannot be a member/],
  ['list:set', 4354, 'IPSET_ERR_BEFORE', /before or after/],
  ['list:set', 4355, 'IPSET_ERR_NAMEREF', /does not exist/],
  ['list:set', 4356, 'IPSET_ERR_LIST_FULL', /full/],
  ['list:set', 4357, 'IPSET_ERR_REF_EXIST', /no member/],
]
const ENTRIES: Record<string, string> = { 'hash:ip': '192.0.2.1', 'bitmap:ip': '192.0.2.1', 'list:set': 'member' }

describe('bugs of pyroute2 turned right: errors of a fake kernel', () => {
  test.each(CODES)('bug 15: %s %i is %s, with a sentence', async (type, errno, errnoName, means) => {
    const transport = fakeIpset({
      header: (asked) => [header(asked, 'web', type)],
      add: (asked) => [ack(asked, errno)],
    })
    await using ipset = new IPSet({ transport })
    const error = await rejection(ipset.add('web', ENTRIES[type]!))
    expect(error).toMatchObject({ errno, errnoName, sentence: expect.stringMatching(means) })
    expect(error.message).toContain(errnoName)
    expect(error instanceof SetFullError).toBe(errnoName.endsWith('_FULL'))
  })

  test('bug 15: a type that the kernel has not is IPSET_ERR_FIND_TYPE, with its name and a sentence', async () => {
    const transport = fakeIpset({ type: (asked) => [ack(asked, 4098)] })
    await using ipset = new IPSet({ transport })
    const error = await rejection(ipset.getSupportedRevisions('hash:mac'))
    expect(error).toMatchObject({
      errno: 4098,
      errnoName: 'IPSET_ERR_FIND_TYPE',
      sentence: 'Kernel error received: set type not supported',
    })
    expect(error.message).toContain('hash:mac')
    await expect(ipset.create('web', { stype: 'hash:mac' })).rejects.toMatchObject({ errnoName: 'IPSET_ERR_FIND_TYPE' })
  })

  test('bug 15: a bitmap that is too large is IPSET_ERR_BITMAP_RANGE_SIZE', async () => {
    const transport = fakeIpset({
      type: (asked) => [revisions(asked, 'bitmap:port', 3)],
      create: (asked) => [ack(asked, 4353)],
    })
    await using ipset = new IPSet({ transport })
    await expect(ipset.create('web', { stype: 'bitmap:port', range: '0-65535' })).rejects.toMatchObject({
      errnoName: 'IPSET_ERR_BITMAP_RANGE_SIZE',
    })
  })
})
