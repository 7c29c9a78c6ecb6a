// Passes ports of this machine on to others for as long as it runs, also for callers from inside (hairpin).
//
//   sudo node examples/port-forward.mjs --address 203.0.113.5 --network 192.168.1.0/24 tcp:443=192.168.1.10:8443
import { isIPv4 } from 'node:net'
import { parseArgs } from 'node:util'
import { openXtables } from 'netfilter-kit/xtables'

const HELP = `Usage: port-forward.mjs --address ADDRESS --network CIDR PROTOCOL:PORT=ADDRESS:PORT...

Connections to PORT of ADDRESS go to another machine, those from the network CIDR by way of this one. Forwarding itself
(net.ipv4.ip_forward) is left as it is. Ends on SIGINT and SIGTERM.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { address: { type: 'string' }, network: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
const forwards = positionals.map((text) => {
  const [, protocol, port, to, toPort] = /^(tcp|udp):(\d+)=([\d.]+):(\d+)$/.exec(text) ?? []
  return isIPv4(to ?? '') ? { protocol, port: Number(port), to, toPort: Number(toPort) } : undefined
})
const { address, network } = values
if (values.help || !address || !network || forwards.length === 0 || forwards.includes(undefined)) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}

/** The connection behind the translation. */
const behind = ({ protocol, to, toPort }) => ({
  destination: to,
  protocol,
  matches: [{ match: protocol, dport: toPort }, { match: 'conntrack', ctstate: ['DNAT'] }],
})
const CHAINS = [
  {
    table: 'nat', chain: 'example-forwards', from: ['PREROUTING', 'OUTPUT'],
    rules: forwards.map(({ protocol, port, to, toPort }) => ({
      destination: address,
      protocol,
      matches: [{ match: protocol, dport: port }],
      target: { target: 'DNAT', toDestination: `${to}:${toPort}` },
    })),
  },
  {
    table: 'nat', chain: 'example-hairpin', from: ['POSTROUTING'],
    rules: forwards.map((forward) => ({ ...behind(forward), source: network, target: { target: 'MASQUERADE' } })),
  },
  {
    table: 'filter', chain: 'example-forwards', from: ['FORWARD'],
    rules: [
      { matches: [{ match: 'conntrack', ctstate: ['RELATED', 'ESTABLISHED'] }], target: { target: 'ACCEPT' } },
      ...forwards.map((forward) => ({ ...behind(forward), target: { target: 'ACCEPT' } })),
    ],
  },
]

const xt = await openXtables()
await xt.transaction(async (tx) => {
  for (const { table, chain, from, rules } of CHAINS) {
    tx.ip.replaceChain(table, chain, rules)
    const jump = { target: { jump: chain } }
    for (const one of from) if (!(await tx.ip.has(table, one, jump))) tx.ip.insert(table, one, jump)
  }
})
console.log(`forwarding ${positionals.join(' ')}`)

const still = setInterval(() => {}, 1 << 30)
await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
})
clearInterval(still)

await xt.transaction((tx) => {
  for (const { table, chain, from } of CHAINS) {
    for (const one of from) tx.ip.delete(table, one, { target: { jump: chain } })
    tx.ip.flush(table, chain)
    tx.ip.deleteChain(table, chain)
  }
})
xt.close()
