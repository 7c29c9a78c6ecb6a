import type * as Attributes from '../../src/ipset/attributes.js'
import type * as Message from '../../src/netlink/message.js'
import type * as Codec from '../../src/netlink/wire/codec.js'
import type * as Cursor from '../../src/netlink/wire/cursor.js'
import { openXtables } from '../../src/xtables/index.js'
import type * as Layout from '../../src/xtables/layout.js'
import { hex } from '../support/bytes.js'

/** The modules as a machine of this byte order loads them. */
function machine(order: 'little' | 'big') {
  const real = globalThis.Uint16Array
  const first = order === 'little' ? 1 : 0
  let loaded: (typeof Codec & typeof Cursor & typeof Message & typeof Attributes & typeof Layout) | undefined
  jest.isolateModules(() => {
    // How the byte order is found out: by the first byte of a 1 of 16 bits.
    globalThis.Uint16Array = class {
      readonly buffer = Uint8Array.of(first, 1 - first).buffer
    } as never
    try {
      const files = ['netlink/wire/codec', 'netlink/wire/cursor', 'netlink/message', 'ipset/attributes', 'xtables/layout']
      loaded = Object.assign({}, ...files.map((file) => require(`../../src/${file}.js`)))
    } finally {
      globalThis.Uint16Array = real
    }
  })
  return loaded as NonNullable<typeof loaded>
}

/** What stands in the machine's order, and what does not: written by hand from the headers. */
const VECTORS = {
  // nlmsg_len 20, nlmsg_type 0x0607, nlmsg_flags 5, nlmsg_seq 0x01020304, nlmsg_pid 0; nfgenmsg: AF_INET, 0, res_id 0
  message: { little: '14000000 0706 0500 04030201 00000000 02 00 0000', big: '00000014 0607 0005 01020304 00000000 02 00 0000' },
  // nla_len and nla_type in the machine's order; what ipset says in network byte order is the same everywhere
  entry: { little: '0800 0640 00000e10 0600 0440 0050 0000', big: '0008 4006 00000e10 0006 4004 0050 0000' },
  // ip_tables.h: struct ipt_entry: addresses in network byte order; nfcache, offsets and counters in the machine's, u64 at 96 and 104
  iptEntry: {
    little: `0a000001 00000000 ffffff00 00000000 ${'00'.repeat(64)} 0600 01 08 00000000 7000 9800 00000000 0807060504030201 0200000000000000`,
    big: `0a000001 00000000 ffffff00 00000000 ${'00'.repeat(64)} 0006 01 08 00000000 0070 0098 00000000 0102030405060708 0000000000000002`,
  },
  // x_tables.h: the verdict of a standard target has a sign
  verdict: { little: 'feffffff', big: 'fffffffe' },
} as const

const ENTRY = {
  source: 0x0a000001, destination: 0, sourceMask: 0xffffff00, destinationMask: 0, inInterface: new Uint8Array(16), outInterface: new Uint8Array(16),
  inInterfaceMask: new Uint8Array(16), outInterfaceMask: new Uint8Array(16), protocol: 6, flags: 1, inverted: 8, cache: 0, targetOffset: 112, nextOffset: 152,
  comeFrom: 0, packets: 0x0102030405060708n, bytes: 2n,
}

describe.each(['little', 'big'] as const)('39. on a machine that stores the %s end first', (order) => {
  const { encode, decode, Writer, Reader, beginMessage, finishMessage, Entry, IptEntry, StandardTarget, messages } = machine(order)

  test('messages have their numbers in its order', () => {
    const writer = new Writer()
    const start = beginMessage(writer, 0x0607, 5, 0x01020304)
    writer.put(hex('02000000'))
    finishMessage(writer, start)
    expect(writer.written()).toEqual(hex(VECTORS.message[order]))
    expect([...messages(hex(VECTORS.message[order]))]).toMatchObject([{ type: 0x0607, flags: 5, sequence: 0x01020304 }])
  })

  test('attributes have their lengths in its order, and what they say in that of the network', () => {
    const writer = new Writer()
    Entry.write(writer, { timeout: 3600 })
    Entry.write(writer, { port: 80 })
    expect(writer.written()).toEqual(hex(VECTORS.entry[order]))
    expect(Entry.read(new Reader(hex(VECTORS.entry[order])))).toMatchObject({ timeout: 3600, port: 80 })
  })

  test('entries of the legacy tables have counters of 64 bits at a multiple of eight, and its order', () => {
    expect(encode(IptEntry, ENTRY)).toEqual(hex(VECTORS.iptEntry[order]))
    expect(decode(IptEntry, hex(VECTORS.iptEntry[order]))).toMatchObject({ source: 0x0a000001, protocol: 6, nextOffset: 152, packets: ENTRY.packets, bytes: 2n })
    expect([IptEntry.size, IptEntry.offsets.packets]).toEqual([112, 96])
    expect(encode(StandardTarget, { verdict: -2 })).toEqual(hex(VECTORS.verdict[order]))
  })
})

// For a program of 32 bits pointers are shorter, on x86 numbers of 64 bits stand at multiples of four, and structs such as that of the
// match limit hold longs: what would be sent is another table. Netlink has no such types. So the legacy tables are refused there,
// at the first call; the layouts of 64 bits are compared with the C compiler's by test/conformance/xtables-abi.test.ts.
describe.each(['arm', 'ia32', 'mips', 'mipsel'] as const)('39. in a program of 32 bits (%s)', (arch) => {
  const real = Object.getOwnPropertyDescriptor(process, 'arch') as PropertyDescriptor
  beforeEach(() => void Object.defineProperty(process, 'arch', { ...real, value: arch }))
  afterEach(() => void Object.defineProperty(process, 'arch', real))

  test('the legacy tables are refused at the first call, with what to use instead', async () => {
    await expect(openXtables({ backend: 'legacy' })).rejects.toMatchObject({ name: 'TransportError', code: 'ERR_UNSUPPORTED', message: expect.stringMatching(/32 bits.*nf_tables/) })
  })
})
