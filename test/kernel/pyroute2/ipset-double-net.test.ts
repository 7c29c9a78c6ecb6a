// The kernel at hand may lack hash:net,port,net, so this one speaks to a fake kernel: what is compared are the bytes.
import { IPSet, PortEntry } from '../../../src/index.js'
import {
  ack,
  attributesOf,
  be16,
  be32,
  done,
  fakeIpset,
  ipv4,
  listed,
  revisions,
  sentTo,
  u8,
} from '../../support/fake-ipset.js'
import { entriesIn } from '../../support/sets.js'

const ENTRY = ['192.168.0.0/24', new PortEntry(80, 'tcp'), '192.168.2.0/24'] as const

/** include/uapi/linux/netfilter/ipset/ip_set.h: IPSET_ATTR_*; an attribute a line, lengths in the machine's order. */
const PROTOCOL = '0500010007000000'
const SETNAME = '0800020077656200' // 'web'
const DATA =
  '3c000780' +
  '0c00018008000140c0a80000' + // IP{ IPADDR_IPV4 192.168.0.0 }
  '0500030018000000' + // CIDR 24
  '0600044000500000' + // PORT 80
  '0500070006000000' + // PROTO tcp
  '0c00148008000140c0a80200' + // IP2{ IPADDR_IPV4 192.168.2.0 }
  '0500150018000000' // CIDR2 24

describe('pyroute2 test_ipset.py: two networks and a port', () => {
  test('double_net: hash:net,port,net is made, filled, listed and tested (bytes with a fake kernel)', async () => {
    let there = false
    const transport = fakeIpset({
      type: (asked) => [revisions(asked, 'hash:net,port,net', 3)],
      add: (asked) => {
        there = true
        return [ack(asked)]
      },
      del: (asked) => {
        there = false
        return [ack(asked)]
      },
      test: (asked) => [ack(asked, there ? 0 : 4103)],
      list: (asked) => [
        listed(asked, {
          name: 'web',
          type: 'hash:net,port,net',
          revision: 3,
          create: [be32(18, 1024), be32(19, 65536), be32(25, 0), be32(26, 1000), be32(24, there ? 1 : 0)],
          entries: there
            ? [[ipv4(1, '192.168.0.0'), u8(3, 24), be16(4, 80), u8(7, 6), ipv4(20, '192.168.2.0'), u8(21, 24)]]
            : [],
        }),
        done(asked),
      ],
    })
    await using ipset = new IPSet({ transport })

    await ipset.create('web', { stype: 'hash:net,port,net' })
    const [create] = sentTo(transport, 'create')
    const TYPENAME = `16000300${Buffer.from('hash:net,port,net\0\0\0').toString('hex')}`
    expect(create?.readUInt16LE(6)).toBe(0x605) // REQUEST | ACK | EXCL | CREATE
    expect(attributesOf(create!)).toBe(`${PROTOCOL}${SETNAME}${TYPENAME}0500040003000000050005000200000004000780`)

    await ipset.add('web', ENTRY)
    expect(sentTo(transport, 'add').map(attributesOf)).toEqual([PROTOCOL + SETNAME + DATA])
    expect(sentTo(transport, 'add')[0]?.toString('hex', 0, 8)).toBe('6000000009060502') // REQUEST, ACK, EXCL
    expect(await ipset.test('web', '192.168.0.0/24,tcp:80,192.168.2.0/24')).toBe(true)
    expect(sentTo(transport, 'test').map(attributesOf)).toEqual([PROTOCOL + SETNAME + DATA])
    expect(await entriesIn(ipset, 'web')).toEqual(['192.168.0.0/24,tcp:80,192.168.2.0/24'])

    await ipset.delete('web', ENTRY)
    expect(sentTo(transport, 'del').map(attributesOf)).toEqual([PROTOCOL + SETNAME + DATA])
    expect(await ipset.test('web', ENTRY)).toBe(false)
    expect(await entriesIn(ipset, 'web')).toEqual([])
  })
})
