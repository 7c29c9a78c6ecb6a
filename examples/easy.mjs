// Saves all tables as JSON, and puts them back: the dictionaries are those of python-iptables.
//
//   sudo node examples/easy.mjs save > rules.json
//   sudo node examples/easy.mjs load < rules.json
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { easy } from 'netfilter-kit/iptc'

const HELP = `Usage: easy.mjs save|load [--ipv6]

  save    prints the rules and policies of all tables
  load    reads such text from standard input, and puts it in the place of what is in its tables: all of it, or nothing
  --ipv6  the tables of IPv6
`

const { values, positionals } = parseArgs({ allowPositionals: true, options: { ipv6: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } } })
const [verb] = positionals
if (values.help || positionals.length !== 1 || (verb !== 'save' && verb !== 'load')) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}
const options = { ipv6: values.ipv6 }

async function save() {
  const saved = {}
  for (const [table, chains] of Object.entries(await easy.dumpAll(options))) {
    saved[table] = {}
    for (const [chain, rules] of Object.entries(chains)) {
      const policy = await easy.getPolicy(table, chain, options)
      saved[table][chain] = { policy, rules }
    }
  }
  console.log(JSON.stringify(saved, undefined, 2))
}

async function load(saved) {
  await easy.batchBegin(undefined, options)
  for (const [table, chains] of Object.entries(saved)) {
    await easy.flushTable(table, options)
    const builtIn = await easy.getChains(table, options)
    await easy.batchAddChains(table, Object.keys(chains).filter((chain) => !builtIn.includes(chain)), options)
    const rules = Object.entries(chains).flatMap(([chain, { rules }]) => rules.map((rule) => [chain, rule]))
    await easy.batchAddRules(table, rules, options)
    for (const [chain, { policy }] of Object.entries(chains)) if (policy) await easy.setPolicy(table, chain, policy, options)
  }
  await easy.batchEnd(undefined, options) // until here nothing has changed
  console.log(`loaded ${Object.keys(saved).join(', ')}`)
}

if (verb === 'save') await save()
else await load(JSON.parse(await text(process.stdin)))
