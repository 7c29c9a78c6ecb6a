// Rules for the benchmarks: what a ruleset of a server is made of, no two alike.
import { execFileSync } from 'node:child_process'
import { xtables } from './programs.mjs'

/** The text of a rule behind `-A CHAIN`, by its number. */
export function ruleText(i) {
  const source = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32`
  switch (i % 4) {
    case 0:
      return `-s ${source} -p tcp -m tcp --dport ${1 + (i % 60_000)} -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT`
    case 1:
      return `-s ${source} -i eth0 -p udp -m udp --dport ${1 + (i % 60_000)} -m comment --comment "rule ${i}" -j ACCEPT`
    case 2:
      return `-s ${source} -m limit --limit ${1 + (i % 50)}/min -j LOG --log-prefix "dropped: "`
    default:
      return `-s ${source} -p tcp -m multiport --dports 80,443,${1000 + (i % 9000)} -m mark --mark 0x${(i % 255).toString(16)}/0xff -j REJECT --reject-with tcp-reset`
  }
}

/** A text of iptables-save with so many rules in filter INPUT. */
export function rulesText(count) {
  const lines = Array.from({ length: count }, (_, i) => `-A INPUT ${ruleText(i)}`)
  return `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n`
}

/** The rules as objects, with values of their own, as a program would make them. */
export async function ruleObjects(count) {
  const { parseRule } = await xtables()
  return Array.from({ length: count }, (_, i) => structuredClone(parseRule(ruleText(i))))
}

/** An error when filter does not hold so many rules: then nothing was measured. */
export function demandRules(backend, count) {
  const text = execFileSync(`iptables-${backend}-save`, ['-t', 'filter'], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const found = text.match(/^-A /gm)?.length ?? 0
  if (found !== count) throw new Error(`there are ${found} rules, not ${count}: nothing was measured`)
}
