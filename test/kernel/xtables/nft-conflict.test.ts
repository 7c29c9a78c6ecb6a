import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConflictError, parseRule } from '../../../src/xtables/index.js'
import { Link } from '../../../src/xtables/nft/link.js'
import { builtModule, scriptFile } from '../../support/build.js'
import { nft, recorded } from '../../support/nft-tables.js'
import { describeNft, environment, FAMILIES, ownLock, rejection, start } from '../../support/xtables.js'

const folder = ownLock()

/** What somebody else may commit between the plan and its commit, for the `i`th time; each raises the generation. */
const RIVALS: readonly [string, (i: number) => void][] = [
  ['a rule in the same chain', () => start('iptables-nft', ['-A', 'INPUT', '-p', 'udp'])],
  ['a rule in another table', () => start('iptables-nft', ['-t', 'raw', '-A', 'OUTPUT', '-p', 'udp'])],
  ['a rule of the other family', () => start('ip6tables-nft', ['-A', 'INPUT', '-p', 'udp'])],
  ['a table of nft', (i) => start('nft', ['add', 'table', 'inet', `rival-${i}`])],
]

describeNft('a commit of another program between plan and commit', (tables) => {
  const ours = parseRule('-p tcp')
  beforeEach(() => nft('flush', 'ruleset'))

  test.each(RIVALS)('has the transaction planned again, and nothing is lost: %s', async (_, rival) => {
    const { xt, said } = await recorded()
    let runs = 0
    await xt.transaction(async ({ ip, ip6 }) => {
      for (const tx of [ip, ip6]) tx.append('filter', 'INPUT', ours)
      await ip.settle()
      await ip6.settle()
      if (++runs <= 2) rival(runs)
    })
    xt.close()
    expect(runs).toBe(3)
    expect(said.counts().batch).toBe(3)
    const both = FAMILIES.map((family) => tables.savedRules(family).filter((line) => line === '-A INPUT -p tcp'))
    expect(both).toEqual([['-A INPUT -p tcp'], ['-A INPUT -p tcp']])
    expect(nft('list', 'ruleset')).toMatch(/udp|table inet rival-2/)
  })

  test('is noticed by a transaction that only reads before it appends', async () => {
    tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', '1')
    let runs = 0
    await tables.withTables((xt) =>
      xt.transaction(async ({ ip }) => {
        const { length } = await ip.rules('filter', 'INPUT')
        if (++runs === 1) tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', '2')
        ip.append('filter', 'INPUT', parseRule(`-m comment --comment ${length + 1}`))
      }),
    )
    expect(tables.savedRules('ip')).toEqual(['1', '2', '3'].map((n) => `-A INPUT -m comment --comment ${n}`))
  })

  test('every time is a ConflictError after as many attempts as there may be', async () => {
    let runs = 0
    const promise = tables.withTables((xt) =>
      xt.transaction(
        async ({ ip }) => {
          ip.append('filter', 'OUTPUT', ours)
          await ip.settle()
          tables.tool('ip', '-A', 'INPUT', '-m', 'comment', '--comment', `${++runs}`)
        },
        { attempts: 2 },
      ),
    )
    const error = await rejection(promise)
    expect(ConflictError.is(error) && [error.attempts, error.code]).toEqual([2, 'ERR_CONFLICT'])
    expect(error.message).toMatch(/2 times in a row/)
    expect(tables.savedRules('ip')).toEqual(['1', '2'].map((n) => `-A INPUT -m comment --comment ${n}`))
  })

  test('does not matter to a transaction that changes nothing', async () => {
    let runs = 0
    await tables.withTables((xt) =>
      xt.transaction(async ({ ip }) => {
        await ip.rules('filter', 'INPUT')
        runs++
        tables.tool('ip', '-A', 'INPUT', '-p', 'udp')
      }),
    )
    expect(runs).toBe(1)
  })
})

describeNft('a table that another program changes while it is read', (tables) => {
  beforeEach(() => nft('flush', 'ruleset'))

  test.each([
    ['emptied', ['-F INPUT', '-P INPUT DROP'], { policy: 'DROP', rules: 0 }],
    ['filled', ['-A INPUT -p udp', '-P INPUT DROP'], { policy: 'DROP', rules: 2 }],
  ])('is read as it was or as it is then, and not half: %s between its chains and its rules', async (_, commands, expected) => {
    tables.tool('ip', '-A', 'INPUT', '-p', 'tcp')
    const { rules } = Link.prototype
    let readings = 0
    const spy = jest.spyOn(Link.prototype, 'rules').mockImplementation(function (this: Link, ...args) {
      if (++readings === 1) start('iptables-nft-restore', ['-n'], ['*filter', ...commands, 'COMMIT\n'].join('\n'))
      return rules.apply(this, args)
    })
    try {
      const { INPUT } = await tables.withTables((xt) => xt.ip.read('filter'))
      expect({ policy: INPUT?.policy, rules: INPUT?.rules.length }).toEqual(expected)
    } finally {
      spy.mockRestore()
    }
    expect(readings).toBe(2)
  })
})

const PROCESSES = ['a', 'b', 'c', 'd']
/** Transactions of each process; every second one reads before it writes. */
const EACH = 250
/** How long they may take, ms. */
const LIFETIME = 120_000

/**
 * A script of another process. Each transaction writes the same to both families. Every second one replaces the only rule of
 * `counter`, whose comment is a number, by one with the next number, and notes that in `log`. It prints the most attempts.
 */
const writer = () => `
import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
const [name, each] = process.argv.slice(2)
const xt = await openXtables({ backend: 'nft' })
const rule = (comment) => parseRule('-m comment --comment ' + comment)
let most = 0
for (let i = 0; i < Number(each); i++) {
  let attempts = 0
  await xt.transaction(async (tx) => {
    attempts++
    if (i % 2 === 0) {
      for (const one of [tx.ip, tx.ip6]) one.append('filter', 'plain', rule(name + '-' + i))
      return
    }
    const [counter] = await tx.ip.rules('filter', 'counter')
    const next = Number(counter.matches[0].comment) + 1
    for (const one of [tx.ip, tx.ip6]) {
      one.replace('filter', 'counter', 1, rule(next))
      one.append('filter', 'log', rule(name + '-' + i + '-' + next))
    }
  }, { attempts: 10_000 })
  most = Math.max(most, attempts)
}
xt.close()
console.log(most)
`

/** A shell that appends with the C tool until a file appears, and tells how many rules it has appended. */
const RIVAL = 'i=0; while [ ! -e "$STOP" ]; do iptables-nft -A rival -m comment --comment $i || exit 1; i=$((i+1)); done; echo $i'

describeNft('four processes and iptables-nft that commit at once', (tables) => {
  test('end in what some serial order of their transactions gives', async () => {
    nft('flush', 'ruleset')
    const chains = ['counter', 'log', 'plain', 'rival']
    for (const family of FAMILIES) {
      await tables.load(family, [':INPUT ACCEPT [0:0]', ...chains.map((chain) => `:${chain} - [0:0]`), '[0:0] -A counter -m comment --comment 0'])
    }
    const stop = join(folder, 'stop')
    const rival = spawn('sh', ['-c', RIVAL], { env: environment({ STOP: stop }), stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    rival.stdout.on('data', (piece) => {
      printed += piece
    })
    const ended = once(rival, 'close')
    const script = scriptFile(writer())
    const from = performance.now()
    const results = await Promise.all(PROCESSES.map((name) => promisify(execFile)(process.execPath, [script, name, `${EACH}`], { timeout: LIFETIME }))).finally(() => writeFileSync(stop, ''))
    const took = performance.now() - from
    await ended
    rmSync(stop)
    expect(results.map(({ stderr }) => stderr)).toEqual(PROCESSES.map(() => ''))
    expect(rival.exitCode).toBe(0)

    const comments = (family: 'ip' | 'ip6', chain: string) =>
      tables.savedRules(family).flatMap((line) => new RegExp(`^-A ${chain} -m comment --comment (.*)$`).exec(line)?.[1] ?? [])
    const [counter, log, plain, theirs] = chains.map((chain) => comments('ip', chain)) as [string[], string[], string[], string[]]
    const most = results.map(({ stdout }) => Number(stdout))
    process.stdout.write(`  ${PROCESSES.length} x ${EACH} transactions and ${theirs.length} of iptables-nft in ${Math.round(took)} ms; attempts at most ${most.join(', ')}\n`)

    const modifying = (PROCESSES.length * EACH) / 2
    expect(counter).toEqual([`${modifying}`])
    // Each has seen the number of the one before it.
    expect(log.map((one) => Number(one.split('-')[2]))).toEqual(Array.from({ length: modifying }, (_, i) => i + 1))
    const numbers = (of: readonly string[], name: string) => of.filter((one) => one.startsWith(`${name}-`)).map((one) => Number(one.split('-')[1]))
    const half = (first: number) => Array.from({ length: EACH / 2 }, (_, i) => 2 * i + first)
    for (const name of PROCESSES) expect([numbers(plain, name), numbers(log, name)]).toEqual([half(0), half(1)])
    expect([plain.length, log.length]).toEqual([modifying, modifying])
    expect(theirs).toEqual(Array.from({ length: Number(printed) }, (_, i) => `${i}`))
    expect(theirs.length).toBeGreaterThan(10)
    expect(['counter', 'log', 'plain'].map((chain) => comments('ip6', chain))).toEqual([counter, log, plain])
  }, LIFETIME + 30_000)
})
