// The iptc rooms on a running kernel, through a daemon too: objects, dictionaries, a generated ruleset, a transaction. Needs root.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Chain, easyOn, iptcCommand, iptcCommit, Rule, Table } from 'netfilter-kit/iptc'
import { Accept, defaultTables, restore, UserChain } from 'netfilter-kit/iptc/builder'
import { openDaemon, readPolicy } from 'netfilter-kit/iptc/daemon'

const chain = `smoke-${process.pid}`
const table = new Table('filter', { autocommit: false })
try {
  const rule = new Rule({ protocol: 'tcp', src: '192.0.2.0/24' })
  rule.createMatch('tcp', { dport: '22' })
  rule.createTarget('REJECT', { rejectWith: 'tcp-reset' })
  const smoke = await table.createChain(chain)
  await smoke.appendRule(rule)
  await table.commit()
  assert.ok((await new Chain(table, chain).rules)[0].equals(rule))
  console.log('  a rule made of objects is read back')

  const easy = easyOn({ xt: await table.connection() })
  const [dictionary] = await easy.dumpChain('filter', chain)
  assert.deepEqual(dictionary.tcp, { dport: '22' })
  await easy.replaceRule('filter', chain, JSON.parse(JSON.stringify(dictionary)), { ...dictionary, target: 'ACCEPT' })
  assert.equal(String((await new Chain(table, chain).rules)[0]), '-s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset')
  await table.refresh()
  assert.equal((await new Chain(table, chain).rules)[0].target.name, 'ACCEPT')
  console.log('  a dictionary of it, through JSON, finds it again')

  const add = iptcCommand()(function* (port) {
    yield table
    new Chain(table, chain).appendRule(new Rule({ protocol: 'udp', target: 'DROP' }))
    yield iptcCommit()
    return port
  })
  assert.equal(await add(53), 53)
  const tables = defaultTables()
  tables.filter.append(new UserChain(`${chain}-b`)).append(Accept({ proto: 'tcp', dport: 443, comment: 'web' }))
  await restore(tables, { noflush: true, xt: await table.connection() })
  assert.deepEqual(await easy.dumpChain('filter', `${chain}-b`), [{ protocol: 'tcp', tcp: { dport: '443' }, comment: { comment: 'web' }, target: 'ACCEPT', counters: [0, 0] }])
  console.log('  a transaction, and a generated ruleset')

  const folder = mkdtempSync(join(tmpdir(), 'smoke-'))
  const path = join(folder, 'nfkit.sock')
  const policy = await readPolicy({ rules: [{ uid: process.getuid(), tables: { 'ip filter': { access: 'write', chains: ['smoke-*'] } } }] })
  const { backend } = await table.connection()
  const daemon = await openDaemon({ path, policy, backend })
  try {
    const through = easyOn({ daemon: path })
    await through.addRule('filter', chain, { protocol: 'sctp', target: 'DROP' })
    assert.equal((await through.dumpChain('filter', chain)).length, 3)
    await assert.rejects(through.addRule('filter', 'INPUT', { target: 'DROP' }), { code: 'ERR_DENIED' })
  } finally {
    await daemon.close()
    rmSync(folder, { recursive: true })
  }
  console.log('  through a daemon: what the policy allows, and nothing else')
  assert.equal(typeof createRequire(import.meta.url)('netfilter-kit/iptc').Table, 'function')
} finally {
  await table.refresh()
  table.autocommit = true
  for (const { name } of await table.chains) {
    if (!name.startsWith(chain)) continue
    await table.flushEntries(name)
    await table.deleteChain(name)
  }
  await table.close()
}
