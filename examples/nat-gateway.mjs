// A NAT gateway for as long as it runs: lets a private network out over one interface, and takes everything out again on Ctrl-C.
//
//   sudo node examples/nat-gateway.mjs --outside eth0 --inside eth1 --network 192.168.1.0/24
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openXtables } from 'netfilter-kit/xtables'

const HELP = `Usage: nat-gateway.mjs --outside INTERFACE --inside INTERFACE --network CIDR

Lets the network on one interface out over the other, with the address of that. Ends on SIGINT and SIGTERM.
`
const FORWARDING = '/proc/sys/net/ipv4/ip_forward'

const { values } = parseArgs({
  options: { outside: { type: 'string' }, inside: { type: 'string' }, network: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
const { outside, inside, network } = values
if (values.help || !outside || !inside || !network) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}

const accept = { target: 'ACCEPT' }
const CHAINS = [
  {
    table: 'filter', from: 'FORWARD',
    rules: [
      { matches: [{ match: 'conntrack', ctstate: ['RELATED', 'ESTABLISHED'] }], target: accept },
      { matches: [{ match: 'conntrack', ctstate: ['INVALID'] }], target: { target: 'DROP' } },
      { source: network, inInterface: inside, outInterface: outside, target: accept },
    ],
  },
  { table: 'nat', from: 'POSTROUTING', rules: [{ source: network, outInterface: outside, target: { target: 'MASQUERADE' } }] },
]
const jump = { target: { jump: 'example-gateway' } }

const xt = await openXtables()
const forwarded = readFileSync(FORWARDING, 'utf8')
const policy = (await xt.ip.read('filter')).FORWARD.policy
await xt.transaction(async (tx) => {
  for (const { table, from, rules } of CHAINS) {
    tx.ip.replaceChain(table, 'example-gateway', rules)
    if (!(await tx.ip.has(table, from, jump))) tx.ip.append(table, from, jump)
  }
  tx.ip.setPolicy('filter', 'FORWARD', 'DROP')
})
writeFileSync(FORWARDING, '1') // when the rules stand, not before
console.log(`${network} goes out over ${outside}`)

const still = setInterval(() => {}, 1 << 30)
await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
})
clearInterval(still)

writeFileSync(FORWARDING, forwarded)
const { 'example-gateway': chain } = await xt.ip.read('filter')
await xt.transaction((tx) => {
  for (const { table, from } of CHAINS) {
    tx.ip.delete(table, from, jump)
    tx.ip.flush(table, 'example-gateway')
    tx.ip.deleteChain(table, 'example-gateway')
  }
  tx.ip.setPolicy('filter', 'FORWARD', policy)
})
console.log(`packets forwarded: ${chain.rules.reduce((sum, { counters }) => sum + counters.packets, 0n)}`)
xt.close()
