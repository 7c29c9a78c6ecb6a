import fc from 'fast-check'
import { IPSet } from '../../../src/index.js'
import type { Policy } from '../../../src/iptc/daemon/policy.js'
import { DeniedError } from '../../../src/netlink/index.js'
import { parseRule, type RuleInput, type Xtables } from '../../../src/xtables/index.js'
import { EVERYTHING, socketFolder, type TestDaemon, withDaemon } from '../../support/daemon.js'
import { frame, RawClient } from '../../support/raw-client.js'
import { rejection } from '../../support/rejection.js'
import { describeTables, FAMILIES, ownLock } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()

/** Reads filter of both families, and writes the chains of IPv4 that begin with app-. */
const APP: Policy = {
  mayTable: (_, access, family, table, chain) => table === 'filter' && (access === 'read' || (family === 'ip' && (chain?.startsWith('app-') ?? false))),
  maySet: () => false,
  mayWatch: () => false,
}

const START = [
  ':INPUT DROP [7:700]', ':app-a - [0:0]', ':app-b - [0:0]', ':other - [0:0]', '[1:10] -A INPUT -j app-a', '[2:20] -A INPUT -p tcp -j other', '[3:30] -A OUTPUT -j other',
  '[4:40] -A app-a -p tcp -j app-b', '[5:50] -A app-a -p udp', '[6:60] -A app-b -p tcp', '[7:70] -A other -p udp -j DROP', '[8:80] -A other -p tcp -j ACCEPT',
]

interface Opened {
  readonly version: { readonly chains: string; readonly rules: readonly (readonly [string, string])[] }
}

describeTables('a program that speaks to the daemon for tables of %s as it likes', (tables) => {
  const serve = <T>(policy: Policy, body: (one: TestDaemon) => Promise<T>) => withDaemon(folder, { backend: tables.backend, policy }, body)

  /** What is not of app-: rules in bytes and order, chains, policies and counters. Rules that lead to app- chains may follow a new name. */
  const others = () => {
    const all = FAMILIES.flatMap((family) => tables.saved(family).map((line) => `${family} ${line}`))
    return all.filter((line) => !/^ip (:app-|\[\d+:\d+\] -A app-)/.test(line)).map((line) => line.replace(/-j app-\S+/, '-j app'))
  }

  test('changes no chain that is not his, whatever the plan is', async () => {
    for (const family of FAMILIES) await tables.load(family, START)
    const before = others()
    const name = fc.constantFrom('INPUT', 'FORWARD', 'OUTPUT', 'app-a', 'app-b', 'app-c', 'other', 'new', '', '__proto__', 'app-a\n:x')
    const counting = fc.constantFrom('keep', 'zero', 'new', '5:50')
    const few = fc.nat(3)
    const slot = fc.oneof(fc.constant('unread'), fc.constant(1), fc.tuple(few, fc.integer({ min: 1, max: 3 })), fc.record({ keep: few, counting }), fc.record({ counting }))
    const policy = fc.constantFrom('ACCEPT', 'DROP')
    const chain = fc.record({ name, from: name, policy, counting, wanted: fc.boolean(), slots: fc.array(slot, { maxLength: 4 }) }, { requiredKeys: ['name', 'counting', 'slots'] })
    const plan = fc.record({ chains: fc.array(chain, { maxLength: 3 }), deleted: fc.array(name, { maxLength: 2 }), released: fc.array(fc.tuple(name, few, fc.integer({ min: 1, max: 3 })), { maxLength: 2 }) })
    const line = fc.constantFrom('{}', '{"protocol":"tcp"}', '{"target":{"jump":"other"}}', '5:50{"protocol":"udp"}', '{"target":{"jump":"app-b"}}', '!{"name":"InputError"}', '-A INPUT -j ACCEPT', '{"matches":[{"match":"comment","comment":"x\\n-A INPUT -j ACCEPT"}]}', '{"__proto__":{"target":{"target":"ACCEPT"}}}')
    const crafted = fc.record({ family: fc.constantFrom('ip', 'ip', 'ip', 'ip6'), table: fc.constantFrom('filter', 'filter', 'filter', 'filter', 'nat', '__proto__'), plan, lines: fc.array(line, { maxLength: 6 }), mine: fc.boolean() })

    const outcomes = new Map<string, number>()
    await serve(APP, async ({ path, log }) => {
      let client = await RawClient.greeted(path)
      for (const { family, table, plan, lines, mine } of fc.sample(crafted, 500)) {
        // On what is there now, so that no plan fails for its version alone; half of them are about his own chains.
        const open = async (needs: unknown) => ((await client.ask({ id: 1, method: 'open', family, table: 'filter', needs })) as { result?: Opened }).result?.version
        const version = (await open('rules')) ?? { chains: '', rules: [] }
        const own = mine ? { ...plan, deleted: [], chains: plan.chains.slice(0, 1).map((one) => ({ ...one, name: 'app-a', from: 'app-a', policy: undefined })) } : plan
        const news = own.chains.flatMap(({ slots }) => slots).filter((one) => one === 1 || (typeof one === 'object' && !('length' in one) && !('keep' in one))).length
        const rules = Array.from({ length: news }, (_, i) => lines[i % (lines.length || 1)] ?? '{}')
        client.send([JSON.stringify({ id: 2, method: 'commit', test: false, tables: [{ family, table, version, plan: own }] }), ...rules].join('\n'))
        const answer = await client.answer()
        const outcome = answer === undefined ? 'ended' : ((answer.error as { name?: string } | undefined)?.name ?? 'made')
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        if (answer === undefined || outcome === 'ProtocolError') {
          client.close()
          client = await RawClient.greeted(path)
        }
      }
      client.close()
      expect(log.filter(({ event }) => event === 'fault')).toEqual([])
    })
    process.stdout.write(`  ${[...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ')}\n`)
    expect(others()).toEqual(before)
    expect(outcomes.get('made')).toBeGreaterThan(20)
    expect(outcomes.get('DeniedError')).toBeGreaterThan(50)
  }, 60_000)

  test('is who the kernel says, whatever the program says', async () => {
    const seen: number[] = []
    const policy: Policy = {
      ...EVERYTHING,
      mayTable({ uid }) {
        seen.push(uid)
        return false
      },
    }
    await serve(policy, async ({ path }) => {
      for (const claim of [{ uid: 0 }, { peer: { uid: 0 } }, { gid: 0 }]) {
        const client = new RawClient(path)
        client.send(JSON.stringify({ version: 1, service: 'xtables', ...claim }))
        expect(await client.answer()).toMatchObject({ error: {} })
        client.close()
        const greeted = await RawClient.greeted(path)
        expect(await greeted.ask({ id: 1, method: 'read', family: 'ip', table: 'filter', ...claim })).toMatchObject({ id: 1, error: { name: 'InputError' } })
        expect(await greeted.ask({ id: 2, method: 'read', family: 'ip', table: 'filter' })).toMatchObject({ id: 2, error: { name: 'DeniedError' } })
        greeted.close()
      }
    })
    expect(new Set(seen)).toEqual(new Set([process.getuid?.()]))
  })

  test('keeps nobody else from anything, with 20 connections that say half of something', async () => {
    await serve(EVERYTHING, async ({ path, open }) => {
      const halves = await Promise.all(Array.from({ length: 20 }, () => RawClient.greeted(path)))
      for (const [i, client] of halves.entries()) client.socket.write(frame('{"id":1,"method":"readAll","family":"ip"}').subarray(0, 4 + i))
      const began = performance.now()
      const xt = await open()
      for (let i = 0; i < 50; i++) await xt.transaction((tx) => tx.ip.append('filter', 'OUTPUT', { protocol: 'tcp' }))
      expect(performance.now() - began).toBeLessThan(5000)
      for (const client of halves) client.close()
    })
  })

  test('names no set in a rule that he may not read, and has packets add to none that he may not write', async () => {
    await using ipset = new IPSet()
    for (const name of ['theirs', 'seen', 'mine']) await ipset.create(name, { exclusive: false })
    await tables.load('ip', START)
    const refused = async (xt: Xtables, rule: RuleInput) => rejection(xt.transaction((tx) => tx.ip.replaceChain('filter', 'app-a', [rule])))
    const maySet: Policy['maySet'] = (_, access, set) => set === 'mine' || (set === 'seen' && access === 'read')
    await serve({ ...APP, maySet }, async ({ open }) => {
      const xt = await open()
      // The expression `counter`, as another program writes it.
      const hidden = tables.backend === 'nft' ? [{ expressions: '2c0001800c000100636f756e746572001c0002800c00010000000000000000000c0002000000000000000000' }] : []
      const opaque = { target: { target: 'unknown', name: 'SET', revision: 0, info: '' } } as const
      for (const rule of [parseRule('-m set --match-set theirs src'), parseRule('-m set ! --match-set theirs src -j DROP'), parseRule('-j SET --add-set seen src'),
        parseRule('-j SET --del-set theirs src'), parseRule('-j SET --map-set theirs src --map-mark'), { target: { target: 'SET', addSet: 'theirs src' } } as const, opaque, ...hidden]) {
        const error = await refused(xt, rule)
        expect([DeniedError.is(error), (error as Error).message]).toEqual([true, expect.stringMatching(/may not (read|write) set/)])
      }
      expect(tables.savedRules('ip').join('\n')).not.toMatch(/set/i)
      for (const text of ['-m set --match-set seen src', '-m set --match-set mine src', '-j SET --add-set mine src']) {
        await xt.transaction((tx) => tx.ip.replaceChain('filter', 'app-a', [parseRule(text)]))
        expect(tables.savedRules('ip')).toContain(`-A app-a ${text}`)
      }
    })
    tables.clear('ip')
    for (const name of ['theirs', 'seen', 'mine']) await ipset.destroy(name)
  })
})
