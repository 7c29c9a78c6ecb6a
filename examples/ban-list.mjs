// Bans addresses that a log complains of: reads lines from standard input, and drops who is named in them too often.
//
//   journalctl -fu ssh | node examples/ban-list.mjs --pattern 'Failed password .* from (\S+)'
//
// It takes its rules and sets out again when it ends (Ctrl-C, or the end of the input), unless --keep is given.
import { isIP } from 'node:net'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { IPSet } from 'netfilter-kit'
import { openXtables, parseRule } from 'netfilter-kit/xtables'

const HELP = `Usage: ban-list.mjs --pattern REGEX [options] < LOG

  --pattern REGEX    a line that matches it complains of the address in its first group
  --times N          how many such lines are too many (5)
  --within SECONDS   in which time (600)
  --timeout SECONDS  how long an address is banned (3600; 0: for ever)
  --keep             leaves rules and bans when it ends
`

const { values } = parseArgs({
  options: {
    pattern: { type: 'string' },
    times: { type: 'string', default: '5' },
    within: { type: 'string', default: '600' },
    timeout: { type: 'string', default: '3600' },
    keep: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const [times, within, timeout] = [values.times, values.within, values.timeout].map(Number)
const wrong = values.pattern === undefined || [times, within, timeout].some((number) => !Number.isInteger(number) || number < 0)
if (values.help || wrong) {
  ;(values.help ? process.stdout : process.stderr).write(HELP)
  process.exit(values.help ? 0 : 2)
}
const pattern = new RegExp(values.pattern)

const SETS = { ip: 'ban-list4', ip6: 'ban-list6' }
const drop = (family) => parseRule(`-m set --match-set ${SETS[family]} src -j DROP`)

const ipset = new IPSet()
const xt = await openXtables()
await ipset.create(SETS.ip, { stype: 'hash:ip', timeout, comment: true, exclusive: false })
await ipset.create(SETS.ip6, { stype: 'hash:ip', family: 'inet6', timeout, comment: true, exclusive: false })
await xt.transaction(async (tx) => {
  for (const family of ['ip', 'ip6']) {
    if (!(await tx[family].has('filter', 'INPUT', drop(family)))) tx[family].insert('filter', 'INPUT', drop(family))
  }
})
console.log('watching')

const lines = createInterface({ input: process.stdin })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => lines.close())

/** When an address was complained of, in seconds. */
const complaints = new Map()

for await (const line of lines) {
  const address = pattern.exec(line)?.[1]
  const version = isIP(address ?? '')
  if (version === 0) continue
  const now = Date.now() / 1000
  const recent = [...(complaints.get(address) ?? []), now].filter((time) => time > now - within)
  complaints.set(address, recent)
  if (recent.length < times) continue
  complaints.delete(address)
  await ipset.add(version === 6 ? SETS.ip6 : SETS.ip, address, { comment: `${recent.length} complaints`, exclusive: false })
  console.log(`banned ${address}`)
}

if (!values.keep) {
  await xt.transaction(async (tx) => {
    for (const family of ['ip', 'ip6']) {
      if (await tx[family].has('filter', 'INPUT', drop(family))) tx[family].delete('filter', 'INPUT', drop(family))
    }
  })
}
xt.close() // before the sets go: the kernel lets go of them a moment after the commit, or when a connection is closed
if (!values.keep) for (const name of Object.values(SETS)) await ipset.destroy(name)
ipset.close()
