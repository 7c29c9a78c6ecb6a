import { parseRule } from '../../../src/xtables/index.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeTables, FAMILIES, ownLock } from '../../support/xtables.js'

ownLock()

/** Each transaction reads the chain and appends the number behind the last one: two that went past each other would write it twice. */
const NEXT = `async ({ ip, ip6 }) => {
  const rules = await ip.rules('filter', 'INPUT')
  for (const tx of [ip, ip6]) tx.append('filter', 'INPUT', parseRule('-m comment --comment ' + name + '-' + (rules.length + 1)))
}`

const counter = () => `
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
process.env.XTABLES_LOCKFILE = ${JSON.stringify(process.env.XTABLES_LOCKFILE)}
const [backend, name, count] = process.argv.slice(2)
const xt = await openXtables({ backend })
for (let i = 0; i < Number(count); i++) await xt.transaction(${NEXT}, { wait: 20_000, attempts: 1000 })
xt.close()
`

describeTables('36. transactions on the tables of %s at the same time', (tables) => {
  beforeEach(() => {
    for (const family of FAMILIES) tables.clear(family)
  })
  /** The numbers of a family's rules, in order, and who wrote them. */
  function numbers(family: 'ip' | 'ip6') {
    const found = tables.savedRules(family).map((line) => /--comment (\w)-(\d+)$/.exec(line) ?? [])
    return { numbers: found.map(([, , number]) => Number(number)), names: found.map(([, name]) => name) }
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

  test('ten of one process leave what some order of them leaves', async () => {
    await tables.withTables((xt) =>
      Promise.all(
        Array.from({ length: 10 }, () =>
          xt.transaction(async ({ ip, ip6 }) => {
            const rules = await ip.rules('filter', 'INPUT')
            for (const tx of [ip, ip6]) tx.append('filter', 'INPUT', parseRule(`-m comment --comment a-${rules.length + 1}`))
          }),
        ),
      ),
    )
    for (const family of FAMILIES) expect(numbers(family).numbers).toEqual(upTo(10))
  })

  test('25 each of four processes leave what some order of them leaves, in both families the same', async () => {
    const scripts = ['a', 'b', 'c', 'd'].map((name) => startScript(counter(), [tables.backend, name, '25']))
    for (const { ended } of scripts) expect(await ended).toMatchObject({ code: 0, errors: '' })
    const { names, numbers: found } = numbers('ip')
    expect(found).toEqual(upTo(100))
    expect(numbers('ip6')).toEqual({ names, numbers: found })
    for (const name of ['a', 'b', 'c', 'd']) expect(names.filter((one) => one === name)).toHaveLength(25)
  }, 60_000)
})
