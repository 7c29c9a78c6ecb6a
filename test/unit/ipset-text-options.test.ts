// Names and options: where in the call the mistake is, in words, and that the kernel has not heard of it.
import { inspect } from 'node:util'
import { type CreateOptions, InputError, IPSet } from '../../src/index.js'
import type { Entry } from '../../src/ipset/attributes.js'
import { assignOptions, ENTRY_OPTIONS, type EntryOptions } from '../../src/ipset/option.js'
import { fakeIpset, header, revisions } from '../support/fake-ipset.js'
import type { ScriptedTransport } from '../support/scripted-transport.js'

const QUERIES = [1, 12, 13] // IPSET_CMD_PROTOCOL, HEADER, TYPE

function open(type = 'hash:ip'): { ipset: IPSet; kernel: ScriptedTransport } {
  const kernel = fakeIpset({
    header: (asked) => [header(asked, 's', type)],
    type: (asked) => [revisions(asked, type, 0)],
  })
  return { ipset: new IPSet({ transport: kernel }), kernel }
}

/** The mistake found in a call, as `path: sentence`; nothing but questions may have been sent. */
async function mistake(
  call: (ipset: IPSet) => Promise<unknown>,
  type?: string,
): Promise<{ path: string; reason: string }> {
  const { ipset, kernel } = open(type)
  const error: unknown = await call(ipset).then(
    () => {
      throw new Error('it was accepted')
    },
    (reason: unknown) => reason,
  )
  if (!InputError.is(error)) throw error
  expect(kernel.sent.filter((message) => !QUERIES.includes(message[4]!))).toEqual([])
  expect(error.message).toBe(error.path === '' ? error.reason : `${error.path}: ${error.reason}`)
  return { path: error.path, reason: error.reason }
}

type Refusal = readonly [options: unknown, path: string, sentence: RegExp]

/** Rows with a name in front that holds no line breaks. */
const titled = (rows: readonly Refusal[]) =>
  rows.map((row) => [inspect(row[0], { breakLength: Infinity }).slice(0, 80), ...row] as const)

/** A value of a type that the compiler would refuse. */
const wrong = <T>(value: unknown) => value as T

const BAD_NAMES: readonly (readonly [name: unknown, sentence: RegExp])[] = [
  ['', /a set name cannot be empty/],
  ['n'.repeat(32), /32 bytes long, at most 31 fit/],
  ['ü'.repeat(16), /32 bytes long, at most 31 fit/],
  ['a\0b', /a NUL character cannot be sent/],
  [undefined, /undefined is no set name/],
  [7, /7 is no set name/],
]

describe('a set name is refused:', () => {
  test.each(BAD_NAMES)('%j', async (name, sentence) => {
    const calls: readonly (readonly [path: string, call: (ipset: IPSet) => Promise<unknown>])[] = [
      ['name', (ipset) => ipset.create(wrong(name))],
      ['name', (ipset) => ipset.add(wrong(name), '10.0.0.1')],
      ['name', (ipset) => ipset.delete(wrong(name), '10.0.0.1')],
      ['name', (ipset) => ipset.test(wrong(name), '10.0.0.1')],
      ['name', (ipset) => ipset.addAll(wrong(name), ['10.0.0.1'])],
      ['name', (ipset) => ipset.headers(wrong(name))],
      ['from', (ipset) => ipset.rename(wrong(name), 't')],
      ['to', (ipset) => ipset.rename('s', wrong(name))],
      ['from', (ipset) => ipset.swap(wrong(name), 't')],
      ['to', (ipset) => ipset.swap('s', wrong(name))],
    ]
    for (const [path, call] of calls) {
      const found = await mistake(call)
      expect(found).toEqual({ path, reason: expect.stringMatching(sentence) })
    }
  })

  test.each(BAD_NAMES.filter(([name]) => name !== undefined))(
    '%j, where no name means all sets',
    async (name, sentence) => {
      for (const call of [
        (ipset: IPSet) => ipset.destroy(wrong(name)),
        (ipset: IPSet) => ipset.flush(wrong(name)),
        (ipset: IPSet) => ipset.list(wrong(name)).next(),
      ]) {
        expect(await mistake(call)).toEqual({ path: 'name', reason: expect.stringMatching(sentence) })
      }
    },
  )

  test.each(['a"b', 'a\nb', 'a\rb', 'a\tb', 'a\x7fb'])(
    '%j for a new set, since saved sets are lines of words',
    async (name) => {
      expect((await mistake((ipset) => ipset.create(name))).reason).toMatch(/cannot hold quotes or control characters/)
      expect(await mistake((ipset) => ipset.rename('s', name))).toEqual({
        path: 'to',
        reason: expect.stringMatching(/quotes or control/),
      })
    },
  )

  test.each(['n', 'n'.repeat(31), `${'ü'.repeat(15)}n`, 'with blank', '-n', '#', 'a.b:c/d'])(
    'but not %j',
    async (name) => {
      const { ipset, kernel } = open()
      await ipset.create(name)
      expect(kernel.sent.at(-1)!.includes(Buffer.from(`${name}\0`))).toBe(true)
    },
  )
})

describe('a create option is refused:', () => {
  const rows: readonly Refusal[] = [
    [{ timeuot: 5 }, 'options.timeuot', /there is no such option; did you mean 'timeout'\?/],
    [{ counter: true }, 'options.counter', /did you mean 'counters'\?/],
    [{ hash_size: 64 }, 'options.hash_size', /did you mean 'hashsize'\?/],
    [{ banana: undefined }, 'options.banana', /there is no such option; there are /],
    [{ toString: 1 }, 'options.toString', /there is no such option/],
    [{ stype: 'hash:nope' }, 'options.stype', /'hash:nope' is no set type; there are /],
    [{ stype: 5 }, 'options.stype', /wants string/],
    [{ family: 'inet5' }, 'options.family', /a family is 'inet' or 'inet6'/],
    [{ family: 4 }, 'options.family', /a family is 'inet' or 'inet6'/],
    [{ stype: 'bitmap:ip', range: '10.0.0.0/24', family: 'inet6' }, 'options.family', /bitmap:ip hold IPv4 only/],
    [{ timeout: 2_147_484 }, 'options.timeout', /is more than 2147483/],
    [{ timeout: -1 }, 'options.timeout', /is less than 0/],
    [{ timeout: 1.5 }, 'options.timeout', /whole number/],
    [{ timeout: '5' }, 'options.timeout', /whole number|number/],
    [{ timeout: Number.NaN }, 'options.timeout', /number/],
    [{ counters: 1 }, 'options.counters', /wants boolean/],
    [{ comment: 'yes' }, 'options.comment', /wants boolean/],
    [{ hashsize: -1 }, 'options.hashsize', /is less than 0/],
    [{ maxelem: 2 ** 32 }, 'options.maxelem', /is more than 4294967295/],
    [{ bucketsize: 256 }, 'options.bucketsize', /is more than 255/],
    [{ netmask: 0 }, 'options.netmask', /is less than 1/],
    [{ netmask: 33 }, 'options.netmask', /33 is not from 1 to 32/],
    [{ family: 'inet6', netmask: 129 }, 'options.netmask', /is more than 128/],
    [{ netmask: 24, bitmask: '255.0.0.0' }, 'options.bitmask', /netmask and bitmask exclude each other/],
    [{ bitmask: 'ffff::' }, 'options.bitmask', /'ffff::' is no mask of family inet/],
    [{ size: 4 }, 'options.size', /a set of type hash:ip has no such option; it has /],
    [{ markmask: 4 }, 'options.markmask', /hash:ip has no such option/],
    [{ range: '10.0.0.0/24' }, 'options.range', /hash:ip has no such option/],
    [{ stype: 'bitmap:ip' }, 'options.range', /needs the range it spans, such as 10\.0\.0\.0\/16/],
    [{ stype: 'bitmap:port' }, 'options.range', /needs the range it spans, such as 1-1024/],
    [{ stype: 'bitmap:ip', range: '1-1024' }, 'options.range', /a range of ports is none for bitmap:ip/],
    [{ stype: 'bitmap:port', range: '10.0.0.0/24' }, 'options.range', /a range of addresses is none for bitmap:port/],
    [{ stype: 'bitmap:port', range: '1-65536' }, 'options.range', /port 65536 is not from 0 to 65535/],
    [{ stype: 'bitmap:port', range: [1024, 1] }, 'options.range', /ends before it begins/],
    [{ stype: 'bitmap:ip', range: '10.0.0.9-10.0.0.1' }, 'options.range', /ends before it begins/],
    [{ stype: 'bitmap:ip', range: '10.0.0.5/24' }, 'options.range', /bits set behind the prefix/],
    [{ stype: 'bitmap:ip', range: '10.0.0.0-10.1.0.0' }, 'options.range', /65537 addresses, a bitmap at most 65536/],
    [{ stype: 'bitmap:ip', range: '10.0.0.0/15' }, 'options.range', /131072 addresses, a bitmap at most 65536/],
    [{ stype: 'bitmap:ip', range: 5 }, 'options.range', /a range is text such as/],
  ]

  test.each(titled(rows))('%s', async (_, options, path, sentence) => {
    const found = await mistake((ipset) => ipset.create('s', options as CreateOptions))
    expect(found).toEqual({ path, reason: expect.stringMatching(sentence) })
  })
})

describe('an entry option is refused:', () => {
  const rows: readonly Refusal[] = [
    [{ timeuot: 5 }, 'timeuot', /did you mean 'timeout'\?/],
    [{ noMatch: true }, 'noMatch', /did you mean 'nomatch'\?/],
    [{ banana: 1 }, 'banana', /there is no such option; there are timeout, /],
    [{ constructor: 1 }, 'constructor', /there is no such option/],
    [{ timeout: 2_147_484 }, 'timeout', /2147484 is not a whole number from 0 to 2147483/],
    [{ timeout: -1 }, 'timeout', /-1 is not a whole number/],
    [{ timeout: null }, 'timeout', /null is not a whole number/],
    [{ timeout: '60' }, 'timeout', /60 is not a whole number/],
    [{ packets: 2n ** 64n - 1n }, 'packets', /is not a whole number from 0 to 18446744073709551614/],
    [{ packets: 2 ** 53 }, 'packets', /is not a whole number/],
    [{ bytes: -1n }, 'bytes', /-1 is not a whole number/],
    [{ comment: 'c'.repeat(256) }, 'comment', /256 bytes long, at most 255 fit/],
    [{ comment: 'ü'.repeat(128) }, 'comment', /256 bytes long, at most 255 fit/],
    [{ comment: '🐧'.repeat(64) }, 'comment', /256 bytes long, at most 255 fit/],
    [{ comment: 'say "hi"' }, 'comment', /a double quote cannot be kept/],
    [{ comment: 'a\nb' }, 'comment', /a line break cannot be kept/],
    [{ comment: 'a\0b' }, 'comment', /a NUL character cannot be sent/],
    [{ comment: 5 }, 'comment', /5 is not text/],
    [{ skbmark: '0x1/0x100000000' }, 'skbmark', /is no mark/],
    [{ skbmark: [1] }, 'skbmark', /\[1\] is no mark and mask/],
    [{ skbmark: -1 }, 'skbmark', /no mark and mask/],
    [{ skbprio: '1' }, 'skbprio', /'1' is no class such as 1:a/],
    [{ skbprio: [1, 65536] }, 'skbprio', /no major and minor class/],
    [{ skbqueue: 65536 }, 'skbqueue', /65536 is not a whole number from 0 to 65535/],
    [{ nomatch: 'yes' }, 'nomatch', /yes is neither true nor false/],
    [{ before: 'a', after: 'b' }, 'after', /'before' and 'after' exclude each other/],
    [{ before: '' }, 'before', /a set name cannot be empty/],
  ]

  test.each(titled(rows))('%s', async (_, options, path, sentence) => {
    const own = options as EntryOptions
    const reason = expect.stringMatching(sentence)
    expect(await mistake((ipset) => ipset.add('s', '10.0.0.1', own))).toEqual({ path: `options.${path}`, reason })
    expect(await mistake((ipset) => ipset.add('s', { entry: '10.0.0.1', ...own }))).toEqual({
      path: `entry.${path}`,
      reason,
    })
    expect(await mistake((ipset) => ipset.addAll('s', ['10.0.0.1'], own))).toEqual({ path: `options.${path}`, reason })
    const entries = ['10.0.0.1', { entry: '10.0.0.2', ...own }]
    expect(await mistake((ipset) => ipset.addAll('s', entries))).toEqual({ path: `entries[1].${path}`, reason })
  })

  test('of an entry that is wrong itself, the place in the call is told', async () => {
    expect((await mistake((ipset) => ipset.add('s', '10.0.0.0/33'))).path).toBe('entry')
    expect((await mistake((ipset) => ipset.delete('s', '::1'))).path).toBe('entry')
    expect((await mistake((ipset) => ipset.test('s', ['10.0.0.1', 'x']))).path).toBe('entry')
    expect((await mistake((ipset) => ipset.addAll('s', ['10.0.0.1', '10.0.0.2', '::1']))).path).toBe('entries[2]')
    expect((await mistake((ipset) => ipset.testAll('s', ['10.0.0.1', '']))).path).toBe('entries[1]')
    expect((await mistake((ipset) => ipset.add('s', '10.0.0.1', { etype: 'ipp' }))).path).toMatch(/etype/)
  })
})

test('the longest values are taken as they are', () => {
  const entry: Entry = {}
  const comment = `${'ü'.repeat(127)}c`
  assignOptions(entry, {
    timeout: 2_147_483,
    packets: 2n ** 64n - 2n,
    bytes: Number.MAX_SAFE_INTEGER,
    comment,
    skbmark: 0xffff_ffff,
    skbprio: 'ffff:ffff',
    skbqueue: 65535,
  })
  expect(entry).toEqual({
    timeout: 2_147_483,
    packets: 2n ** 64n - 2n,
    bytes: 2n ** 53n - 1n,
    comment,
    skbmark: [0xffff_ffff, 0xffff_ffff],
    skbprio: 0xffff_ffff,
    skbqueue: 65535,
  })
})

test('an option without a value is as if it were not there', () => {
  const entry: Entry = {}
  assignOptions(entry, Object.fromEntries(Object.keys(ENTRY_OPTIONS).map((name) => [name, undefined])))
  assignOptions(entry, { nomatch: false, wildcard: false, physdev: false })
  expect(entry).toEqual({})
})
