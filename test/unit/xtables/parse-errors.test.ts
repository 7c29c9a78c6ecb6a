import { type Family, parseRule } from '../../../src/xtables/index.js'
import { textErrorOf } from './errors.js'

/** A text, what is said of it, and what the column points at: the last place where that stands in it. */
type Row = readonly [text: string, reason: RegExp, at: string, family?: Family]

function refused(rows: readonly Row[]): void {
  test.each(rows.map((row) => [row[0], row] as const))('%j', (text, [, reason, at, family = 'ip']) => {
    const error = textErrorOf(() => parseRule(text, { family }))
    expect(error.reason).toMatch(reason)
    expect([error.line, error.column]).toEqual([1, text.lastIndexOf(at) + 1])
  })
}

describe('an unknown option, match or target', () => {
  refused([
    ['-p tcp --dprt 22', /^unknown option '--dprt'; did you mean '--dport'\?$/, '--dprt'],
    ['-m limit --limits 3', /^unknown option '--limits'; did you mean '--limit'\?$/, '--limits'],
    ['-j ACCEPT --to-ports 1', /^unknown option '--to-ports'; it belongs behind -j MASQUERADE or -j REDIRECT$/, '--to-ports'],
    ['-p tcp -m nosuch --x 1', /^there is no match 'nosuch'$/, 'nosuch'],
    ['-m TCP', /^there is no match 'TCP'; did you mean 'tcp'\?$/, 'TCP'],
    ['-m __proto__', /^there is no match '__proto__'$/, '__proto__'],
    ['-m ""', /^there is no match ''$/, '""'],
  ])

  test('a name that is no target is that of a chain', () => {
    expect(parseRule('-j accept')).toEqual({ target: { jump: 'accept' } })
    expect(parseRule('-j constructor')).toEqual({ target: { jump: 'constructor' } })
    expect(parseRule('-g DROP')).toEqual({ target: { goto: 'DROP' } })
  })
})

describe('an option given twice', () => {
  refused([
    ['-p tcp -p udp', /^multiple -p flags are not allowed$/, '-p'],
    ['-s 10.0.0.1 --source 10.0.0.2', /^multiple --source flags/, '--source'],
    ['-j ACCEPT -j DROP', /^multiple -j flags/, '-j'],
    ['-j ACCEPT -g one', /^multiple -g flags/, '-g'],
    ['-f ! -f', /^multiple -f flags/, '-f'],
    ['-p tcp --dport 1 --dport 2', /^tcp: option '--dport' can only be used once$/, '--dport'],
    ['-p tcp --dport 1 ! --destination-port 2', /'--destination-port' can only be used once$/, '--destination-port'],
    [
      '-j REJECT --reject-with tcp-reset --reject-with icmp-port-unreachable',
      /^REJECT: .*only be used once/,
      '--reject-with',
    ],
    ['-m mark --mark 1 --mark 1', /^mark: option '--mark' can only be used once$/, '--mark'],
  ])

  test('but the same match may be loaded twice, each with its own', () => {
    expect(parseRule('-m mark --mark 1 -m mark --mark 2').matches).toHaveLength(2)
  })
})

describe('a value out of range, or of another kind', () => {
  refused([
    ['-p tcp --dport 65536', /^tcp: --dport: /, '65536'],
    ['-p tcp --dport -1', /^tcp: --dport: /, '-1'],
    ['-p tcp --dport nosuchservice', /^tcp: --dport: /, 'nosuchservice'],
    ['-p 256', /^-p: unknown protocol '256'$/, '256'],
    ['-p nosuch', /^-p: unknown protocol 'nosuch'$/, 'nosuch'],
    ['-s 10.0.0.256', /^-s: /, '10.0.0.256'],
    ['-s 10.0.0.1/33', /^-s: /, '10.0.0.1/33'],
    ['-d fe80::1', /^-d: /, 'fe80::1'],
    ['-i abcdefghijklmnop', /^-i: the name of an interface has at most 15 bytes, 'abcdefghijklmnop' has 16$/, 'abcdefghijklmnop'],
    ['-i ""', /^-i: an empty name/, '""'],
    ['-j abcdefghijklmnopqrstuvwxyzabc', /^-j: invalid target name .*28 characters at most/, 'abcdefg'],
    ['-j ""', /^-j: the name of a target cannot be empty$/, '""'],
    ['-j "a b"', /^-j: invalid target name 'a b'$/, '"a b"'],
    ['! -p all', /^-p: no packet has none of all protocols: the rule would never match$/, 'all'],
    ['-c 1', /^-c: requires packet and byte counter$/, '1'],
    ['-c 1 -j DROP', /^-c: requires packet and byte counter$/, '1'],
    ['-c x 1', /^-c: packet counter not numeric$/, 'x'],
    ['-c 1,x', /^-c: byte counter not numeric$/, '1,x'],
    ['-m limit --limit 0/s', /^limit: --limit: /, '0/s'],
    ['-m statistic --mode random --probability 1.5', /^statistic: --probability: /, '1.5'],
    ['-m multiport -p tcp --ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16', /^multiport: --ports: /, '1,2,3'],
    ['-s 10.0.0.1,10.0.0.2', /^these are 2 rules, one for each address/, '-s'],
  ])
})

describe('the wrong family', () => {
  refused([
    ['-m hl --hl-eq 1', /^there is no match 'hl' for IPv4$/, 'hl --'],
    ['-m ttl --ttl-eq 1', /^there is no match 'ttl' for IPv6$/, 'ttl --', 'ip6'],
    ['-j TTL --ttl-set 1', /^-j: there is no target 'TTL' for IPv6$/, 'TTL', 'ip6'],
    ['-j SNPT', /^-j: there is no target 'SNPT' for IPv4$/, 'SNPT'],
    ['-s 10.0.0.1', /^-s: /, '10.0.0.1', 'ip6'],
    ['-j REJECT --reject-with icmp-port-unreachable', /^REJECT: --reject-with: /, 'icmp-port', 'ip6'],
  ])
})

describe('a missing mandatory option', () => {
  refused([
    ['-m mark', /^mark: .*'--mark' must be specified/, 'mark'],
    ['-p udp -m comment', /^comment: .*'--comment' must be specified/, 'comment'],
    ['-j SNAT', /^SNAT: .*'--to-source' must be specified/, 'SNAT'],
    ['-m conntrack', /^conntrack: give at least one option/, 'conntrack'],
    ['-m unknown --name x', /^unknown: .*'--revision' must be specified/, 'unknown'],
    ['-j unknown --revision 0', /^unknown: .*'--name' must be specified/, 'unknown'],
  ])
})

describe('an option away from its match or target', () => {
  refused([
    ['--to-source 10.0.0.1 -j SNAT', /^unknown option '--to-source'; it belongs behind -j SNAT$/, '--to-source'],
    ['--comment x -m comment', /^unknown option '--comment'; it belongs behind -m comment$/, '--comment'],
    ['--dport 22 -p tcp', /^unknown option '--dport'; it belongs behind -m dccp or -m sctp or -m tcp or -m udp$/, '--dport'],
    ['-p tcp -m tcp -j ACCEPT --reject-with tcp-reset', /^unknown option '--reject-with'; it belongs behind -j REJECT$/, '--reject-with'],
  ])

  test('behind the target the options of a match are still understood', () => {
    expect(parseRule('-p tcp -m tcp -j ACCEPT --dport 22')).toEqual(parseRule('-p tcp -m tcp --dport 22 -j ACCEPT'))
  })
})

describe('what could become a second rule', () => {
  refused([
    ['-m comment --comment "a\nb"', /a line break cannot stand in a rule$/, '\n'],
    ['-m comment --comment "a\0b"', /a NUL character cannot stand in a rule$/, '\0'],
    ['-j x\n-A INPUT -j ACCEPT', /a line break cannot stand in a rule$/, '\n'],
    ['-i eth0\r', /a line break cannot stand in a rule$/, '\r'],
    ['-j "x\0"', /a NUL character cannot stand in a rule$/, '\0'],
    ['-j "x\\\0"', /a NUL character cannot stand in a rule$/, '\0'],
  ])
})
