import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/ipset.js'
import { describeOracle, run } from '../support/kernel.js'

/** A set and lines about it: most are good, many are not. Each runs through the C tool and through ours. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  'hash:ip': ['1.1.1.1', '1.1.1.1/32', '1.1.2.0/30', '1.1.3.0-1.1.3.5', '1.1.3.9-1.1.3.7', '1.2.3', '5', '1.70000', '1.2.3.4.5', '1.1.1.1/33', '1.1.1.1,2', '0.0.0.0', '', '1.1.1.1/', '/8', '-1.1.1.1', '10.0.0.5/29', '1.1.1.1 timeout 5', '1.1.1.7 timeout', '1.1.1.7 bogus 3', 'fe80::1'],
  'hash:ip timeout 100 counters comment skbinfo': ['2.2.2.2 timeout 0', '2.2.2.3 timeout 2147483', '2.2.2.4 timeout 2147484', '2.2.2.5 timeout -1', '2.2.2.6 packets 5 bytes 18446744073709551614', '2.2.2.7 packets 18446744073709551615', '2.2.2.8 comment hello', '2.2.2.9 comment', '2.2.2.10 skbmark 0x1', '2.2.2.11 skbmark 0x1/0xf', '2.2.2.12 skbmark zz', '2.2.2.13 skbprio 1:10', '2.2.2.14 skbprio 1', '2.2.2.15 skbqueue 65535', '2.2.2.16 skbqueue 65536', '2.2.2.17 timeout 5 timeout 6', '2.2.2.18 nomatch', '2.2.2.19 --timeout 7', '2.2.2.20 packets 0x10', '2.2.2.21 packets 010', '2.2.2.22 packets 08', '2.2.2.23 bytes 0x1F', '2.2.2.24 skbmark 010', '2.2.2.25 skbqueue 010'],
  'hash:ip family inet6': ['::1', 'fe80::1/128', 'fe80::/64', 'fe80::1-fe80::2', '1.1.1.1', '::ffff:1.2.3.4', '2001:db8::1%eth0', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7', '::'],
  'hash:ip netmask 24': ['1.1.1.1', '1.1.1.2', '1.1.2.0/25'],
  'hash:net': ['10.0.0.0/8', '10.1.2.3/8', '10.0.0.0/0', '1.2.3.4', '1.2.3.4/32', '10.0.0.0-10.0.3.255', '10.9.9.9 nomatch', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/0x8'],
  'hash:net family inet6': ['2001:db8::/32', '2001:db8::1/32', '::/0', '2001:db8::1', '2001:db8::-2001:db8::5', '10.0.0.0/8'],
  'hash:ip,port': ['1.1.1.1,80', '1.1.1.1,tcp:80', '1.1.1.1,udp:53', '1.1.1.1,udp:53-55', '1.1.1.1,udp:60-58', '1.1.1.1,http', '1.1.1.1,tcp:http', '1.1.1.1,nosuch', '1.1.1.1,icmp:ping', '1.1.1.1,icmp:echo-req', '1.1.1.1,icmp:8/0', '1.1.1.1,icmp:8', '1.1.1.1,icmpv6:128/0', '1.1.1.1,vrrp:0', '1.1.1.1,vrrp:5', '1.1.1.1,47:0', '1.1.1.1,sctp:5', '1.1.1.1,udplite:5', '1.1.1.1,65536', '1.1.1.1,-5', '1.1.1.1', '1.1.1.1,80,90', '1.1.1.0/30,22', '1.1.1.1-1.1.1.4,tcp:22-23', '1.1.1.1,ip:0', '1.1.1.1,300:0', '1.1.1.1,0x50', '1.1.1.1,TCP:80', '1.1.1.1,tcp:'],
  'hash:ip,port family inet6': ['::1,80', '::1,icmpv6:ping', '::1,ipv6-icmp:128/0', '::1,icmp:ping', '::1,icmpv6:neighbour-solicitation'],
  'hash:net,port': ['10.0.0.0/8,tcp:80', '10.0.0.0/0,80', '10.0.0.0-10.0.0.9,udp:1-3', '10.1.1.1/8,80'],
  'hash:ip,port,ip': ['1.1.1.1,tcp:80,2.2.2.2', '1.1.1.1,tcp:80,2.2.2.0/24', '1.1.1.1,80', '1.1.1.1-1.1.1.3,80-81,2.2.2.2', '1.1.1.1,80,2.2.2.2,3'],
  'hash:ip,port,net': ['1.1.1.1,tcp:80,2.2.2.0/24', '1.1.1.1,tcp:80,2.2.2.5/24', '1.1.1.1,tcp:80,2.2.2.0/0', '1.1.1.1,80,2.2.2.2'],
  'hash:net,iface': ['10.0.0.0/8,eth0', '0.0.0.0/0,eth0', '10.0.0.0/8,physdev:eth1', '10.0.0.0/8,eth+', '10.0.0.0/8,interface-too-long', '10.0.0.0/8,eth2 wildcard', '10.0.0.0/8,eth3 nomatch wildcard', '10.0.0.0/8,', '10.0.0.0/8'],
  'bitmap:ip range 10.0.0.0/24': ['10.0.0.1', '10.0.0.0/28', '10.0.0.32-10.0.0.40', '10.0.1.0', '10.0.0.255', '10.0.0.250-10.0.1.3', 'fe80::1'],
  'bitmap:ip range 10.0.0.0/16 netmask 24': ['10.0.1.1', '10.0.2.0/24', '10.1.0.0'],
  'bitmap:ip,mac range 10.0.0.0/24': ['10.0.0.1', '10.0.0.2,00:11:22:33:44:55', '10.0.0.3,0:1:2:3:4:5', '10.0.0.4,00:11:22:33:44', '10.0.0.5,zz:11:22:33:44:55', '10.0.0.6-10.0.0.9', '10.0.0.7,00:11:22:33:44:55,1'],
  'bitmap:port range 1-1024': ['1', '80', '90-95', 'tcp:100', 'udp:domain', '1025', '0', 'http', 'sctp:5', '200-190'],
  'list:set': ['other', 'nosuch', 'third before other', 'third after other', 'third,after,other', 'third before', 'test'],
}

/** Where we differ on purpose: the exit code of each tool, and why. */
const DIFFERENT = [
  ['hash:ip', 'add', '010.0.0.1', 0, 1, 'it would mean 8.0.0.1'],
  ['bitmap:port range 1-1024', 'add', 'icmp:ping', -1, 1, 'the C tool crashes'],
  ['hash:ip,port,ip', 'add', '1.1.1.1,80,2.2.2.2/32', 1, 0, 'a host with its full prefix is still a host'],
  ['hash:ip,port,net', 'test', '1.1.1.1,80,2.2.2.0-2.2.3.255', 0, 1, 'one entry is tested at a time'],
] as const

/** Sets that may or may not be made. */
const CREATES = [
  'hash:ip hashsize 100 maxelem 5', 'hash:ip maxelem 0100', 'hash:ip maxelem 08', 'hash:ip bucketsize 010 netmask 030', 'hash:ip hashsize 0', 'hash:ip hashsize x', 'hash:ip maxelem', 'hash:ip netmask 33', 'hash:ip netmask 0', 'hash:ip bitmask 255.0.255.0', 'hash:ip netmask 24 bitmask 255.0.0.0', 'hash:ip family inet5', 'hash:ip -6', 'hash:ip --hashsize 64 --probes 3 --resize 50', 'hash:ip timeout 2147484', 'hash:ip counters counters', 'hash:ip size 5', 'hash:ip bucketsize 4 initval 0x1234', 'hash:ip bucketsize 256', 'hash:ip forceadd skbinfo', 'iphash', 'nethash', 'hash:nope', 'bitmap:ip', 'bitmap:ip range 10.0.0.0/8', 'bitmap:ip range 10.0.0.0/15', 'bitmap:ip range 10.0.0.1-10.0.0.9', 'bitmap:ip from 10.0.0.1 to 10.0.0.9', 'ipmap --network 10.0.0.0/24', 'bitmap:ip range 10.0.0.1', 'bitmap:ip range 10.0.0.9-10.0.0.1', 'bitmap:ip range 10.0.0.0/8 netmask 24', 'bitmap:port range 0-65535', 'bitmap:port range 5', 'portmap from 1 to 5', 'list:set size 3', 'list:set family inet', 'ipporthash --from 1.1.1.1 --to 2.2.2.2', 'hash:net family inet6 maxelem 4294967295', 'hash:net maxelem 4294967296',
]

/** Texts whose third line ends them. */
const RESTORES = {
  'a test that finds nothing': 'create test hash:ip\nadd test 1.1.1.1\ntest test 2.2.2.2\nadd test 3.3.3.3\n',
  'an entry that is there already': 'create test hash:ip\nadd test 1.1.1.1\nadd test 1.1.1.1\nadd test 3.3.3.3\n',
  'a set that is not there': 'create test hash:ip\nadd test 1.1.1.1\nflush nosuch\nadd test 3.3.3.3\n',
} as const

/** The exit code, and what the sets are afterwards, in a form that does not depend on chance. */
type Tool = (args: readonly string[]) => Promise<number>

const theirs: Tool = async (args) => spawnSync('ipset', args, { stdio: 'ignore' }).status ?? -1
const ours: Tool = (args) => main(['-q', ...args])

function state(): string[] {
  const text = run('ipset', ['save'])
  return text.replace(/ initval 0x[0-9a-f]+/g, '').replace(/timeout \d+/g, 'timeout N').split('\n').sort()
}

function words(line: string): string[] {
  return line === '' ? [''] : line.split(' ')
}

describeOracle('ipset', 'the same command line as the C tool', () => {
  afterEach(() => run('ipset', ['destroy']))

  test.each(Object.entries(SETS))('entries of %s', async (create, elements) => {
    const results = []
    for (const tool of [theirs, ours]) {
      for (const name of ['other', 'third']) run('ipset', ['create', name, 'hash:ip'])
      const codes: string[] = [`create: ${await tool(['create', 'test', ...create.split(' ')])}`]
      for (const command of ['add', 'add', 'test', 'del', 'add']) {
        for (const element of elements) {
          const line = words(element)
          codes.push(`${command} ${element}: ${await tool([command, 'test', ...(command === 'add' ? line : line.slice(0, 1))])}`)
        }
      }
      results.push({ codes, sets: state() })
      run('ipset', ['destroy', 'test'])
      run('ipset', ['destroy'])
    }
    expect(results[1]!.codes).toEqual(results[0]!.codes)
    expect(results[1]!.sets).toEqual(results[0]!.sets)
  }, 60_000)

  test.each(Object.entries(RESTORES))('restore ends with %s', async (_, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'netfilter-kit-'))
    const file = join(folder, 'sets')
    writeFileSync(file, text)
    try {
      const results = []
      for (const tool of [theirs, ours]) {
        results.push({ code: await tool(['restore', '-f', file]), sets: state() })
        run('ipset', ['destroy'])
      }
      expect(results[1]).toEqual(results[0])
      expect(results[1]).toMatchObject({ code: 1, sets: expect.arrayContaining(['add test 1.1.1.1']) })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.each(DIFFERENT)('%s, %s %s: %i there, %i here: %s', async (create, command, element, there, here) => {
    for (const [tool, expected] of [[theirs, there], [ours, here]] as const) {
      run('ipset', ['create', 'test', ...create.split(' ')])
      if (command === 'test') run('ipset', ['add', 'test', element])
      expect(await tool([command, 'test', element])).toBe(expected)
      run('ipset', ['destroy'])
    }
  })

  test.each(CREATES)('create test %s', async (options) => {
    const results = []
    for (const tool of [theirs, ours]) {
      const code = await tool(['create', 'test', ...options.split(' ')])
      results.push({ code, sets: state() })
      run('ipset', ['destroy'])
    }
    expect(results[1]).toEqual(results[0])
  })
})
