import { describeCommands } from '../../support/iptables-oracle.js'
import { same } from './differences.js'

/** Lines by what they are about. Each runs through the C tool and through ours, on the same tables. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  words: [
    '', '-', '--', '-A INPUT -- -j ACCEPT', '-q', 'INPUT', '-4 -A INPUT', '-6 -A INPUT', '-A INPUT -4', '-A INPUT -6',
    '--ipv4 -L INPUT', '--ipv6 -L INPUT', '-4 -L INPUT', '-6 -L INPUT', '-4', '-6', '-4 -6 -L', '-46L',
    '-A INPUT --proto tcp --dport 5', '-A INPUT --p tcp', '-A INPUT --i eth0', '-A INPUT --in eth0',
    '-A INPUT --j ACCEPT', '-A INPUT --goto=web', '-A INPUT --sou 1.1.1.1', '-A INPUT --s 1.1.1.1',
    '-A INPUT --d 1.1.1.1', '--app INPUT', '--a INPUT', '--ch INPUT', '--c INPUT', '--del INPUT 1', '--ins INPUT 1',
    '--rep INPUT 1', '--re INPUT 1', '--r INPUT 1', '--fl web', '--f web', '--ze', '--ne new', '--pol INPUT DROP',
    '--l', '--v -L web', '--num -L web', '--nu -L web', '--n -L web', '--exact -L web', '--e -L web', '--line -L web',
    '--ta nat -L OUTPUT', '--t nat -L OUTPUT', '--w -L web', '--wait-interval 5 -L web', '-A INPUT -p tcp --dport=5',
    '-A INPUT -p tcp --dpo 5', '-A INPUT -p tcp --dest 5', '-A INPUT -p tcp --destination-p 5',
    '-A INPUT -p tcp --sp 5', '-A INPUT -p tcp --syn=1', '-A INPUT -p tcp --sy', '-A INPUT -p tcp --dport= -j ACCEPT',
    '-L --numeric=1', '-A INPUT --fragments', '-A INPUT --frag', '-A INPUT -m limit --limit 5/second --limit-b 7',
    '-A INPUT -m tcp --dport 5 -p tcp', '-A INPUT -p tcp --tcp-flags SYN,ACK SYN', '-A INPUT -p tcp --tcp-flags SYN',
    '-A INPUT -p tcp --tcp-flags=SYN,ACK SYN', '-nvLINPUT', '-Lv INPUT', '-vn -L INPUT', '-tnat -nL OUTPUT',
    '-j ACCEPT', '-p tcp -A INPUT --dport 5', '-x', '-C INPUT -A INPUT', '-A INPUT -D INPUT', '-N a -F',
    '-A INPUT -j LOG --log-level=3 --log-p=x', '-A INPUT -j LOG --log-prefix x -j ACCEPT',
    '-A INPUT -m comment --comm x', '-A INPUT -p tcp --dport 80 -m tcp --sport 5',
    '-A INPUT -m tcp -m tcp -p tcp --dport 5', '-A INPUT -p udp -m tcp', '--log-prefix x -A INPUT -j LOG', "'-A INPUT'",
    "-A 'INPUT '", '-A input', '-a INPUT', '-A INPUT -J ACCEPT', '-A INPUT -j accept', '-A INPUT -p !tcp',
    '-A INPUT -s !1.1.1.1', '-A INPUT -i !eth0', '-A INPUT -p ! tcp', '-A INPUT --dport 5 -p tcp',
    '-A INPUT -p sctp --dport 5 -j ACCEPT',
  ],
}

const LINES6: readonly string[] = [
  '-A INPUT', '-A INPUT -s 2001:db8::1', '-A INPUT -s 2001:db8::1/32', '-A INPUT -s ::/0', '-A INPUT ! -s ::/0',
  '-A INPUT -s 1.2.3.4', '-A INPUT -s 2001:db8::1/129', '-A INPUT -s 2001:db8::1/ffff::',
  '-A INPUT -s 2001:db8::1/ffff::ff', '-A INPUT -s ::ffff:1.2.3.4', '-A INPUT -s ::1.2.3.4', '-A INPUT -s fe80::1%eth0',
  '-A INPUT -s 1:2:3:4:5:6:7', '-A INPUT -s ::1,::2 -d ::3', '-A INPUT -s 2001:DB8:0:0::', '-A INPUT -s ::',
  '-A INPUT -s localhost', '-A INPUT -f', '-A INPUT -p icmp', '-A INPUT -p icmp --icmp-type 8',
  '-A INPUT -p icmpv6 --icmpv6-type 128', '-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type echo-request',
  '-A INPUT -p icmpv6', '-A INPUT -p all', '-A INPUT -p 0', '-A INPUT -p tcp --dport 5', '-A INPUT -j REJECT',
  '-A INPUT -j REJECT --reject-with icmp-port-unreachable', '-A INPUT -j REJECT --reject-with icmp6-no-route',
  '-A INPUT -m ttl --ttl-eq 5', '-A INPUT -m hl --hl-eq 5', '-A INPUT -j TTL --ttl-set 5', '-4 -A INPUT', '-6 -A INPUT',
  '-A INPUT -4', '-6 -L web', '-4 -L web', '-L', '-nL', '-nvL', '-nvxL --line-numbers', '-L INPUT 2 -n', '-S', '-vS',
  '-S INPUT -v', '-L -Z', '-F', '-X', '-X empty', '-Z INPUT 2', '-E web www', '-P INPUT DROP -c 5 6', '-N new',
  '-N INPUT', '-D INPUT 1', '-D INPUT 9', '-D INPUT -p tcp --dport 22 -j ACCEPT',
  '-C INPUT -p tcp --dport 22 -j ACCEPT', '-C INPUT -p udp --dport 23 -j ACCEPT', '-R INPUT 1 -j DROP',
  '-I INPUT 2 -j DROP', '-I INPUT 6 -j DROP', '-v -A INPUT -s ::1 -j LOG', '-v -A INPUT -j DROP',
  '-t nat -A POSTROUTING -j SNAT --to-source ::1', '-t nat -A PREROUTING -j DROP', '-t nosuch -L', '-t nat -L -n',
  '-A INPUT -m frag --fragfirst', '-A INPUT -m eui64', '-A INPUT -p tcp -m tcp ! --syn -v', '-A INPUT -p esp',
  '-A INPUT -p ah -m ah', '-A INPUT -m ipv6header --header hop', '-v -A INPUT -p ipv6-icmp -d 2001:db8::/32 -j web',
]

describeCommands('the same command line as %s', (oracle) => {
  describe.each(Object.entries(LINES))('%s', (_about, lines) => {
    test.each(same(oracle, 'ip', lines))('iptables %s', (line) => oracle.expectSame('ip', line))
  })
  test.each(same(oracle, 'ip6', LINES6))('ip6tables %s', (line) => oracle.expectSame('ip6', line))
})
