import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as root from '../../src/index.js'
import { CREATE_OPTIONS } from '../../src/ipset/create.js'
import { ENTRY_OPTIONS } from '../../src/ipset/option.js'
import * as builder from '../../src/iptc/builder/index.js'
import * as iptc from '../../src/iptc/index.js'

const ROOT = join(__dirname, '../..')
const text = (page: string) => readFileSync(join(ROOT, page), 'utf8')

const FENCE = /^```\w*\n([\s\S]*?)^```$/gm

/** What a page says in code: its examples, and what stands between backticks. */
function codeOf(page: string): string {
  const fences = [...text(page).matchAll(FENCE)].map(([, code]) => code)
  const spans = [...text(page).replaceAll(FENCE, '').matchAll(/(`+)(.+?)\1/g)].map(([, , code]) => code)
  return [...fences, ...spans].join('\n')
}

/** The words of a page's code: `rule.inInterface` is two of them. */
const wordsOf = (page: string) => new Set(codeOf(page).match(/\w+/g))

const camelCase = (name: string) => name.replace(/(?<=\w)_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** What a class or module there has, and where it is here: under the same name in camelCase, unless `renamed` says otherwise. */
interface Members {
  readonly title: string
  readonly page: string
  readonly theirs: string
  readonly here: object
  readonly renamed?: Readonly<Record<string, string>>
}

const PYTHON_IPTABLES = 'docs/guide/coming-from-python-iptables.md'
const PYTABLES = 'docs/guide/coming-from-pytables.md'
const PYPTABLES = 'docs/guide/coming-from-pyptables.md'
const PYROUTE2 = 'docs/guide/coming-from-pyroute2.md'

const table = new iptc.Table('filter')
const chain = new iptc.Chain(table, 'INPUT')
const rule = new iptc.Rule({ protocol: 'tcp' })
const match = new iptc.Match(rule, 'tcp', { dport: '80' })
const target = new iptc.Target(rule, 'DROP')
const ipset = new root.IPSet()
const wiset = new root.WiSet({ name: 'ban' })
const tables = builder.defaultTables()
const template = new builder.Rule({ proto: 'tcp' })

const MEMBERS: readonly Members[] = [
  { title: 'iptc', page: PYTHON_IPTABLES, theirs: 'is_table_available is_table6_available Table Table6 Chain Rule Rule6 Match Target Policy easy', here: iptc },
  { title: 'iptc.Table, constants', page: PYTHON_IPTABLES, theirs: 'FILTER MANGLE RAW NAT SECURITY ALL', here: iptc.Table },
  {
    title: 'iptc.Table', page: PYTHON_IPTABLES, here: table,
    theirs: `name autocommit close commit refresh is_chain builtin_chain strerror create_chain delete_chain rename_chain flush_entries zero_entries
      set_policy get_policy append_entry insert_entry replace_entry delete_entry first_rule next_rule get_target chains flush create_rule`,
  },
  {
    title: 'iptc.Chain', page: PYTHON_IPTABLES, here: chain,
    theirs: `name table delete flush rename get_counters zero_counters set_policy get_policy is_builtin append_rule insert_rule replace_rule delete_rule
      get_target rules`,
  },
  { title: 'iptc.Policy', page: PYTHON_IPTABLES, theirs: 'ACCEPT DROP QUEUE RETURN', here: iptc.Policy },
  {
    title: 'iptc.Rule', page: PYTHON_IPTABLES, here: rule,
    theirs: `nfproto protocols src dst in_interface out_interface protocol fragment counters get_counters set_counters matches target create_match
      create_target add_match remove_match final_check tables get_ip rule mask`,
  },
  { title: 'iptc.Rule6', page: PYTHON_IPTABLES, theirs: '_create_mask', here: iptc.Rule6, renamed: { _create_mask: 'createMask' } },
  {
    title: 'iptc.Match', page: PYTHON_IPTABLES, here: match, renamed: { usersize: 'size', match: 'matchBuf' },
    theirs: 'dport set_parameter parse parameters get_all_parameters save reset name rule size usersize match match_buf final_check',
  },
  {
    title: 'iptc.Target', page: PYTHON_IPTABLES, here: target,
    theirs: 'set_parameter parse parameters get_all_parameters save reset name rule size target standard_target goto final_check',
  },
  {
    title: 'iptc.easy', page: PYTHON_IPTABLES, here: iptc.easy,
    theirs: `flush_all flush_table flush_chain zero_all zero_table zero_chain has_chain has_rule add_chain add_rule insert_rule delete_chain delete_rule
      get_tables get_chains get_rule replace_rule get_rule_counters get_rule_position test_rule test_match test_target get_policy set_policy dump_all
      dump_table dump_chain batch_begin batch_end batch_add_chains batch_delete_chains batch_add_rules batch_delete_rules encode_iptc_rule
      decode_iptc_rule`,
  },
  { title: 'pytables', page: PYTABLES, theirs: 'Table Table6 Chain Rule Rule6 Match Target Goto iptc_command iptc_commit iptc_return iptc_abort IptcCommit', here: iptc },
  {
    title: 'pytables.Table', page: PYTABLES, here: table, renamed: { restart: 'refresh', resync: 'refresh' },
    theirs: 'restart resync commit close is_chain create_chain delete_chain chains',
  },
  { title: 'pytables.Chain', page: PYTABLES, theirs: 'rules insert_rule append_rule delete_rule flush', here: chain },
  {
    title: 'pytables.Rule', page: PYTABLES, here: rule, renamed: { valid: 'finalCheck' },
    theirs: 'target matches valid add_match create_target',
  },
  { title: 'pytables.Target', page: PYTABLES, theirs: 'standard', here: target, renamed: { standard: 'options' } },
  {
    title: 'pyptables', page: PYPTABLES, here: builder,
    theirs: `default_tables restore colorize uncolorize add_line_numbers make_colorizer Tables Table BuiltinChain UserChain AbstractRule Rule CustomRule
      CompositeRule Jump Accept Drop Reject Return Redirect Log Match UnboundArgument BoundArgument CustomArgument ArgumentList Mark Marked DropMarked
      AcceptMarked random_mark ForwardingRule InputRule Channel StatefulChannel PortChannel TCPChannel UDPChannel ICMPChannel Hosts HostList HostRange
      Location Zone IPSet`,
  },
  { title: 'pyptables.Rule, constants', page: PYPTABLES, theirs: 'NONE ACCEPT DROP REJECT RETURN REDIRECT LOG TCP UDP ICMP IGMP', here: builder.Rule },
  { title: 'pyptables.Rule', page: PYPTABLES, theirs: 'to_iptables rule_definitions comment debug_info', here: template },
  { title: 'pyptables.Tables', page: PYPTABLES, theirs: 'append to_iptables', here: tables.constructor.prototype },
  { title: 'pyptables.BuiltinChain', page: PYPTABLES, theirs: 'policy append remove insert to_iptables comment', here: tables.filter.INPUT },
  { title: 'pyptables.UnboundArgument', page: PYPTABLES, theirs: 'matches bind help', here: new builder.UnboundArgument('p', 'proto') },
  { title: 'pyptables.Zone', page: PYPTABLES, theirs: 'as_input as_output', here: new builder.Zone('office', 'eth0') },
  { title: 'pyptables.Hosts', page: PYPTABLES, theirs: 'from_ip_list', here: builder.Hosts },
  { title: 'pyptables.Location', page: PYPTABLES, theirs: 'from_ip_list', here: builder.Location },
  { title: 'pyroute2.ipset', page: PYROUTE2, theirs: 'IPSet PortRange PortEntry NoSuchObject AlreadyExists IPSetError', here: root },
  {
    title: 'pyroute2.IPSet', page: PYROUTE2, here: ipset, renamed: { get_proto_version: 'getProtocolVersion', get_set_byname: 'getSetByName', get_set_byindex: 'getSetByIndex' },
    theirs: 'close headers get_proto_version list destroy create add delete test swap flush rename get_set_byname get_set_byindex get_supported_revisions',
  },
  {
    title: 'pyroute2.IPSet.create', page: PYROUTE2, here: CREATE_OPTIONS,
    theirs: 'counters comment maxelem forceadd hashsize timeout bitmap_ports_range size skbinfo', renamed: { bitmap_ports_range: 'range' },
  },
  {
    title: 'pyroute2.IPSet.add', page: PYROUTE2, here: ENTRY_OPTIONS,
    theirs: 'comment timeout skbmark skbprio skbqueue wildcard packets bytes physdev',
  },
  {
    title: 'pyroute2.WiSet', page: PYROUTE2, here: wiset,
    theirs: `name attr_type entry_type family index sock timeout counters comment hashsize revision skbinfo open_netlink close_netlink create destroy flush
      add delete test test_list update_content content insert_list replace_entries`,
  },
  { title: 'pyroute2.WiSet, class', page: PYROUTE2, theirs: 'from_netlink', here: root.WiSet, renamed: { from_netlink: 'fromHeader' } },
  {
    title: 'pyroute2.wiset', page: PYROUTE2, here: root, renamed: { async_load_ipset: 'loadIpset', BaseWiSet: 'WiSet', AsyncWiSet: 'WiSet' },
    theirs: `WiSet BaseWiSet AsyncWiSet create_ipset load_all_ipsets load_ipset async_load_ipset update_wiset_content destroy_ipset add_ipset_entry
      delete_ipset_entry test_ipset_exist test_ipset_entry test_ipset_entries flush_ipset swap_ipsets get_ipset_socket need_ipset_socket`,
  },
]

describe('the pages for people who come from other libraries', () => {
  test.each(MEMBERS)('$title: each member has its line, and what stands beside it is there', ({ page, theirs, here, renamed = {} }) => {
    const words = wordsOf(page)
    const names = theirs.split(/\s+/)
    const pairs = names.map((name) => [name, renamed[name] ?? camelCase(name)] as const)
    expect(pairs.flat().filter((name) => !words.has(name))).toEqual([])
    expect(pairs.filter(([, name]) => !(name in here))).toEqual([])
  })
})

describe('the guide of netfilter-kit/iptc', () => {
  const exported = [...text('src/iptc/index.ts').matchAll(/\{([^}]*)\}/g)]
    .flatMap(([, names = '']) => names.split(','))
    .map((name) => name.trim().replace(/^type /, '').replace(/^.* as /, ''))
    .filter((name) => name !== '')

  test('has a word on every name that is exported', () => {
    expect(exported).toEqual(expect.arrayContaining(Object.keys(iptc)))
    const words = wordsOf('docs/guide/iptc.md')
    expect(exported.filter((name) => !words.has(name))).toEqual([])
  })

  test('has a word on every function of easy, unless the page for users of python-iptables has', () => {
    const words = new Set([...wordsOf('docs/guide/iptc.md'), ...wordsOf(PYTHON_IPTABLES)])
    expect(Object.keys(iptc.easy).filter((name) => !words.has(name))).toEqual([])
  })
})

describe('links between pages', () => {
  const pages = ['README.md', ...['docs', 'docs/guide', 'docs/reference'].flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`))]
    .filter((page) => page.endsWith('.md'))

  /** What GitHub makes of the headings of a page. */
  const anchorsOf = (page: string) =>
    [...text(page).replaceAll(FENCE, '').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'))

  test.each(pages)('of %s lead somewhere', (page) => {
    const links = [...text(page).replaceAll(FENCE, '').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
    const broken = links.filter(([, path = '', anchor]) => {
      const to = path === '' ? page : join(dirname(page), path)
      return !existsSync(join(ROOT, to)) || (anchor !== undefined && !anchorsOf(to).includes(anchor))
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })
})
