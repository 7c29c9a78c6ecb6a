import { readFileSync, readlinkSync } from 'node:fs'
import { TransportError } from '../../../src/netlink/index.js'
import { type Events, formatRule, type MonitorEvent, openXtables, parseRule, type Xtables } from '../../../src/xtables/index.js'
import { codeOf } from '../../netlink/harness.js'
import { sleep } from '../../support/waiting.js'
import { describeOracle, installed, run } from '../../support/kernel.js'
import { iptables, line, Log, tool } from '../../support/monitor.js'
import { testLarge } from '../../support/privileged.js'

/** The kernel counts processes as its first pid namespace does. */
const COUNTED_ALIKE = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]'
const OWN_NAME = readFileSync('/proc/self/comm', 'utf8').trim()
const pidOf = (pid: number): unknown => (COUNTED_ALIKE ? pid : expect.any(Number))

describeOracle('iptables-nft', 'the changes of nf_tables', () => {
  let xt: Xtables

  beforeEach(async () => {
    tool('nft', 'flush', 'ruleset')
    xt = await openXtables({ backend: 'nft' })
  })
  afterEach(() => xt.close())

  async function listen(options?: Parameters<Xtables['monitor']>[0]): Promise<Log> {
    const events = xt.monitor(options)
    await events.ready
    return new Log(events)
  }

  describe('made by iptables-nft', () => {
    test('are told with the program, its process and the commit', async () => {
      const log = await listen()
      const pid = iptables('-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT')
      const events = await log.commit()
      const { generation } = events[0] as { generation: number }
      const by = { generation, pid: pidOf(pid), program: 'iptables-nft' }
      const place = { family: 'ip', table: 'filter', ...by }
      const rule = { protocol: 'tcp', matches: [{ match: 'tcp', dport: 22 }], target: { target: 'ACCEPT' }, counters: { packets: 0n, bytes: 0n } }
      expect(events).toEqual([
        { type: 'table-added', dormant: false, ...place },
        { type: 'chain-added', chain: 'INPUT', handle: 1n, policy: 'ACCEPT', ...place },
        { type: 'rule-added', chain: 'INPUT', handle: 2n, rule, at: 'end', ...place },
        { type: 'commit', ...by },
      ])
      iptables('-A', 'INPUT')
      expect((await log.commit()).at(-1)).toMatchObject({ type: 'commit', generation: generation + 1 })
    })

    test('say where a rule went, and which one it replaced', async () => {
      for (const port of ['1', '2', '3']) iptables('-A', 'INPUT', '-p', 'tcp', '--dport', port)
      const log = await listen()
      iptables('-A', 'INPUT', '-p', 'tcp', '--dport', '4')
      expect((await log.commit()).map(line)[0]).toBe('rule-added ip filter -A INPUT -p tcp -m tcp --dport 4 (end)')
      iptables('-I', 'INPUT', '-p', 'tcp', '--dport', '5')
      expect((await log.commit()).map(line)[0]).toBe('rule-added ip filter -A INPUT -p tcp -m tcp --dport 5 (start)')
      iptables('-I', 'INPUT', '3', '-p', 'tcp', '--dport', '6')
      const [between] = await log.commit()
      expect(between).toMatchObject({ type: 'rule-added', at: 'behind', position: 2n })
      iptables('-R', 'INPUT', '2', '-p', 'udp', '--dport', '7')
      const replaced = await log.commit()
      expect(replaced.map(line)).toEqual(['rule-replaced ip filter -A INPUT -p tcp -m tcp --dport 1 by -p udp -m udp --dport 7', 'commit'])
      iptables('-D', 'INPUT', '2')
      expect((await log.commit()).map(line)).toEqual(['rule-deleted ip filter -A INPUT -p udp -m udp --dport 7', 'commit'])
      iptables('-F', 'INPUT')
      const ports = (await log.commit()).map((event) => /--dport (\d)|commit/.exec(line(event))?.[0])
      expect(ports).toEqual(['--dport 5', '--dport 6', '--dport 2', '--dport 3', '--dport 4', 'commit'])
    })

    test('are of chains: made, renamed, their policies, counters set, deleted', async () => {
      const log = await listen()
      const told = async (...args: string[]) => {
        iptables(...args)
        return (await log.commit()).map(line)
      }
      expect(await told('-N', 'web')).toContain('chain-added ip filter web -')
      expect(await told('-E', 'web', 'net')).toEqual(['chain-changed ip filter web - to net -', 'commit'])
      expect(await told('-P', 'FORWARD', 'DROP')).toEqual(['chain-added ip filter FORWARD ACCEPT', 'chain-changed ip filter FORWARD ACCEPT to FORWARD DROP', 'commit'])
      expect(await told('-P', 'FORWARD', 'ACCEPT')).toEqual(['chain-changed ip filter FORWARD DROP to FORWARD ACCEPT', 'commit'])
      iptables('-Z', 'FORWARD')
      expect(await log.commit()).toMatchObject([
        { type: 'chain-changed', chain: 'FORWARD', policy: 'ACCEPT', before: { chain: 'FORWARD', policy: 'ACCEPT' }, counters: { packets: 0n, bytes: 0n } },
        { type: 'commit' },
      ])
      expect(await told('-X', 'net')).toEqual(['chain-deleted ip filter net -', 'commit'])
    })

    test('are told of what was there before it listened, too', async () => {
      iptables('-N', 'old')
      iptables('-P', 'INPUT', 'DROP')
      const log = await listen()
      iptables('-E', 'old', 'new')
      expect((await log.commit()).map(line)).toEqual(['chain-changed ip filter old - to new -', 'commit'])
      iptables('-P', 'INPUT', 'ACCEPT')
      expect((await log.commit()).map(line)).toEqual(['chain-changed ip filter INPUT DROP to INPUT ACCEPT', 'commit'])
    })

    test('of a whole restore come in one commit, each rule once and in order', async () => {
      const log = await listen()
      const rules = Array.from({ length: 100 }, (_, i) => `-A INPUT -p tcp -m tcp --dport ${i + 1} -j ACCEPT`)
      run('iptables-nft-restore', [], `*filter\n:INPUT DROP [0:0]\n${rules.join('\n')}\nCOMMIT\n`)
      const events = await log.commit()
      const added = events.filter(({ type }) => type === 'rule-added').map((event) => /-A.* (?=\()/.exec(line(event))?.[0].trimEnd())
      expect(added).toEqual(rules)
      expect(new Set(events.map((event) => 'generation' in event && event.generation)).size).toBe(1)
    })
  })

  describe('made by this library', () => {
    test('are told as those of others, both families in one commit', async () => {
      const log = await listen()
      const rule = parseRule('-p udp --dport 53 -j ACCEPT')
      await xt.transaction((tx) => {
        tx.ip.append('filter', 'INPUT', rule)
        tx.ip6.append('mangle', 'OUTPUT', rule)
      })
      const events = await log.commit()
      expect(events.map(line)).toEqual([
        'table-added ip filter',
        'chain-added ip filter INPUT ACCEPT',
        'rule-added ip filter -A INPUT -p udp -m udp --dport 53 -j ACCEPT (end)',
        'table-added ip6 mangle',
        'chain-added ip6 mangle OUTPUT ACCEPT',
        'rule-added ip6 mangle -A OUTPUT -p udp -m udp --dport 53 -j ACCEPT (end)',
        'commit',
      ])
      for (const event of events) expect(event).toMatchObject({ pid: pidOf(process.pid), program: OWN_NAME })
    })

    testLarge('and so many that another thread sends them are all told', async () => {
      const log = await listen()
      const rules = Array.from({ length: 5000 }, (_, i) => parseRule(`-s 10.0.${i >> 8}.${i & 255} -p tcp --dport ${i + 1} -j ACCEPT`))
      await xt.transaction((tx) => tx.ip.replaceChain('filter', 'INPUT', rules))
      const events = await log.commit()
      const added = events.flatMap((event) => (event.type === 'rule-added' ? event.rule : []))
      expect(added.map((one) => formatRule(one))).toEqual(rules.map((one) => formatRule(one)))
      await xt.transaction((tx) => tx.ip.flush('filter', 'INPUT'))
      expect((await log.commit()).filter(({ type }) => type === 'rule-deleted')).toHaveLength(5000)
    })
  })

  test('made by nft to other families are a commit and nothing else', async () => {
    const log = await listen()
    const pid = tool('nft', 'add table inet mine')
    expect(await log.commit()).toEqual([{ type: 'commit', generation: expect.any(Number), pid: pidOf(pid), program: 'nft' }])
  })

  test('made by nft to tables of these families are told, rules that only it says as expressions', async () => {
    const log = await listen()
    tool('nft', 'add table ip mine { flags dormant; chain c { ct state new counter accept; }; }')
    const events = await log.commit()
    expect(events.map(({ type }) => type)).toEqual(['table-added', 'chain-added', 'rule-added', 'commit'])
    expect(events[0]).toMatchObject({ table: 'mine', dormant: true })
    expect(events[2]).toMatchObject({ chain: 'c', rule: { expressions: expect.stringMatching(/^[0-9a-f]+$/), counters: { packets: 0n, bytes: 0n } } })
    tool('nft', 'add table ip mine')
    expect((await log.commit()).map(line)).toEqual(['table-changed ip mine', 'commit'])
    tool('nft', 'flush ruleset')
    expect((await log.commit()).map(line)).toEqual(
      [expect.stringMatching(/^rule-deleted ip mine/), 'chain-deleted ip mine c -', 'table-deleted ip mine', 'commit'],
    )
    tool('nft', 'add table ip mine { chain c { }; }')
    expect((await log.commit()).map(line)).toEqual(['table-added ip mine', 'chain-added ip mine c -', 'commit'])
  })

  test('are told to all who listen', async () => {
    const logs = await Promise.all(Array.from({ length: 12 }, () => listen()))
    iptables('-N', 'web')
    for (const log of logs) expect((await log.commit()).map(line)).toContain('chain-added ip filter web -')
  })

  test('that happen while nobody reads yet wait until somebody does', async () => {
    const events = xt.monitor()
    await events.ready
    iptables('-N', 'one')
    iptables('-N', 'two')
    await sleep(20)
    const log = new Log(events)
    expect((await log.commit()).map(line)).toContain('chain-added ip filter one -')
    expect((await log.commit()).map(line)).toEqual(['chain-added ip filter two -', 'commit'])
  })

  describe('are told no more', () => {
    test.each<[string, (xt: Xtables, events: Events<MonitorEvent>, controller: AbortController) => void]>([
      ['the signal aborts', (_xt, _events, controller) => controller.abort()],
      ['it is closed', (_xt, events) => events.close()],
      ['the connection closes', (xt) => xt.close()],
      ['it is returned from', (_xt, events) => void events.return?.()],
    ])('when %s', async (_, stop) => {
      const controller = new AbortController()
      const events = xt.monitor({ signal: controller.signal })
      await events.ready
      const log = new Log(events)
      iptables('-N', 'web')
      await log.commit()
      stop(xt, events, controller)
      await log.over
      expect(await events.next()).toEqual({ done: true, value: undefined })
      iptables('-X', 'web')
      await sleep(10)
      expect(log.all).toEqual([])
    })

    test('when the loop is left, or never begun', async () => {
      const events = xt.monitor()
      await events.ready
      iptables('-N', 'web')
      for await (const event of events) {
        expect(event.type).toBe('table-added')
        break
      }
      expect(await events.next()).toEqual({ done: true, value: undefined })
      const early = xt.monitor({ signal: AbortSignal.abort() })
      expect(await early.next()).toEqual({ done: true, value: undefined })
      const soon = xt.monitor()
      soon.close()
      expect(await soon.next()).toEqual({ done: true, value: undefined })
    })
  })

  test('are not to be had of a connection that is closed, nor with a buffer that is none', () => {
    for (const receiveBuffer of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(() => xt.monitor({ receiveBuffer })).toThrow(expect.objectContaining({ code: 'ERR_INPUT', path: 'receiveBuffer' }))
    }
    xt.close()
    expect(() => xt.monitor()).toThrow(/closed/)
    expect(() => xt.trace()).toThrow(/closed/)
  })

  test('are not to be had where the namespace has gone', async () => {
    await using there = await openXtables({ backend: 'nft', netns: '/proc/self/ns/net' })
    const events = there.monitor()
    await events.ready
    expect(await codeOf(openXtables({ backend: 'nft', netns: 'nosuch-namespace' }))).toBe('ERR_SYSTEM')
  })
})

describeOracle('iptables-legacy', 'the changes of the legacy tables', () => {
  test('are announced to nobody, nor are the ways of packets', async () => {
    await using xt = await openXtables({ backend: 'legacy' })
    for (const listen of [() => xt.monitor(), () => xt.trace()]) {
      expect(listen).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED', message: expect.stringMatching(/legacy tables.*only nf_tables/) }))
      expect(listen).toThrow(TransportError)
    }
  })
})

test('nft is there, which makes what iptables does not', () => {
  expect(installed('nft')).toBe(true)
})
