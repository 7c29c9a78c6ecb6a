// The text of entries: what is read from it, what is printed of it, and what is refused before it reaches the kernel.
import { InputError, PortEntry, PortRange } from '../../src/index.js'
import type { Entry } from '../../src/ipset/attributes.js'
import type { Reading } from '../../src/ipset/dimension/dimension.js'
import { printElement, readElement, typeOfElement } from '../../src/ipset/element.js'
import { demandType } from '../../src/ipset/type.js'

type Row = readonly [stype: string, value: unknown, entry: Entry]
type Refusal = readonly [stype: string, value: unknown, sentence: RegExp]

/** `hash:ip` in a table is a set of IPv4, `hash:ip inet6` one of IPv6. */
function read(stype: string, value: unknown, purpose: Reading['purpose'] = 'add', lenient = false): Entry {
  const [name, asked] = stype.split(' ')
  const type = demandType(name)
  const family = type.family === 'none' ? 'unspec' : asked === 'inet6' ? 'inet6' : 'inet'
  return readElement(type, value, { family, purpose, lenient })
}

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(InputError.is(error)).toBe(true)
    return (error as InputError).message
  }
  throw new Error('it was accepted')
}

const TCP = 6
const UDP = 17
const PHYSDEV = 2 // IPSET_FLAG_PHYSDEV
const BEFORE = 1 // IPSET_FLAG_BEFORE

describe('an entry is read from', () => {
  const rows: readonly Row[] = [
    ['hash:ip', '10.0.0.1', { ip: '10.0.0.1' }],
    ['hash:ip', ['10.0.0.1'], { ip: '10.0.0.1' }],
    ['hash:ip', '10.0.0.0/24', { ip: '10.0.0.0', cidr: 24 }],
    ['hash:ip', '10.0.0.1/32', { ip: '10.0.0.1', cidr: 32 }],
    ['hash:ip', '10.0.0.1-10.0.0.9', { ip: '10.0.0.1', ipTo: '10.0.0.9' }],
    ['hash:ip', '10.0.0.1-10.0.0.1', { ip: '10.0.0.1', ipTo: '10.0.0.1' }],
    ['hash:ip', '255.255.255.255', { ip: '255.255.255.255' }],
    ['hash:ip inet6', '2001:db8::1', { ip: '2001:db8::1' }],
    ['hash:ip inet6', '::ffff:1.2.3.4', { ip: '::ffff:1.2.3.4' }],
    ['hash:ip inet6', '::1/128', { ip: '::1', cidr: 128 }],
    ['hash:net', '128.0.0.0/1', { ip: '128.0.0.0', cidr: 1 }],
    ['hash:net inet6', '2001:db8::/32', { ip: '2001:db8::', cidr: 32 }],
    ['hash:net inet6', '8000::/1', { ip: '8000::', cidr: 1 }],
    ['hash:net,iface', '0.0.0.0/0,eth0', { ip: '0.0.0.0', cidr: 0, iface: 'eth0' }],
    ['hash:net,iface', ['10.0.0.0/8', 'physdev:eth0'], { ip: '10.0.0.0', cidr: 8, iface: 'eth0', flags: PHYSDEV }],
    ['hash:net,iface', `10.0.0.0/8,${'i'.repeat(15)}`, { ip: '10.0.0.0', cidr: 8, iface: 'i'.repeat(15) }],
    ['hash:ip,port', '10.0.0.1,80', { ip: '10.0.0.1', protocol: TCP, port: 80 }],
    ['hash:ip,port', ['10.0.0.1', 80], { ip: '10.0.0.1', protocol: TCP, port: 80 }],
    ['hash:ip,port', ['10.0.0.1', 'udp:53'], { ip: '10.0.0.1', protocol: UDP, port: 53 }],
    ['hash:ip,port', '10.0.0.1,17:53', { ip: '10.0.0.1', protocol: UDP, port: 53 }],
    ['hash:ip,port', '10.0.0.1,udp:1000-2000', { ip: '10.0.0.1', protocol: UDP, port: 1000, portTo: 2000 }],
    [
      'hash:ip,port',
      ['10.0.0.1', new PortRange(1000, 2000, 'udp')],
      { ip: '10.0.0.1', protocol: UDP, port: 1000, portTo: 2000 },
    ],
    ['hash:ip,port', ['10.0.0.1', { begin: 1, end: 2 }], { ip: '10.0.0.1', protocol: TCP, port: 1, portTo: 2 }],
    ['hash:ip,port', ['10.0.0.1', new PortEntry(53, 17)], { ip: '10.0.0.1', protocol: UDP, port: 53 }],
    ['hash:ip,port', '10.0.0.1,tcp:0', { ip: '10.0.0.1', protocol: TCP, port: 0 }],
    ['hash:ip,port', '10.0.0.1,tcp:65535', { ip: '10.0.0.1', protocol: TCP, port: 65535 }],
    ['hash:ip,port', '10.0.0.1,icmp:echo-request', { ip: '10.0.0.1', protocol: 1, port: 8 * 256 }],
    ['hash:ip,port', '10.0.0.1,icmp:3/1', { ip: '10.0.0.1', protocol: 1, port: 3 * 256 + 1 }],
    ['hash:ip,port', '10.0.0.1,icmp:ECHO-REQ', { ip: '10.0.0.1', protocol: 1, port: 8 * 256 }],
    ['hash:ip,port', '10.0.0.1,vrrp:0', { ip: '10.0.0.1', protocol: 112, port: 0 }],
    ['hash:ip,port inet6', '::1,icmpv6:ping', { ip: '::1', protocol: 58, port: 128 * 256 }],
    ['hash:ip,port,ip', '10.0.0.1,80,10.0.0.2', { ip: '10.0.0.1', protocol: TCP, port: 80, ip2: '10.0.0.2' }],
    [
      'hash:ip,port,net',
      '10.0.0.1,80,10.0.0.0/8',
      { ip: '10.0.0.1', protocol: TCP, port: 80, ip2: '10.0.0.0', cidr2: 8 },
    ],
    ['hash:net,net', '10.0.0.0/8,1.0.0.0-1.0.0.9', { ip: '10.0.0.0', cidr: 8, ip2: '1.0.0.0', ip2To: '1.0.0.9' }],
    ['hash:ip,mark', '10.0.0.1,0xab', { ip: '10.0.0.1', mark: 0xab }],
    ['hash:ip,mark', ['10.0.0.1', 0xffff_ffff], { ip: '10.0.0.1', mark: 0xffff_ffff }],
    ['hash:mac', '02:00:5e:10:00:01', { mac: '02:00:5e:10:00:01' }],
    ['bitmap:ip,mac', '10.0.0.1', { ip: '10.0.0.1' }],
    ['bitmap:port', 80, { port: 80 }],
    ['bitmap:port', 'udp:80-90', { port: 80, portTo: 90 }],
    ['list:set', 'other', { name: 'other' }],
    ['list:set', 'other,before,third', { name: 'other', nameref: 'third', flags: BEFORE }],
    ['list:set', 'other,after,third', { name: 'other', nameref: 'third' }],
  ]

  test.each(rows)('%s %j', (stype, value, entry) => {
    expect(read(stype, value)).toEqual(entry)
  })
})

describe('an entry is refused:', () => {
  const rows: readonly Refusal[] = [
    ['hash:ip', '', /'' is no IPv4 address/],
    ['hash:ip', '010.0.0.1', /'010\.0\.0\.1' is no IPv4 address: leading zeros are read as octal/],
    ['hash:ip', '10.0.0.01', /leading zeros/],
    ['hash:ip', '10.0.0', /no IPv4 address/],
    ['hash:ip', '10.0.0.256', /no IPv4 address/],
    ['hash:ip', ' 10.0.0.1', /no IPv4 address/],
    ['hash:ip', '10.0.0.1 ', /no IPv4 address/],
    ['hash:ip', '0x0a000001', /no IPv4 address/],
    ['hash:ip', '１０.0.0.1', /no IPv4 address/],
    ['hash:ip', '::1', /'::1' is no IPv4 address: the set holds IPv4/],
    ['hash:ip', '::ffff:1.2.3.4', /the set holds IPv4/],
    ['hash:ip inet6', '10.0.0.1', /'10\.0\.0\.1' is no IPv6 address: the set holds IPv6/],
    ['hash:ip inet6', 'fe80::1%eth0', /an address with a zone cannot be stored/],
    ['hash:ip inet6', '1::2::3', /no IPv6 address/],
    ['hash:ip inet6', '12345::', /no IPv6 address/],
    ['hash:ip inet6', '::1.2.3.04', /no IPv6 address/],
    ['hash:ip inet6', '2001:db8::/32', /single IPv6 addresses only/],
    ['hash:ip inet6', '::1-::5', /ranges of IPv4 addresses only/],
    ['hash:ip', '10.0.0.9-10.0.0.1', /the range ends before it begins/],
    ['hash:ip', '10.0.0.1-', /'' is no IPv4 address/],
    ['hash:ip', '10.0.0.1-10.0.0.9-10.0.0.12', /no IPv4 address/],
    ['hash:ip', '10.0.0.0/33', /prefix length 33 is not from 0 to 32/],
    ['hash:ip', '10.0.0.0/', /'' is no prefix length/],
    ['hash:ip', '10.0.0.0/-1', /'-1' is no prefix length/],
    ['hash:ip', '10.0.0.0/08', /'08' is no prefix length/],
    ['hash:ip', '10.0.0.0/255.0.0.0', /no prefix length/],
    ['hash:ip', '10.0.0.1/24', /has bits set behind the prefix/],
    ['hash:net', '10.1.2.3/8', /has bits set behind the prefix/],
    ['hash:net', '0.0.0.0/0', /stores no \/0 in this type; add 0\.0\.0\.0\/1 and 128\.0\.0\.0\/1/],
    ['hash:net inet6', '::/0', /add ::\/1 and 8000::\/1/],
    ['hash:net inet6', '2001:db8::1/64', /has bits set behind the prefix/],
    ['hash:net inet6', '2001:db8::/129', /prefix length 129 is not from 0 to 128/],
    ['hash:ip', 167772161, /167772161 is no address: give it as text/],
    ['hash:ip', null, /null is no address/],
    ['hash:ip', undefined, /undefined is no address/],
    ['hash:ip', ['10.0.0.1', '10.0.0.2'], /no address/],
    ['hash:ip,port', '10.0.0.1', /has 1 parts, an entry of hash:ip,port has 2: ip,port/],
    ['hash:ip,port', '10.0.0.1,80,90', /has 3 parts/],
    ['hash:ip,port', ['10.0.0.1'], /has 1 parts/],
    ['hash:ip,port', '10.0.0.1,65536', /port 65536 is not from 0 to 65535/],
    ['hash:ip,port', ['10.0.0.1', 65536], /65536 is no port/],
    ['hash:ip,port', ['10.0.0.1', -1], /-1 is no port/],
    ['hash:ip,port', ['10.0.0.1', 80.5], /80\.5 is no port/],
    ['hash:ip,port', ['10.0.0.1', Number.NaN], /NaN is no port/],
    ['hash:ip,port', ['10.0.0.1', true], /true is no port/],
    ['hash:ip,port', '10.0.0.1,080', /'080' is no port/],
    ['hash:ip,port', '10.0.0.1,80-', /'80-' is no port/],
    ['hash:ip,port', '10.0.0.1,-80', /'-80' is no port/],
    ['hash:ip,port', '10.0.0.1,90-80', /ports 90-80: the range ends before it begins/],
    ['hash:ip,port', ['10.0.0.1', new PortRange(90, 80)], /ports 90-80/],
    ['hash:ip,port', '10.0.0.1,nosuchservice', /'nosuchservice' is no port, nor a tcp service/],
    ['hash:ip,port', '10.0.0.1,nosuch:80', /'nosuch' is no protocol/],
    ['hash:ip,port', '10.0.0.1,256:80', /'256' is no protocol/],
    ['hash:ip,port', '10.0.0.1,0:0', /protocol '0' cannot be stored/],
    ['hash:ip,port', '10.0.0.1,vrrp:5', /vrrp has no ports: write vrrp:0/],
    ['hash:ip,port', ['10.0.0.1', new PortEntry(5, 'vrrp')], /vrrp has no ports/],
    ['hash:ip,port', ['10.0.0.1', new PortRange(0, 9, 'icmp')], /icmp/i],
    ['hash:ip,port', '10.0.0.1,icmp:no-such', /'no-such' is no ICMP name/],
    ['hash:ip,port', '10.0.0.1,icmp:host', /beginning of several ICMP names/],
    ['hash:ip,port', '10.0.0.1,icmp:256/0', /ICMP type 256 is not from 0 to 255/],
    ['hash:ip,port', '10.0.0.1,icmpv6:ping', /ICMPv6 goes with family inet6 only/],
    ['hash:ip,port inet6', '::1,icmp:ping', /ICMP goes with family inet only/],
    ['hash:ip,port inet6', ['::1', new PortEntry(2048, 'icmp')], /ICMP goes with family inet only/],
    ['hash:ip,port,ip', '10.0.0.1,80,10.0.0.0/8', /one address is wanted here, not a network/],
    ['hash:ip,port,ip', '10.0.0.1,80,10.0.0.1-10.0.0.2', /one address is wanted here, not a range/],
    ['hash:ip,port,net', '10.0.0.1,80,fe80::/10', /the set holds IPv4/],
    ['hash:ip,mark', '10.0.0.1,0x100000000', /mark 0x100000000 is not from 0 to 4294967295/],
    ['hash:ip,mark', ['10.0.0.1', -1], /-1 is no mark/],
    ['hash:mac', '02:00:5e:10:00', /no hardware address such as/],
    ['hash:mac', '02-00-5e-10-00-01', /no hardware address/],
    ['hash:mac', '02:00:5e:10:00:0g', /no hardware address/],
    ['hash:net,iface', '10.0.0.0/8,', /an interface name cannot be empty/],
    ['hash:net,iface', '10.0.0.0/8,physdev:', /an interface name cannot be empty/],
    ['hash:net,iface', `10.0.0.0/8,${'i'.repeat(16)}`, /interface: 16 bytes long, at most 15 fit/],
    ['hash:net,iface', ['10.0.0.0/8', 'eth\0'], /a NUL character cannot be sent/],
    ['bitmap:port', 'sctp:5', /this type takes tcp and udp ports only/],
    ['list:set', '', /a set name cannot be empty/],
    ['list:set', 'n'.repeat(32), /32 bytes long, at most 31 fit/],
    ['list:set', 'ü'.repeat(16), /32 bytes long, at most 31 fit/],
    ['list:set', 'a\0b', /a NUL character cannot be sent/],
    ['list:set', 5, /5 is no set name/],
  ]

  test.each(rows)('%s %j', (stype, value, sentence) => {
    expect(refusal(() => read(stype, value))).toMatch(sentence)
  })

  test.each([
    ['bitmap:ip', '10.0.0.0/24', /means many entries: test one/],
    ['bitmap:ip', '10.0.0.1-10.0.0.9', /means many entries: test one/],
    ['hash:ip,port', '10.0.0.1,80-90', /ports 80-90 mean many entries: test one/],
    ['hash:net', '10.0.0.0-10.0.0.9', /means many entries: test one/],
  ] as const)('a test of many in %s: %j', (stype, value, sentence) => {
    expect(refusal(() => read(stype, value, 'test'))).toMatch(sentence)
  })
})

describe('the command line is as forgiving as the C tool:', () => {
  test.each([
    ['hash:net', '10.1.2.3/8', { ip: '10.1.2.3', cidr: 8 }],
    ['hash:ip', '10.0.0.9-10.0.0.1', { ip: '10.0.0.9', ipTo: '10.0.0.1' }],
    ['hash:net', '10.0.0.0/010', { ip: '10.0.0.0', cidr: 8 }],
    ['hash:ip,port', '10.0.0.1,90-80', { ip: '10.0.0.1', protocol: TCP, port: 90, portTo: 80 }],
    ['hash:ip,port', '10.0.0.1,0120', { ip: '10.0.0.1', protocol: TCP, port: 80 }],
  ] as const)('%s %j', (stype, value, entry) => {
    expect(read(stype, value, 'add', true)).toEqual(entry)
  })
})

describe('an entry is printed', () => {
  test.each([
    ['hash:ip', { ip: '10.0.0.1' }, '10.0.0.1', '10.0.0.1'],
    ['hash:net', { ip: '10.0.0.1', cidr: 32 }, '10.0.0.1', '10.0.0.1/32'],
    ['hash:net inet6', { ip: '::1', cidr: 128 }, '::1', '::1/128'],
    [
      'hash:net,iface',
      { ip: '0.0.0.0', cidr: 0, iface: 'eth0', flags: PHYSDEV },
      '0.0.0.0/0,physdev:eth0',
      '0.0.0.0/0,eth0',
    ],
    [
      'hash:ip,port',
      { ip: '10.0.0.1', protocol: 1, port: 2048 },
      '10.0.0.1,icmp:echo-request',
      '10.0.0.1,icmp:echo-request',
    ],
    ['hash:ip,port', { ip: '10.0.0.1', protocol: 1, port: 0x0707 }, '10.0.0.1,icmp:7/7', '10.0.0.1,icmp:7/7'],
    ['hash:ip,port', { ip: '10.0.0.1', protocol: 200, port: 0 }, '10.0.0.1,200:0', '10.0.0.1,200:0'],
    ['hash:ip,mark', { ip: '10.0.0.1', mark: 0xab }, '10.0.0.1,0x000000ab', '10.0.0.1,0xab'],
    ['hash:mac', { mac: '02:00:5E:10:00:01' }, '02:00:5E:10:00:01', '02:00:5e:10:00:01'],
    ['bitmap:ip,mac', { ip: '10.0.0.1' }, '10.0.0.1', '10.0.0.1'],
  ] as const)('%s %j as %s, as a key %s', (stype, entry, tool, key) => {
    const type = demandType(stype.split(' ')[0])
    expect(printElement(type, entry, 'tool')).toBe(tool)
    expect(printElement(type, entry, 'key')).toBe(key)
  })
})

test('a kind of entry leads to its type, and an unknown one to the list of them', () => {
  expect(typeOfElement('net,port').name).toBe('hash:net,port')
  expect(typeOfElement('set').name).toBe('list:set')
  expect(refusal(() => typeOfElement('net,ports'))).toMatch(
    /etype: 'net,ports' is no kind of entry; there are .*net,port/,
  )
  expect(refusal(() => demandType('hash:nope'))).toMatch(/stype: 'hash:nope' is no set type; there are bitmap:ip,/)
})
