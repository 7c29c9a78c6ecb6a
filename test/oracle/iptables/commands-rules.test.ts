import { describeCommands } from '../../support/iptables-oracle.js'
import { same } from './differences.js'

/** Lines by what they are about. Each runs through the C tool and through ours, on the same tables. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  append: [
    '-A INPUT', '-A INPUT -j ACCEPT', '--append INPUT --jump DROP', '-A web -p tcp --dport 80 -j ACCEPT',
    '-A INPUT -j web', '-A INPUT -g web', '-A INPUT -j nosuch', '-A nosuch -j ACCEPT', '-A', '-A INPUT -j',
    '-A INPUT -m', '-A INPUT -m nosuch', '-A INPUT -j FORWARD', '-A web -j web', '-A INPUT -p', '-A INPUT -p nosuch',
    '-A INPUT -p 300', '-A INPUT -p 255', '-A INPUT -p -1', '-A INPUT -p TCP --dport 5', '-A INPUT -p all',
    '-A INPUT ! -p all', '-A INPUT -i eth0', '-A INPUT -o eth0', '-A OUTPUT -i eth0', '-A FORWARD -i eth0 -o eth1',
    '-A web -i a -o b', '-A INPUT -i', '-A INPUT -i sixteen-letters-', '-A INPUT -i fifteenletters-', '-A INPUT -i +',
    '-A INPUT -i eth+', "-A INPUT -i ''", '-A INPUT extra', '-A INPUT -j ACCEPT extra', '-A INPUT --nosuch',
    '-A INPUT --dport 5', '-A INPUT -p tcp --dport', '-A INPUT -p tcp --dport 70000',
    '-A INPUT -p tcp --dport 5 --dport 6', '-A INPUT -p tcp -p udp', '-A INPUT -j ACCEPT -j DROP',
    '-A INPUT -j web -g web', '-A INPUT -v -j ACCEPT', '-v -A INPUT -s 10.0.0.0/8 -j LOG', '-A INPUT -n', '-A INPUT -x',
    '-A INPUT --line-numbers', '-A INPUT -j LOG --log-prefix', '-A INPUT -c 5 6', '-A INPUT -c 5', '-A INPUT -c 5,6',
    '-A INPUT -c x 6', '-A INPUT -c 5 y', '-A INPUT -c 5 6 -c 7 8', '-A INPUT --set-counters 18446744073709551615 1',
    '-A INPUT --set-counters=5,6', '-A INPUT -c', '-A INPUT -f', '-A INPUT ! -f', '-A INPUT ! -j ACCEPT',
    '-A INPUT ! -m tcp', '! -A INPUT', '-A INPUT ! ! -i eth0', '-A INPUT !', '-A INPUT -m tcp -p tcp ! --syn',
    '-A INPUT -m limit ! --limit 5/s', '-A INPUT -m comment', '-A INPUT -m mark',
    '-A INPUT -m mark --mark 1 -m mark --mark 2', "-A INPUT -m comment --comment ''",
    "-A INPUT -m comment --comment 'it is -j DROP'", "-A INPUT -m comment --comment 'a\\b'",
    '-A INPUT -j SNAT --to-source 1.2.3.4', '-t nat -A POSTROUTING -j SNAT',
    '-t nat -A PREROUTING -j SNAT --to-source 1.2.3.4', '-t nat -A PREROUTING -j DROP', '-t nat -A OUTPUT -j REDIRECT',
    '-t mangle -A INPUT -j MARK --set-mark 5', '-A INPUT -j MARK --set-mark 5', '-A INPUT -j TPROXY',
    '-t nosuch -A INPUT', '-A INPUT -t', '-t filter -t nat -A OUTPUT', '--table=nat -A OUTPUT -j ACCEPT',
    '-A abcdefghijklmnopqrstuvwxyzab', '-A abcdefghijklmnopqrstuvwxyzabc', '-A abcdefghijklmnopqrstuvwxyzabcde',
    '-A INPUT -j abcdefghijklmnopqrstuvwxyzabc', "-A ''", "-A INPUT -j ''", "-A INPUT -j 'a b'", '-A INPUT -w',
    '-A INPUT -w 5', '-w 5 -A INPUT', '-w5 -A INPUT', '--wait=5 -A INPUT', '-A INPUT -w x', '-A INPUT -w -1',
    '-A INPUT -W 5', '-A INPUT -w 5 -W 10', '-A INPUT -w -W x', '-A INPUT --modprobe=/bin/true', '-A INPUT -M',
    '-A INPUT -p icmp --icmp-type 8', '-A INPUT -p icmp -m icmp', '-A INPUT -p icmp --icmp-type nosuch',
    '-A INPUT -p tcp -m udp --dport 5', '-A INPUT -m tcp --dport 5', '-A INPUT ! -p tcp -m tcp --dport 5',
    '-A INPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT', '-A INPUT -m state --state BOGUS',
    '-A INPUT -m multiport --dports 1,2', '-A INPUT -p tcp -m multiport --dports 1,2,3:5',
  ],
  addresses: [
    '-A INPUT -s 10.1.2.3', '-A INPUT -s 10.1.2.3/8', '-A INPUT -s 10.1.2.3/255.255.0.0',
    '-A INPUT -s 10.1.2.3/255.0.255.0', '-A INPUT -s 10.1.2.3/0', '-A INPUT ! -s 10.1.2.3/0', '-A INPUT -s 0.0.0.0/0',
    '-A INPUT -s 10.1.2.3/33', '-A INPUT -s 10.1.2.3/', '-A INPUT -s /8', '-A INPUT -s', '-A INPUT -s 10',
    '-A INPUT -s 10.1', '-A INPUT -s 10.1/16', '-A INPUT -s 10/8', '-A INPUT -s 1.2.3.4.5', '-A INPUT -s 1.2.3.256',
    '-A INPUT -s 1.2.3.-4', '-A INPUT -s ::1', '-A INPUT -s no.such.host.invalid', '-A INPUT -s 10.0.0.1,10.0.0.2',
    '-A INPUT -s 10.0.0.1,10.0.0.2 -d 10.0.0.3,10.0.0.4', '-I INPUT -s 10.0.0.1,10.0.0.2',
    '-I INPUT 2 -s 10.0.0.1,10.0.0.2', '-A INPUT -s 10.0.0.1,', '-A INPUT -s ,10.0.0.1',
    '-A INPUT -s 10.0.0.1,10.0.0.2/33', '-A INPUT ! -s 10.0.0.1,10.0.0.2', '-A INPUT ! -s 10.0.0.1 -d 1.1.1.1,2.2.2.2',
    '-R INPUT 1 -s 10.0.0.1,10.0.0.2', '-v -A INPUT -s 10.0.0.1,10.0.0.2', '-A INPUT -s 10.0.0.0/8,11.0.0.0/8 -c 1 2',
    '-A INPUT --src 1.1.1.1 --dst 2.2.2.2', '-A INPUT -s 1.1.1.1 -s 2.2.2.2', '-C INPUT -s 10.0.0.1,10.0.0.2',
    '-D INPUT -s 10.0.0.1,10.0.0.2', '-A INPUT -s 10.0.0.0/08', '-A INPUT -s 10.0.0.0/0x8', '-A INPUT -s 10.0.0.0/8.0',
    '-A INPUT -s 127.0.0.1', '-A INPUT -s localhost', '-A INPUT -s localhost,10.0.0.1', '-A INPUT -d localhost/24', '-A INPUT -s loopback',
    '-A INPUT -s 10.0.0.1/32,10.0.0.1',
  ],
  'insert and replace': [
    '-I INPUT -j ACCEPT', '-I INPUT 1 -j ACCEPT', '-I INPUT 3 -j ACCEPT', '-I INPUT 5 -j ACCEPT',
    '-I INPUT 6 -j ACCEPT', '-I INPUT 0 -j ACCEPT', '-I INPUT -1 -j ACCEPT', '-I INPUT x -j ACCEPT',
    '-I INPUT 99999999999 -j ACCEPT', '-I INPUT 01 -j ACCEPT', '-I INPUT 0x2 -j ACCEPT', '-I empty 1 -j ACCEPT',
    '-I empty 2 -j ACCEPT', '-I nosuch -j ACCEPT', '-I', '-I INPUT -v -j ACCEPT', '--insert INPUT 2 -j ACCEPT',
    '-I INPUT 1 2 -j ACCEPT', '-I INPUT -j ACCEPT 1', '-I INPUT 4294967297', '-I INPUT 2147483648',
    '-R INPUT 1 -j DROP', '-R INPUT 4 -j DROP', '-R INPUT 5 -j DROP', '-R INPUT 0 -j DROP', '-R INPUT -j DROP',
    '-R INPUT x -j DROP', '-R nosuch 1 -j DROP', '-R INPUT', '-R', '-R INPUT 2', '-R INPUT 2 -c 7 8 -j DROP',
    '-R INPUT 1 -j nosuch', '-R empty 1 -j DROP', '-R INPUT 1 -v -j DROP', '--replace INPUT 1 -j DROP',
    '-R INPUT 1 -j REJECT --reject-with bogus', '-R INPUT 1 -p tcp -j REJECT --reject-with tcp-reset',
  ],
  'delete and check': [
    '-D INPUT 1', '-D INPUT 4', '-D INPUT 5', '-D INPUT 0', '-D INPUT x', '-D INPUT', '-D', '-D INPUT 1 -j ACCEPT',
    '-D nosuch 1', '-D nosuch -j ACCEPT', '-D INPUT -p tcp --dport 22 -j ACCEPT',
    '-D INPUT -p tcp -m tcp --dport 22 -j ACCEPT', '-D INPUT -p tcp --dport 23 -j ACCEPT', '-D INPUT -i eth0 -j web',
    '-D INPUT -i eth0 -g web', '-D FORWARD -g web', '-D FORWARD -j web', '-D INPUT -i eth+ -j web',
    '-D INPUT -c 1 2 -i eth0 -j web', '-D INPUT -j nosuch', '-D web', '-D empty', '-v -D INPUT 1',
    '-v -D INPUT -i eth0 -j web', '-D INPUT 1 2', '-D INPUT -n 1', '-D empty 1', '-C INPUT -p tcp --dport 22 -j ACCEPT',
    '-C INPUT -p tcp --dport 23 -j ACCEPT', '-C nosuch', '-C nosuch -j ACCEPT', '-C web', '-C empty',
    '-C web -m mark --mark 0x1/0xff -j RETURN', '-C web -m mark --mark 1/255 -j RETURN', '-C INPUT -j nosuch',
    '-v -C INPUT -i eth0 -j web', '--check INPUT -i eth0 -j web', '-C INPUT 1', '-C',
    '-t nat -C POSTROUTING -o eth0 -j MASQUERADE', '-t nosuch -C INPUT', '-C unused -j LOG --log-level debug',
    "-C unused -j LOG --log-level debug --log-prefix 'a b'", '-C INPUT -p udp --dport domain -m comment --comment',
    '-C INPUT -m comment --comment x -p udp --dport 53 -j DROP', '-C INPUT -c 1 1 -i eth0 -j web',
    '-D INPUT -p 6 --dport ssh -j ACCEPT',
  ],
}

describeCommands('the same command line as %s', (oracle) => {
  describe.each(Object.entries(LINES))('%s', (_about, lines) => {
    test.each(same(oracle, 'ip', lines))('iptables %s', (line) => oracle.expectSame('ip', line))
  })
})
