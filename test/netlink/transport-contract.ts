import { type SocketOptions, type Transport, TruncatedDatagram } from '../../src/netlink/transport.js'
import { attribute, byte, hex, host32, net32, nlmsg, readHost16, readHost32, text } from '../support/bytes.js'
import { sendAsForeigner } from '../support/foreign-sender.js'
import { run } from '../support/kernel.js'
import { testLarge } from '../support/privileged.js'
import { codeOf } from './harness.js'
import { eventually, sleep } from '../support/waiting.js'

/** The PROTOCOL request of ipset: what is asked here to hear something of the kernel. */
export function ping(sequence: number): Buffer {
  const request = hex('1c000000 0106 0100 00000000 00000000 02 00 0000 0500 0100 07 000000')
  host32(sequence).copy(request, 8)
  return request
}

/** The next datagram, waited for; fails after two seconds. */
export async function next(transport: Transport): Promise<Buffer | TruncatedDatagram> {
  const guard = setTimeout(() => transport.interrupt(), 2000)
  try {
    const end = performance.now() + 2000
    for (;;) {
      const datagram = transport.receive()
      if (datagram !== undefined) return datagram instanceof TruncatedDatagram ? datagram : Buffer.from(datagram)
      if (performance.now() > end) throw new Error('nothing arrives')
      await transport.wait()
    }
  } finally {
    clearTimeout(guard)
  }
}

/** Sequence number and type of the next datagram's message. */
export async function answer(transport: Transport): Promise<{ sequence: number; type: number; port: number }> {
  const datagram = await next(transport)
  if (datagram instanceof TruncatedDatagram) throw new Error('a cut datagram')
  return { sequence: readHost32(datagram, 8), type: readHost16(datagram, 4), port: readHost32(datagram, 12) }
}

/**
 * A request of at least this size that ipset refuses (4103), giving all of it back: to delete 10.0.0.1 from a hash:ip
 * that does not hold it. Of several ADT attributes the kernel takes the last; those before it only fill.
 */
export function largeRefusal(set: string, size: number, sequence: number): Buffer {
  const head = [hex('02 00 0000'), attribute(1, byte(7)), attribute(2, text(set)), attribute(0x4009, net32(1))]
  const filler = attribute(0x8008, Buffer.alloc(0x8000))
  const fillers = Array.from({ length: Math.ceil(size / filler.length) }, () => filler)
  const ip = attribute(0x8001, attribute(0x4001, hex('0a000001')))
  const adt = attribute(0x8008, attribute(0x8007, ip, attribute(0x4009, net32(1))))
  return nlmsg({ type: 0x060a, flags: 0x205, sequence }, ...head, ...fillers, adt)
}

/** NETLINK_ROUTE and RTNLGRP_LINK: where the kernel tells of network interfaces. */
const LINKS = { protocol: 0, groups: [1] }
const RTM_NEWLINK = 16

/** Lets the kernel tell of the loopback interface so many times, before anybody can read it. */
function toggleLoopback(times: number): void {
  run('ip', ['-batch', '-'], Array.from({ length: times }, (_, i) => `link set lo ${i % 2 === 0 ? 'up' : 'down'}\n`).join(''))
}

/** What every transport to the kernel does. `hash` makes a hash:ip set and gives its name. */
export function transportContract(name: string, open: (options?: SocketOptions) => Promise<Transport>, hash: () => Promise<string>): void {
  describe(name, () => {
    let transport: Transport

    beforeEach(async () => {
      transport = await open()
    })
    afterEach(() => transport.close())

    test('carries a request to the kernel and its answer back', async () => {
      await transport.send(ping(7))
      expect(await answer(transport)).toEqual({ sequence: 7, type: 0x0601, port: transport.port })
    })

    test('carries one that leaves in the background', async () => {
      await transport.send(ping(8), true)
      expect((await answer(transport)).sequence).toBe(8)
    })

    test('keeps the order of many', async () => {
      for (let i = 1; i <= 50; i++) await transport.send(ping(i))
      for (let i = 1; i <= 50; i++) expect((await answer(transport)).sequence).toBe(i)
    })

    test('has an address of its own, that of no other', async () => {
      const other = await open()
      expect(transport.port).toBeGreaterThan(0)
      expect(other.port).not.toBe(transport.port)
      other.close()
    })

    test('has nothing to receive when nothing was asked', async () => {
      expect(transport.receive()).toBeUndefined()
      await sleep(5)
      expect(transport.receive()).toBeUndefined()
      expect(transport.counters).toEqual({ foreign: 0, truncated: 0 })
      expect(transport.closed).toBe(false)
    })

    test('waits until something arrives', async () => {
      let over = false
      const wait = transport.wait().then(() => {
        over = true
      })
      await sleep(20)
      expect(over).toBe(false)
      await transport.send(ping(1))
      await wait
      expect((await answer(transport)).sequence).toBe(1)
    })

    test('does not wait where something is here already', async () => {
      await transport.send(ping(1))
      await transport.wait()
      expect((await answer(transport)).sequence).toBe(1)
    })

    test('ends a wait when it is interrupted, and waits again', async () => {
      for (let i = 0; i < 3; i++) {
        const wait = transport.wait()
        await sleep(2)
        transport.interrupt()
        await wait
      }
      expect(transport.receive()).toBeUndefined()
    })

    test('may be interrupted when nobody waits', async () => {
      transport.interrupt()
      await transport.send(ping(1))
      expect((await answer(transport)).sequence).toBe(1)
    })

    test('forgets what is under way when it is reset, and goes on', async () => {
      await transport.send(ping(1))
      transport.reset()
      await sleep(10)
      expect(transport.receive()).toBeUndefined()
      await transport.send(ping(2))
      expect(await answer(transport)).toMatchObject({ sequence: 2, port: transport.port })
    })

    test('ends a wait when it is reset', async () => {
      const wait = transport.wait()
      await sleep(2)
      transport.reset()
      await wait
      await transport.send(ping(3))
      expect((await answer(transport)).sequence).toBe(3)
    })

    test('drops what another process sends, and counts it', async () => {
      sendAsForeigner(transport.port, nlmsg({ type: 0x0601, sequence: 5 }, hex('02000000 0500 0100 63 000000')))
      await transport.send(ping(5))
      const datagram = (await next(transport)) as Buffer
      expect([...datagram.subarray(20, 28)]).toEqual([5, 0, 1, 0, 7, 0, 0, 0])
      await eventually(() => transport.counters.foreign === 1)
      expect(transport.receive()).toBeUndefined()
    })

    test('never gives a datagram that was cut as if it were whole', async () => {
      const request = largeRefusal(await hash(), 300_000, 6)
      await transport.send(request)
      let datagram = await next(transport)
      if (datagram instanceof TruncatedDatagram) {
        expect(transport.counters.truncated).toBe(1)
        expect(datagram.size).toBeGreaterThan(request.length)
        expect(datagram.head.length).toBeLessThan(datagram.size)
        await transport.send(request)
        datagram = await next(transport)
      }
      const whole = datagram as Buffer
      expect(whole.length).toBe(readHost32(whole, 0))
      expect(whole.length).toBeGreaterThanOrEqual(16 + 4 + request.length)
      expect(readHost32(whole, 16) | 0).toBe(-4103)
    })

    test('is closed once, and then does nothing more', async () => {
      transport.close()
      transport.close()
      expect(transport.closed).toBe(true)
      expect(transport.receive()).toBeUndefined()
      expect(await codeOf((async () => transport.send(ping(1)))())).toBe('ERR_CLOSED')
      expect(await codeOf((async () => transport.send(ping(1), true))())).toBe('ERR_CLOSED')
      expect(await codeOf((async () => transport.wait())())).toBe('ERR_CLOSED')
      expect(await codeOf((async () => transport.reset())())).toBe('ERR_CLOSED')
      transport.interrupt()
    })

    test('ends a wait when it is closed', async () => {
      const wait = transport.wait()
      await sleep(2)
      transport.close()
      await wait
    })

    test.each([false, true])('ends a send when it is closed (in the background: %p)', async (background) => {
      const sent = Promise.resolve(transport.send(ping(1), background)).then(
        () => 'sent',
        (error: unknown) => (error as { code: string }).code,
      )
      transport.close()
      expect(await Promise.race([sent, sleep(1000)])).toMatch(/^(sent|ERR_CLOSED)$/)
      expect(transport.receive()).toBeUndefined()
    })

    test('says so when a datagram is too large for its send buffer', async () => {
      const code = await codeOf((async () => transport.send(Buffer.alloc(64 * 1024 * 1024)))())
      expect(['ERR_OVERRUN', 'ERR_SYSTEM']).toContain(code)
      await transport.send(ping(9))
      expect((await answer(transport)).sequence).toBe(9)
    })

    describe('of a multicast group', () => {
      let listener: Transport

      beforeEach(async () => {
        toggleLoopback(2)
        listener = await open(LINKS)
      })
      afterEach(() => listener.close())

      test('hears what the kernel tells it, unasked', async () => {
        expect(listener.receive()).toBeUndefined()
        const wait = listener.wait()
        toggleLoopback(1)
        await wait
        expect(await answer(listener)).toMatchObject({ sequence: 0, type: RTM_NEWLINK, port: 0 })
      })

      test('hears nothing of it without having joined', async () => {
        const other = await open({ protocol: 0 })
        toggleLoopback(1)
        await next(listener)
        await sleep(5)
        expect(other.receive()).toBeUndefined()
        other.close()
      })

      test('joins again when it is reset', async () => {
        toggleLoopback(1)
        listener.reset()
        await sleep(5)
        expect(listener.receive()).toBeUndefined()
        toggleLoopback(2)
        expect((await answer(listener)).type).toBe(RTM_NEWLINK)
      })

      test('drops what another process sends as if it were the kernel', async () => {
        sendAsForeigner(listener.port, nlmsg({ type: RTM_NEWLINK }, Buffer.alloc(16)), LINKS.protocol)
        toggleLoopback(1)
        expect(((await next(listener)) as Buffer).length).toBeGreaterThan(100)
        await eventually(() => listener.counters.foreign === 1)
      })

      test('says so when it has lost what nobody read, before it gives what came after that', async () => {
        const small = await open({ ...LINKS, receiveBuffer: 32_768 })
        toggleLoopback(200)
        let heard = 0
        let errors = 0
        const hear = () => {
          for (;;) {
            try {
              if (small.receive() === undefined) return
              heard++
            } catch (error) {
              expect((error as { code: string }).code).toBe('ERR_OVERRUN')
              errors++
            }
          }
        }
        await eventually(() => {
          hear()
          return errors > 0
        })
        await sleep(5)
        hear()
        expect(heard).toBeGreaterThan(0)
        expect(heard).toBeLessThan(200)
        toggleLoopback(1)
        expect((await answer(small)).type).toBe(RTM_NEWLINK)
        small.reset()
        toggleLoopback(2)
        expect((await answer(small)).type).toBe(RTM_NEWLINK)
        small.close()
      })

      testLarge('may have a receive buffer beyond what is allowed without a right to more', async () => {
        const most = Math.min(Number(run('sysctl', ['-n', 'net.core.rmem_max'])), 4 * 1024 * 1024)
        const large = await open({ ...LINKS, receiveBuffer: 8 * most })
        // The kernel doubles what is asked for, and spends 1.5 to 8 KB on each datagram.
        const count = Math.ceil((2 * most) / 1500)
        toggleLoopback(count)
        for (let i = 0; i < count; i++) expect((await answer(large)).type).toBe(RTM_NEWLINK)
        large.close()
      })

      test('is refused a group that is not there', async () => {
        expect(await codeOf(open({ protocol: 0, groups: [1, 10_000] }))).toBe('ERR_SYSTEM')
      })
    })
  })
}
