// Makes docs/reference/set-types.md out of the tables that the code itself works from. What entries may look like is not
// written down here: each type is given the samples below, and those it takes are listed.

/** Samples of each part of an entry, the most usual first. */
const SAMPLES = {
  ip: ['10.0.0.1', '10.0.0.0/24', '10.0.0.1-10.0.0.9', '2001:db8::1'],
  net: ['10.0.0.0/8', '10.0.0.1', '10.0.0.1-10.0.0.9', '0.0.0.0/0', '2001:db8::/32', '::/0'],
  mac: ['02:00:5E:10:00:01'],
  port: ['tcp:80', '80', 'udp:1000-2000', 'icmp:echo-request', 'icmp:3/1', 'icmpv6:ping', 'vrrp:0'],
  mark: ['0x1', '1'],
  iface: ['eth0', 'physdev:eth0'],
  set: ['other', 'other,before,third', 'other,after,third'],
}

/** What each sample that not every type takes means. */
const MEANINGS = [
  ['10.0.0.0/24', 'where an address is wanted, a network stands for every address in it; where a network is wanted, it is one entry'],
  ['10.0.0.1-10.0.0.9', 'a range stands for every address in it, or for the networks that cover it'],
  ['0.0.0.0/0, ::/0', 'everything; other types take its two halves, 0.0.0.0/1 and 128.0.0.0/1'],
  ['80', 'a port without a protocol means tcp'],
  ['udp:1000-2000', 'a range of ports stands for every port in it'],
  ['icmp:3/1', 'an ICMP type and code by numbers'],
  ['vrrp:0', 'a protocol without ports'],
  ['physdev:eth0', 'the port of a bridge'],
  ['other,before,third', 'beside a set that is a member already'],
]

const FAMILIES = { both: 'inet or inet6', inet: 'inet', none: 'none' }

/** Whether a part of an entry may look like this in a set of the type. */
function takes(dimension, type, sample) {
  const families = type.family === 'both' ? ['inet', 'inet6'] : type.family === 'inet' ? ['inet'] : ['unspec']
  return families.some((family) => {
    try {
      dimension.read(sample, {}, { family, purpose: 'add', lenient: false })
      return true
    } catch {
      return false
    }
  })
}

const code = (text) => `\`${text}\``
const since = ([name, revision], type) => (revision > type.revisions[0] ? `${code(name)} (revision ${revision})` : code(name))

function section(type) {
  const forms = type.dimensions.map((dimension) => {
    const taken = SAMPLES[dimension.word].filter((sample) => takes(dimension, type, sample))
    return `- ${dimension.word}: ${taken.map(code).join(', ')}`
  })
  return [
    `## ${type.name}`,
    '',
    `An entry is ${code(type.etype)}, such as ${code(type.dimensions.map(({ word }) => SAMPLES[word][0]).join(','))}${type.optional ? '; its last part may be left out' : ''}:`,
    '',
    ...forms,
    '',
    `Create options: ${[...type.create].map((option) => since(option, type)).join(', ')}.`,
    '',
    `Entry options: ${[...type.entry].map((option) => since(option, type)).join(', ')}.`,
    '',
  ]
}

function values({ kind }) {
  if (kind === 'flag') return 'true or false'
  return kind === 'text' ? 'text' : `${kind[0].toLocaleString('en')} to ${kind[1].toLocaleString('en')}`
}

/** The page, from SET_TYPES, CREATE_OPTIONS and ENTRY_OPTIONS of src/ipset. */
export function setTypesPage(types, createOptions, entryOptions) {
  const all = [...types.values()]
  return [
    '# Set types',
    '',
    '<!-- Made by `npm run reference` from src/ipset; edit the tables there. -->',
    '',
    `${all.length} types, as \`create\` takes them in \`stype\`. A kernel has each in a range of revisions; the newest that it shares`,
    'with this library is used. `getSupportedRevisions(stype)` says what the running kernel has.',
    '',
    '| type | also called | family | revisions | entry |',
    '|---|---|---|---|---|',
    ...all.map((type) => `| [${type.name}](#${type.name.replaceAll(/[:,]/g, '')}) | ${type.alias} | ${FAMILIES[type.family]} | ${type.revisions.join(' to ')} | ${code(type.etype)} |`),
    '',
    'What the parts of an entry may look like is listed with each type. In particular:',
    '',
    ...MEANINGS.map(([sample, meaning]) => `- ${sample.split(', ').map(code).join(', ')}: ${meaning}.`),
    '',
    ...all.flatMap(section),
    '## Create options',
    '',
    '| option | values | meaning |',
    '|---|---|---|',
    ...Object.entries(createOptions).map(([name, option]) => `| ${code(name)} | ${values(option)} | ${option.doc} |`),
    '',
    '## Entry options',
    '',
    'Options that describe what is kept with an entry (`packets`, `bytes`, `comment`, `skbmark`, `skbprio`, `skbqueue`,',
    '`timeout`) need a set that was created with `counters`, `comment`, `skbinfo` or `timeout`.',
    '',
    '| option | meaning |',
    '|---|---|',
    ...Object.entries(entryOptions).map(([name, { doc }]) => `| ${code(name)} | ${doc} |`),
    '',
  ].join('\n')
}
