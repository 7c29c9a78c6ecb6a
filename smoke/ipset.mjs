// The ipset room on a running kernel: each set type it has, the bulk calls, save and restore. Needs root.
import assert from 'node:assert/strict'
import { AlreadyExists, InputError, IPSet, IPSetError, NoSuchObject, PortRange, SET_TYPES } from 'netfilter-kit'

/** Entries for each type, as the ipset tool prints them. */
const ENTRIES = {
  'bitmap:ip': ['10.0.0.1', '10.0.0.2'],
  'bitmap:ip,mac': ['10.0.0.1,02:00:5E:10:00:01'],
  'bitmap:port': ['80', '443'],
  'hash:ip': ['10.0.0.1', '10.9.8.7'],
  'hash:mac': ['02:00:5E:10:00:01'],
  'hash:ip,mac': ['10.0.0.1,02:00:5E:10:00:01'],
  'hash:ip,mark': ['10.0.0.1,0x00000001'],
  'hash:ip,port': ['10.0.0.1,tcp:80', '10.0.0.1,udp:53'],
  'hash:ip,port,ip': ['10.0.0.1,tcp:80,10.0.0.2'],
  'hash:ip,port,net': ['10.0.0.1,tcp:80,192.0.2.0/24'],
  'hash:net': ['10.0.0.0/8', '192.0.2.7'],
  'hash:net,net': ['10.0.0.0/8,192.0.2.0/24'],
  'hash:net,port': ['10.0.0.0/8,tcp:80', '10.0.0.0/8,icmp:echo-request'],
  'hash:net,port,net': ['10.0.0.0/8,tcp:80,192.0.2.0/24'],
  'hash:net,iface': ['10.0.0.0/8,lo'],
}
const RANGES = { 'bitmap:ip': '10.0.0.0/24', 'bitmap:ip,mac': '10.0.0.0/24', 'bitmap:port': [1, 1024] }

const ipset = new IPSet()
const prefix = `smoke-${process.pid}-`
const made = []
const make = async (name, options) => {
  await ipset.create(prefix + name, options)
  made.unshift(prefix + name)
  return prefix + name
}
const listed = async (name) => {
  const entries = []
  for await (const { entry } of ipset.entries(name)) entries.push(entry)
  return entries.sort()
}

try {
  const missing = []
  for (const [stype, entries] of Object.entries(ENTRIES)) {
    const missed = await ipset.getSupportedRevisions(stype).then(() => false, (error) => error.errnoName === 'IPSET_ERR_FIND_TYPE')
    if (missed) {
      missing.push(stype)
      continue
    }
    const name = await make(stype.replaceAll(/\W/g, '-'), { stype, range: RANGES[stype] })
    for (const entry of entries) await ipset.add(name, entry)
    assert.deepEqual(await listed(name), entries.toSorted(), stype)
    for (const entry of entries) assert.equal(await ipset.test(name, entry), true, `${stype} ${entry}`)
    await ipset.delete(name, entries[0])
    assert.equal(await ipset.test(name, entries[0]), false, stype)
  }
  console.log(`  ${made.length} set types hold their entries${missing.length > 0 ? `; this kernel lacks ${missing.join(' ')}` : ''}`)
  assert.deepEqual(Object.keys(ENTRIES).concat('list:set').sort(), [...SET_TYPES.keys()].sort())

  const list = await make('list', { stype: 'list:set' })
  await ipset.addAll(list, made.slice(1, 4))
  assert.deepEqual(await listed(list), made.slice(1, 4).sort())
  await ipset.flush(list)

  const six = await make('six', { stype: 'hash:net,port', family: 'inet6', timeout: 600, counters: true, comment: true })
  await ipset.add(six, ['2001:db8::/32', new PortRange(80, 83, 'udp')], { comment: 'four of them', packets: 3, bytes: 400 })
  assert.deepEqual(await listed(six), [80, 81, 82, 83].map((port) => `2001:db8::/32,udp:${port}`))
  console.log('  IPv6 with ports, timeout, counters and comment')

  const bulk = await make('bulk', { stype: 'hash:ip', hashsize: 32_768 })
  const addresses = Array.from({ length: 50_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)
  assert.equal(await ipset.addAll(bulk, addresses), 50_000)
  assert.equal((await ipset.testAll(bulk, addresses.slice(0, 1000))).every(Boolean), true)
  let text = ''
  for await (const piece of ipset.save(bulk)) text += piece
  await ipset.destroy(bulk)
  assert.equal(await ipset.restore(text), 50_001)
  assert.equal(await ipset.deleteAll(bulk, addresses), 50_000)
  assert.deepEqual(await listed(bulk), [])
  console.log('  50,000 entries added, saved, restored, deleted')

  await assert.rejects(ipset.create(bulk), AlreadyExists)
  await assert.rejects(ipset.headers(`${prefix}none`), NoSuchObject)
  await assert.rejects(ipset.add(bulk, '10.0.0.300'), InputError)
  await assert.rejects(ipset.delete(bulk, '10.0.0.1'), (error) => IPSetError.is(error) && error.errnoName === 'IPSET_ERR_EXIST')
  await assert.rejects(ipset.addAll(bulk, ['10.0.0.1', '10.0.0.2', '10.0.0.1']), (error) => error.batch.index === 2 && error.batch.applied === 2)
  console.log('  errors say what is wrong')

  await ipset.rename(bulk, `${prefix}other`)
  made[0] = `${prefix}other`
  const { index } = await ipset.getSetByName(made[0])
  assert.equal((await ipset.getSetByIndex(index)).name, made[0])
  console.log('  renamed, and found by its number')
} finally {
  for (const name of made) await ipset.destroy(name)
  ipset.close()
}
