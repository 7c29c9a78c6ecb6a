import type { Family } from '../../../src/xtables/index.js'
import type { Oracle } from '../../support/iptables-oracle.js'

type Codes = readonly [there: number, here: number]

/** A line on which we differ on purpose from the C tool of a backend: the exit codes there and here, and why. */
export interface Difference {
  readonly family: Family
  readonly line: string
  /** Where we do as the C tool of a backend does, there are none for it. */
  readonly codes: { readonly legacy?: Codes; readonly nft?: Codes }
  readonly why: string
}

const differs = (family: Family, line: string, codes: Difference['codes'], why: string): Difference => ({ family, line, codes, why })
const onBoth = (there: number, here: number) => ({ legacy: [there, here], nft: [there, here] }) as const
const long = 'x'.repeat(64)

export const DIFFERENCES: readonly Difference[] = [
  differs('ip', '-A INPUT -c -1 5', onBoth(0, 2), 'a counter below zero is no counter: the C tool counts 18446744073709551615'),
  differs('ip', '-A INPUT -c 0x10 010', onBoth(0, 2), 'counters are decimal: the C tool reads 0 and 10'),
  differs('ip', '-A INPUT -c 18446744073709551616 1', { legacy: [0, 1], nft: [0, 4] }, 'a counter has 64 bits: the C tool counts one less'),
  differs('ip', '-A INPUT --source=1.1.1.1', onBoth(2, 0), 'the C tool takes the whole word for the address'),
  differs('ip', '-A INPUT -s1.1.1.1', onBoth(2, 0), 'the C tool takes the whole word for the address'),
  differs('ip', '-AINPUT -jACCEPT', onBoth(2, 0), 'the C tool takes the whole word for the target'),
  differs('ip', '-AINPUT -ptcp --dport 5', onBoth(2, 0), 'the C tool takes the whole word for the protocol'),
  differs('ip', '-A INPUT --pro=tcp', onBoth(2, 0), 'the C tool takes the whole word for the protocol'),
  differs('ip', '-A INPUT --ju=ACCEPT', onBoth(2, 0), 'the C tool takes the whole word for the target'),
  differs('ip', '-A INPUT --in-i=eth0', onBoth(0, 0), 'the C tool takes the whole word for the interface: its rule matches --in-i=eth0'),
  differs('ip', '-A INPUT -m connlimit --connlimit-above 5 --connlimit-mask 33', onBoth(0, 2), 'IPv4 has no prefix of 33: the C tool takes 32'),
  differs('ip', '-E web LOG', onBoth(0, 1), 'a chain named as a target could not be jumped to'),
  differs('ip', '-E web ACCEPT', { nft: [0, 1] }, 'a chain named as a verdict could not be jumped to'),
  differs('ip', "-E web 'a b'", onBoth(0, 1), 'a chain with a blank in its name could not be restored'),
  differs('ip', '-E web abcdefghijklmnopqrstuvwxyzabc', onBoth(0, 1), 'a name of 29 bytes, which no other command takes'),
  differs('ip6', '-C INPUT -p tcp --dport 23 -j ACCEPT', { legacy: [0, 1] }, 'the C tool finds --dport 22 the same: it does not compare the options of matches'),
  differs('ip', '-E INPUT in', { nft: [0, 1] }, 'the C tool renames the base chain, and then knows its rules no more'),
  differs('ip', '-Z INPUT 9', { nft: [0, 1] }, 'there is no such rule: the C tool says nothing'),
  differs('ip', '-Z empty 1', { nft: [0, 1] }, 'there is no such rule: the C tool says nothing'),
  differs('ip', '-P INPUT DROP -c 5 6', { nft: [0, 0] }, 'the C tool drops the counters'),
  differs('ip6', '-P INPUT DROP -c 5 6', { nft: [0, 0] }, 'the C tool drops the counters'),
  differs('ip6', '-A INPUT -c 5 6', { nft: [0, 0] }, 'the C tool drops the counters of IPv6 rules (1.8.13 no more)'),
  differs('ip6', '-I INPUT 2 -c 5 6 -j ACCEPT', { nft: [0, 0] }, 'the C tool drops the counters of IPv6 rules (1.8.13 no more)'),
  differs('ip6', '-R INPUT 1 -c 5 6 -j ACCEPT', { nft: [0, 0] }, 'the C tool drops the counters of IPv6 rules (1.8.13 no more)'),
  differs('ip', '-A INPUT ! -s 10.1.2.3/0', { nft: [4, 0] }, 'a rule that no packet matches: the C tool compares no bytes, which the kernel refuses'),
  differs('ip6', '-A INPUT ! -s ::/0', { nft: [4, 0] }, 'a rule that no packet matches: the C tool compares no bytes, which the kernel refuses'),
  differs('ip', '-A INPUT ! -p tcp -m tcp --dport 5', { nft: [0, 4] }, 'ports of TCP in a packet that is none: the C tool looks at them all the same'),
  differs('ip', '-A INPUT -p udp -m udp ! --dport 0:65535', { nft: [0, 0] }, 'the C tool drops the option, and with it matches every packet that this should not match'),
  differs('ip', '-A INPUT -p tcp ! --sport 0:65535', { nft: [0, 0] }, 'the C tool drops the option, and with it matches every packet that this should not match'),
  differs('ip', `-A INPUT -j NFLOG --nflog-prefix ${long}`, { nft: [0, 0] }, 'a prefix has at most 63 bytes, as in the legacy tables: the C tool takes 127'),
]

const known = new Map(DIFFERENCES.map((one) => [`${one.family} ${one.line}`, one]))

/** The lines that mean the same to the C tool of a backend and to us. */
export function same(oracle: Oracle, family: Family, lines: readonly string[]): string[] {
  return lines.filter((line) => known.get(`${family} ${line}`)?.codes[oracle.backend] === undefined)
}
