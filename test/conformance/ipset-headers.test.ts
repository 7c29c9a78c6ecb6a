import { type CreateOptions, type EntryInput, type EntryOptions, IPSet, type SetEntry } from '../../src/index.js'
import { ScriptedTransport } from '../support/scripted-transport.js'
import { assemble, HEADER_MESSAGES } from './header-messages.js'
import { type Attribute, commandOf, plainForm, readAttributes, writeAttributes } from './messages.js'

interface Row {
  readonly type: string
  readonly revision: number
  readonly create: CreateOptions
  readonly entry: EntryInput
  readonly options: EntryOptions
  readonly tested: EntryInput
  readonly header: object
  readonly entries: readonly SetEntry[]
  /** As the ipset tool prints the LIST answer, but for `forceadd`, which ipset 7.17 does not print. */
  readonly saved: string
}

const NO_FLAGS = { counters: false, comment: false, skbinfo: false, forceadd: false }
const HASH = {
  name: 's',
  index: 3,
  hashsize: 1024,
  maxelem: 65536,
  bucketsize: 12,
  initval: 0x12345678,
  elements: 2,
  references: 1,
  memsize: 400,
  ...NO_FLAGS,
}
const MAC = '02:00:5E:10:00:01'

const ROWS: readonly Row[] = [
  {
    type: 'hash:ip,mark',
    revision: 3,
    create: { markmask: 0xffff, timeout: 60, hashsize: 64 },
    entry: ['10.0.0.1', 0xab],
    options: { timeout: 5 },
    tested: '10.0.0.1,0xab',
    header: { ...HASH, family: 'inet', markmask: 0xffff, timeout: 60 },
    entries: [
      { entry: '10.0.0.1,0x000000ab', timeout: 5 },
      { entry: '10.0.0.2,0x0000ff00', timeout: 0 },
    ],
    saved:
      'create s hash:ip,mark family inet markmask 0x0000ffff hashsize 1024 maxelem 65536 timeout 60' +
      ' bucketsize 12 initval 0x12345678\n' +
      'add s 10.0.0.1,0x000000ab timeout 5\nadd s 10.0.0.2,0x0000ff00 timeout 0\n',
  },
  {
    type: 'hash:ip,mac',
    revision: 1,
    create: { counters: true },
    entry: ['10.0.0.1', MAC.toLowerCase()],
    options: { packets: 5, bytes: 600 },
    tested: `10.0.0.1,${MAC}`,
    header: { ...HASH, family: 'inet', counters: true },
    entries: [
      { entry: `10.0.0.1,${MAC}`, packets: 5n, bytes: 600n },
      { entry: `10.0.0.2,${MAC}`, packets: 0n, bytes: 0n },
    ],
    saved:
      'create s hash:ip,mac family inet hashsize 1024 maxelem 65536 counters bucketsize 12 initval 0x12345678\n' +
      `add s 10.0.0.1,${MAC} packets 5 bytes 600\nadd s 10.0.0.2,${MAC} packets 0 bytes 0\n`,
  },
  {
    type: 'hash:mac',
    revision: 1,
    create: { comment: true, maxelem: 100 },
    entry: MAC,
    options: { comment: 'printer' },
    tested: [MAC],
    header: { ...HASH, family: 'unspec', maxelem: 100, comment: true },
    entries: [{ entry: MAC, comment: 'printer' }, { entry: 'AA:BB:CC:DD:EE:FF' }],
    saved:
      'create s hash:mac hashsize 1024 maxelem 100 comment bucketsize 12 initval 0x12345678\n' +
      `add s ${MAC} comment "printer"\nadd s AA:BB:CC:DD:EE:FF\n`,
  },
  {
    type: 'hash:net,net',
    revision: 4,
    create: { bitmask: '255.255.0.0', initval: 0x12345678, bucketsize: 4 },
    entry: ['10.0.0.0/8', '192.168.0.0/16'],
    options: { nomatch: true },
    tested: '10.0.0.1,192.168.0.1',
    header: { ...HASH, family: 'inet', bucketsize: 4, bitmask: '255.255.0.0' },
    entries: [{ entry: '10.0.0.0/8,192.168.0.0/16', nomatch: true }, { entry: '0.0.0.0/0,10.0.0.1' }],
    saved:
      'create s hash:net,net family inet hashsize 1024 maxelem 65536 bucketsize 4 initval 0x12345678 bitmask 255.255.0.0\n' +
      'add s 10.0.0.0/8,192.168.0.0/16 nomatch\nadd s 0.0.0.0/0,10.0.0.1\n',
  },
  {
    type: 'hash:net,port,net',
    revision: 3,
    create: { family: 'inet6', forceadd: true, skbinfo: true },
    entry: '2001:db8::/32,udp:80-90,fe80::/10',
    options: { skbmark: [1, 0xff], skbprio: [1, 10], skbqueue: 3 },
    tested: ['2001:db8::1', 80, 'fe80::1'],
    header: { ...HASH, family: 'inet6', forceadd: true, skbinfo: true },
    entries: [
      { entry: '2001:db8::/32,udp:80,fe80::/10', skbmark: [1, 0xff], skbprio: [1, 10], skbqueue: 3 },
      { entry: '::1,ipv6-icmp:echo-request,::/0' },
    ],
    saved:
      'create s hash:net,port,net family inet6 hashsize 1024 maxelem 65536 forceadd skbinfo bucketsize 12 initval 0x12345678\n' +
      'add s 2001:db8::/32,udp:80,fe80::/10 skbmark 0x1/0xff skbprio 1:a skbqueue 3\nadd s ::1,ipv6-icmp:echo-request,::/0\n',
  },
]

/** A kernel that has one type, acknowledges everything, and answers LIST with bytes made by hand. */
function headerKernel(revision: number, list: Buffer): ScriptedTransport {
  function answers(message: Buffer): Buffer[] {
    switch (commandOf(message)) {
      case 'PROTOCOL':
        return [assemble('24000000 01060000 00000000 00000000 02000000 05000100 07000000 05000a00 06000000')] // 7, at least 6
      case 'TYPE': {
        const newest = Buffer.from([revision]).toString('hex')
        return [assemble(`24000000 0d060000 00000000 00000000 02000000 05000400 ${newest}000000 05000a00 00000000`)] // from 0
      }
      case 'LIST':
      case 'SAVE':
        return [Buffer.from(list), assemble('14000000 03000200 00000000 00000000 00000000')] // NLMSG_DONE
      default:
        return [assemble('14000000 02000000 00000000 00000000 00000000')] // NLMSG_ERROR 0
    }
  }
  return new ScriptedTransport((message) => {
    const sequence = message.subarray(8, 12).toString('hex')
    return answers(message).map((answer) => {
      answer.write(sequence, 8, 'hex')
      return answer
    })
  })
}

describe.each(ROWS)(
  'a set of type $type',
  ({ type, revision, create, entry, options, tested, header, entries, saved }) => {
    const messages = HEADER_MESSAGES[type]!
    const open = () => {
      const kernel = headerKernel(revision, assemble(messages.list))
      return { kernel, ipset: new IPSet({ transport: kernel }) }
    }

    test('is created with the attributes of the header', async () => {
      const { kernel, ipset } = open()
      await ipset.create('s', { stype: type, ...create })
      expect(plainForm(kernel.sent.at(-1)!)).toBe(assemble(messages.create).toString('hex'))
    })

    test('takes an entry with the attributes of the header', async () => {
      const { kernel, ipset } = open()
      await ipset.create('s', { stype: type, ...create })
      await ipset.add('s', entry, options)
      expect(plainForm(kernel.sent.at(-1)!)).toBe(assemble(messages.add).toString('hex'))
    })

    test('is asked for an entry with the attributes of the header', async () => {
      const { kernel, ipset } = open()
      await ipset.create('s', { stype: type, ...create })
      expect(await ipset.test('s', tested)).toBe(true)
      expect(plainForm(kernel.sent.at(-1)!)).toBe(assemble(messages.test).toString('hex'))
    })

    test('is read from the answer to LIST', async () => {
      const { ipset } = open()
      const chunks = []
      for await (const chunk of ipset.list('s')) chunks.push(chunk)
      expect(chunks).toEqual([{ header: { type, revision, ...header }, entries }])
    })

    test('is saved as the ipset tool would', async () => {
      const { ipset } = open()
      let text = ''
      for await (const piece of ipset.save('s')) text += piece
      expect(text).toBe(saved)
    })

    test('takes back what was read from it, attribute for attribute', async () => {
      const { kernel, ipset } = open()
      await ipset.create('s', { stype: type, ...create })
      await ipset.add('s', entries[0]!)
      const [given] = entriesIn(kernel.sent.at(-1)!, 7)
      const [listed] = entriesIn(assemble(messages.list), 8)
      expect(given).toEqual(listed)
    })
  },
)

const hexOf = ({ type, value }: Attribute) => writeAttributes([{ type, value }]).toString('hex')

/** The entries in a message, in IPSET_ATTR_DATA (7) itself or below IPSET_ATTR_ADT (8): their attributes, sorted. */
function entriesIn(message: Buffer, attribute: 7 | 8): string[][] {
  const nest = readAttributes(message).find(({ type }) => type === (attribute | 0x8000))!
  const found = attribute === 7 ? [nest] : (nest.value as readonly Attribute[])
  return found.map(({ value }) => (value as readonly Attribute[]).map(hexOf).sort())
}
