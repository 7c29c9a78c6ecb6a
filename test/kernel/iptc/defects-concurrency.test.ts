// python-iptables 1.2.0 took no lock, and was not for several writers, nor for threads: the letters are those of what was tried.
import { Chain, easyOn, Table } from '../../../src/iptc/index.js'
import { LockError, openXtables } from '../../../src/xtables/index.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeTables, end, holding, ownLock } from '../../support/xtables.js'
import { accept, comments, eachOpens } from './setting.js'

ownLock()

describeTables('what several do to one table, on %s', (tables) => {
  const easy = easyOn({ backend: tables.backend })
  const opened = eachOpens(tables)

  test('3.2 k: the lock that another program holds is waited for, not passed over, and its holder is named', async () => {
    const holder = await holding('flock', ['--exclusive', '--no-fork', process.env.XTABLES_LOCKFILE as string, 'sh', '-c', 'echo held; exec sleep 60'])
    try {
      opened.table.autocommit = false
      await opened.input.appendRule(accept('ours'))
      const from = performance.now()
      const outcome = await opened.table.commit({ wait: 300 }).catch((error: unknown) => error)
      // The tables of nf_tables have no lock: the kernel tells who comes too late.
      if (tables.backend === 'nft') expect([outcome, comments(tables)]).toEqual([undefined, ['ours']])
      else {
        expect(LockError.is(outcome) && outcome.holder?.pid).toBe(holder.pid)
        expect(performance.now() - from).toBeGreaterThanOrEqual(300)
        expect(performance.now() - from).toBeLessThan(10_000)
        expect(comments(tables)).toEqual([])
      }
    } finally {
      await end(holder)
    }
    // What was planned waits still.
    await opened.table.commit()
    expect(comments(tables)).toEqual(['ours'])
  })

  test('3.2 l: threads that read parameters at the same time do not disturb each other, nor what the process prints', async () => {
    for (let port = 1; port <= 50; port++) await easy.addRule('filter', 'INPUT', { protocol: 'tcp', tcp: { dport: String(port) }, target: 'ACCEPT' })
    const worker = `(async () => {
      const { parentPort } = require('node:worker_threads')
      const { Chain, Table } = await import(${JSON.stringify(builtModule('iptc/index.js'))})
      const table = new Table('filter', { backend: '${tables.backend}' })
      const told = new Set()
      for (let round = 0; round < 20; round++) {
        const rules = await new Chain(table, 'INPUT').rules
        told.add(rules.map(({ matches }) => matches[0].parameters.dport).join())
      }
      await table.close()
      parentPort.postMessage([...told])
    })()`
    const { ended } = startScript(`
      import { Worker } from 'node:worker_threads'
      const told = await Promise.all([1, 2, 3, 4].map(() => new Promise((resolve, reject) => {
        new Worker(${JSON.stringify(worker)}, { eval: true }).on('message', resolve).on('error', reject)
      })))
      console.log(JSON.stringify(told))`)
    const { code, output, errors } = await ended
    const ports = Array.from({ length: 50 }, (_, i) => i + 1).join()
    expect([code, errors, output]).toEqual([0, '', `${JSON.stringify([[ports], [ports], [ports], [ports]])}\n`])
  })

  test('concurrent writers: what fifty calls of one process add at once is all there', async () => {
    await using xt = await openXtables({ backend: tables.backend })
    const [one, other] = [new Table('filter', { xt }), new Table('filter', { backend: tables.backend })]
    await Promise.all(Array.from({ length: 50 }, (_, i) => new Chain(i % 2 === 0 ? one : other, 'INPUT').appendRule(accept(`c${i}`))))
    await other.close()
    expect(comments(tables).sort()).toEqual(Array.from({ length: 50 }, (_, i) => `c${i}`).sort())
  })

  test('concurrent writers: what four processes add at once is all there', async () => {
    const source = `
      process.env.XTABLES_LOCKFILE = ${JSON.stringify(process.env.XTABLES_LOCKFILE)}
      const { Chain, Rule, Table } = await import(${JSON.stringify(builtModule('iptc/index.js'))})
      const [backend, name] = process.argv.slice(2)
      const table = new Table('filter', { backend })
      for (let i = 0; i < 25; i++) {
        const rule = new Rule({ target: 'ACCEPT' })
        rule.createMatch('comment', { comment: name + i })
        await new Chain(table, 'INPUT').appendRule(rule)
      }
      await table.close()`
    const scripts = ['a', 'b', 'c', 'd'].map((name) => startScript(source, [tables.backend, name]))
    for (const { ended } of scripts) {
      const { code, errors } = await ended
      expect([code, errors]).toEqual([0, ''])
    }
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(comments(tables).filter((comment) => comment?.startsWith(name))).toEqual(Array.from({ length: 25 }, (_, i) => `${name}${i}`))
    }
    expect(comments(tables)).toHaveLength(100)
  }, 60_000)
})
