import { InputError, IPSet } from '../../src/index.js'
import { be16, data, fakeIpset, header, sentTo, text, u8 } from '../support/fake-ipset.js'

const kernel = () => fakeIpset({ header: (asked) => [header(asked, 'set', 'hash:ip')] })

describe('31. set names', () => {
  const bad = ['', 'x'.repeat(32), 'ä'.repeat(16), 'a\0b', '\0', 5, null, undefined]

  test.each(bad.map((name) => [name as string]))(
    'such as %p are refused wherever they stand: nothing is sent',
    async (name) => {
      const transport = kernel()
      await using ipset = new IPSet({ transport })
      const calls = [
        () => ipset.create(name),
        () => ipset.add(name, '10.0.0.1'),
        () => ipset.delete(name, '10.0.0.1'),
        () => ipset.test(name, '10.0.0.1'),
        () => ipset.rename(name, 'b'),
        () => ipset.rename('a', name),
        () => ipset.swap(name, 'b'),
        () => ipset.swap('a', name),
        () => ipset.headers(name),
        () => ipset.getSetByName(name),
        () => ipset.addAll(name, ['10.0.0.1']),
        () => ipset.testAll(name, ['10.0.0.1']),
        // Without a name these mean all sets.
        ...(name === undefined
          ? []
          : [() => ipset.destroy(name), () => ipset.flush(name), () => ipset.list(name).next()]),
      ]
      for (const call of calls) {
        const error = await call().catch((reason: unknown) => reason)
        expect(InputError.is(error)).toBe(true)
        expect((error as InputError).path).toMatch(/^(name|from|to)$/)
      }
      const commands = transport.sent.map((request) => request[4])
      expect(commands.filter((command) => command !== 1)).toEqual([])
    },
  )

  test.each(['a\nb', 'a"b', 'a\tb', '\x7f', 'a\rcreate b hash:ip'])(
    'such as %j are not made: a saved set could not be restored',
    async (name) => {
      const transport = kernel()
      await using ipset = new IPSet({ transport })
      for (const call of [() => ipset.create(name), () => ipset.rename('a', name)])
        await expect(call()).rejects.toMatchObject({ code: 'ERR_INPUT' })
      expect(sentTo(transport, 'create')).toEqual([])
    },
  )

  test('are counted in bytes: 31 fit', async () => {
    const transport = fakeIpset({
      type: (asked) => [data(asked, [text(3, 'hash:ip'), u8(4, 6), u8(10, 0), be16(11, 1)])],
    })
    await using ipset = new IPSet({ transport })
    for (const name of ['x'.repeat(31), `${'ä'.repeat(15)}x`, '日'.repeat(10)]) await ipset.create(name)
    expect(sentTo(transport, 'create').map((request) => request.readUInt16LE(28))).toEqual([36, 36, 35])
  })
})
