import { setTimeout as pause } from 'node:timers/promises'
import { builtModule } from '../../support/build.js'
import { socketFolder } from '../../support/daemon.js'
import { Process, startDaemon } from '../../support/processes.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()

const KILLS = Number(process.env.NFKIT_TEST_KILLS ?? 12)
const RULES = 200

/**
 * A client that goes on, whatever becomes of the daemon. Each commit puts rules with its number in the place of all others, in
 * several chains, and sets a policy by it. Where a commit has not been answered it reads what the tables are, and goes on from there.
 */
const WRITER = () => `
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
import { TransportError as Lost } from ${JSON.stringify(builtModule('netlink/index.js'))}
const say = (text) => writeSync(1, text + '\\n')
const rules = (number) => Array.from({ length: ${RULES} }, (_, i) => parseRule('-p tcp --dport ' + (i + 1) + ' -m comment --comment ' + number))
const again = async (work) => {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!Lost.is(error)) throw error
      await pause(10)
    }
  }
}
const xt = await again(() => openXtables({ daemon: process.argv[2] }))
const found = async () => Number(Object.keys(await again(() => xt.ip.read('filter'))).find((name) => name.startsWith('number-'))?.slice(7) ?? 0)
for (let number = (await found()) + 1; ; number++) {
  say('begun ' + number)
  try {
    await xt.transaction(({ ip }) => {
      ip.replaceChain('filter', 'INPUT', rules(number))
      ip.replaceChain('filter', 'number-' + number, rules(number).slice(0, 10))
      ip.setPolicy('filter', 'FORWARD', number % 2 === 0 ? 'ACCEPT' : 'DROP')
      if (number > 1) {
        ip.flush('filter', 'number-' + (number - 1))
        ip.deleteChain('filter', 'number-' + (number - 1))
      }
    }, { attempts: 10_000 })
    say('done ' + number)
  } catch (error) {
    if (!Lost.is(error)) throw error
    say('lost ' + number + ' ' + error.code + ' ' + error.message)
    number = await found()
    say('found ' + number)
  }
}
`

/** A client that appends, and tells of each rule whether it was appended: yes, no, or that it does not know. */
const APPENDER = () => `
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
import { TransportError } from ${JSON.stringify(builtModule('netlink/index.js'))}
const [path, name] = process.argv.slice(2)
let going = true
process.once('SIGTERM', () => { going = false })
let xt
// The daemon may be killed while this process starts.
while (!xt) xt = await openXtables({ daemon: path }).catch(() => pause(20))
for (let i = 0; going; i++) {
  try {
    await xt.transaction(({ ip }) => ip.append('filter', 'OUTPUT', parseRule('-m comment --comment ' + name + '-' + i)))
    writeSync(1, 'yes ' + i + '\\n')
    // Somebody who reads all of the table is to have a chance.
    await pause(25)
  } catch (error) {
    if (!TransportError.is(error)) throw error
    writeSync(1, (error.message.includes('is not known') ? 'perhaps ' : 'no ') + i + '\\n')
    await pause(20)
  }
}
xt.close()
`

describeTables('a daemon for tables of %s that is killed again and again', (tables) => {
  const state = () => {
    const saved = tables.saved('ip')
    return {
      input: tables.savedRules('ip').flatMap((line) => /^-A INPUT .*--comment (\d+)$/.exec(line)?.[1] ?? []),
      chains: saved.flatMap((line) => /^:number-(\d+) /.exec(line)?.[1] ?? []),
      numbered: tables.savedRules('ip').flatMap((line) => /^-A number-\d+ .*--comment (\d+)$/.exec(line)?.[1] ?? []),
      policy: saved.find((line) => line.startsWith(':FORWARD'))?.split(' ')[1],
    }
  }
  const after = (number: number) => ({ input: Array<string>(RULES).fill(`${number}`), chains: [`${number}`], numbered: Array<string>(10).fill(`${number}`), policy: number % 2 === 0 ? 'ACCEPT' : 'DROP' })

  test('leaves the tables as before a commit or as after it; clients connect anew, and know what they do not know', async () => {
    tables.clear('ip')
    const path = `${folder}/${tables.backend}.sock`
    let daemon = await startDaemon(path, tables.backend)
    const writer = new Process(WRITER(), [path])
    const appenders = ['a', 'b', 'c'].map((name) => ({ name, client: new Process(APPENDER(), [path, name]) }))
    let [during, landed] = [0, 0]
    for (let i = 0; i < KILLS; i++) {
      const count = writer.numbers('done').length
      await writer.until(() => writer.numbers('done').length >= count + 2)
      await pause(Math.random() * 60)
      await daemon.end('SIGKILL')
      const begun = writer.numbers('begun').at(-1) as number
      const done = writer.numbers('done').at(-1) as number
      const now = state()
      const number = Number(now.chains[0])
      expect([done, begun]).toContain(number)
      expect(now).toEqual(after(number))
      if (begun > done) during++
      if (begun > done && number === begun) landed++
      daemon = await startDaemon(path, tables.backend)
    }
    const last = writer.numbers('done').length
    await writer.until(() => writer.numbers('done').length >= last + 2)
    await writer.end()
    await Promise.all(appenders.map(({ client }) => client.end('SIGTERM')))
    expect([writer.errors, ...appenders.map(({ client }) => client.errors)]).toEqual(['', '', '', ''])
    await daemon.end('SIGTERM')
    expect(daemon.child.exitCode).toBe(0)
    for (const { name, client } of appenders) {
      const found = tables.savedRules('ip').flatMap((line) => new RegExp(`^-A OUTPUT .*--comment ${name}-(\\d+)$`).exec(line)?.[1] ?? []).map(Number)
      const [yes, perhaps] = [client.numbers('yes'), client.numbers('perhaps')]
      expect(found).toEqual([...yes, ...perhaps.filter((one) => found.includes(one))].sort((a, b) => a - b))
      expect(yes.length).toBeGreaterThan(KILLS)
    }
    const doubts = appenders.reduce((sum, { client }) => sum + client.numbers('perhaps').length, 0)
    process.stdout.write(`  ${KILLS} kills, ${during} between the begin of a commit and its end; of these ${landed} had been made; ${writer.numbers('done').length} commits of 210 rules; of ${appenders.reduce((sum, { client }) => sum + client.numbers('yes').length, 0)} appends the fate of ${doubts} was not known\n`)
    expect(during).toBeGreaterThan(0)
  }, 120_000)
})
