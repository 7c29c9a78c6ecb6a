// What programs hand over as objects: easy dictionaries, arguments of the builder.
import { FAMILIES, ruleTexts } from '../corpus.mjs'
import { mutatedText } from '../mutate-text.mjs'
import { mutatedValue } from '../mutate-values.mjs'
import { demand, demandSame, readOr } from '../oracle.mjs'

const ARGUMENTS = [
  { proto: 'tcp', dport: 22, jump: 'ACCEPT', comment: 'from my desk' },
  {
    source__not: '10.0.0.0/8',
    destination: ['192.0.2.1', '192.0.2.2'],
    inInterface: 'eth0',
    out_interface: { not: 'wlan+' },
    jump: 'DROP',
  },
  { match: ['conntrack', 'comment'], ctstate: 'NEW,ESTABLISHED', comment: 'two words', goto: 'web' },
  { match: 'limit', limit: '5/min', limitBurst: 7, jump: 'LOG', logPrefix: 'dropped: ', logLevel: 4 },
  { p: 'udp', match: 'multiport', dports: '53,67:68', j: 'REJECT', rejectWith: 'icmp-port-unreachable' },
  { proto: 'icmp', icmpType: 'echo-request', fragment: true, jump: 'RETURN' },
  { jump: 'DNAT', toDestination: '192.0.2.1:80', proto: 'tcp' },
  { match: 'set', matchSet: ['ban', 'src'], jump: 'SET', addSet: ['ban', 'src'], exist: true, timeout: 10 },
  { match: 'string', string: 'GET "x" \\', algo: 'bm', jump: 'MARK', setMark: '0x1/0xff' },
]

/** Keys of a dictionary that are no matches. */
const CONDITIONS = ['src', 'dst', 'protocol', 'in-interface', 'out-interface', 'fragment', 'matches', 'entry-header', 'nft-expressions']

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { InputError, NetfilterError } = await load('netlink/wire/error.js')
  const { extensionName, formatRule, parseRule, parseRuleset } = await load('xtables/index.js')
  const { fromDictionary, toDictionary } = await load('iptc/dictionary.js')
  const builder = await load('iptc/builder/index.js')
  const iptc = await load('iptc/index.js')
  const inputOr = readOr(InputError)
  const anyOr = readOr(NetfilterError)
  const isPlain = (value) => JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one))
  const dictionaries = Object.fromEntries(
    FAMILIES.map((family) => [
      family,
      ruleTexts.flatMap((text) => {
        const dictionary = inputOr(() => toDictionary(parseRule(text, { family }), family))
        return dictionary ? [JSON.parse(isPlain(dictionary))] : []
      }),
    ]),
  )

  /** Reads a text that was generated: it has rules in one chain, and none elsewhere. undefined where one jumps to no chain. */
  const demandRules = (text, family, chains) => {
    const ruleset = inputOr(() => parseRuleset(text, { family }))
    for (const [table, chains] of Object.entries(ruleset ?? {})) {
      for (const [chain, { rules }] of Object.entries(chains)) {
        if (table !== 'filter' || chain !== 'INPUT') demand(rules.length === 0, `rules in ${table} ${chain}`, text)
      }
    }
    demandSame(text.split('\n').filter((line) => /^[*:]|^COMMIT/.test(line)).length, plainLines[family] + chains, 'lines that are no rules')
    return ruleset
  }
  /** Lines of the tables themselves, without the chain that is added. */
  const plainLines = Object.fromEntries(
    FAMILIES.map((family) => [
      family,
      builder
        .defaultTables({ family })
        .toIptables()
        .split('\n')
        .filter((line) => /^[*:]|^COMMIT/.test(line)).length,
    ]),
  )
  const tablesWith = (family, rule) => {
    const tables = builder.defaultTables({ family })
    tables.filter.append(new builder.UserChain('web'))
    tables.filter.INPUT.append(rule)
    return tables.toIptables()
  }

  return [
    {
      name: 'easy dictionaries',
      make: (random) => {
        const family = random.pick(FAMILIES)
        return { family, dictionary: mutatedValue(random, dictionaries[family], { strange: true }) }
      },
      check({ family, dictionary }) {
        const rule = inputOr(() => fromDictionary(dictionary, family))
        if (!rule) return false
        const text = inputOr(() => formatRule(rule, { family, counters: true }))
        if (text === undefined) return false
        demand(!/[\n\r\0]/.test(text), 'a rule that would not stay on its line', text)
        // No key is left out: the rule would let more through.
        for (const [key, value] of Object.entries(dictionary)) {
          if (value === undefined || CONDITIONS.includes(key) || key === 'target' || key === 'counters') continue
          const name = extensionName('match', key, family)
          const empty = Array.isArray(value) && value.length === 0
          demand(
            name !== undefined && (empty || rule.matches?.some(({ match }) => match === name)),
            `'${key}' is no part of the rule`,
            rule,
          )
        }
        const again = inputOr(() => fromDictionary(JSON.parse(isPlain(toDictionary(rule, family))), family))
        demand(again !== undefined, 'the dictionary of a rule is no rule', toDictionary(rule, family))
        demandSame(formatRule(again, { family, counters: true }), text, 'through a dictionary')
        return true
      },
    },
    {
      name: 'rule objects of iptc',
      make: (random) => {
        const family = random.pick(FAMILIES)
        const { target, counters: _, ...rest } = random.pick(dictionaries[family])
        const attributes = { inInterface: rest['in-interface'], src: rest.src, dst: rest.dst, protocol: rest.protocol }
        const matches = Object.entries(rest).filter(([name]) => !CONDITIONS.includes(name))
        return {
          family,
          ...mutatedValue(
            random,
            [
              {
                attributes: JSON.parse(JSON.stringify(attributes)),
                matches,
                target: typeof target === 'object' ? Object.entries(target)[0] : [target],
              },
            ],
            { strange: true },
          ),
        }
      },
      check({ family, attributes, matches, target }) {
        const text = anyOr(() => {
          const rule = family === 'ip' ? new iptc.Rule(attributes) : new iptc.Rule6(attributes)
          for (const [name, parameters] of Array.isArray(matches) ? matches.filter(Array.isArray) : []) rule.createMatch(name, parameters)
          if (Array.isArray(target) && target[0] !== undefined) rule.createTarget(...target)
          rule.finalCheck()
          return String(rule)
        })
        if (text === undefined) return false
        demand(!/[\n\r\0]/.test(text), 'a rule that would not stay on its line', text)
        // The name of a chain may be longer than text is read with: whether there is such a chain is seen in its table.
        const again = inputOr(() => parseRule(text, { family }))
        if (again) demandSame(formatRule(again, { family }), text, 'printed twice')
        return true
      },
    },
    {
      name: 'builder arguments',
      make: (random) => ({ family: random.pick(FAMILIES), given: mutatedValue(random, ARGUMENTS, { strange: true }) }),
      check({ family, given }) {
        const rule = inputOr(() => new builder.Rule(given))
        if (!rule) return false
        const lines = inputOr(() => rule.ruleDefinitions())
        if (!lines) return false
        for (const line of lines) demand(!/[\n\r\0]/.test(line), 'a rule that would not stay on its line', line)
        const text = inputOr(() => tablesWith(family, rule))
        if (text === undefined) return false
        return demandRules(text, family, 1) !== undefined
      },
    },
    {
      name: 'builder texts',
      make: (random) => ({
        family: random.pick(FAMILIES),
        rule: mutatedText(random, ruleTexts),
        name: random.once(4) ? mutatedText(random, ['web', 'a-b']) : 'web2',
        comment: random.once(2) ? mutatedText(random, ['no SSH', 'a "b" c']) : undefined,
      }),
      check({ family, rule, name, comment }) {
        const text = inputOr(() => {
          const tables = builder.defaultTables({ family })
          tables.filter.append(new builder.UserChain(name, { comment }))
          tables.filter.append(new builder.UserChain('web'))
          tables.filter.INPUT.append(new builder.CustomRule(rule, comment))
          return tables.toIptables()
        })
        if (text === undefined) return false
        const read = demandRules(text, family, 2)
        if (read) demand(Object.hasOwn(read.filter, name), 'the chain is not there', name, text)
        return true
      },
    },
  ]
}
