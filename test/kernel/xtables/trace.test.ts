import { spawnSync } from 'node:child_process'
import { type Events, openXtables, parseRule, type TraceEvent, type TraceStep, type Xtables } from '../../../src/xtables/index.js'
import { eventually, sleep } from '../../support/waiting.js'
import { describeOracle, run } from '../../support/kernel.js'
import { type FAMILIES, send } from '../../support/xtables.js'

type Family = (typeof FAMILIES)[number]

const PORT = 9753

/** Reads events in the background. */
class Log {
  readonly all: TraceEvent[] = []
  readonly over: Promise<void>

  constructor(events: Events<TraceEvent>) {
    this.over = this.#read(events)
  }

  async #read(events: Events<TraceEvent>): Promise<void> {
    for await (const event of events) this.all.push(event)
  }

  get steps(): TraceStep[] {
    return this.all.filter((event) => event.type !== 'overrun')
  }

  /** The steps of each packet, once there are as many packets and steps as that, and no more. */
  async packets(count: number, steps: number): Promise<TraceStep[][]> {
    const found = () => {
      const packets = new Map<number, TraceStep[]>()
      for (const step of this.steps) packets.set(step.packet, [...(packets.get(step.packet) ?? []), step])
      return [...packets.values()]
    }
    await eventually(() => this.steps.length >= steps)
    await sleep(5)
    expect(this.steps).toHaveLength(steps)
    expect(found()).toHaveLength(count)
    return found()
  }
}

/** A step in a line. */
function line({ type, table, chain, text, verdict }: TraceStep): string {
  const outcome = typeof verdict === 'string' ? verdict : 'jump' in verdict ? `jump ${verdict.jump}` : `goto ${verdict.goto}`
  return `${type} ${table} ${text ?? chain}: ${outcome}`
}

const tool = (family: Family, ...args: string[]) => run(family === 'ip' ? 'iptables-nft' : 'ip6tables-nft', args)

describeOracle('iptables-nft', 'the ways of packets', () => {
  let xt: Xtables

  beforeAll(() => void run('ip', ['link', 'set', 'lo', 'up']))
  beforeEach(async () => {
    run('nft', ['flush', 'ruleset'])
    xt = await openXtables({ backend: 'nft' })
  })
  afterEach(() => xt.close())

  async function listen(options?: Parameters<Xtables['trace']>[0]): Promise<Log> {
    const events = xt.trace(options)
    await events.ready
    return new Log(events)
  }

  /** Has packets to the port traced, from where they leave or from where they come in. */
  function mark(family: Family, chain: 'OUTPUT' | 'PREROUTING'): void {
    tool(family, '-t', 'raw', '-A', chain, '-p', 'udp', '--dport', String(PORT), '-j', 'TRACE')
  }

  test('are told rule by rule, in the order of the tables, with their texts and what they decided', async () => {
    mark('ip', 'PREROUTING')
    tool('ip', '-N', 'first')
    tool('ip', '-N', 'second')
    tool('ip', '-N', 'third')
    tool('ip', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP')
    tool('ip', '-A', 'INPUT', '-p', 'udp', '--dport', String(PORT), '-j', 'first')
    tool('ip', '-A', 'INPUT', '-s', '127.0.0.0/8', '-m', 'comment', '--comment', 'two words', '-j', 'ACCEPT')
    tool('ip', '-A', 'first', '-j', 'MARK', '--set-mark', '7')
    tool('ip', '-A', 'first', '-m', 'mark', '--mark', '7', '-j', 'third')
    tool('ip', '-A', 'first', '-g', 'second')
    tool('ip', '-A', 'second', '-p', 'udp')
    tool('ip', '-A', 'second', '-j', 'RETURN')
    const log = await listen()
    await send('ip', PORT, 1)
    const [steps = []] = await log.packets(1, 10)
    expect(steps.map(line)).toEqual([
      `rule raw -A PREROUTING -p udp -m udp --dport ${PORT} -j TRACE: CONTINUE`,
      'policy raw PREROUTING: ACCEPT',
      `rule filter -A INPUT -p udp -m udp --dport ${PORT} -j first: jump first`,
      'rule filter -A first -j MARK --set-xmark 0x7/0xffffffff: CONTINUE',
      'rule filter -A first -m mark --mark 0x7 -j third: jump third',
      'return filter third: RETURN',
      'rule filter -A first -g second: goto second',
      'rule filter -A second -p udp: CONTINUE',
      'rule filter -A second -j RETURN: RETURN',
      'rule filter -A INPUT -s 127.0.0.0/8 -m comment --comment "two words" -j ACCEPT: ACCEPT',
    ])
    expect(steps.map(({ mark = 0 }) => mark)).toEqual([0, 0, 0, 7, 7, 7, 7, 7, 7, 7])
    const { rules } = (await xt.ip.read('filter')).INPUT as { rules: readonly unknown[] }
    const { counters: _, ...rule } = rules[2] as { counters: unknown }
    expect(steps.at(-1)).toMatchObject({ family: 'ip', chain: 'INPUT', handle: expect.any(BigInt), rule })
  })

  test.each([
    ['ip', '7f000001', 12, 16],
    ['ip6', '00000000000000000000000000000001', 8, 24],
  ] as const)('begin with the interface and the headers of the packet (%s)', async (family, loopback, source, destination) => {
    mark(family, 'OUTPUT')
    mark(family, 'PREROUTING')
    const log = await listen()
    await send(family, PORT, 1)
    const [left = [], came = []] = await log.packets(2, 4)
    const index = Number(run('cat', ['/sys/class/net/lo/ifindex']))
    expect(left[0]).toMatchObject({ family, table: 'raw', chain: 'OUTPUT', outInterface: 'lo', outIndex: index })
    expect(left[0]).not.toHaveProperty('inIndex')
    expect(came[0]).toMatchObject({ family, table: 'raw', chain: 'PREROUTING', inInterface: 'lo', inIndex: index, link: expect.any(Uint8Array) })
    for (const step of [left[0], came[0]]) {
      const network = Buffer.from(step?.network ?? [])
      const size = loopback.length / 2
      expect([source, destination].map((at) => network.subarray(at, at + size).toString('hex'))).toEqual([loopback, loopback])
      expect(Buffer.from(step?.transport ?? []).readUInt16BE(2)).toBe(PORT)
    }
    expect(left[1]).toMatchObject({ type: 'policy', verdict: 'ACCEPT' })
    expect(left[1]).not.toHaveProperty('network')
  })

  test('end with a rule that drops, or a policy that does', async () => {
    mark('ip', 'OUTPUT')
    tool('ip', '-A', 'OUTPUT', '-p', 'udp', '--dport', String(PORT), '-j', 'DROP')
    mark('ip6', 'OUTPUT')
    tool('ip6', '-P', 'OUTPUT', 'DROP')
    const log = await listen()
    for (const address of ['127.0.0.1', '::1']) spawnSync('bash', ['-c', `echo x > /dev/udp/${address}/${PORT}`])
    const [four = [], six = []] = await log.packets(2, 6)
    expect(four.slice(2).map(line)).toEqual([`rule filter -A OUTPUT -p udp -m udp --dport ${PORT} -j DROP: DROP`])
    expect(six.slice(2).map(line)).toEqual(['policy filter OUTPUT: DROP'])
  })

  test('are told in the words of the rule that is there now', async () => {
    await xt.transaction((tx) => {
      tx.ip.append('raw', 'OUTPUT', parseRule(`-p udp --dport ${PORT} -j TRACE`))
      tx.ip.append('filter', 'OUTPUT', parseRule('-p udp -m comment --comment one'))
    })
    const log = await listen()
    const comments = async (packets: number, steps: number) => {
      await send('ip', PORT, 1)
      return (await log.packets(packets, steps)).at(-1)?.flatMap(({ text }) => /--comment \S+/.exec(text ?? '') ?? []).map(String)
    }
    expect(await comments(1, 4)).toEqual(['--comment one'])
    // The number of a rule that iptables-nft replaces stays.
    tool('ip', '-R', 'OUTPUT', '1', '-p', 'udp', '-m', 'comment', '--comment', 'two')
    expect(await comments(2, 8)).toEqual(['--comment two'])
    tool('ip', '-A', 'OUTPUT', '-m', 'comment', '--comment', 'three')
    expect(await comments(3, 13)).toEqual(['--comment two', '--comment three'])
  })

  test('name a rule that has gone since by its number alone', async () => {
    mark('ip', 'OUTPUT')
    tool('ip', '-A', 'OUTPUT', '-p', 'udp', '-j', 'ACCEPT')
    const events = xt.trace()
    await events.ready
    await send('ip', PORT, 1)
    tool('ip', '-F', 'OUTPUT')
    const [steps = []] = await new Log(events).packets(1, 3)
    expect(steps[2]).toMatchObject({ type: 'rule', table: 'filter', chain: 'OUTPUT', handle: expect.any(BigInt), verdict: 'ACCEPT' })
    expect(steps[2]).not.toHaveProperty('rule')
    expect(steps[2]).not.toHaveProperty('text')
  })

  test('pass rules that only nft says, which are told as expressions, and tables of other families, which are not told', async () => {
    mark('ip', 'PREROUTING')
    run('nft', ['add table ip mine { chain in { type filter hook input priority 5; policy accept; udp dport { 1, 9753 } counter; }; }'])
    run('nft', ['add table inet other { chain in { type filter hook input priority 1; counter; }; }'])
    const log = await listen()
    await send('ip', PORT, 1)
    const [steps = []] = await log.packets(1, 4)
    expect(steps.slice(2)).toEqual([
      expect.objectContaining({ type: 'rule', table: 'mine', chain: 'in', verdict: 'CONTINUE', rule: expect.objectContaining({ expressions: expect.any(String) }) }),
      expect.objectContaining({ type: 'policy', table: 'mine', chain: 'in', verdict: 'ACCEPT' }),
    ])
    expect(steps[2]).not.toHaveProperty('text')
  })

  test.each([
    ['on the loop', {}],
    ['by direct calls', { netns: '/proc/self/ns/net' }],
  ])('are told to be lost where nobody reads, and go on (%s)', async (_, place) => {
    mark('ip', 'OUTPUT')
    xt.close()
    xt = await openXtables({ backend: 'nft', ...place })
    const log = await listen({ receiveBuffer: 16_384 })
    run('bash', ['-c', `for i in {1..300}; do echo x > /dev/udp/127.0.0.1/${PORT}; done; true`])
    await eventually(() => log.all.some(({ type }) => type === 'overrun'))
    for (let before = -1; before !== log.all.length; await sleep(50)) before = log.all.length
    expect(log.steps.length).toBeGreaterThan(0)
    expect(log.steps.length).toBeLessThan(600)
    log.all.length = 0
    await send('ip', PORT, 1)
    expect((await log.packets(1, 2))[0]?.map(line)).toEqual([`rule raw -A OUTPUT -p udp -m udp --dport ${PORT} -j TRACE: CONTINUE`, 'policy raw OUTPUT: ACCEPT'])
  })

  test('of many packets are told whole, and each rule is read once', async () => {
    mark('ip', 'OUTPUT')
    for (let i = 0; i < 5; i++) tool('ip', '-A', 'OUTPUT', '-p', 'udp', '-m', 'comment', '--comment', `rule ${i}`)
    const log = await listen()
    await send('ip', PORT, 200)
    await eventually(() => log.steps.length === 200 * 8)
    // The kernel gives a number to packets again that are gone.
    for (let i = 0; i < 200; i++) {
      const steps = log.steps.slice(8 * i, 8 * i + 8)
      expect(new Set(steps.map(({ packet }) => packet)).size).toBe(1)
      expect(steps.map(({ text = '' }) => /rule \d/.exec(text)?.[0] ?? '')).toEqual(['', '', 'rule 0', 'rule 1', 'rule 2', 'rule 3', 'rule 4', ''])
    }
    expect(new Set(log.steps.map(({ rule }) => rule)).size).toBe(7)
  })

  test('in another network namespace are told with its interfaces', async () => {
    const name = `trace-test-${process.pid}`
    const inside = (...args: string[]) => run('ip', ['netns', 'exec', name, ...args])
    run('ip', ['netns', 'add', name])
    try {
      inside('ip', 'link', 'set', 'lo', 'name', 'inner')
      inside('ip', 'link', 'set', 'inner', 'up')
      inside('iptables-nft', '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp', '-j', 'TRACE')
      await using there = await openXtables({ backend: 'nft', netns: name })
      const events = there.trace()
      await events.ready
      const log = new Log(events)
      await send('ip', PORT, 1)
      inside('bash', '-c', `echo x > /dev/udp/127.0.0.1/${PORT}`)
      const [steps = []] = await log.packets(1, 2)
      expect(steps[0]).toMatchObject({ outInterface: 'inner', text: '-A OUTPUT -p udp -j TRACE' })
    } finally {
      run('ip', ['netns', 'delete', name])
    }
  })

  test.each<[string, (xt: Xtables, events: Events<TraceEvent>, controller: AbortController) => void]>([
    ['the signal aborts', (_xt, _events, controller) => controller.abort()],
    ['it is closed', (_xt, events) => events.close()],
    ['the connection closes', (xt) => xt.close()],
  ])('are told no more when %s', async (_, stop) => {
    mark('ip', 'OUTPUT')
    const controller = new AbortController()
    const events = xt.trace({ signal: controller.signal })
    await events.ready
    const log = new Log(events)
    await send('ip', PORT, 1)
    await log.packets(1, 2)
    stop(xt, events, controller)
    await log.over
    const { length } = log.all
    await send('ip', PORT, 1)
    await sleep(10)
    expect(log.all).toHaveLength(length)
  })

  test('are told no more when the loop is left', async () => {
    mark('ip', 'OUTPUT')
    const events = xt.trace()
    await events.ready
    await send('ip', PORT, 1)
    for await (const event of events) {
      expect(event.type).toBe('rule')
      break
    }
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })
})
