// The wiset room on a running kernel: load, content, atomic replacement, the helpers with one socket. Needs root.
import assert from 'node:assert/strict'
import { getIpsetSocket, loadAllIpsets, loadIpset, SetFullError, testIpsetEntries, testIpsetExist, WiSet } from 'netfilter-kit'

const name = `smoke-${process.pid}`
const sock = getIpsetSocket()
const set = new WiSet({ name, attrType: 'hash:net', counters: true, comment: true, timeout: 3600, maxelem: 20_000, sock })
try {
  await set.create()
  await set.add('198.51.100.0/24', { comment: 'scanner' })
  const stats = (await set.content).get('198.51.100.0/24')
  assert.equal(stats.comment, 'scanner')
  assert.equal(stats.packets, 0n)
  assert.ok(stats.timeout > 3500)
  console.log('  an entry with comment, counters and timeout is read back')

  const networks = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)
  await set.replaceEntries([...networks, networks[0]])
  assert.equal((await set.updateContent()).size, 20_000)
  // Well over maxelem: the kernel counts by regions of the hash, and lets a set exceed it by a little.
  const many = ['192.0.2.0/24', ...networks, ...networks.map((network) => network.replace(/^10/, '100'))]
  await assert.rejects(set.replaceEntries(many), SetFullError)
  assert.equal((await set.updateContent()).size, 20_000)
  await set.replaceEntries(many, { grow: true })
  assert.deepEqual(await set.testList(['192.0.2.1', '203.0.113.1']), new Set(['192.0.2.1']))
  assert.deepEqual((await sock.names()).filter((other) => other.includes('~')), [])
  console.log('  20,000 entries replaced at once; too many are refused until it may grow; nothing is left behind')

  const loaded = await loadIpset(name, { sock })
  assert.deepEqual([loaded.attrType, loaded.timeout, loaded.comment, loaded.options.maxelem], ['hash:net', 3600, true, 40_001])
  assert.deepEqual([...(await loadAllIpsets({ sock, prefix: name })).keys()], [name])
  assert.equal(await loadIpset(`${name}-none`, { sock }), undefined)
  assert.equal(await testIpsetExist(name), true)
  assert.deepEqual(await testIpsetEntries(name, ['10.0.0.9', '11.0.0.9']), new Set(['10.0.0.9']))
  console.log('  the helpers, with a socket of theirs and without')
} finally {
  await set.destroy()
  sock.close()
}
