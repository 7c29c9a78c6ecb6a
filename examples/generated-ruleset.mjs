// A whole firewall made by a program: zones, hosts and services in, tables out. Prints the text that iptables-restore would read, with
// the line of this file that each rule was made in; --commit puts it into the kernel instead, both families at one moment.
//
//   node examples/generated-ruleset.mjs | less
//   sudo node examples/generated-ruleset.mjs --commit
import { parseArgs } from 'node:util'
import { Accept, colorize, defaultTables, ForwardingRule, InputRule, Location, Log, restore, Rule, TCPChannel, UDPChannel, Zone } from 'netfilter-kit/iptc/builder'

const HELP = `Usage: generated-ruleset.mjs [--commit | --reset]

  --commit  puts the rules into the kernel, in place of what is in the tables
  --reset   empties the tables
`

const { values } = parseArgs({ options: { commit: { type: 'boolean' }, reset: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

/** What both families have in common. */
function common(family) {
  const tables = defaultTables({ family })
  for (const chain of [tables.filter.INPUT, tables.filter.FORWARD]) {
    chain.policy = Rule.DROP
    chain.append(Accept({ match: 'conntrack', ctstate: 'RELATED,ESTABLISHED', comment: 'answers' }))
  }
  tables.filter.INPUT.append(Accept({ i: 'lo' }))
  return tables
}

const lan = new Zone('lan', 'eth1')
const dmz = new Zone('dmz', 'eth2')
const office = Location.fromIpList('office', lan, '192.168.1.0/24')
const servers = Location.fromIpList('servers', dmz, '192.168.2.10, 192.168.2.11')
const web = new TCPChannel({ dports: '80, 443' })
const dns = new UDPChannel({ dports: 53 })

const tables = common('ip')
const { INPUT, FORWARD } = tables.filter
INPUT.append(new InputRule({ policy: 'ACCEPT', sources: office, channels: [dns], comment: 'names for the office' }))
FORWARD.append(new ForwardingRule({ policy: 'ACCEPT', sources: office, destinations: servers, channels: [web], comment: 'the servers' }))
INPUT.append(Log({ match: 'limit', limit: '5/min', logPrefix: 'refused: ', comment: 'what is refused' }))

const tables6 = common('ip6')
tables6.filter.INPUT.append(Accept({ proto: 'icmpv6', comment: 'neighbours' }))

if (values.reset) {
  await restore([defaultTables(), defaultTables({ family: 'ip6' })])
} else if (values.commit) {
  await restore([tables, tables6])
  console.log('committed')
} else {
  for (const one of [tables, tables6]) console.log(process.stdout.isTTY ? colorize(one.toIptables()) : one.toIptables())
}
