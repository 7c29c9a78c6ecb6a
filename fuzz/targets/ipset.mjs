// Sets: entries and options as text and as values, and command lines.
import { mutatedText } from '../mutate-text.mjs'
import { mutatedValue } from '../mutate-values.mjs'
import { demand, demandSame, readOr } from '../oracle.mjs'
import { SAVED } from './ipset-kernel.mjs'

const OPTIONS = [
  { timeout: 5, packets: 1, bytes: 2, comment: 'a b', skbmark: [1, 255], skbprio: [1, 10], skbqueue: 3, nomatch: true },
  { timeout: 0, comment: '', skbmark: '0x1/0xff', skbprio: '1:a', wildcard: true, physdev: true, before: 'a', after: 'b' },
  { packets: '1', bytes: '18446744073709551615', comment: 'é日本', skbqueue: 65_535 },
]
const CREATE = [
  {
    stype: 'hash:ip',
    family: 'inet',
    hashsize: 64,
    maxelem: 10,
    timeout: 3,
    counters: true,
    comment: true,
    skbinfo: true,
    forceadd: true,
    netmask: 24,
    bucketsize: 4,
    initval: 9,
  },
  { stype: 'bitmap:ip', range: '10.0.0.0/16', netmask: 24 },
  { stype: 'bitmap:port', range: [1, 1024] },
  { stype: 'bitmap:port', bitmapPortsRange: { begin: 1, end: 9 } },
  { stype: 'bitmap:ip,mac', range: ['10.0.0.1', '10.0.0.9'], exclusive: false },
  { stype: 'list:set', size: 16, revision: 3 },
  { stype: 'hash:ip,mark', markmask: 255, family: 10 },
  { stype: 'hash:net,net', family: 'inet6', bitmask: 'ffff::' },
]
const ENTRIES = [
  '10.0.0.1',
  '10.0.0.0/24',
  '10.0.0.1-10.0.0.9',
  '::1',
  '2001:db8::/32',
  '2001:db8::1-2001:db8::9',
  '80',
  'tcp:80',
  'udp:1-10',
  'icmp:ping',
  'icmpv6:echo-request',
  'icmp:8/0',
  '10.0.0.1,tcp:80',
  '10.0.0.0/8,udp:53',
  '10.0.0.1,aa:bb:cc:dd:ee:ff',
  'aa:bb:cc:dd:ee:ff',
  '10.0.0.1,0x10',
  '10.0.0.1,tcp:80,10.0.0.2',
  '10.0.0.0/8,tcp:1-2,192.168.0.0/16',
  '10.0.0.0/24,eth0',
  '10.0.0.0/24,physdev:eth0',
  '0.0.0.0/0,0.0.0.0/0',
  '::/0,sctp:80,::/0',
  'name',
  's1',
  '10.0.0.1,vrrp:0',
  'tcp:http',
  '[::1],tcp:80',
]

const LINES = SAVED.flatMap((text) => text.split('\n')).filter((line) => line !== '')

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { InputError } = await load('netlink/wire/error.js')
  const { Create, Entry } = await load('ipset/attributes.js')
  const { printElement, readElement, readEntry, describeEntry } = await load('ipset/element.js')
  const { assignOptions } = await load('ipset/option.js')
  const { createCheck } = await load('ipset/schema.js')
  const { familyOf, readCreate } = await load('ipset/create.js')
  const { demandType, SET_TYPES } = await load('ipset/type.js')
  const { environment, readCommandLine } = await load('ipset/text/command-line.js')
  const { readCreateWords, readEntryWords } = await load('ipset/text/options.js')
  const { quoteWord, splitWords } = await load('ipset/text/words.js')
  const { encode } = await load('netlink/wire/codec.js')
  const { Reader } = await load('netlink/wire/cursor.js')
  const inputOr = readOr(InputError)
  const types = [...SET_TYPES.values()]
  const check = await createCheck()
  const comesBack = (codec, value, what) => {
    const bytes = encode(codec, value)
    const read = codec.read(new Reader(bytes))
    demand(encode(codec, read).equals(bytes), `${what}: its bytes are others when they have been read`, bytes)
    return read
  }

  return [
    {
      name: 'ipset entries as text',
      make: (random) => ({
        type: random.below(types.length),
        family: random.pick(['inet', 'inet6']),
        lenient: random.once(2),
        text: mutatedText(random, ENTRIES),
      }),
      check({ type: number, family, lenient, text }) {
        const type = types[number]
        const reading = { family: type.family === 'none' ? 'unspec' : type.family === 'inet' ? 'inet' : family, purpose: 'add', lenient }
        const entry = inputOr(() => readElement(type, text, reading))
        if (!entry) return false
        const read = comesBack(Entry, entry, type.name)
        const printed = printElement(type, read)
        // A name may hold what would end its line: where it is saved, quoting sees to that.
        demand(quoteWord(printed).split('\n').length === 1, 'a line break in what is saved', printed)
        const again = inputOr(() => readElement(type, printed, reading))
        demand(again !== undefined, `${type.name} ${reading.family}: what it prints is not read`, printed)
        demandSame(printElement(type, again), printed, `${type.name}: printed twice`)
        return true
      },
    },
    {
      name: 'ipset entries as values',
      make: (random) => ({
        type: random.below(types.length),
        value: mutatedValue(
          random,
          [
            ...ENTRIES.map((entry) => ({ entry, ...random.pick(OPTIONS) })),
            ...ENTRIES.map((entry) => entry.split(',')),
            ['10.0.0.1', { protocol: 'tcp', port: 80 }],
            [{ begin: 1, end: 2 }],
            5,
            [5],
          ],
          { strange: true },
        ),
      }),
      check({ type: number, value }) {
        const type = types[number]
        const entry = inputOr(() =>
          readEntry(type, value, { family: type.family === 'none' ? 'unspec' : 'inet', purpose: 'add', lenient: false }),
        )
        if (!entry) return false
        describeEntry(type, comesBack(Entry, entry, type.name))
        return true
      },
    },
    {
      name: 'ipset entry options',
      make: (random) => mutatedValue(random, OPTIONS, { strange: true }),
      check(options) {
        const entry = {}
        if (typeof options !== 'object' || options === null) return false
        if (!inputOr(() => assignOptions(entry, options) ?? true)) return false
        comesBack(Entry, entry, 'options')
        return true
      },
    },
    {
      name: 'ipset create options',
      make: (random) => mutatedValue(random, CREATE, { strange: true }),
      check(options) {
        const data = inputOr(() => {
          const checked = check(options)
          const type = demandType(checked.stype ?? 'hash:ip')
          familyOf(type, checked.family)
          return readCreate(type, checked)
        })
        if (!data) return false
        comesBack(Create, data, 'create options')
        return true
      },
    },
    {
      name: 'ipset command lines',
      make: (random) => mutatedText(random, LINES).split('\n')[0],
      check(line) {
        const command = inputOr(() => readCommandLine(splitWords(line), environment()))
        if (!command) return false
        for (const { text } of [...command.operands, ...command.rest]) {
          demand(!/[\n\r"]/.test(text), 'a word that would end its line, or its quotes', text)
          demandSame(
            inputOr(() => splitWords(quoteWord(text)).map((one) => one.text)),
            [text],
            'a word in quotes',
          )
        }
        const [, second] = command.operands
        for (const type of types) {
          if (command.command === 'create' && second)
            inputOr(() => comesBack(Create, readCreateWords(type, command.rest, () => {}).data, 'create'))
          if (command.command === 'add' && second) {
            inputOr(() =>
              comesBack(
                Entry,
                readEntryWords(type, second, command.rest, {
                  family: type.family === 'none' ? 'unspec' : 'inet',
                  purpose: 'add',
                  lenient: true,
                }),
                'add',
              ),
            )
          }
        }
        return command.command !== undefined
      },
    },
  ]
}
