import { IPSet, WiSet } from '../../../src/index.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeKernel } from '../../support/kernel.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'
import { sleep } from '../../support/waiting.js'

/** The entries that writer `n` puts in: all of one writer, or none. */
const entriesOf = (n: number) => Array.from({ length: 500 + n }, (_, i) => `10.${n}.${i >> 8}.${i & 255}`)

describeKernel('36. several who replace the entries of one set', () => {
  beforeEach(removeAllSets)

  test('in one process, on one socket: the entries are those of one of them', async () => {
    await using ban = new WiSet({ name: 'ban' })
    await ban.create()
    const counts = await Promise.all(Array.from({ length: 10 }, (_, n) => ban.replaceEntries(entriesOf(n))))
    expect(counts).toEqual(Array.from({ length: 10 }, (_, n) => 500 + n))
    const entries = await entriesIn(ban.sock, 'ban')
    expect(Array.from({ length: 10 }, (_, n) => [...entriesOf(n)].sort())).toContainEqual(entries)
    expect(await ban.sock.names()).toEqual(['ban'])
  })

  test('in one process, each on its own socket', async () => {
    await using ban = new WiSet({ name: 'ban' })
    await ban.create()
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        await using mine = new WiSet({ name: 'ban' })
        await mine.replaceEntries(entriesOf(n))
      }),
    )
    expect(Array.from({ length: 10 }, (_, n) => [...entriesOf(n)].sort())).toContainEqual(
      await entriesIn(ban.sock, 'ban'),
    )
    expect(await ban.sock.names()).toEqual(['ban'])
  })

  test('in four processes, while a fifth reads: nobody sees but whole sets', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    const source = `import { WiSet } from '${builtModule()}'
      const n = Number(process.argv[2])
      const entries = Array.from({ length: 500 + n }, (_, i) => '10.' + n + '.' + (i >> 8) + '.' + (i & 255))
      const ban = new WiSet({ name: 'ban' })
      for (let round = 0; round < 25; round++) await ban.replaceEntries(entries)
      ban.closeNetlink()
      console.log('done')`
    const writers = [1, 2, 3, 4].map((n) => startScript(source, [String(n)]))
    const whole = new Set([0, 501, 502, 503, 504])
    let over = false
    const ends = Promise.all(writers.map(({ ended }) => ended)).finally(() => (over = true))
    const partial: number[] = []
    while (!over) {
      const entries = await entriesIn(ipset, 'ban')
      const owners = new Set(entries.map((entry) => entry.split('.')[1]))
      if (!whole.has(entries.length) || owners.size > 1) partial.push(entries.length)
      await sleep(5)
    }
    expect((await ends).map(({ code, output, errors }) => ({ code, output, errors }))).toEqual(
      Array.from({ length: 4 }, () => ({ code: 0, output: 'done\n', errors: '' })),
    )
    expect(partial).toEqual([])
    expect([1, 2, 3, 4].map((n) => [...entriesOf(n)].sort())).toContainEqual(await entriesIn(ipset, 'ban'))
    expect(await ipset.names()).toEqual(['ban'])
  })

  test('beside those who add and delete: each addition is in the old set or in the new', async () => {
    await using ban = new WiSet({ name: 'ban' })
    await ban.create()
    await using other = new IPSet()
    let adding = true
    const adds = (async () => {
      for (let i = 0; adding; i++) {
        await other.add('ban', `192.0.2.${i & 255}`, { exclusive: false })
        await other.delete('ban', `192.0.2.${i & 255}`, { exclusive: false })
      }
    })()
    for (let round = 0; round < 20; round++) await ban.replaceEntries(entriesOf(round % 10))
    adding = false
    await adds
    await ban.replaceEntries(entriesOf(3))
    expect(await entriesIn(ban.sock, 'ban')).toEqual([...entriesOf(3)].sort())
  })

  test('a set that another makes anew with another type is understood as what it is now', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { stype: 'hash:ip' })
    await ipset.add('ban', '10.0.0.1')
    await using rival = new IPSet()
    await rival.destroy('ban')
    await rival.create('ban', { stype: 'hash:net,port' })
    await ipset.add('ban', '10.0.0.0/8,tcp:80')
    expect(await entriesIn(ipset, 'ban')).toEqual(['10.0.0.0/8,tcp:80'])
  })

  test('a set that another makes anew for the other family is understood as what it is now', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    await ipset.add('ban', '10.0.0.1')
    await using rival = new IPSet()
    await rival.destroy('ban')
    await rival.create('ban', { family: 'inet6' })
    await ipset.add('ban', '2001:db8::1')
    expect(await entriesIn(ipset, 'ban')).toEqual(['2001:db8::1'])
  })
})
