import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { parseRule } from '../../../src/xtables/index.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeTables, environment, FAMILIES, ownLock } from '../../support/xtables.js'

ownLock()

/** How long the rivals write next to each other, ms. */
const RIVALRY = 10_000

/**
 * A script of another process: appends `count` rules one by one, told apart by a comment. Nothing keeps others from the
 * tables of nf_tables in the meantime: it is tried often.
 */
const appender = () => `
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
process.env.XTABLES_LOCKFILE = ${JSON.stringify(process.env.XTABLES_LOCKFILE)}
const [backend, name, count] = process.argv.slice(2)
const xt = await openXtables({ backend })
for (let i = 0; i < Number(count); i++) {
  const rule = parseRule('-m comment --comment ' + name + '-' + i)
  await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', rule), { wait: 20_000, attempts: 1000 })
}
xt.close()
`

/** A shell that appends with the C tool until a file appears, and tells how many rules it has appended. */
const RIVAL = `
i=0
while [ ! -e "$STOP" ]; do
  "$TOOL" -w -A OUTPUT -m comment --comment rival-$i || exit 1
  i=$((i+1))
done
echo $i
`

const comment = (name: string, i: number) => `-A INPUT -m comment --comment ${name}-${i}`

describeTables('writers of the tables of %s', (tables) => {
  beforeEach(() => {
    for (const family of FAMILIES) tables.clear(family)
  })

  test('lose nothing when ten transactions of one connection run at once', async () => {
    const seen = await tables.withTables((xt) =>
      Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          xt.transaction(async ({ ip, ip6 }) => {
            const before = (await ip.rules('filter', 'INPUT')).length
            for (const tx of [ip, ip6]) tx.append('filter', 'INPUT', parseRule(`-m comment --comment one-${i}`))
            return before
          }),
        ),
      ),
    )
    for (const family of FAMILIES) {
      expect(tables.savedRules(family).sort()).toEqual(Array.from({ length: 10 }, (_, i) => comment('one', i)).sort())
    }
    // One after the other: each saw the rules of those before it.
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('lose nothing when ten connections run at once', async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        tables.withTables((xt) =>
          xt.transaction((tx) => tx.ip.insert('filter', 'INPUT', parseRule(`-m comment --comment own-${i}`))),
        ),
      ),
    )
    expect(tables.savedRules('ip').sort()).toEqual(Array.from({ length: 10 }, (_, i) => comment('own', i)).sort())
  })

  test('lose nothing when four processes append at once', async () => {
    const scripts = ['a', 'b', 'c', 'd'].map((name) => startScript(appender(), [tables.backend, name, '50']))
    for (const { ended } of scripts) {
      const { code, errors } = await ended
      expect([code, errors]).toEqual([0, ''])
    }
    const expected = ['a', 'b', 'c', 'd'].flatMap((name) => Array.from({ length: 50 }, (_, i) => comment(name, i)))
    expect(tables.savedRules('ip').sort()).toEqual(expected.sort())
    // Each process's own rules stand in the order in which it has appended them.
    for (const name of ['a', 'b', 'c', 'd']) {
      const own = tables.savedRules('ip').filter((line) => line.includes(`${name}-`))
      expect(own).toEqual(Array.from({ length: 50 }, (_, i) => comment(name, i)))
    }
  }, 60_000)

  test('lose nothing when the C tool appends next to them for ten seconds', async () => {
    const stop = `${process.env.XTABLES_LOCKFILE}.stop`
    const rival = spawn('sh', ['-c', RIVAL], {
      env: environment({ STOP: stop, TOOL: tables.programs.ip }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    rival.stdout.on('data', (piece) => {
      printed += piece
    })
    const ended = once(rival, 'close')
    let ours = 0
    await tables.withTables(async (xt) => {
      const end = performance.now() + RIVALRY
      try {
        while (performance.now() < end) {
          await xt.transaction(
            (tx) => tx.ip.append('filter', 'INPUT', parseRule(`-m comment --comment ours-${ours}`)),
            { wait: 30_000, attempts: 1000 },
          )
          ours++
        }
      } finally {
        writeFileSync(stop, '')
        await ended
        rmSync(stop)
      }
    })
    expect(rival.exitCode).toBe(0)
    const theirs = Number(printed)
    const told = `${ours} appends of ours, ${theirs} of ${tables.programs.ip}, ${tables.savedRules('ip').length} rules`
    process.stdout.write(`  in ${RIVALRY / 1000} seconds: ${told}\n`)
    expect(tables.savedRules('ip')).toEqual([
      ...Array.from({ length: ours }, (_, i) => comment('ours', i)),
      ...Array.from({ length: theirs }, (_, i) => comment('rival', i).replace('INPUT', 'OUTPUT')),
    ])
    expect(Math.min(ours, theirs)).toBeGreaterThan(10)
  }, 120_000)
})
