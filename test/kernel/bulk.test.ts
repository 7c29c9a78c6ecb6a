import { InputError, IPSet, WiSet } from '../../src/index.js'
import { plainWriter } from '../../src/ipset/plain.js'
import { readEntry } from '../../src/ipset/element.js'
import { Batch } from '../../src/ipset/batch.js'
import { demandType } from '../../src/ipset/type.js'
import { describeKernel } from '../support/kernel.js'

describeKernel('a set on the kernel', () => {
  test('is made, filled, listed and removed', async () => {
    await using ipset = new IPSet()
    await ipset.create('web', { stype: 'hash:net,port' })
    await ipset.add('web', '10.0.0.0/8,tcp:80')
    const entries = []
    for await (const { entry } of ipset.entries('web')) entries.push(entry)
    expect(entries).toEqual(['10.0.0.0/8,tcp:80'])
    await ipset.destroy('web')
    expect(await ipset.names()).toEqual([])
  })

  test.each(['10.0.0.1', undefined, null, 5, { entry: '10.0.0.1' }])('is not filled from %j, which is no list', async (wrong) => {
    await using ipset = new IPSet()
    await ipset.create('web', { exclusive: false })
    const calls = [
      () => ipset.addAll('web', wrong as never),
      () => ipset.deleteAll('web', wrong as never),
      () => ipset.testAll('web', wrong as never),
      () => new WiSet({ name: 'web', sock: ipset }).replaceEntries(wrong as never),
    ]
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason)
      expect(InputError.is(error) && error.path).toBe('entries')
    }
    expect(await ipset.names()).toEqual(['web'])
  })

  test('says how far it came when an entry in the middle makes no sense', async () => {
    await using ipset = new IPSet()
    await ipset.create('many', { maxelem: 100_000 })
    const entries = Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    entries[15_000] = '10.0.0.300'
    const error = await ipset.addAll('many', entries).catch((reason: unknown) => reason)
    expect(InputError.is(error)).toBe(true)
    const { path, applied } = error as InputError
    expect(path).toBe('entries[15000]')
    let count = 0
    for await (const _ of ipset.entries('many')) count++
    expect(count).toBe(applied)
    expect(applied).toBeGreaterThan(10_000)
  })
})

describe('the short cut for plain IPv4', () => {
  const reading = { family: 'inet', purpose: 'add', lenient: false } as const

  test.each(['hash:ip', 'hash:net'])('writes what the tables of %s write, or nothing', (name) => {
    const type = demandType(name)
    const plain = plainWriter(type, reading)!
    const texts = ['0.0.0.0', '1.2.3.4', '255.255.255.255', '10.0.0.0/8', '10.0.0.0/32', '128.0.0.0/1', '1.2.3.0/24']
    const wrong = ['', '1.2.3', '01.2.3.4', '1.2.3.4/', '1.2.3.4/0', '1.2.3.4/33', '1.2.3.4/24', '1.2.3.4-1.2.3.5', '::1', '1.2.3.4/08']
    for (const text of [...texts, ...wrong]) {
      const [quick, tables] = [new Batch(), new Batch()]
      for (const batch of [quick, tables]) batch.begin('add', 's', 7, true, 41)
      if (!quick.putPlain(plain, text, text)) {
        expect([name, texts.includes(text) && !(name === 'hash:ip' && text.includes('/'))]).toEqual([name, false])
        continue
      }
      tables.put(readEntry(type, text, reading), text)
      expect(quick.finish(1).toString('hex')).toBe(tables.finish(1).toString('hex'))
      expect(wrong).not.toContain(text)
    }
  })
})
