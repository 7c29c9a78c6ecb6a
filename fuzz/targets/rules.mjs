// Rules of iptables: text, command lines, texts of iptables-save, objects.
import { FAMILIES, ruleTexts, SETS, tableTexts } from '../corpus.mjs'
import { mutatedText } from '../mutate-text.mjs'
import { mutatedValue } from '../mutate-values.mjs'
import { demand, demandSame, readOr } from '../oracle.mjs'

const COMMANDS = [
  '-A INPUT',
  '-I INPUT 2',
  '-D INPUT 1',
  '-R INPUT 1',
  '-L INPUT -nv --line-numbers',
  '-S',
  '-S INPUT 1',
  '-F',
  '-Z INPUT 1',
  '-N web',
  '-X web',
  '-X',
  '-P INPUT DROP',
  '-E a b',
  '-t nat -nvxL -w 5',
  '-C OUTPUT',
  '--append FORWARD',
  '--wait=5 -A INPUT',
  '-t mangle -I PREROUTING',
  '-c 1 2 -A INPUT',
  '-4 -A INPUT',
  '-6 -A INPUT',
  '-h',
  '-V',
]
const RULESET = {
  filter: {
    INPUT: {
      policy: 'DROP',
      counters: { packets: 1, bytes: 2 },
      rules: [{ protocol: 'tcp', matches: [{ match: 'tcp', dport: 22 }], target: { target: 'ACCEPT' } }],
    },
    web: {
      rules: [
        { source: '10.0.0.0/8', target: { jump: 'web2' }, counters: { packets: 3, bytes: 4 } },
        { inInterface: { not: 'eth0' }, target: { goto: 'web2' } },
      ],
    },
    web2: { rules: [] },
  },
  nat: { PREROUTING: { rules: [] } },
}

/** What its own text does not give back in full: the tool prints no `-i +`, no `-p all`, no `--rt-segsleft :`, and masks nobody has given. */
function isLossy({ inInterface, outInterface, protocol, matches = [] }) {
  if (inInterface === '+' || outInterface === '+' || protocol === 'all') return true
  return matches.some(({ match, rtSegsleft }) => match === 'connlimit' || match === 'recent' || match === 'frag' || isAll(rtSegsleft))
}
const isAll = (range) => Array.isArray(range) && range[0] === 0 && range[1] === 0xffff_ffff
const said = ({ counters: _, ...rule }) => rule

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { InputError, ProtocolError } = await load('netlink/wire/error.js')
  const { Writer } = await load('netlink/wire/cursor.js')
  const { decodeEntry, encodeEntry, formatRule, formatRuleset, parseCommand, parseRule, parseRuleset, splitRuleWords } =
    await load('xtables/index.js')
  const { setNames } = await load('xtables/context.js')
  const { RuleWriter } = await load('xtables/nft/encode.js')
  const { RuleReader } = await load('xtables/nft/decode.js')
  const inputOr = readOr(InputError)
  const protocolOr = readOr(ProtocolError)
  const sets = setNames(SETS)
  const writers = Object.fromEntries(FAMILIES.map((family) => [family, new RuleWriter({ family, sets })]))
  const readers = Object.fromEntries(FAMILIES.map((family) => [family, new RuleReader(family, sets)]))
  const onLine = (text) => demand(!/[\n\r\0]/.test(text), 'a rule that would not stay on its line', text)

  const objects = ruleTexts.flatMap((text) =>
    FAMILIES.flatMap(
      (family) =>
        inputOr(() => [
          JSON.parse(JSON.stringify(parseRule(text, { family }), (_, value) => (typeof value === 'bigint' ? Number(value) : value))),
        ]) ?? [],
    ),
  )
  const texts = tableTexts.map(({ text }) => text)

  /** A rule is bytes of both backends that are read again, or an InputError; and so it is with its text. */
  const written = (rule, family) => {
    const entry = inputOr(() => encodeEntry(rule, { family, sets: SETS }))
    if (entry)
      protocolOr(() => decodeEntry(entry, { family, sets: SETS, chain: () => 'chain' })) ??
        demand(false, 'an entry that was written is not read', entry)
    const expressions = inputOr(() => {
      const writer = new Writer(256)
      writers[family].write(writer, rule)
      return writer.written()
    })
    if (expressions) readers[family].read(expressions)
    const text = inputOr(() => formatRule(rule, { family, counters: true }))
    if (text === undefined) return entry !== undefined
    onLine(text)
    // What no kernel is given must not become a rule by way of its text: that would leave something out.
    const parsed = entry || expressions ? undefined : inputOr(() => parseRule(text, { family }))
    if (parsed)
      demand(inputOr(() => encodeEntry(parsed, { family, sets: SETS })) === undefined, 'the text of what is no rule is a rule', text)
    return true
  }

  return [
    {
      name: 'rules as text',
      make: (random) => ({ family: random.pick(FAMILIES), text: mutatedText(random, ruleTexts) }),
      check({ family, text }) {
        const rule = inputOr(() => parseRule(text, { family }))
        if (!rule) return false
        const printed = formatRule(rule, { family })
        onLine(printed)
        const again = parseRule(printed, { family })
        if (!isLossy(rule)) demandSame(said(again), said(rule), `read of ${JSON.stringify(printed)}`)
        demandSame(formatRule(again, { family }), printed, 'printed twice')
        // A text is read as the kernel gives it back.
        const entry = inputOr(() => encodeEntry(rule, { family, sets: SETS, chain: () => 0 }))
        const { target } = rule
        const chain = target && ('jump' in target ? target.jump : target.goto)
        if (entry && !isLossy(rule))
          demandSame(
            said(decodeEntry(entry, { family, sets: SETS, chain: () => chain })),
            said(rule),
            `the entry of ${JSON.stringify(printed)}`,
          )
        written(rule, family)
        return true
      },
    },
    {
      name: 'rules as objects',
      make: (random) => ({ family: random.pick(FAMILIES), rule: mutatedValue(random, objects, { strange: true }) }),
      check: ({ family, rule }) => written(rule, family),
    },
    {
      name: 'iptables command lines',
      make: (random) => ({
        family: random.pick(FAMILIES),
        restore: random.once(2),
        text: `${mutatedText(random, COMMANDS)} ${random.once(2) ? '' : mutatedText(random, ruleTexts)}`,
      }),
      check({ family, restore, text }) {
        const command = inputOr(() => parseCommand(splitRuleWords(text), family, { restore }))
        for (const rule of command?.rules ?? []) onLine(formatRule(rule, { family }))
        return command !== undefined
      },
    },
    {
      name: 'iptables words in quotes',
      make: (random) => mutatedText(random, ruleTexts).slice(0, 60),
      check(word) {
        const found = inputOr(() => splitRuleWords(`-x "${word.replace(/["\\]/g, '\\$&')}" y`))
        if (/[\n\r\0]/.test(word)) demand(found === undefined, 'a line break in a word', found?.words)
        else demandSame(found?.words, ['-x', word, 'y'], 'the words')
        return found !== undefined
      },
    },
    {
      name: 'texts of iptables-save',
      make: (random) => ({ family: random.pick(FAMILIES), text: mutatedText(random, texts) }),
      check({ family, text }) {
        const ruleset = inputOr(() => parseRuleset(text, { family }))
        if (!ruleset) return false
        const printed = formatRuleset(ruleset, { family, counters: true })
        const again = parseRuleset(printed, { family })
        demandSame(formatRuleset(again, { family, counters: true }), printed, 'printed twice')
        for (const [name, table] of Object.entries(ruleset)) {
          demandSame(Object.keys(again[name] ?? {}).sort(), Object.keys(table).sort(), `chains of ${name}`)
          for (const [chain, { rules, policy, counters }] of Object.entries(table)) {
            const there = again[name][chain]
            demandSame([there.policy, there.counters], [policy, counters], `policy of ${name} ${chain}`)
            if (!rules.some(isLossy)) demandSame(there.rules.map(said), rules.map(said), `rules of ${name} ${chain}`)
          }
        }
        return true
      },
    },
    {
      name: 'rulesets as objects',
      make: (random) => mutatedValue(random, [RULESET, { filter: { INPUT: { rules: [random.pick(objects)] } } }], { strange: true }),
      check(ruleset) {
        const text = inputOr(() => formatRuleset(ruleset))
        if (text === undefined) return false
        for (const line of text.split('\n')) demand(/^(\*|:|-A |#|COMMIT$|$|\[)/.test(line), 'a line that is none of iptables-save', line)
        return true
      },
    },
  ]
}
