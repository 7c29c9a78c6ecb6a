// Says what a container may reach, from outside of it: writes the firewall of its network namespace.
//
//   sudo node examples/container-rules.mjs $(docker inspect -f '{{.State.Pid}}' web) --resolver 192.0.2.53 --allow 198.51.100.0/24
//   sudo node examples/container-rules.mjs $(docker inspect -f '{{.State.Pid}}' web) --open
import { parseArgs } from 'node:util'
import { WiSet } from 'netfilter-kit'
import { openXtables, parseRule } from 'netfilter-kit/xtables'

const HELP = `Usage: container-rules.mjs PID [--allow CIDR]... [--resolver ADDRESS]... [--port PORT]
       container-rules.mjs PID --open

  PID                 a process in the container
  --allow CIDR        an IPv4 network that it may open TCP connections to
  --port PORT         at this port (443)
  --resolver ADDRESS  it may ask this one for names
  --open              takes the rules out again
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    allow: { type: 'string', multiple: true, default: [] },
    resolver: { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '443' },
    open: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const [pid] = positionals
if (values.help || positionals.length !== 1 || !/^\d+$/.test(pid)) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}

const netns = `/proc/${pid}/ns/net`
const allowed = new WiSet({ name: 'example-allowed', attrType: 'hash:net', netns })
const xt = await openXtables({ netns })

if (values.open) {
  const open = { policy: 'ACCEPT', rules: [] }
  await xt.transaction((tx) => {
    for (const changes of [tx.ip, tx.ip6]) changes.restore({ filter: { INPUT: open, FORWARD: open, OUTPUT: open } })
  })
  xt.close() // before the set goes: the kernel lets go of it a moment after the commit, or when a connection is closed
  await allowed.destroy()
  console.log(`${netns} is open`)
} else {
  await allowed.create()
  await allowed.replaceEntries(values.allow, { grow: true })
  const established = parseRule('-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT')
  const [inside, itself] = [parseRule('-i lo -j ACCEPT'), parseRule('-o lo -j ACCEPT')]
  await xt.transaction((tx) => {
    for (const changes of [tx.ip, tx.ip6]) {
      for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) changes.setPolicy('filter', chain, 'DROP')
      changes.replaceChain('filter', 'INPUT', [inside, established])
    }
    tx.ip.replaceChain('filter', 'OUTPUT', [
      itself,
      established,
      ...values.resolver.map((destination) => ({ ...parseRule('-p udp --dport 53 -j ACCEPT'), destination })),
      {
        protocol: 'tcp',
        matches: [{ match: 'tcp', dport: values.port }, { match: 'set', matchSet: { set: 'example-allowed', flags: ['dst'] } }],
        target: { target: 'ACCEPT' },
      },
      parseRule('-j REJECT --reject-with icmp-admin-prohibited'),
    ])
    tx.ip6.replaceChain('filter', 'OUTPUT', [itself])
  })
  console.log(`${netns} may reach ${values.allow.length} networks`)
}
xt.close()
allowed.closeNetlink()
