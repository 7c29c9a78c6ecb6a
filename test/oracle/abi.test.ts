import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ExtendedAck } from '../../src/netlink/acknowledge.js'
import { Header, NETLINK_NETFILTER, NLM_F, NLMSG } from '../../src/netlink/header.js'
import { batchMessage, FAMILY, NfGenMsg, SUBSYSTEM } from '../../src/netlink/nfnetlink.js'
import { DirectSocket } from '../../src/netlink/socket/direct.js'
import { NESTED, NET_BYTEORDER, TYPE_MASK } from '../../src/netlink/wire/attributes.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import {
  Address,
  COMMENT_MAX,
  Create,
  Entry,
  ENTRY_FLAG,
  EntryCommand,
  IFACE_SIZE,
  NAME_SIZE,
  SET_FLAG,
  SetCommand,
} from '../../src/ipset/attributes.js'
import { COMMAND, LIST_FLAG, PROTOCOL, PROTOCOL_MIN } from '../../src/ipset/command.js'
import { codeName } from '../../src/ipset/error.js'
import { readHost16, readHost32 } from '../support/bytes.js'
import { FakeLibc } from '../support/fake-libc.js'
import { describeOracle, run } from '../support/kernel.js'

let mockLibc = new FakeLibc()
jest.mock('../../src/netlink/libc.js', () => ({ loadLibc: async () => mockLibc }))

/** What fixtures/abi.c prints, by name. Names that a test has compared are struck off. */
const facts = new Map<string, number>()
const compared = new Set<string>()

function fact(name: string): number {
  const value = facts.get(name)
  if (value === undefined) throw new Error(`fixtures/abi.c prints no ${name}`)
  compared.add(name)
  return value
}

/** Compares each constant with the one of this library. */
function same(ours: Readonly<Record<string, number>>): void {
  expect(ours).toEqual(Object.fromEntries(Object.keys(ours).map((name) => [name, fact(name)])))
}

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'netfilter-kit-abi-'))
  try {
    const program = join(folder, 'abi')
    run('cc', ['-Wall', '-Werror', '-o', program, resolve(__dirname, '../../fixtures/abi.c')])
    for (const line of run(program, []).trim().split('\n')) {
      const space = line.lastIndexOf(' ')
      facts.set(line.slice(0, space), Number(line.slice(space + 1)))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describeOracle('cc', 'the C compiler says the same of', () => {
  test('the structs of netlink', () => {
    const { length, type, flags, sequence, port } = Header.offsets
    same({
      'sizeof nlmsghdr': Header.size,
      'offsetof nlmsghdr.nlmsg_len': length,
      'offsetof nlmsghdr.nlmsg_type': type,
      'offsetof nlmsghdr.nlmsg_flags': flags,
      'offsetof nlmsghdr.nlmsg_seq': sequence,
      'offsetof nlmsghdr.nlmsg_pid': port,
      'sizeof nfgenmsg': NfGenMsg.size,
      'offsetof nfgenmsg.nfgen_family': NfGenMsg.offsets.family,
      'offsetof nfgenmsg.version': NfGenMsg.offsets.version,
      'offsetof nfgenmsg.res_id': NfGenMsg.offsets.resource,
    })
  })

  test('attributes: what we write has length and type where C has them', () => {
    const writer = new Writer()
    EntryCommand.write(writer, { data: { cidr: 8 } })
    const bytes = writer.written()
    expect(readHost16(bytes, fact('offsetof nlattr.nla_len'))).toBe(2 * fact('sizeof nlattr') + 1 + 3)
    expect(readHost16(bytes, fact('offsetof nlattr.nla_type'))).toBe(fact('IPSET_ATTR_DATA') | fact('NLA_F_NESTED'))
    expect(readHost16(bytes, fact('sizeof nlattr') + fact('offsetof nlattr.nla_type'))).toBe(fact('IPSET_ATTR_CIDR'))
    expect(bytes.length % fact('NLA_ALIGNTO')).toBe(0)
    same({ NLA_F_NESTED: NESTED, NLA_F_NET_BYTEORDER: NET_BYTEORDER, '(NLA_TYPE_MASK & 0xffff)': TYPE_MASK })
  })

  test('the constants of netlink and nfnetlink', () => {
    const writer = new Writer()
    batchMessage(writer, 'begin', SUBSYSTEM.nftables, 0, 0)
    batchMessage(writer, 'end', SUBSYSTEM.nftables, 0, 0)
    same({
      NETLINK_NETFILTER,
      NLM_F_REQUEST: NLM_F.request,
      NLM_F_MULTI: NLM_F.multi,
      NLM_F_ACK: NLM_F.ack,
      NLM_F_DUMP_INTR: NLM_F.dumpInterrupted,
      NLM_F_DUMP: NLM_F.dump,
      NLM_F_EXCL: NLM_F.exclusive,
      NLM_F_CREATE: NLM_F.create,
      NLM_F_CAPPED: NLM_F.capped,
      NLM_F_ACK_TLVS: NLM_F.ackTlvs,
      NLMSG_NOOP: NLMSG.noop,
      NLMSG_ERROR: NLMSG.error,
      NLMSG_DONE: NLMSG.done,
      NLMSG_OVERRUN: NLMSG.overrun,
      NFNL_SUBSYS_CTNETLINK: SUBSYSTEM.conntrack,
      NFNL_SUBSYS_QUEUE: SUBSYSTEM.queue,
      NFNL_SUBSYS_ULOG: SUBSYSTEM.ulog,
      NFNL_SUBSYS_IPSET: SUBSYSTEM.ipset,
      NFNL_SUBSYS_ACCT: SUBSYSTEM.account,
      NFNL_SUBSYS_NFTABLES: SUBSYSTEM.nftables,
      NFNL_SUBSYS_NFT_COMPAT: SUBSYSTEM.compat,
      NFNL_MSG_BATCH_BEGIN: readHost16(writer.written(), 4),
      NFNL_MSG_BATCH_END: readHost16(writer.written(), 24),
      AF_UNSPEC: FAMILY.unspec,
      AF_INET: FAMILY.inet,
      AF_INET6: FAMILY.inet6,
    })
    expect(20 % fact('NLMSG_ALIGNTO')).toBe(0)
  })

  test('acknowledgements', () => {
    same(
      Object.fromEntries(Object.values(ExtendedAck.rows).map(({ kernel, type }) => [`NLMSGERR_ATTR_${kernel}`, type])),
    )
    // readAcknowledgement takes an errno of four bytes, then the header of the request.
    same({ 'offsetof nlmsgerr.error': 0, 'offsetof nlmsgerr.msg': 4, 'sizeof nlmsgerr': 4 + Header.size })
  })

  test('the system calls of the direct socket', async () => {
    mockLibc = new FakeLibc()
    mockLibc.portAt = fact('offsetof sockaddr_nl.nl_pid')
    const socket = await DirectSocket.open({ netns: '/proc/self/ns/net' })
    expect(socket.port).toBe(4711)
    expect(mockLibc.argsOf('socket')).toEqual([
      [fact('AF_NETLINK'), fact('(SOCK_RAW | SOCK_CLOEXEC)'), fact('NETLINK_NETFILTER')],
    ])
    expect(mockLibc.argsOf('setns').map(([, kind]) => kind)).toEqual([fact('CLONE_NEWNET'), fact('CLONE_NEWNET')])
    const [, address, size] = mockLibc.argsOf('bind')[0] as [number, Buffer, number]
    expect([address.length, size]).toEqual([fact('sizeof sockaddr_nl'), fact('sizeof sockaddr_nl')])
    expect(readHost16(address, fact('offsetof sockaddr_nl.nl_family'))).toBe(fact('AF_NETLINK'))
    expect(readHost32(address, fact('offsetof sockaddr_nl.nl_groups'))).toBe(0)
    const options = mockLibc.argsOf('setsockopt').map(([, level, option]) => [level, option])
    expect(options).toContainEqual([fact('SOL_NETLINK'), fact('NETLINK_EXT_ACK')])
    expect(options).toContainEqual([fact('SOL_NETLINK'), fact('NETLINK_CAP_ACK')])
    expect(options).toContainEqual([fact('SOL_SOCKET'), fact('SO_SNDBUFFORCE')])
    expect(options).toContainEqual([fact('SOL_SOCKET'), fact('SO_RCVBUFFORCE')])

    mockLibc.incoming.push({ bytes: Buffer.alloc(16), from: 99 }, { bytes: Buffer.alloc(16) })
    expect(socket.receive()).toHaveLength(16)
    expect(socket.counters.foreign).toBe(1)
    const [, , flags, fromSize] = mockLibc.argsOf('recvfrom')[0] as [number, number, number, Buffer]
    expect(flags).toBe(fact('(MSG_DONTWAIT | MSG_TRUNC)'))
    expect(readHost32(fromSize, 0)).toBe(fact('sizeof sockaddr_nl'))

    mockLibc.incoming.push({ bytes: Buffer.alloc(10_000) })
    socket.receive()
    await socket.wait()
    const [, headers, slots, flagsOfMany] = mockLibc.argsOf('recvmmsg')[0] as [number, Buffer, number, number]
    expect(flagsOfMany).toBe(flags)
    expect(headers).toHaveLength(slots * fact('sizeof mmsghdr'))
    const pointer = (at: number) => headers.readBigUInt64LE(at)
    for (let i = 0; i < slots; i++) {
      const at = i * fact('sizeof mmsghdr')
      expect(readHost32(headers, at + fact('offsetof mmsghdr.msg_hdr.msg_namelen'))).toBe(fact('sizeof sockaddr_nl'))
      expect(pointer(at + fact('offsetof mmsghdr.msg_hdr.msg_iovlen'))).toBe(1n)
      expect(readHost32(headers, at + fact('offsetof mmsghdr.msg_hdr.msg_flags'))).toBe(0)
      expect(readHost32(headers, at + fact('offsetof mmsghdr.msg_len'))).toBe(0)
      const vector = mockLibc.at(pointer(at + fact('offsetof mmsghdr.msg_hdr.msg_iov')))
      expect(Number(vector.readBigUInt64LE(fact('offsetof iovec.iov_len')))).toBe(131_072)
      expect(mockLibc.at(vector.readBigUInt64LE(fact('offsetof iovec.iov_base'))).length).toBeGreaterThanOrEqual(131_072)
      expect(mockLibc.at(pointer(at + fact('offsetof mmsghdr.msg_hdr.msg_name'))).length).toBeGreaterThan(fact('sizeof sockaddr_nl'))
    }
    expect(2 * mockLibc.wordSize).toBe(fact('sizeof iovec'))
    expect(socket.receive()).toBeUndefined()

    const wait = socket.wait()
    const [fds, count] = mockLibc.argsOf('poll')[0] as [Buffer, number]
    expect(fds).toHaveLength(count * fact('sizeof pollfd'))
    expect(mockLibc.argsOf('eventfd')).toEqual([[0, fact('(EFD_NONBLOCK | EFD_CLOEXEC)')]])
    for (let i = 0; i < count; i++) {
      const at = i * fact('sizeof pollfd')
      expect(mockLibc.open).toContain(readHost32(fds, at + fact('offsetof pollfd.fd')))
      expect(readHost16(fds, at + fact('offsetof pollfd.events'))).toBe(fact('POLLIN'))
      expect(readHost16(fds, at + fact('offsetof pollfd.revents'))).toBe(0)
    }
    socket.close()
    await wait
    expect(mockLibc.open.size).toBe(0)
  })

  test('the socket buffers of a process that may not force them', async () => {
    mockLibc = new FakeLibc()
    mockLibc.failing.set('setsockopt', 1)
    await DirectSocket.open()
    const options = mockLibc.argsOf('setsockopt').map(([, level, option]) => [level, option])
    expect(options).toContainEqual([fact('SOL_SOCKET'), fact('SO_SNDBUF')])
    expect(options).toContainEqual([fact('SOL_SOCKET'), fact('SO_RCVBUF')])
  })

  test('the commands of ipset', () => {
    const names: Partial<Record<keyof typeof COMMAND, string>> = {
      delete: 'DEL',
      getByName: 'GET_BYNAME',
      getByIndex: 'GET_BYINDEX',
    }
    const ours = Object.entries(COMMAND).map(([key, { number }]) => [
      `IPSET_CMD_${names[key as keyof typeof COMMAND] ?? key.toUpperCase()}`,
      number,
    ])
    same(Object.fromEntries(ours))
    same({ IPSET_PROTOCOL: PROTOCOL, IPSET_PROTOCOL_MIN: PROTOCOL_MIN })
  })

  test('the flags and lengths of ipset', () => {
    same({
      IPSET_FLAG_LIST_SETNAME: LIST_FLAG.names,
      IPSET_FLAG_LIST_HEADER: LIST_FLAG.headers,
      IPSET_FLAG_BEFORE: ENTRY_FLAG.before,
      IPSET_FLAG_PHYSDEV: ENTRY_FLAG.physdev,
      IPSET_FLAG_NOMATCH: ENTRY_FLAG.nomatch,
      IPSET_FLAG_IFACE_WILDCARD: ENTRY_FLAG.wildcard,
      IPSET_FLAG_WITH_COUNTERS: SET_FLAG.counters,
      IPSET_FLAG_WITH_COMMENT: SET_FLAG.comment,
      IPSET_FLAG_WITH_FORCEADD: SET_FLAG.forceadd,
      IPSET_FLAG_WITH_SKBINFO: SET_FLAG.skbinfo,
      IPSET_MAXNAMELEN: NAME_SIZE,
      IPSET_MAX_COMMENT_SIZE: COMMENT_MAX,
      IFNAMSIZ: IFACE_SIZE,
    })
  })

  test('the attributes of ipset, each under the name its row gives', () => {
    const rows = [SetCommand, EntryCommand, Create, Entry].flatMap(({ rows }) => Object.values(rows))
    const ours = rows.map(({ kernel, type }) => [`IPSET_ATTR_${kernel}`, type] as const)
    same(Object.fromEntries(ours.filter(([name]) => name !== 'IPSET_ATTR_BITMASK')))
    expect(new Map(ours).get('IPSET_ATTR_BITMASK')).toBe(12)
    same(
      Object.fromEntries(
        Address.byType.flatMap((row) => (row ? [[`IPSET_ATTR_IPADDR_${row[1].kernel}`, row[1].type]] : [])),
      ),
    )
  })

  test('the errors of ipset, those of a type by its group', () => {
    const groups = {
      bitmap: ['BITMAP_RANGE', 'BITMAP_RANGE_SIZE'],
      list: ['NAME', 'LOOP', 'BEFORE', 'NAMEREF', 'LIST_FULL', 'REF_EXIST'],
    }
    const groupOf = (name: string) =>
      groups.bitmap.includes(name) ? 'bitmap' : groups.list.includes(name) ? 'list' : 'hash'
    const names = [...facts.keys()].filter((name) => name.startsWith('IPSET_ERR_'))
    expect(names.map((name) => codeName(fact(name), groupOf(name.slice('IPSET_ERR_'.length))))).toEqual(names)
    expect(names.length).toBe(32)
    expect(codeName(4115)).toBe('IPSET_ERR_BITMASK_NETMASK_EXCL')
  })

  test('all that fixtures/abi.c prints has been compared', () => {
    expect([...facts.keys()].filter((name) => !compared.has(name))).toEqual([])
    expect(facts.size).toBeGreaterThan(150)
  })
})
