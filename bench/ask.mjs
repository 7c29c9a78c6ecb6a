// One program that asks a daemon for the same small thing again and again: `node ask.mjs PATH WHAT SECONDS`. It begins when it
// is given a line, and prints how often it was answered.
import { once } from 'node:events'
import { xtables } from './programs.mjs'

const [path, what, seconds] = process.argv.slice(2)
const { openXtables, parseRule } = await xtables()
const xt = await openXtables({ daemon: path })
const rules = Array.from({ length: 10 }, (_, i) => parseRule(`-p tcp -m tcp --dport ${i + 1} -j ACCEPT`))
const work = {
  read: () => xt.ip.read('filter'),
  has: () => xt.transaction((tx) => tx.ip.has('filter', 'INPUT', rules[5])),
  append: () => xt.transaction((tx) => tx.ip.append('filter', 'OUTPUT', rules[0]), { attempts: 10_000 }),
}[what]
await xt.transaction((tx) => tx.ip.replaceChain('filter', 'INPUT', rules), { attempts: 10_000 })
for (let i = 0; i < 100; i++) await work()
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const end = performance.now() + Number(seconds) * 1000
let count = 0
while (performance.now() < end) {
  await work()
  count++
}
process.stdout.write(`${count}\n`)
xt.close()
process.stdin.destroy()
