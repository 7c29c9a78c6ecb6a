// Tells of every change of the firewall as it happens, and who made it. Ctrl-C ends it. It changes nothing.
//
//   sudo node examples/watch-changes.mjs [--netns NAME]
import { parseArgs } from 'node:util'
import { formatRule, openXtables } from 'netfilter-kit/xtables'

const HELP = `Usage: watch-changes.mjs [--netns NAME] [--json]

  --netns NAME  another network namespace: a name that \`ip netns\` knows, or a path
  --json        an object a line
`

const { values } = parseArgs({ options: { netns: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const { netns } = values
// The legacy tables announce nothing: whoever changes those is not heard here.
const xt = await openXtables({ backend: 'nft', ...(netns === undefined ? {} : { netns }) })
const events = xt.monitor()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => events.close())
await events.ready
console.error('watching')

const tool = (family) => (family === 'ip' ? 'iptables' : 'ip6tables')
const ruleText = (event, rule) => `-A ${event.chain} ${rule.expressions ? '(a rule of nft)' : formatRule(rule, { family: event.family })}`

/** A line for an event; undefined for those that say nothing new. */
function lineOf(event) {
  switch (event.type) {
    case 'rule-added':
      return `+ ${ruleText(event, event.rule)}`
    case 'rule-deleted':
      return `- ${ruleText(event, event.rule)}`
    case 'rule-replaced':
      return `- ${ruleText(event, event.before)}\n+ ${ruleText(event, event.rule)}`
    case 'chain-added':
    case 'chain-deleted':
      return `${event.type === 'chain-added' ? '+' : '-'} :${event.chain} ${event.policy ?? '-'}`
    case 'chain-changed':
      return `~ :${event.before.chain} ${event.before.policy ?? '-'} -> :${event.chain} ${event.policy ?? '-'}`
    case 'overrun':
      return '! changes were missed'
    case 'resync':
      return '! all tables were read again'
    default:
      return undefined
  }
}

for await (const event of events) {
  if (values.json) {
    console.log(JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
    continue
  }
  const place = 'family' in event ? `${tool(event.family)} -t ${event.table}` : ''
  for (const line of lineOf(event)?.split('\n') ?? []) console.log([place, line].filter(Boolean).join(' '))
  if (event.type === 'commit') console.log(`  by ${event.program}, process ${event.pid}`)
}
xt.close()
