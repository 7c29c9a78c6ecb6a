import { setTimeout as pause } from 'node:timers/promises'
import type { Policy } from '../../../src/iptc/daemon/policy.js'
import { type MonitorEvent, parseRule } from '../../../src/xtables/index.js'
import { DeniedError, TransportError } from '../../../src/netlink/index.js'
import { EVERYTHING, socketFolder, withDaemon } from '../../support/daemon.js'
import { RawClient } from '../../support/raw-client.js'
import { describeLegacy, describeNft, ownLock, rejection, start } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()
const MONITOR = { id: 1, method: 'monitor' }

describeNft('what goes on, told through a daemon', (tables) => {
  beforeEach(() => tables.clear('ip'))

  test('is told as without one, to each who listens', async () => {
    await withDaemon(folder, { backend: 'nft' }, async ({ open }) => {
      const lists = [(await open()).monitor(), (await open()).monitor(), (await tables.open()).monitor()]
      for (const { ready } of lists) await ready
      start('iptables-nft', ['-A', 'INPUT', '-p', 'tcp', '-m', 'connbytes', '--connbytes', '5:6', '--connbytes-dir', 'both', '--connbytes-mode', 'bytes'])
      const found: MonitorEvent[][] = []
      for (const events of lists) {
        const told: MonitorEvent[] = []
        for await (const event of events) {
          told.push(event)
          if (event.type === 'commit') break
        }
        found.push(told)
      }
      expect(found[0]).toEqual(found[2])
      expect(found[1]).toEqual(found[2])
      expect(found[0]?.[0]).toMatchObject({ type: 'rule-added', table: 'filter', program: 'iptables-nft', handle: expect.anything() })
    })
  })

  test('ends when the loop ends, the signal aborts, or the connection closes; the daemon keeps nothing of it', async () => {
    await withDaemon(folder, { backend: 'nft', limits: { perUser: 4 } }, async ({ open }) => {
      const xt = await open()
      const ending = new AbortController()
      for (let i = 0; i < 10; i++) {
        const events = xt.monitor({ signal: i % 2 === 0 ? ending.signal : undefined })
        await events.ready
        events.close()
        await pause(20)
      }
      const events = xt.trace({ signal: ending.signal })
      await events.ready
      setTimeout(() => ending.abort(), 20)
      for await (const _ of events) throw new Error('nothing is traced')
      const last = xt.monitor()
      await last.ready
      xt.close()
      expect(await last.next()).toEqual({ value: undefined, done: true })
    })
  })

  test('that nobody takes is not kept for him: he is told that he has missed some', async () => {
    await withDaemon(folder, { backend: 'nft' }, async ({ path, open, log }) => {
      const client = await RawClient.greeted(path)
      expect(await client.ask({ ...MONITOR, receiveBuffer: 4096, resync: false })).toMatchObject({ id: 1, result: {} })
      client.socket.pause()
      const xt = await open()
      const rules = Array.from({ length: 500 }, (_, i) => parseRule(`-p tcp --dport ${i + 1} -m comment --comment ${'x'.repeat(200)}`))
      const before = process.memoryUsage().arrayBuffers
      for (let i = 0; i < 20; i++) await xt.transaction(({ ip }) => ip.replaceChain('filter', 'INPUT', i % 2 === 0 ? rules : []))
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
      client.socket.resume()
      let missed = false
      while (!missed) missed = ((await client.answer())?.event as { type?: string } | undefined)?.type === 'overrun'
      expect(log.filter(({ level }) => level !== 'info')).toEqual([])
      client.close()
    })
  }, 60_000)

  test('is for those who may read everything, and as long as they may', async () => {
    let may = false
    const policy: Policy = { ...EVERYTHING, mayWatch: () => may }
    await withDaemon(folder, { backend: 'nft', policy }, async ({ open, log }) => {
      const xt = await open()
      for (const events of [xt.monitor(), xt.trace()]) expect(DeniedError.is(await rejection(events.ready))).toBe(true)
      expect(log).toMatchObject([{ event: 'refused', table: '*' }, { event: 'refused' }])
      may = true
      const events = xt.monitor()
      await events.ready
      may = false
      start('iptables-nft', ['-A', 'INPUT', '-p', 'tcp'])
      expect(DeniedError.is(await rejection(events.next()))).toBe(true)
    })
  })

  test('ends with an error when the daemon goes away', async () => {
    const waiting = await withDaemon(folder, { backend: 'nft' }, async ({ open, daemon }) => {
      const events = (await open()).monitor()
      await events.ready
      const next = rejection(events.next())
      await daemon.close()
      return next
    })
    expect(TransportError.is(waiting) && waiting.code).toBe('ERR_CLOSED')
  })

  test('is told once on a connection', async () => {
    await withDaemon(folder, { backend: 'nft' }, async ({ path }) => {
      const client = await RawClient.greeted(path)
      expect(await client.ask(MONITOR)).toMatchObject({ result: {} })
      expect(await client.ask({ ...MONITOR, id: 2 })).toMatchObject({ id: 2, error: { name: 'InputError' } })
      expect(await client.ask({ id: 3, method: 'read', family: 'ip', table: 'filter' })).toMatchObject({ id: 3, result: {} })
      client.close()
    })
  })
})

describeLegacy('what goes on, told through a daemon', () => {
  test('is not told, as without one', async () => {
    await withDaemon(folder, { backend: 'legacy' }, async ({ open, path }) => {
      const xt = await open()
      expect(() => xt.monitor()).toThrow(/announce no changes/)
      const client = await RawClient.greeted(path)
      expect(await client.ask(MONITOR)).toMatchObject({ id: 1, error: { name: 'InputError' } })
      client.close()
    })
  })
})
