// Makes docs/reference/extensions.md out of the descriptions that the code itself works from. What a value looks like in a
// rule is not written down anywhere: options read samples of text.
import { OPTION_SAMPLES, SAMPLES, WITHOUT_TEXT } from './extension-samples.js'

const FAMILY = { ip: 'IPv4', ip6: 'IPv6' }

/** The options of the rule itself, by their letters: the key in a rule and what it means. */
const CONDITIONS = {
  s: ['source', "'10.0.0.0/8'", 'source address or network'],
  d: ['destination', "'2001:db8::/32'", 'destination address or network'],
  p: ['protocol', "'tcp'", 'protocol, a name or a number; `all` for any'],
  i: ['inInterface', "'eth0'", 'interface the packet came in by; `+` at the end stands for any more characters'],
  o: ['outInterface', "'ppp+'", 'interface it leaves by'],
  f: ['fragment', 'true', 'second and further fragments only; `false`: all others'],
  c: ['counters', '{ packets: 5n, bytes: 300n }', 'what the rule has counted already'],
  j: ['target', "{ target: 'ACCEPT' }", 'what becomes of the packet; `{ jump: name }` goes on in a chain'],
  g: ['target', "{ goto: 'web' }", 'goes on in a chain, and does not come back behind this rule'],
  m: ['matches', "[{ match: 'tcp', dport: 22 }]", 'what else the packet must be like, in order'],
  'entry-header': ['header', "'0a000001…'", "the struct of an entry that no condition says, in hexadecimal; this library's alone"],
  'nft-expressions': ['expressions', "'20000100…'", "the expressions of nf_tables that no condition, match or target says, in hexadecimal; this library's alone"],
}

const cell = (text) => text.replaceAll('|', '\\|')
const code = (text) => `\`${text}\``
const titleOf = (extension, all) => {
  const others = all.filter(({ type, name }) => type === extension.type && name === extension.name)
  return `${extension.type} ${extension.name}${others.length > 1 ? ` (${familiesOf(extension)})` : ''}`
}
const anchorOf = (title) => title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, '').replaceAll(' ', '-')
const familiesOf = ({ families = ['ip', 'ip6'] }) => families.map((one) => FAMILY[one]).join(', ')

/** A value as it stands in a program. */
function show(value) {
  if (typeof value === 'string') return `'${value.replaceAll(/['\\]/g, '\\$&')}'`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (value instanceof Uint8Array) return `Buffer.from('${Buffer.from(value).toString('hex')}', 'hex')`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value).map(([key, one]) => `${key}: ${show(one)}`).join(', ')} }`
}

const contextOf = ({ families }) => ({
  family: families?.[0] ?? 'ip', protocol: 6, sets: { index: () => 0, name: () => 'ban' },
})

/** The first sample that an option takes, as text and as a rule has it. */
function exampleOf(row, extension) {
  const { kind } = row
  const context = contextOf(extension)
  const words = kind.name.endsWith(',…') ? namesOf(kind, context).slice(0, 2).join(',') : kind.name
  const special = OPTION_SAMPLES[`${extension.name}.${row.key}`]
  for (const text of special ? [special] : SAMPLES[kind.name] ?? [words, words.split('|')[0]]) {
    try {
      const [first = '', ...rest] = kind.words === 2 ? text.split(' ') : [text]
      return { text, value: show(kind.unpack(kind.pack(kind.parse(first, context, rest.join(' ')), context), context)) }
    } catch {}
  }
  return undefined
}

/** All names of a kind that takes some of them, each a bit of a number. */
function namesOf(kind, context) {
  const found = new Set()
  for (let bit = 0; bit < 32; bit++) {
    try {
      const names = kind.unpack((1 << bit) >>> 0, context)
      if (Array.isArray(names)) for (const name of names) found.add(name)
    } catch {}
  }
  return [...found].filter((name) => typeof name === 'string')
}

function inRule(row, extension) {
  if (row.kind.words === 0) return row.negatable ? '`true` or `false`' : '`true`'
  const example = exampleOf(row, extension)
  if (example) return code(example.value)
  return WITHOUT_TEXT[row.kind.name] ? code(WITHOUT_TEXT[row.kind.name]) : ''
}

function inText(row, extension) {
  if (row.flag === '') return 'no option of its own'
  const [flag, ...alias] = row.flags
  const example = row.kind.words === 0 ? undefined : exampleOf(row, extension)
  return [
    code(row.kind.words === 0 ? flag : `${flag} ${row.kind.name}`),
    ...(alias.length > 0 ? [`also ${alias.map(code).join(', ')}`] : []),
    ...(example && example.text !== row.kind.name ? [`such as ${code(example.text)}`] : []),
  ].join('; ')
}

function optionRow(row, extension) {
  const { option, shorthand, kind } = row
  const names = kind.name.endsWith(',…') && !SAMPLES[kind.name] ? namesOf(kind, contextOf(extension)) : []
  const notes = [
    option?.required && 'required', row.negatable && 'may be negated',
    option?.join && kind.words > 0 && 'may be given again', shorthand && 'shorthand',
  ]
  const meaning = [(option ?? shorthand).doc, names.length > 0 && `(${names.map(code).join(', ')})`]
  const said = [notes.filter(Boolean).join(', '), meaning.filter(Boolean).join(' ')]
  return `| ${[code(row.key), inText(row, extension), inRule(row, extension), ...said].map(cell).join(' | ')} |`
}

/** The structs of an extension, each with the revisions that have it, the highest first. */
function structsOf({ revisions }) {
  const structs = new Map()
  for (const revision of Object.keys(revisions).map(Number).sort((a, b) => b - a)) {
    const layout = revisions[revision]
    structs.set(layout, [...(structs.get(layout) ?? []), revision])
  }
  return [...structs]
}

function structTable([layout, revisions], extension) {
  const members = Object.entries(layout.members)
  const hidden = members.findIndex(([key]) => key === extension.private)
  const number = revisions.length > 1 ? `revisions ${revisions.join(' and ')}` : `revision ${revisions[0]}`
  return [
    `<details><summary><code>struct ${layout.name}</code>, ${number}, ${layout.size} bytes</summary>`,
    '',
    ...(members.length === 0 ? ['It has no members.'] : [
      '| offset | member | type | meaning |',
      '|---|---|---|---|',
      ...members.map(([key, { kernel, doc }], index) => {
        const own = hidden >= 0 && index >= hidden ? " (the kernel's own)" : ''
        return `| ${layout.offsets[key]} | ${code(kernel)} | ${code(layout.codecs[key].name)} | ${cell(doc)}${own} |`
      }),
    ]),
    '',
    '</details>',
    '',
  ]
}

function section(extension, all, rows) {
  const { alias = [], kernel, name, tables } = extension
  const options = [...rows(extension).values()]
  return [
    `### ${titleOf(extension, all)}`,
    '',
    extension.doc,
    '',
    [
      `${familiesOf(extension)}.`,
      tables ? `In table ${tables.map(code).join(' and ')} only.` : 'In every table.',
      ...(kernel && kernel !== name ? [`The kernel knows it as ${code(kernel)}.`] : []),
      ...(alias.length > 0 ? [`Also loaded as ${alias.map(code).join(', ')}.`] : []),
    ].join(' '),
    '',
    ...(options.length === 0 ? ['It has no options.', ''] : [
      '| key | in text | in a rule | | meaning |',
      '|---|---|---|---|---|',
      ...options.map((row) => optionRow(row, extension)),
      '',
    ]),
    ...structsOf(extension).flatMap((one) => structTable(one, extension)),
  ]
}

const overview = (extensions, all) => [
  '| name | families | tables | what it is for |',
  '|---|---|---|---|',
  ...extensions.map((one) => {
    const title = titleOf(one, all)
    const tables = one.tables?.join(', ') ?? 'all'
    return `| [${title.replace(`${one.type} `, '')}](#${anchorOf(title)}) | ${familiesOf(one)} | ${tables} | ${cell(one.doc)} |`
  }),
  '',
]

function conditionRow({ letter, long, negatable, family }) {
  const [key, example, meaning] = CONDITIONS[letter]
  const flags = [...(letter.length === 1 ? [`-${letter}`] : []), ...long.map((name) => `--${name}`)]
  const notes = [negatable && 'may be negated', family && `${FAMILY[family]} only`].filter(Boolean).join(', ')
  return `| ${[code(key), flags.map(code).join(', '), code(example), notes, meaning].map(cell).join(' | ')} |`
}

/** The page, from MATCHES, TARGETS, `rows` and BASE_OPTIONS of src/xtables. */
export function extensionsPage(matches, targets, rows, baseOptions) {
  const all = [...matches, ...targets]
  const own = ({ letter, rule }) => rule && letter !== '4' && letter !== '6'
  const byCondition = (a, b) => Object.keys(CONDITIONS).indexOf(a.letter) - Object.keys(CONDITIONS).indexOf(b.letter)
  const count = (extensions) => new Set(extensions.map(({ name }) => name)).size
  const lines = [
    '# Matches and targets',
    '',
    '<!-- Made by `npm run reference` from src/xtables; edit the descriptions there. -->',
    '',
    `${count(matches)} matches and ${count(targets)} targets, by the names that rules and texts have for them. How rules are read`,
    'and written is in [the guide](../guide/xtables.md).',
    '',
    '- [The rule itself](#the-rule-itself)',
    '- [Verdicts, jumps and what is not known](#verdicts-jumps-and-what-is-not-known)',
    '- [Matches](#matches)',
    '- [Targets](#targets)',
    '',
    'The tables of options say:',
    '',
    '- **key**: the option in a `Rule`, beside `match` or `target`.',
    '- **in text**: the option in the language of iptables-save, what stands behind it, and other names of it, which are',
    '  understood and never printed.',
    '- **in a rule**: the value of that example as `read`, `parseRule` and `decodeEntry` give it. What is given to this library may',
    "  also be the text: `{ match: 'multiport', dports: '22,1000:2000' }`.",
    '- **may be negated**: `! --option value` in text, `{ not: value }` in a rule; `false` where the value would be `true`.',
    '- **required**: it must be given. **may be given again**: further values join the ones before.',
    '- **shorthand**: understood in text and rules, and turned into other options; never printed, never in what is read.',
    '',
    'In the objects of [`netfilter-kit/iptc`](../guide/iptc.md) the key is the property of a match or target, and values are text:',
    "`match.toPorts = '80'`. In its dictionaries an option has the name it has in text, without the dashes: `'to-ports'`.",
    '',
    'Of the revisions of a struct, the highest that the running kernel has is written. What only a higher one can say is then an',
    'error. Every revision listed here is read.',
    '',
    '## The rule itself',
    '',
    '| key | in text | in a rule | | meaning |',
    '|---|---|---|---|---|',
    ...baseOptions.filter(own).sort(byCondition).map(conditionRow),
    '',
    '## Verdicts, jumps and what is not known',
    '',
    '| in a rule | in text | meaning |',
    '|---|---|---|',
    "| `{ target: 'ACCEPT' }` | `-j ACCEPT` | lets the packet through |",
    "| `{ target: 'DROP' }` | `-j DROP` | throws it away, and tells nobody |",
    "| `{ target: 'RETURN' }` | `-j RETURN` | goes back to the chain that called this one; in a built-in chain its policy decides |",
    "| `{ target: 'QUEUE' }` | `-j QUEUE` | hands it to a program, as queue 0 of NFQUEUE does |",
    "| `{ jump: 'web' }` | `-j web` | goes on in chain `web`, and behind this rule when that ends |",
    "| `{ goto: 'web' }` | `-g web` | goes on in chain `web`; when that ends, behind the rule that jumped to this chain |",
    '| no target | no `-j` | counts the packet, which goes on with the next rule |',
    "| `{ match: 'unknown', name, revision, info }` | `-m unknown --name … --revision … --info …` | a match that this "
      + 'library does not know, its bytes in hexadecimal |',
    "| `{ target: 'unknown', name, revision, info }` | `-j unknown --name … --revision … --info …` | the same for a target |",
    '',
    '## Matches',
    '',
    ...overview(matches, all),
    ...matches.flatMap((one) => section(one, all, rows)),
    '## Targets',
    '',
    ...overview(targets, all),
    ...targets.flatMap((one) => section(one, all, rows)),
  ]
  return lines.join('\n')
}
