// Rules by chance, in the text of iptables-save, and the model of a table.
const ADDRESS = { ip: (n) => `10.7.${n % 200}.0/24`, ip6: (n) => `2001:db8:${(1 + (n % 200)).toString(16)}::/48` }
const KINDS = [
  (n, family) => `-s ${ADDRESS[family](n)} {} -j ACCEPT`,
  (n, family) => `-d ${ADDRESS[family](n)} {} -j DROP`,
  (n) => `-p tcp -m tcp --dport ${1 + (n % 900)} {} -j ACCEPT`,
  (n) => `-p udp -m udp --sport ${1 + (n % 900)}:${1000 + n} {} -j DROP`,
  (n) => `-p tcp -m multiport --dports ${1 + (n % 50)},443 {} -j RETURN`,
  () => '-m conntrack --ctstate RELATED,ESTABLISHED {} -j ACCEPT',
  (n) => `-m mark --mark 0x${(1 + (n % 250)).toString(16)}/0xff {} -j DROP`,
  (n) => `-m limit --limit ${1 + (n % 9)}/min {} -j RETURN`,
  () => '{}',
]
/** Rules are of so many sorts, so that some are there twice. */
const SORTS = 40

/** A rule's text; `owner` stands in its comment, by which it is found among those of others. */
export function ruleText(random, family, owner, jump) {
  const n = random.below(SORTS)
  const comment = `-m comment --comment ${owner}-${n}`
  return jump === undefined ? KINDS[n % KINDS.length](n, family).replace('{}', comment) : `${comment} -j ${jump}`
}

export const BUILT_IN = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
}

const chainNumber = (name) => Number(/\d+$/.exec(name)?.[0] ?? -1)

/** What is ours of a table: chains of the owner's with all their rules, and the owner's rules of those that are built in. */
export class TableModel {
  /** @type {Map<string, { policy?: string, rules: string[] }>} */
  chains = new Map()

  constructor(table) {
    for (const name of BUILT_IN[table] ?? []) this.chains.set(name, { policy: 'ACCEPT', rules: [] })
  }

  clone() {
    const copy = new TableModel()
    copy.chains = new Map([...this.chains].map(([name, { rules, ...rest }]) => [name, { ...rest, rules: [...rules] }]))
    return copy
  }

  rules(chain) {
    return this.chains.get(chain).rules
  }

  own() {
    return [...this.chains.keys()].filter((name) => this.chains.get(name).policy === undefined)
  }

  /** Chains to which one may jump without coming back to itself: those of a higher number. */
  beyond(chain) {
    return this.own().filter((name) => chainNumber(name) > chainNumber(chain))
  }

  isUsed(chain) {
    return [...this.chains.values()].some(({ rules }) => rules.some((text) => text.endsWith(` -j ${chain}`)))
  }

  leads(chain) {
    return this.rules(chain).some((text) => this.own().some((name) => text.endsWith(` -j ${name}`)))
  }

  rename(from, to) {
    const chain = this.chains.get(from)
    this.chains.delete(from)
    this.chains.set(to, chain)
    for (const one of this.chains.values())
      one.rules = one.rules.map((text) => (text.endsWith(` -j ${from}`) ? `${text.slice(0, -from.length)}${to}` : text))
  }
}

/** The lines that tell what is the owner's of a table, of chains as `{ name, policy, rules }`. */
export function linesOf(owner, chains) {
  return [...chains]
    .flatMap(({ name, policy, rules }) => {
      const built = policy !== undefined
      if (!built && !name.startsWith(`${owner}-`)) return []
      const kept = rules.filter((text) => !built || text.includes(`--comment ${owner}-`))
      return [`:${name}${built ? ` ${policy}` : ''}`, ...kept.map((text) => `-A ${name} ${text}`)]
    })
    .sort(byChain)
}

/** Chains in any order, rules in theirs. */
function byChain(a, b) {
  const name = (line) => line.replace(/^(:|-A )/, '').split(' ')[0]
  return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0
}

/** The chains in a text of iptables-save. */
export function chainsOf(text) {
  const chains = new Map()
  for (const line of text.split('\n')) {
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (name) chains.set(name, { name, rules: [], ...(policy === '-' ? {} : { policy }) })
    const [, chain, rule] = /^-A (\S+) ?(.*)$/.exec(line) ?? []
    if (chain) chains.get(chain).rules.push(rule)
  }
  return chains.values()
}
