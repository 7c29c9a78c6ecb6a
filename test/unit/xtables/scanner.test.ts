import { formatRule, parseCommand, parseRule, splitRuleWords } from '../../../src/xtables/index.js'
import { textErrorOf } from './errors.js'

const said = (text: string, family: 'ip' | 'ip6' = 'ip') => formatRule(parseRule(text, { family }), { family })

test.each([
  ['--proto tcp', '-p tcp'],
  ['--jum ACCEPT', '-j ACCEPT'],
  ['--src 10.0.0.1 --dst 10.0.0.2', '-s 10.0.0.1/32 -d 10.0.0.2/32'],
  ['--out eth0 --in- eth1', '-i eth1 -o eth0'],
  ['-p tcp --dpor 22', '-p tcp -m tcp --dport 22'],
  ['-p tcp --destination-p 22', '-p tcp -m tcp --dport 22'],
  ['-m conntrack --ctstate NEW --ctstatu ASSURED', '-m conntrack --ctstate NEW --ctstatus ASSURED'],
  ['-m conntrack --ctd REPLY', '-m conntrack --ctdir REPLY'],
])('a long name may be cut short: %s', (text, canonical) => {
  expect(said(text)).toBe(canonical)
})

test.each([
  ['-m conntrack --ctorig 10.0.0.1', '--ctorig', 14, '--ctorigsrc or --ctorigdst or --ctorigsrcport or --ctorigdstport'],
  ['-m conntrack --ctstat NEW', '--ctstat', 14, '--ctstate or --ctstatus'],
  ['-p tcp --d 22', '--d', 8, '--delete or --delete-chain or --destination or --dst or --dport or --destination-port'],
  ['--s 10.0.0.1', '--s', 1, '--source or --src or --set-counters'],
  ['--in eth0', '--in', 1, '--insert or --in-interface'],
])('a name cut so short that it could be more than one is refused: %s', (text, flag, column, possible) => {
  expect(textErrorOf(() => parseRule(text))).toEqual({ reason: `unknown option '${flag}'; it could be ${possible}`, line: 1, column })
})

test('an exact name is taken, also where longer ones begin so', () => {
  expect(said('-m conntrack --ctorigsrc 10.0.0.1')).toBe('-m conntrack --ctorigsrc 10.0.0.1')
  expect(said('-m multiport -p tcp --ports 1,2')).toBe('-p tcp -m multiport --ports 1,2')
})

test.each([
  ['-ptcp', '-p tcp'],
  ['-jACCEPT', '-j ACCEPT'],
  ['-s10.0.0.1', '-s 10.0.0.1/32'],
  ['-fjACCEPT', '-f -j ACCEPT'],
  ['-4fptcp', '-p tcp -f'],
])('letters stand together: %s', (text, canonical) => {
  expect(said(text)).toBe(canonical)
})

test('letters of a command stand together, each of them counts', () => {
  const command = parseCommand(splitRuleWords('-nvvL INPUT -x --line-numbers'), 'ip')
  expect(command).toMatchObject({
    letter: 'L',
    chain: 'INPUT',
    numeric: true,
    verbose: 2,
    exact: true,
    lineNumbers: true,
  })
})

test.each([
  ['--protocol=tcp', '-p tcp'],
  ['--jump=ACCEPT', '-j ACCEPT'],
  ['-p tcp --dport=22', '-p tcp -m tcp --dport 22'],
  ['-p tcp --dp=22', '-p tcp -m tcp --dport 22'],
  ['-m comment --comment=a=b', '-m comment --comment "a=b"'],
  ['-m comment --comment=', '-m comment --comment ""'],
])('a value stands behind = : %s', (text, canonical) => {
  expect(said(text)).toBe(canonical)
})

test.each([
  ['-p tcp --syn=yes', "option '--syn' takes no value", 8],
  ['--fragments=1', "option '--fragments' takes no value", 1],
])('an option without a value takes none behind = : %s', (text, reason, column) => {
  expect(textErrorOf(() => parseRule(text))).toEqual({ reason, line: 1, column })
})

test.each([
  ['! -s 10.0.0.1', '! -s 10.0.0.1/32'],
  ['! -i eth0 ! -o eth1', '! -i eth0 ! -o eth1'],
  ['! -p tcp', '! -p tcp'],
  ['! -f', '! -f'],
  ['-p tcp ! --dport 22 --sport 1', '-p tcp -m tcp --sport 1 ! --dport 22'],
  ['-p tcp ! --syn', '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN'],
])('! negates the option behind it, and no other: %s', (text, canonical) => {
  expect(said(text)).toBe(canonical)
})

test.each([
  ['! ! -i eth0', 'multiple consecutive ! are not allowed', 3],
  ['-i eth0 !', 'nothing follows the !', 9],
  ['! -m tcp', 'unexpected ! flag before --match', 6],
  ['! -j ACCEPT', 'cannot have ! before -j', 3],
  ['-m limit ! --limit 1/s', "option '--limit' cannot be inverted", 12],
])('! where it cannot stand: %s', (text, reason, column) => {
  expect(textErrorOf(() => parseRule(text))).toEqual({ reason, line: 1, column })
})

test('! in the old place, between an option and its value, is a value like others', () => {
  expect(parseRule('-i ! -o eth0')).toEqual({ inInterface: '!', outInterface: 'eth0' })
  expect(textErrorOf(() => parseRule('-s ! 10.0.0.1'))).toEqual({
    reason: "bad argument '10.0.0.1'",
    line: 1,
    column: 6,
  })
})

test.each([
  ['-x', "'-x' is no part of a rule", 1],
  ['-Q', "unknown option '-Q'", 1],
  ['-fQ', "unknown option '-Q'", 1],
  ['--nonsense', "unknown option '--nonsense'", 1],
  ['-p', "option '-p' requires an argument", 1],
  ['-p tcp --dport', "option '--dport' requires an argument", 8],
  ['eth0', "bad argument 'eth0'", 1],
  ['-p tcp udp', "bad argument 'udp'", 8],
  ['-', "bad argument '-'", 1],
  ['-p tcp --', "bad argument '--'", 8],
  ['-A INPUT', "'-A' is no part of a rule", 1],
  ['-p tcp --tcp-flags SYN', "option '--tcp-flags' requires two arguments", 8],
  ['-p tcp --tcp-flags SYN -j ACCEPT', "option '--tcp-flags' requires two arguments", 8],
])('what is no option: %s', (text, reason, column) => {
  const error = textErrorOf(() => parseRule(text))
  expect([error.reason.slice(0, reason.length), error.column]).toEqual([reason, column])
})

test('an option of the other family is unknown', () => {
  expect(textErrorOf(() => parseRule('--fragments', { family: 'ip6' })).reason).toBe("unknown option '--fragments'")
  expect(textErrorOf(() => parseRule('-f', { family: 'ip6' })).reason).toBe(
    '-f: IPv6 has no fragments in its header; use the match frag instead',
  )
})
