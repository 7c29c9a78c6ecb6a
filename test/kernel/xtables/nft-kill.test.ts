import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { builtModule, scriptFile } from '../../support/build.js'
import { nft } from '../../support/nft-tables.js'
import { describeNft, ownLock } from '../../support/xtables.js'

ownLock()

/** How often a process is killed, and how many rules of each family are changed by each of its commits. */
const KILLS = 30
const RULES = 200

/**
 * A script of another process that never ends: each commit puts rules with the number of the commit in the place of all others,
 * in three tables of both families, and sets policies by it. It tells before each commit, and after it.
 */
const writer = () => `
import { writeSync } from 'node:fs'
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
const xt = await openXtables({ backend: 'nft' })
const rules = (number) => Array.from({ length: ${RULES} }, (_, i) => parseRule('-p tcp --dport ' + (i + 1) + ' -m comment --comment ' + number))
for (let number = Number(process.argv[2]); ; number++) {
  writeSync(1, 'begun ' + number + '\\n')
  await xt.transaction((tx) => {
    for (const one of [tx.ip, tx.ip6]) {
      one.replaceChain('filter', 'INPUT', rules(number))
      one.replaceChain('nat', 'OUTPUT', rules(number).slice(0, 50))
      one.replaceChain('mangle', 'number-' + number, rules(number).slice(0, 10))
      one.setPolicy('filter', 'FORWARD', number % 2 === 0 ? 'ACCEPT' : 'DROP')
      if (number > 1) {
        one.flush('mangle', 'number-' + (number - 1))
        one.deleteChain('mangle', 'number-' + (number - 1))
      }
    }
  })
  writeSync(1, 'done ' + number + '\\n')
}
`

/** The last number that follows a word in what a process has printed; `otherwise` where there is none. */
function last(printed: string, word: string, otherwise: number): number {
  const found = [...printed.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].at(-1)
  return found ? Number(found[1]) : otherwise
}

describeNft('a process that is killed while it commits', (tables) => {
  /** What the tables of a family say is the number of the last commit: one and the same everywhere. */
  function state(family: 'ip' | 'ip6') {
    const numbers = (table: string, chain: string) => tables.savedRules(family, table).flatMap((line) => new RegExp(`^-A ${chain} .*--comment (\\d+)$`).exec(line)?.[1] ?? [])
    const chain = tables.saved(family, 'mangle').flatMap((line) => /^:number-(\d+) /.exec(line)?.[1] ?? [])
    return {
      filter: numbers('filter', 'INPUT'),
      nat: numbers('nat', 'OUTPUT'),
      mangle: numbers('mangle', 'number-\\d+'),
      chain,
      policy: tables.saved(family).find((line) => line.startsWith(':FORWARD'))?.split(' ')[1],
    }
  }
  const after = (number: number) => {
    const times = (count: number) => Array<string>(count).fill(`${number}`)
    return { filter: times(RULES), nat: times(50), mangle: times(10), chain: times(1), policy: number % 2 === 0 ? 'ACCEPT' : 'DROP' }
  }

  test('leaves the tables as before the commit or as after it, in both families alike', async () => {
    nft('flush', 'ruleset')
    const script = scriptFile(writer())
    let number = 0
    let during = 0
    let landed = 0
    for (let i = 0; i < KILLS; i++) {
      const child = spawn(process.execPath, [script, `${number + 1}`], { stdio: ['ignore', 'pipe', 'inherit'] })
      let printed = ''
      child.stdout.on('data', (piece) => {
        printed += piece
      })
      const closed = once(child, 'close')
      const gone = closed.then(() => Promise.reject(new Error('the script has ended by itself')))
      gone.catch(() => {})
      const hear = async (line: string) => {
        while (!printed.includes(`${line}\n`)) await Promise.race([once(child.stdout, 'data'), gone])
        return performance.now()
      }
      const from = await hear(`begun ${number + 1}`)
      const took = (await hear(`done ${number + 1}`)) - from
      // Some time in the next two commits or so.
      await pause(Math.random() * 2 * took)
      child.kill('SIGKILL')
      await closed
      const [begun, done] = [last(printed, 'begun', number), last(printed, 'done', number)]
      const four = state('ip')
      const found = Number(four.chain[0])
      expect([done, begun]).toContain(found)
      expect(four).toEqual(after(found))
      expect(state('ip6')).toEqual(after(found))
      if (begun > done) during++
      if (begun > done && found === begun) landed++
      number = found
    }
    process.stdout.write(`  ${KILLS} kills, ${during} between the begin of a commit and its end; of these ${landed} had been made; ${number} commits\n`)
    expect(during).toBeGreaterThan(KILLS / 4)
  }, 180_000)
})
