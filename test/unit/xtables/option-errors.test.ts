import { type Family, formatRule, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { inputErrorOf, textErrorOf } from './errors.js'

describe('the text of an option that cannot be is refused where it stands, with what it may be', () => {
  test.each<[text: string, at: string, reason: string, family?: Family]>([
    ['-p tcp -m tcp --tcp-flags SYN ""', 'SYN', 'tcp: --tcp-flags: two lists of flags are needed: those looked at, and those of them that are set'],
    ['-p sctp -m sctp --chunk-types any ALL,DATA', 'any', 'sctp: --chunk-types: ALL stands alone'],
    ['-p sctp -m sctp --chunk-types all DATA:x', 'all', "sctp: --chunk-types: DATA has no flag 'x'; it has I, U, B, E"],
    ['-p sctp -m sctp --chunk-types all SACK:x', 'all', "sctp: --chunk-types: SACK has no flag 'x'"],
    ['-p sctp -m sctp --chunk-types some DATA', 'some', "sctp: --chunk-types: 'some' is none of any, all and only"],
    ['-p sctp -m sctp --chunk-types any DATA:u,INIT:-,ABORT:t,SHUTDOWN_COMPLETE:t,ERROR:-', 'any', 'sctp: --chunk-types: 5 types of chunks with flags, at most 4 are possible'],
    ['-p tcp -j DNAT --to-destination 10.0.0.1:80:90', '10.0.0.1:80:90', "DNAT: --to-destination: '10.0.0.1:80:90' is not an IPv4 address"],
    ['-p tcp -j DNAT --to-destination [10.0.0.1]:80', '[', "DNAT: --to-destination: '[10.0.0.1]:80': brackets stand around IPv6 addresses, as in [fd00::1]:80"],
    ['-p tcp -j REDIRECT --to-ports 80:90', '80:90', "REDIRECT: --to-ports: '80:90' is not a range of ports: write it with a dash, as 80-90"],
    ['-p icmp -m icmp --icmp-type 3:4', '3:4', "icmp: --icmp-type: '3:4': a range of types is not supported"],
    ['-p icmp -m icmp --icmp-type 3/300', '3/300', "icmp: --icmp-type: '3/300': a code is a number from 0 to 255"],
    ['-p icmp -m icmp --icmp-type host-', 'host-', "icmp: --icmp-type: 'host-' may be host-unreachable or host-unknown: give more of the name"],
    ['-p icmp -m icmp --icmp-type /', '/', "icmp: --icmp-type: '/' is neither the name of a type nor type[/code] from 0 to 255"],
    ['-m hashlimit --hashlimit-name a --hashlimit-upto 15b/s --hashlimit-burst 100b', '--hashlimit-burst', 'hashlimit: --hashlimit-burst: a rate of less than 16 bytes per second allows no burst'],
    ['-m hashlimit --hashlimit-name a --hashlimit-upto 1kb/s --hashlimit-burst 10b', '--hashlimit-burst', 'hashlimit: --hashlimit-burst: burst cannot be smaller than 1024b'],
    ['-m set --match-set a src,dst,src,dst,src,dst,src', 'a src', 'set: --match-set: there can be no more than 6 of src and dst'],
    ['-m u32 --u32 "6&0xFF=1 foo"', '"6', "u32: --u32: at character 9 ('foo') , or && must follow"],
    ['-j CLUSTERIP --new --hashmode sourceip --clustermac 02:00:00:00:00:01 --total-nodes 2 --local-node 1 --hash-init 1', '--clustermac', 'CLUSTERIP: --clustermac: is not a multicast address: its first byte must be odd'],
    ['-j CT --zone-orig 1 --zone-reply 2', 'CT', 'CT: zone, zoneOrig and zoneReply must be the same: there is one zone'],
    ['-j CONNMARK --restore-mark --mask 1 --nfmask 2', 'CONNMARK', "CONNMARK: 'mask' stands for nfmask and ctmask: give it or them"],
    ['-m policy --dir in --pol ipsec --mode transport --tunnel-src 10.0.0.1', 'policy', 'policy: --tunnel-src and --tunnel-dst need --mode tunnel'],
    ['-m conntrack --ctorigsrcport 0x50', '0x50', "conntrack: --ctorigsrcport: invalid port/service '0x50' specified: give a decimal number"],
    ['-m dst --dst-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16:3', '1,2', 'dst: --dst-opts: the last of 16 options cannot have a length', 'ip6'],
    ['-m conntrack --ctorigsrc 10.16777216', '10.', "conntrack: --ctorigsrc: '10.16777216' is not an IPv4 address"],
    ['-m conntrack --ctorigsrc 10.256.1', '10.', "conntrack: --ctorigsrc: '10.256.1' is not an IPv4 address"],
    ['-m ipvs --vport 5:6', '5:6', "ipvs: --vport: '5:6' is not one port"],
    ['-j NFQUEUE --queue-balance 3', '3', "NFQUEUE: --queue-balance: '3' is one queue: give two as first:last"],
    ['-j RATEEST --rateest-name a --rateest-interval 9s --rateest-ewmalog 10s', '--rateest-interval', 'RATEEST: --rateest-interval: the interval is too long: at most 8s'],
    ['-j RATEEST --rateest-name a --rateest-interval 500ms --rateest-ewmalog 250ms', '--rateest-ewmalog', 'RATEEST: --rateest-ewmalog: the time is out of range: it must be longer than the interval'],
    ['-j TCPOPTSTRIP --strip-options wscale,wscale', 'wscale,', "TCPOPTSTRIP: --strip-options: option 'wscale' is given twice"],
    ['-m bpf --bytecode "65,6 0 0 1"', '"65', "bpf: --bytecode: '65' is not a whole number from 1 to 64"],
    ['-m rt --rt-type 0 --rt-0-addrs ::1,::2,::3,::4,::5,::6,::7,::8,::9,::a,::b,::c,::d,::e,::f,::10,::11', '::1,', 'rt: --rt-0-addrs: 17 addresses, 1 to 16 may be', 'ip6'],
    ['-j RATEEST --rateest-name a --rateest-interval 5m --rateest-ewmalog 10s', '5m', "RATEEST: --rateest-interval: bad time '5m': give a number and a unit, us, ms or s"],
    ['-j HMARK --hmark-src-prefix 255.0.255.0', '255.0.255.0', "HMARK: --hmark-src-prefix: the bits of '255.0.255.0' are not all at its front"],
    ['-m string --algo bm --hex-string "|zz|"', '"|zz', "string: --hex-string: 'z' is not a hexadecimal digit"],
    ['-m string --algo bm --hex-string "|0"', '"|0', 'string: --hex-string: hexadecimal digits or the closing bar are missing at the end'],
    ['-m string --algo bm --hex-string "a\\\\"', '"a', 'string: --hex-string: nothing follows the backslash'],
    ['-m string --algo bm --hex-string "|0d\\\\|"', '"|0d', 'string: --hex-string: no backslash may stand between two bars'],
    ['-m string --algo bm --hex-string ""', '""', 'string: --hex-string: at least one character is needed'],
    [`-m string --algo bm --string ${'x'.repeat(129)}`, 'x'.repeat(129), 'string: --string: 129 bytes long, at most 128 fit'],
    ['-j NETMAP --to 10.0.0.0/255.0.255.0', '10.', "NETMAP: --to: the bits of mask '255.0.255.0' are not all at its front: give a prefix length"],
    ['-s 10.65536', '10.', "-s: '10.65536' is not an IPv4 address"],
    ['-s 300.1', '300', "-s: '300.1' is not an IPv4 address"],
  ])('%s', (text, at, reason, family = 'ip') => {
    const error = textErrorOf(() => parseRule(text, { family }))
    expect(error).toMatchObject({ line: 1, reason })
    // Quotes are no part of a word.
    expect([error.column, error.column - 1]).toContain(text.lastIndexOf(at) + 1)
  })
})

describe('options that do not go together are refused at the name of what they belong to', () => {
  test.each<[text: string, reason: string, family?: Family]>([
    ['-m set --match-set a src --packets-gt 5 --packets-lt 6', 'only one of --packets-eq, --packets-lt and --packets-gt is allowed'],
    ['-m set --match-set a src --bytes-gt 5 ! --bytes-eq 6', 'only one of --bytes-eq, --bytes-lt and --bytes-gt is allowed'],
    ['-m rt --rt-0-addrs ::1', '--rt-0-addrs needs --rt-type 0', 'ip6'],
    ['-m statistic --mode nth --probability 0.5', '--probability goes with random mode, not nth'],
    ['-m statistic --mode nth --every 2', 'nth mode needs --every and --packet'],
    ['-m statistic --mode random', 'random mode needs --probability'],
    ['-m recent --rcheck --reap', '--reap needs --seconds'],
    ['-m policy --dir in --pol none --strict', '--strict makes no sense with --pol none'],
    ['-m policy --dir in --pol none --proto esp', 'with --pol none there is nothing that elements could be asked of'],
    ['-m policy --dir in --pol ipsec --proto esp --next --proto ah', 'more than one element needs --strict'],
    ['-m policy --dir in --pol ipsec --strict', '--strict needs every element to ask for something; element 0 asks for nothing'],
    ['-m policy --dir in --pol ipsec --proto esp --proto ah', "option 'proto' can only be used once in an element"],
    ['-m ipvs ! --ipvs --vport 5', '! --ipvs cannot be used with other options'],
    ['-m srh --srh-last-entry-eq 5 ! --srh-last-entry-gt 6', '--srh-last-entry-eq and --srh-last-entry-gt share one number in the kernel: it must be the same', 'ip6'],
    ['-j SET --del-set a src --exist', '--exist can be used with --add-set only'],
    ['-j SET --add-set a src --map-mark', '--map-mark, --map-prio and --map-queue can be used with --map-set only'],
    ['-j SET --map-set a src', '--map-set needs --map-mark, --map-prio or --map-queue'],
    ['-p tcp -j ECN --ecn-tcp-remove --ecn-tcp-cwr 1', '--ecn-tcp-remove and --ecn-tcp-cwr exclude each other: give one of them'],
    ['-j ECN', 'at least one of --ecn-tcp-remove, --ecn-tcp-ece, --ecn-tcp-cwr and --ecn-ip-ect must be given'],
  ])('%s', (text, reason, family = 'ip') => {
    const [, name = ''] = /-[mj] (\w+)/.exec(text) ?? []
    expect(textErrorOf(() => parseRule(text, { family }))).toEqual({ reason: `${name}: ${reason}`, line: 1, column: text.indexOf(name) + 1 })
  })
})

describe('texts at the edge of what an option may be', () => {
  const AT_THE_EDGE: readonly (readonly [text: string, family?: Family])[] = [
    ['-p sctp -m sctp --chunk-types any NONE'],
    ['-p sctp -m sctp --chunk-types only ALL'],
    ['-p sctp -m sctp --chunk-types any DATA:-UbE'],
    ['-p tcp -j DNAT --to-destination :80'],
    ['-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90/100'],
    ['-p tcp -j DNAT --to-destination [fd00::1-fd00::9]:80-90', 'ip6'],
    ['-p icmp -m icmp --icmp-type 3/1:2'],
    ['-m set --match-set "a b" src'],
    ['-m u32 --u32 "0x6&0xff=0x1:0x3,0x11"'],
    ['-m time --monthdays "" --datestop 2038-01-19T03:14:07'],
    ['-m time --weekdays "" --datestop 2038-01-19T03:14:07'],
    ['-m dst --dst-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16', 'ip6'],
    ['-p tcp -j ECN --ecn-tcp-remove'],
    ['-p tcp -j ECN --ecn-tcp-cwr 1 --ecn-ip-ect 2'],
    ['-p tcp -j ECN --ecn-tcp-ece 0'],
    ['-j LED --led-trigger-id "a" --led-delay inf --led-always-blink'],
    ['-j ULOG --ulog-prefix a --ulog-nlgroup 4 --ulog-cprange 10 --ulog-qthreshold 5'],
    ['-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xff'],
    ['-m policy --dir in --pol ipsec ! --mode transport --tunnel-src 10.0.0.1'],
  ]
  test.each(AT_THE_EDGE.map(([text, family = 'ip']) => [text, family] as const))('%s', (text, family) => {
    expect(formatRule(parseRule(text, { family }), { family })).toBe(text)
  })

  test.each<[text: string, same: string]>([
    ['-p icmp -m icmp --icmp-type 3:3', '-p icmp -m icmp --icmp-type 3'],
    ['-m conntrack --ctorigsrc 10.1', '-m conntrack --ctorigsrc 10.0.0.1'],
    ['-m conntrack --ctorigsrc 10.65536', '-m conntrack --ctorigsrc 10.1.0.0'],
    ['-m conntrack --ctorigsrc 10.1.256', '-m conntrack --ctorigsrc 10.1.1.0'],
    ['-j MARK --and-mark 0xff', '-j MARK --set-xmark 0x0/0xffffff00'],
    ['-j CONNMARK --and-mark 0xff', '-j CONNMARK --set-xmark 0x0/0xffffff00'],
    ['-j CONNMARK --or-mark 0xff', '-j CONNMARK --set-xmark 0xff/0xff'],
    ['-j CONNMARK --xor-mark 0xff', '-j CONNMARK --set-xmark 0xff/0x0'],
    ['-j CONNMARK --set-mark 0x1/0x2', '-j CONNMARK --set-xmark 0x1/0x3'],
    ['-j CONNMARK --save-mark --mask 0xff', '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff'],
    ['-m string --algo bm --hex-string "a\\\\|b"', '-m string --string "a|b" --algo bm'],
    ['-m string --algo bm --hex-string "| 0d 0a |x"', '-m string --hex-string "|0d0a78|" --algo bm'],
    ['-j NETMAP --to 10.0.0.0/255.255.0.0', '-j NETMAP --to 10.0.0.0/16'],
    ['-m rateest --rateest a --rateest-lt --rateest-bps 2gbit', '-m rateest --rateest a --rateest-lt --rateest-bps 2000Mbit'],
    ['-m rateest --rateest a --rateest-lt --rateest-bps 1500kbit', '-m rateest --rateest a --rateest-lt --rateest-bps 1500Kbit'],
    ['-m time --weekdays 03', '-m time --weekdays Wed --datestop 2038-01-19T03:14:07'],
    ['-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.1', '-p tcp -j DNAT --to-destination 10.0.0.1'],
  ])('%s is %s', (text, same) => {
    expect(formatRule(parseRule(text))).toBe(same)
  })
})

describe('the value of an option that cannot be is refused with its path', () => {
  const match = (options: object) => ({ matches: [options] }) as unknown as RuleInput
  const target = (options: object) => ({ protocol: 'tcp', target: options }) as unknown as RuleInput
  const policy = (elements: unknown) => match({ match: 'policy', dir: 'in', pol: 'ipsec', elements })
  const sctp = (chunkTypes: unknown) => ({ protocol: 'sctp', ...match({ match: 'sctp', chunkTypes }) }) as RuleInput
  const dnat = (toDestination: unknown) => target({ target: 'DNAT', toDestination })

  test.each<readonly [value: string, rule: RuleInput, path: string, reason: string]>([
    ['elements of a policy that are no list', policy({ proto: 'esp' }), 'matches[0].elements', "'[object Object]' is no list of elements"],
    ['text for elements of a policy', policy('esp'), 'matches[0].elements', "'esp' is no list of elements such as [{ proto: 'esp', mode: 'tunnel' }]"],
    ['a fifth element of a policy', policy([{}, {}, {}, {}, {}]), 'matches[0].elements', 'there can be no more than 4 elements'],
    ['an element that is none', policy([{}, null]), 'matches[0].elements[1]', "'null' is no element of a policy"],
    ['an unknown part of an element', policy([{ protocol: 'esp' }]), 'matches[0].elements[0]', "an element has no 'protocol'; it has reqid, spi, proto, mode, tunnelDst, tunnelSrc"],
    ['text for types of chunks', sctp({ match: 'any', types: 'DATA' }), 'matches[0].chunkTypes', "'DATA' is no list of types of chunks"],
    ['types of chunks without a way to compare', sctp({ types: ['DATA'] }), 'matches[0].chunkTypes', "'undefined' is none of any, all and only"],
    ['a number for chunks', sctp(5), 'matches[0].chunkTypes', "'5' is no { match, types }"],
    ['a number for a mapping', dnat(5), 'target.toDestination', "'5' is neither text nor { address, ports }"],
    ['an unknown part of a mapping', dnat({ address: '10.0.0.1', port: 80 }), 'target.toDestination', "there is no 'port' in a mapping; there are address, ports, basePort"],
    ['an empty mapping', dnat({}), 'target.toDestination', 'an address, ports, or both are needed'],
    ['three addresses of a mapping', dnat({ address: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] }), 'target.toDestination', "'10.0.0.1,10.0.0.2,10.0.0.3' is neither an address nor [from, to]"],
    ['a base port without ports', dnat({ address: '10.0.0.1', basePort: 80 }), 'target.toDestination', 'basePort goes with ports'],
    ['a class that is no two numbers', target({ target: 'CLASSIFY', setClass: 5 }), 'target.setClass', "'5' is neither a text as 1:10 nor { major, minor }"],
    ['a match that is no object', { matches: [5] } as unknown as RuleInput, 'matches[0]', 'a match is an object'],
    ['a target that is no object', { target: 'ACCEPT' } as unknown as RuleInput, 'target', 'a target is an object'],
    ['a rule that is none', 5 as unknown as RuleInput, '', 'a rule is an object'],
  ])('%s', (_, rule, path, reason) => {
    expect(inputErrorOf(() => formatRule(rule))).toEqual({ path, reason })
  })
})
