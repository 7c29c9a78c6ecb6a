import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { formatRule, formatRuleset, type MonitorEvent, openXtables, parseRuleset, type Xtables } from '../../../src/xtables/index.js'
import { eventually, sleep } from '../../support/waiting.js'
import { builtModule, scriptFile } from '../../support/build.js'
import { describeOracle, run } from '../../support/kernel.js'
import { formatted, iptables, line, Log, saved, tool } from '../../support/monitor.js'

describeOracle('iptables-nft', 'the changes of nf_tables', () => {
  // In another namespace, be it this one again, it is listened to by direct system calls.
  describe.each([
    ['on the loop', {}],
    ['by direct calls', { netns: '/proc/self/ns/net' }],
  ])('when more happens than is read %s', (_, place) => {
    let xt: Xtables

    beforeEach(async () => {
      tool('nft', 'flush', 'ruleset')
      xt = await openXtables({ backend: 'nft', ...place })
    })
    afterEach(() => xt.close())

    async function listen(options: Parameters<Xtables['monitor']>[0]): Promise<Log> {
      const events = xt.monitor(options)
      await events.ready
      return new Log(events)
    }

    const script = () => scriptFile(`import { openXtables, parseRule } from '${builtModule('xtables/index.js')}'
      const xt = await openXtables({ backend: 'nft' })
      for (let i = 1; i <= Number(process.argv[2]); i++) await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp --dport ' + i)))
      xt.close()`)

    /** Adds rules, each in a commit of its own, before anybody here can read of them. */
    function flood(count: number): void {
      tool(process.execPath, script(), String(count))
    }

    test('are told to be lost, then what the tables are, then what changes after', async () => {
      iptables('-N', 'web')
      tool('ip6tables-nft', '-A', 'OUTPUT', '-p', 'udp')
      const log = await listen({ receiveBuffer: 32_768 })
      flood(2000)
      await eventually(() => log.all.some(({ type }) => type === 'resync'))
      const lost = log.all.findIndex(({ type }) => type === 'overrun')
      const resync = log.all[lost + 1] as Extract<MonitorEvent, { type: 'resync' }>
      expect(resync.type).toBe('resync')
      expect(formatted(formatRuleset(resync.ip))).toBe(saved('iptables-nft'))
      expect(formatted(formatRuleset(resync.ip6, { family: 'ip6' }))).toBe(saved('ip6tables-nft'))
      expect(resync.ip.filter?.INPUT?.rules).toHaveLength(2000)
      // Before it are whole commits, behind it none that it has seen.
      const before = log.all.slice(0, lost).filter(({ type }) => type === 'rule-added')
      expect(before.length).toBeLessThan(2000)
      expect(before.map((event) => event.type === 'rule-added' && event.rule.matches?.[0])).toEqual(
        before.map((_, i) => expect.objectContaining({ dport: i + 1 })),
      )
      log.all.length = 0
      iptables('-E', 'web', 'net')
      expect((await log.commit()).map(line)).toEqual(['chain-changed ip filter web - to net -', 'commit'])
    })

    test('in the middle of a commit, no part of that commit is told, and then what it made', async () => {
      iptables('-A', 'OUTPUT', '-p', 'udp')
      const log = await listen({ receiveBuffer: 32_768 })
      const rules = Array.from({ length: 2000 }, (_, i) => `-A INPUT -p tcp -m tcp --dport ${i + 1}`)
      run('iptables-nft-restore', [], `*filter\n:INPUT DROP [0:0]\n${rules.join('\n')}\nCOMMIT\n`)
      await eventually(() => log.all.some(({ type }) => type === 'resync'))
      const [overrun, resync, ...others] = log.all
      expect([overrun?.type, others]).toEqual(['overrun', []])
      expect(resync?.type === 'resync' && formatted(formatRuleset(resync.ip))).toBe(saved('iptables-nft'))
    })

    test('nothing is read anew unless it is wanted', async () => {
      iptables('-N', 'web')
      const log = await listen({ receiveBuffer: 32_768, resync: false })
      flood(1000)
      await eventually(() => log.all.some(({ type }) => type === 'overrun'))
      // What happens while the socket is still full is lost, too: so until it is told.
      let [name, other] = ['web', 'net']
      for (let attempt = 0; attempt < 50 && !log.all.some(({ type }) => type === 'chain-changed'); attempt++) {
        iptables('-E', name, other)
        ;[name, other] = [other, name]
        await sleep(200)
      }
      expect(log.all.slice(-2).map(line)).toEqual([`chain-changed ip filter ${other} - to ${name} -`, 'commit'])
      expect(log.all.some(({ type }) => type === 'resync')).toBe(false)
    })

    test('who keeps account of the events has in the end what the tables are', async () => {
      iptables('-A', 'INPUT')
      const log = await listen({ receiveBuffer: 16_384 })
      const rival = spawn(process.execPath, [script(), '1500'], { stdio: 'inherit' })
      const ended = once(rival, 'close')
      while (rival.exitCode === null) {
        const end = performance.now() + (log.all.length === 0 ? 2 : 60)
        while (performance.now() < end) {}
        await sleep(2)
      }
      expect(await ended).toEqual([0, null])
      iptables('-N', 'last')
      const isLast = (event: MonitorEvent) => (event.type === 'chain-added' ? event.chain === 'last' : event.type === 'resync' && event.ip.filter?.last !== undefined)
      await eventually(() => log.all.some(isLast))
      let rules: string[] = ['']
      let generation = 0
      for (const event of log.all) {
        if (event.type === 'resync') rules = (event.ip.filter?.INPUT?.rules ?? []).map((rule) => formatRule(rule))
        else if (event.type === 'rule-added') rules.push(formatRule(event.rule))
        if (!('generation' in event)) continue
        expect(event.generation).toBeGreaterThanOrEqual(generation)
        generation = event.generation
      }
      expect(log.all.some(({ type }) => type === 'overrun')).toBe(true)
      expect(rules).toEqual((parseRuleset(saved('iptables-nft')).filter?.INPUT?.rules ?? []).map((rule) => formatRule(rule)))
    })
  })
})
