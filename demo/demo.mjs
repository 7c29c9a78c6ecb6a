// What this library is for, in one script: `npm run demo`. It runs in a network namespace of its own, so the machine's
// firewall is not touched. Every step is what a program of yours would write.
import { setImmediate } from 'node:timers/promises'
import progress from 'cli-progress'
import { InputError, IPSet, PortRange, WiSet } from 'netfilter-kit'

if (!process.env.NFKIT_SANDBOX) {
  console.error("Start this with 'npm run demo': that gives it a network namespace of its own.")
  process.exit(1)
}

/** `count` networks: 10.0.0.0/24, 10.0.1.0/24, ... or, from another `first`, 11.0.0.0/24, ... */
function* networks(count, first = 10) {
  for (let i = 0; i < count; i++) yield `${first + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`
}

/** Runs a step with a progress bar, and says how long it took. Without a terminal there is no bar. */
async function timed(title, total, step) {
  const bar = new progress.SingleBar({ format: `${title} [{bar}] {value} of {total}`, clearOnComplete: true }, progress.Presets.rect)
  bar.start(total, 0)
  const began = performance.now()
  const result = await step({ onProgress: ({ done }) => bar.update(done) })
  const ms = performance.now() - began
  bar.stop()
  console.log(`${title}: ${ms.toFixed(0)} ms, ${Math.round((total / ms) * 1000).toLocaleString('en')} a second`)
  return result
}

const ipset = new IPSet()
const reader = new IPSet()
const ban = new WiSet({ name: 'ban', attrType: 'hash:net', maxelem: 200_000, hashsize: 65_536, counters: true, sock: ipset })
try {
  console.log('1. Make sets')
  await ban.create()
  await ipset.create('web', { stype: 'hash:net,port', timeout: 3600, comment: true })
  await ipset.create('both', { stype: 'list:set' })
  await ipset.addAll('both', ['ban', 'web'])
  console.log(`   ${(await ipset.names()).join(', ')}`)

  console.log('2. Fill them')
  await timed('   add 100,000 networks', 100_000, (options) => ban.insertList(networks(100_000), options))
  await ipset.add('web', ['192.0.2.0/24', new PortRange(8000, 8080, 'tcp')], { comment: 'staging', timeout: 600 })
  await ipset.add('web', '198.51.100.7,udp:53')

  console.log('3. Replace 100,000 networks at once, while somebody keeps asking for one that is old and new')
  let looks = 0
  let missed = 0
  let replacing = true
  const watch = (async () => {
    while (replacing) {
      if (!(await reader.test('ban', '10.0.0.7'))) missed++
      looks++
      await setImmediate()
    }
  })()
  const fresh = ['10.0.0.0/24', ...networks(99_999, 100)]
  await timed('   replace them', fresh.length, (options) => ban.replaceEntries(fresh, options))
  replacing = false
  await watch
  console.log(`   asked ${looks.toLocaleString('en')} times meanwhile, ${missed} times it was missing`)

  console.log('4. Test')
  for (const address of ['100.0.0.1', '10.200.0.1']) {
    console.log(`   ban ${(await ipset.test('ban', address)) ? 'covers' : 'does not cover'} ${address}`)
  }
  const found = await timed('   test 10,000 addresses', 10_000, () => ipset.testAll('ban', fresh.slice(0, 10_000)))
  console.log(`   ${found.filter(Boolean).length.toLocaleString('en')} of them are in the set`)

  console.log('5. List')
  let count = 0
  await timed('   read the 100,000 networks', 100_000, async () => {
    for await (const { entry } of ipset.entries('ban')) if (entry.endsWith('/24')) count++
  })
  console.log(`   ${count.toLocaleString('en')} networks; and the first of web:`)
  for await (const entry of ipset.entries('web')) {
    console.log('  ', entry)
    break
  }

  console.log('6. A mistake is refused before anything is sent')
  try {
    await ipset.add('web', '192.0.2.1/24,tcp:80')
  } catch (error) {
    if (!InputError.is(error)) throw error
    console.log(`   ${error.name}: ${error.message}`)
  }
} finally {
  for (const name of ['both', 'ban', 'web']) await ipset.destroy(name).catch(() => {})
  ipset.close()
  reader.close()
}
console.log('Done; the sets are gone again.')
