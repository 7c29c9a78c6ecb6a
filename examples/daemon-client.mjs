// A program without the rights of root that opens ports for itself, through the daemon. As root, once:
//
//   echo '{ "rules": [{ "gid": "www-data", "tables": { "ip filter": { "access": "write", "chains": ["app-*"] } } }] }' > policy.json
//   nfkit serve --policy policy.json --group www-data &
//   nfkit iptables -N app-web && nfkit iptables -A INPUT -j app-web
//
// and from then on, as www-data:
//
//   node examples/daemon-client.mjs open 8080
import { parseArgs } from 'node:util'
import { DeniedError } from 'netfilter-kit/netlink'
import { formatRule, openXtables } from 'netfilter-kit/xtables'

const HELP = `Usage: daemon-client.mjs open|close PORT [--daemon PATH] [--chain NAME]
       daemon-client.mjs list

  --daemon PATH  the socket of \`nfkit serve\` (NFKIT_DAEMON, or /run/nfkit.sock)
  --chain NAME   the chain whose rules are ours (app-web)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    daemon: { type: 'string', default: process.env.NFKIT_DAEMON ?? '/run/nfkit.sock' },
    chain: { type: 'string', default: 'app-web' },
    help: { type: 'boolean', short: 'h' },
  },
})
const [verb, port] = positionals
const good = (verb === 'list' && positionals.length === 1) || (['open', 'close'].includes(verb) && positionals.length === 2 && /^\d+$/.test(port))
if (values.help || !good) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}

const { daemon, chain } = values
const xt = await openXtables({ daemon })
try {
  if (verb !== 'list') {
    const rule = { protocol: 'tcp', matches: [{ match: 'tcp', dport: Number(port) }], target: { target: 'ACCEPT' } }
    await xt.transaction(async (tx) => {
      const there = await tx.ip.has('filter', chain, rule)
      if (verb === 'open' && !there) tx.ip.append('filter', chain, rule)
      if (verb === 'close' && there) tx.ip.delete('filter', chain, rule)
    })
  }
  for (const rule of (await xt.ip.read('filter'))[chain]?.rules ?? []) console.log(formatRule(rule))
} catch (error) {
  if (!DeniedError.is(error)) throw error
  console.error(error.message) // who may not do what, and what the policy would have to say
  process.exitCode = 1
} finally {
  xt.close()
}
