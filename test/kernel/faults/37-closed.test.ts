import { readdirSync } from 'node:fs'
import { InputError, IPSet, WiSet } from '../../../src/index.js'
import { Connection, Subscription, TransportError } from '../../../src/netlink/index.js'
import { openXtables, parseRule } from '../../../src/xtables/index.js'
import { codeOf } from '../../netlink/harness.js'
import { builtModule, startScript } from '../../support/build.js'
import { describeKernel } from '../../support/kernel.js'
import { removeAllSets } from '../../support/sets.js'
import { describeTables, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const descriptors = () => readdirSync('/proc/self/fd').length

describeKernel('37. a socket that is closed', () => {
  beforeEach(removeAllSets)

  test('while requests are under way rejects all of them with ERR_CLOSED', async () => {
    const ipset = new IPSet()
    await ipset.create('ban', { maxelem: 1_000_000 })
    const many = Array.from({ length: 300_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    const list = ipset.list('ban')
    const pending = [ipset.addAll('ban', many), ipset.list().next(), list.next()]
    setImmediate(() => ipset.close())
    const outcomes = await Promise.allSettled(pending)
    // A list of which the answer had come before may have been handed out.
    expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CLOSED' } })
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ERR_CLOSED' })
    expect(await codeOf(ipset.create('other'))).toBe('ERR_CLOSED')
    expect(await codeOf(ipset.list().next())).toBe('ERR_CLOSED')
  })

  test('twice is closed once, and leaves no descriptor', async () => {
    await using warm = new IPSet()
    await warm.getProtocolVersion()
    const before = descriptors()
    for (let i = 0; i < 20; i++) {
      const ipset = new IPSet()
      await ipset.getProtocolVersion()
      ipset.close()
      ipset.close()
      await ipset[Symbol.asyncDispose]()
      const set = new WiSet({ name: 'ban' })
      await set.create({ exclusive: false })
      set.closeNetlink()
      set.closeNetlink()
      const connection = await Connection.open()
      connection.close()
      connection.close()
    }
    expect(descriptors()).toBe(before)
  })

  test('ends a subscription that waits', async () => {
    const subscription = await Subscription.open({ groups: [7] })
    const next = subscription.next()
    subscription.close()
    subscription.close()
    expect(await next).toEqual({ value: undefined, done: true })
  })
})

describeTables('37. tables of %s that are closed', (tables) => {
  test('in the middle of a transaction have it rejected, and nothing is changed; twice is once', async () => {
    const before = tables.saved('ip')
    const xt = await openXtables({ backend: tables.backend })
    const change = xt.transaction(async ({ ip }) => {
      ip.append('filter', 'INPUT', parseRule('-p tcp'))
      xt.close()
      xt.close()
      await ip.settle()
    })
    const error = await rejection(change)
    expect(TransportError.is(error) && error.code).toBe('ERR_CLOSED')
    expect(InputError.is(await rejection(xt.ip.read('filter')))).toBe(true)
    expect(InputError.is(await rejection(xt.transaction(() => {})))).toBe(true)
    expect(tables.saved('ip')).toEqual(before)
  })

  test('while they are read, a hundred times over, leave no descriptor, and no request without an answer', async () => {
    await tables.withTables((xt) => xt.ip.readAll())
    const before = descriptors()
    for (let i = 0; i < 100; i++) {
      const xt = await openXtables({ backend: tables.backend })
      const reading = Promise.allSettled([xt.ip.readAll(), xt.ip6.read('filter'), xt.transaction((tx) => tx.ip.rules('filter', 'INPUT'))])
      if (i % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      xt.close()
      for (const outcome of await reading) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ERR_CLOSED' })
    }
    expect(descriptors()).toBe(before)
  })
})

describeKernel('37. a process that leaves its sockets open', () => {
  test.each([
    ['after requests', `await ipset.create('ban', { exclusive: false }); await xt.ip.readAll()`],
    ['with a list that was begun', `await ipset.list().next()`],
    ['with events that nobody reads', `await xt.monitor().ready; await xt.trace().ready`],
  ])('ends by itself %s', async (_, work) => {
    const script = startScript(`import { IPSet } from ${JSON.stringify(builtModule())}
      import { openXtables } from ${JSON.stringify(builtModule('xtables/index.js'))}
      const ipset = new IPSet()
      const xt = await openXtables({ backend: 'nft' })
      ${work}
      process.on('exit', () => console.log('over'))`)
    const began = performance.now()
    expect(await script.ended).toEqual({ code: 0, signal: null, output: 'over\n', errors: '' })
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})
