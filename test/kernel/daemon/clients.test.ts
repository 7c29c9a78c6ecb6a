import { setTimeout as pause } from 'node:timers/promises'
import { builtModule } from '../../support/build.js'
import { socketFolder } from '../../support/daemon.js'
import { Process, startDaemon } from '../../support/processes.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()

const CLIENTS = 20
/** How long they write; one of them is killed in each. */
const SECONDS = Number(process.env.NFKIT_TEST_SECONDS ?? 8)

/**
 * A client that writes until it is told to stop. It says before each transaction that it begins, and behind it that it is done.
 * Three of four append a rule; the fourth puts the next number in the place of the one that `counter` holds, and notes it in `log`.
 */
const CLIENT = () => `
import { writeSync } from 'node:fs'
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
const [path, name] = process.argv.slice(2)
let going = true
process.once('SIGTERM', () => { going = false })
const xt = await openXtables({ daemon: path })
const rule = (comment) => parseRule('-m comment --comment ' + comment)
for (let i = 0; going; i++) {
  writeSync(1, 'begun ' + i + '\\n')
  await xt.transaction(async ({ ip }) => {
    if (i % 4 < 3) return ip.append('filter', 'plain', rule(name + '-' + i))
    const [counter] = await ip.rules('filter', 'counter')
    const next = Number(counter.matches[0].comment) + 1
    ip.replace('filter', 'counter', 1, rule(next))
    ip.append('filter', 'log', rule(name + '-' + i + '-' + next))
  }, { attempts: 100_000 })
  writeSync(1, 'done ' + i + '\\n')
}
xt.close()
`

describeTables('twenty clients of a daemon for tables of %s, one of which is killed every second', (tables) => {
  test('lose nothing that was done, and do nothing twice', async () => {
    await tables.load('ip', [':INPUT ACCEPT [0:0]', ':counter - [0:0]', ':log - [0:0]', ':plain - [0:0]', '[0:0] -A counter -m comment --comment 0'])
    const path = `${folder}/${tables.backend}.sock`
    const daemon = await startDaemon(path, tables.backend)
    const source = CLIENT()
    const all = new Map<string, Process>()
    const start = () => {
      const name = `c${all.size}`
      const client = new Process(source, [path, name])
      all.set(name, client)
      return client
    }
    const living = Array.from({ length: CLIENTS }, start)
    await Promise.all(living.map((client) => client.until(() => client.numbers('done').length > 0)))
    const from = performance.now()
    for (let second = 0; second < SECONDS; second++) {
      await pause(1000)
      const which = Math.floor(Math.random() * CLIENTS)
      await living[which]?.end()
      living[which] = start()
    }
    const took = (performance.now() - from) / 1000
    await Promise.all(living.map((client) => client.until(() => client.numbers('done').length > 0)))
    await Promise.all(living.map((client) => client.end('SIGTERM')))
    expect(living.map(({ child, errors }) => [child.exitCode, errors])).toEqual(living.map(() => [0, '']))
    await daemon.end('SIGTERM')
    expect([daemon.child.exitCode, daemon.errors]).toEqual([0, ''])

    const comments = (chain: string) => tables.savedRules('ip').flatMap((line) => new RegExp(`^-A ${chain} -m comment --comment (.*)$`).exec(line)?.[1] ?? [])
    const [counter, log, plain] = ['counter', 'log', 'plain'].map(comments) as [string[], string[], string[]]
    // Each has seen the number of the one before it.
    expect(log.map((one) => Number(one.split('-')[2]))).toEqual(log.map((_, i) => i + 1))
    expect(counter).toEqual([`${log.length}`])
    const found = new Map([...all.keys()].map((name) => [name, [] as number[]]))
    for (const one of [...plain, ...log]) found.get(one.split('-')[0] as string)?.push(Number(one.split('-')[1]))
    let [done, unknown, landed] = [0, 0, 0]
    for (const [name, client] of all) {
      const finished = client.numbers('done')
      const begun = client.numbers('begun').at(-1) as number
      const there = (found.get(name) as number[]).sort((a, b) => a - b)
      expect(finished).toEqual(finished.map((_, i) => i))
      // The one that it was killed in may have been made, or not.
      const expected = there.length > finished.length ? [...finished, begun] : finished
      expect([name, there]).toEqual([name, expected])
      done += finished.length
      if (begun >= finished.length) unknown++
      landed += there.length - finished.length
    }
    expect(plain.length + log.length).toBe(done + landed)
    process.stdout.write(`  ${CLIENTS} clients in ${took.toFixed(1)} s: ${done} transactions, ${log.length} of them after reading; ${all.size - CLIENTS} killed, ${unknown} of them in a transaction, of which ${landed} had been made\n`)
    expect(done).toBeGreaterThan(CLIENTS * SECONDS)
  }, (SECONDS + 90) * 1000)
})
