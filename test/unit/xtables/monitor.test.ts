import { Connection, Subscription, TransportError } from '../../../src/netlink/index.js'
import type { MonitorEvent, MonitorOptions } from '../../../src/xtables/index.js'
import { Link } from '../../../src/xtables/nft/link.js'
import { monitor } from '../../../src/xtables/nft/watch/monitor.js'
import { codeOf } from '../../netlink/harness.js'
import { eventually, sleep } from '../../support/waiting.js'
import { attribute, byte, net16, net32, nlmsg, text } from '../../support/bytes.js'
import { type Asked, data, dialogue, done } from '../../support/dialogue.js'
import { ScriptedTransport } from '../../support/scripted-transport.js'

const IP = 2
const INET = 1
const SUBSYSTEM = 10 << 8
const [NEW_TABLE, GET_TABLE, NEW_CHAIN, GET_CHAIN, NEW_RULE, DELETE_RULE, NEW_GENERATION, GET_GENERATION] = [0, 1, 3, 4, 6, 8, 15, 16]
const APPEND = 0x800

const handle = (value: number) => Buffer.concat([net32(0), net32(value)])
const body = (family: number, generation: number, ...attributes: Buffer[]) => Buffer.concat([byte(family), byte(0), net16(generation & 0xffff), ...attributes])

/** A message of a commit. */
const told = (command: number, generation: number, attributes: Buffer[], { flags = 0, sequence = 1, family = IP } = {}) =>
  nlmsg({ type: SUBSYSTEM | command, flags, sequence, port: 77 }, body(family, generation, ...attributes))

const rule = (number: number, generation: number, options: { flags?: number; sequence?: number; family?: number } = {}, command = NEW_RULE) =>
  told(command, generation, [attribute(1, text('filter')), attribute(2, text('INPUT')), attribute(3, handle(number))], { flags: APPEND, ...options })

/** The end of a commit. */
const end = (generation: number) =>
  told(NEW_GENERATION, generation, [attribute(1, net32(generation)), attribute(2, net32(4711)), attribute(3, text('prog'))], { family: 0 })

const chain = (name: string, number: number, generation: number) =>
  told(NEW_CHAIN, generation, [attribute(1, text('filter')), attribute(3, text(name)), attribute(2, handle(number))])

/** A kernel with one table and one chain, a monitor on it, and what that tells. */
function scene({ generation = 10, ...options }: MonitorOptions & { generation?: number } = {}) {
  const kernel = { generation, gaps: 0 }
  const answer = (asked: Asked) => {
    const of = (command: number, ...attributes: Buffer[]) => data({ type: SUBSYSTEM | command, sequence: asked.sequence }, body(IP, kernel.generation, ...attributes))
    switch (asked.type & 0xff) {
      case GET_GENERATION:
        return nlmsg({ type: SUBSYSTEM | NEW_GENERATION, sequence: asked.sequence }, body(0, 0, attribute(1, net32(kernel.generation))))
      case GET_TABLE:
        if (kernel.gaps-- > 0) kernel.generation++
        return [of(NEW_TABLE, attribute(1, text('filter'))), done(asked)]
      case GET_CHAIN:
        return [of(NEW_CHAIN, attribute(1, text('filter')), attribute(3, text('old')), attribute(2, handle(1))), done(asked)]
    }
    return undefined
  }
  const link = new Link(new Connection(dialogue(answer).transport))
  const announcer = new ScriptedTransport(() => [])
  const names = { index: () => 0, name: () => undefined }
  const closing = new AbortController()
  const reads: number[] = []
  const events = monitor({
    link,
    sets: { ip: names, ip6: names },
    closing: closing.signal,
    read: async (_family, at) => {
      reads.push(at)
      return {}
    },
    subscribe: async (_group, signal) => new Subscription(announcer, { signal }),
  }, options)
  const all: MonitorEvent[] = []
  const reading = events.ready.then(async () => {
    for await (const event of events) all.push(event)
  })
  const lines = () => all.map((event) => `${event.type}${'handle' in event ? ` ${event.handle}` : ''}${'generation' in event ? ` @${event.generation}` : ''}`)
  /** What has been told, once it is so much. */
  const heard = async (count: number) => {
    await eventually(() => all.length >= count)
    await sleep(2)
    return lines()
  }
  return { kernel, announcer, events, all, heard, reading, closing, reads }
}

test('tells what a commit did once its end is known, with who made it, over datagrams or in one', async () => {
  const { announcer, heard, all } = scene()
  announcer.push(rule(2, 11), rule(3, 11))
  await sleep(10)
  expect(all).toEqual([])
  announcer.push(end(11), Buffer.concat([rule(4, 12), end(12), rule(5, 13), end(13)]))
  expect(await heard(7)).toEqual(['rule-added 2 @11', 'rule-added 3 @11', 'commit @11', 'rule-added 4 @12', 'commit @12', 'rule-added 5 @13', 'commit @13'])
  expect(all[0]).toMatchObject({ pid: 4711, program: 'prog', family: 'ip', table: 'filter', chain: 'INPUT' })
})

test('leaves out what was committed before it knew the chains, and what is of other families or subsystems', async () => {
  const { announcer, heard } = scene()
  announcer.push(rule(2, 9), end(9), rule(3, 10), end(10), rule(4, 11, { family: INET }), nlmsg({ type: 0x0601 }, body(IP, 11)), rule(5, 11), end(11))
  expect(await heard(2)).toEqual(['rule-added 5 @11', 'commit @11'])
})

test('tells chains that were there from those that are new', async () => {
  const { announcer, heard, all } = scene()
  announcer.push(chain('new', 1, 11), chain('other', 2, 11), chain('another', 2, 11), end(11))
  expect(await heard(4)).toEqual(['chain-changed 1 @11', 'chain-added 2 @11', 'chain-changed 2 @11', 'commit @11'])
  expect(all[0]).toMatchObject({ before: { chain: 'old' }, chain: 'new' })
})

test('takes a deleted rule and a new one for a replacement only where they are of one request that replaces', async () => {
  const pair = (generation: number, old: object, by: object) => [rule(5, generation, old, DELETE_RULE), rule(6, generation, by), end(generation)]
  const { announcer, heard } = scene()
  announcer.push(...pair(11, {}, {}), ...pair(12, { flags: 0 }, {}), ...pair(13, { sequence: 2 }, { sequence: 3 }))
  expect(await heard(8)).toEqual([
    'rule-replaced 6 @11', 'commit @11',
    'rule-deleted 5 @12', 'rule-added 6 @12', 'commit @12',
    'rule-deleted 5 @13', 'rule-added 6 @13', 'commit @13',
  ])
})

describe('an overrun', () => {
  const overrun = () => new TransportError('recvfrom: ENOBUFS', { code: 'ERR_OVERRUN', errno: 105 })

  test('is told, then what the tables are, then what is newer than that', async () => {
    const { kernel, announcer, heard, reads } = scene()
    announcer.push(rule(2, 11), end(11), rule(3, 12))
    await heard(2)
    kernel.generation = 20
    // Rests of commits that are lost in part, whole ones that the tables hold already, and then a newer one.
    announcer.push(overrun(), rule(4, 12), rule(5, 15), end(15), end(20), rule(6, 20), rule(7, 21), end(21))
    expect(await heard(6)).toEqual(['rule-added 2 @11', 'commit @11', 'overrun', 'resync @20', 'rule-added 7 @21', 'commit @21'])
    expect(reads).toEqual([20, 20])
  })

  test('reads no rules where nobody wants them', async () => {
    const { kernel, announcer, events, heard, reads } = scene({ resync: false })
    await events.ready
    kernel.generation = 20
    announcer.push(overrun(), rule(5, 20), end(20), rule(7, 21), end(21))
    expect(await heard(3)).toEqual(['overrun', 'rule-added 7 @21', 'commit @21'])
    expect(reads).toEqual([])
  })

  test('is also a commit that is missing without a word', async () => {
    const { kernel, announcer, heard } = scene()
    announcer.push(end(11))
    await heard(1)
    kernel.generation = 14
    announcer.push(rule(2, 13), end(13), rule(3, 14), end(14), rule(4, 15), end(15))
    expect(await heard(5)).toEqual(['commit @11', 'overrun', 'resync @14', 'rule-added 4 @15', 'commit @15'])
  })

  test('is waited out while the tables change all the time', async () => {
    const { kernel, announcer, events, heard } = scene()
    await events.ready
    kernel.generation = 20
    kernel.gaps = 4
    announcer.push(overrun())
    expect(await heard(2)).toEqual(['overrun', 'resync @24'])
  })
})

test('goes on when the count of commits begins anew', async () => {
  const { announcer, heard } = scene({ generation: 0xffff_fffe })
  announcer.push(end(0xffff_ffff), rule(2, 1), end(1), end(2))
  expect(await heard(4)).toEqual(['commit @4294967295', 'rule-added 2 @1', 'commit @1', 'commit @2'])
})

describe('it ends', () => {
  test('with the error of what makes no sense, and is closed then', async () => {
    const { announcer, reading } = scene()
    announcer.push(nlmsg({ type: SUBSYSTEM | NEW_RULE, length: 4000 }, body(IP, 11)))
    await expect(reading).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
    expect(announcer.closed).toBe(true)
  })

  test('without an error while the tables are read', async () => {
    const controller = new AbortController()
    const { kernel, announcer, events, heard, reading } = scene({ signal: controller.signal })
    await events.ready
    kernel.gaps = Number.POSITIVE_INFINITY
    announcer.push(new TransportError('recvfrom: ENOBUFS', { code: 'ERR_OVERRUN', errno: 105 }))
    await heard(1)
    controller.abort()
    await reading
    expect(announcer.closed).toBe(true)
  })

  test('before it has begun, so that nobody waits for ever', async () => {
    const { events, closing, kernel, announcer, reading } = scene()
    kernel.gaps = Number.POSITIVE_INFINITY
    const waiting = events.next()
    const ready = codeOf(reading)
    closing.abort()
    expect(await ready).toBe('ERR_ABORTED')
    expect(await waiting).toEqual({ done: true, value: undefined })
    await eventually(() => announcer.closed)
  })

  test('with the error that kept it from beginning, which is told to who asks for it and to the loop', async () => {
    const denied = new TransportError('joining group 7: EPERM', { code: 'ERR_PERMISSION', errno: 1 })
    const names = { index: () => 0, name: () => undefined }
    const events = monitor({
      link: new Link(new Connection(dialogue().transport)),
      sets: { ip: names, ip6: names },
      closing: new AbortController().signal,
      read: async () => ({}),
      subscribe: () => Promise.reject(denied),
    }, {})
    await expect(events.ready).rejects.toBe(denied)
    await expect(events.next()).rejects.toBe(denied)
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })
})
