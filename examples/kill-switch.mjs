// Lets nothing out but through a tunnel, in both families. The switch stays closed when this program ends, and is opened by `open`.
//
//   sudo node examples/kill-switch.mjs close --tunnel wg0 --endpoint 198.51.100.4:51820
//   sudo node examples/kill-switch.mjs open
import { isIPv4 } from 'node:net'
import { parseArgs } from 'node:util'
import { openXtables, parseRule } from 'netfilter-kit/xtables'

const HELP = `Usage: kill-switch.mjs close --tunnel INTERFACE --endpoint ADDRESS:PORT
       kill-switch.mjs open

Closed, packets leave this machine through the tunnel, over UDP to its endpoint, and to itself. To close it again with another
endpoint replaces it, without a moment between.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tunnel: { type: 'string' }, endpoint: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
const [verb] = positionals
const [address, port] = (values.endpoint ?? '').split(':')
const good = positionals.length === 1 && (verb === 'open' || (verb === 'close' && values.tunnel && isIPv4(address) && /^\d+$/.test(port)))
if (values.help || !good) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}

const CHAIN = 'example-kill'
const jump = { target: { jump: CHAIN } }

const xt = await openXtables()
await xt.transaction(async (tx) => {
  for (const changes of [tx.ip, tx.ip6]) {
    // Out with the jumps first: they come back as the first rules, whatever has been put before them.
    const there = (await changes.chains('filter')).includes(CHAIN)
    for (const chain of ['OUTPUT', 'FORWARD']) {
      while (there && (await changes.has('filter', chain, jump))) changes.delete('filter', chain, jump)
    }
    if (verb === 'open') {
      if (!there) continue
      changes.flush('filter', CHAIN)
      changes.deleteChain('filter', CHAIN)
      continue
    }
    const through = [{ outInterface: 'lo' }, { outInterface: values.tunnel }, { inInterface: values.tunnel }]
    const endpoint = { destination: address, protocol: 'udp', matches: [{ match: 'udp', dport: Number(port) }] }
    changes.replaceChain('filter', CHAIN, [
      ...[...through, ...(changes === tx.ip ? [endpoint] : [])].map((rule) => ({ ...rule, target: { target: 'ACCEPT' } })),
      parseRule('-j DROP'),
    ])
    for (const chain of ['OUTPUT', 'FORWARD']) changes.insert('filter', chain, jump)
  }
})
console.log(verb === 'open' ? 'the switch is open' : 'the switch is closed')
xt.close()
