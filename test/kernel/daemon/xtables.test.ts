import { openXtables, parseRule, type RuleInput, TablesHost } from '../../../src/xtables/index.js'
import { InputError, KernelError, TransportError } from '../../../src/netlink/index.js'
import { EVERYTHING, socketFolder, withDaemon } from '../../support/daemon.js'
import { eventually } from '../../support/waiting.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()
const rule = (text: string) => parseRule(text)

describeTables('tables of %s through a daemon', (tables) => {
  const serve = <T>(body: Parameters<typeof withDaemon<T>>[2]) => withDaemon(folder, { backend: tables.backend }, body)
  beforeEach(() => {
    for (const family of FAMILIES) tables.clear(family)
  })

  test.each(FAMILIES)('are what they are without one: rules, counters, policies, chains of the user: %s', async (family) => {
    await tables.load(family, [':INPUT DROP [3:300]', ':web - [0:0]', '[1:100] -A INPUT -p tcp -m tcp --dport 22 -m comment --comment "a \\"b\\" $bigint" -j web', '[0:0] -A web -m connbytes --connbytes 5:9223372036854775808 --connbytes-mode bytes --connbytes-dir both -g web2', '[7:18446744073709551615] -A web2', ':web2 - [0:0]'].sort((a, b) => Number(b.startsWith(':')) - Number(a.startsWith(':'))))
    const direct = await tables.withTables(async (xt) => [await xt[family].read('filter'), await xt[family].readAll()])
    await serve(async ({ open }) => {
      const xt = await open()
      expect(xt.backend).toBe(tables.backend)
      const read = await xt[family].read('filter')
      expect([read, await xt[family].readAll()]).toEqual(direct)
      expect(Object.getPrototypeOf(read)).toBeNull()
      expect(read.INPUT?.rules[0]?.counters).toEqual({ packets: 1n, bytes: 100n })
      expect(read.web?.rules[0]?.matches).toMatchObject([{ match: 'connbytes' }])
    })
  })

  test('are written down: who changed what', async () => {
    await serve(async ({ open, log }) => {
      const xt = await open()
      await xt.transaction(({ ip, ip6 }) => {
        ip.append('filter', 'INPUT', rule('-p tcp'))
        ip.append('filter', 'INPUT', rule('-p udp'))
        ip6.newChain('filter', 'web')
      })
      await xt.transaction(({ ip }) => ip.delete('filter', 'INPUT', 1))
      await xt.transaction(({ ip }) => ip.flush('filter'), { test: true })
      await rejection(xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule('-j nowhere'))))
      const who = { level: 'info', event: 'commit', pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() }
      expect(log).toMatchObject([
        { ...who, tables: ['ip filter', 'ip6 filter'], chains: ['ip filter INPUT', 'ip6 filter web'], added: 2, deleted: 0, outcome: 'made' },
        { ...who, tables: ['ip filter'], chains: ['ip filter INPUT'], added: 0, deleted: 1, outcome: 'made' },
        { ...who, chains: ['ip filter INPUT'], added: 0, deleted: 1, outcome: 'tested' },
        { ...who, outcome: 'failed', code: 'ERR_INPUT' },
      ])
      expect(log.every(({ ms }) => typeof ms === 'number')).toBe(true)
    })
  })

  test('keep, zero and set the counters of rules', async () => {
    await tables.load('ip', [':INPUT DROP [3:300]', '[1:100] -A INPUT -p tcp', '[2:200] -A INPUT -p udp', '[3:300] -A INPUT -p icmp'])
    await serve(async ({ open }) => {
      const xt = await open()
      await xt.transaction(({ ip }) => {
        ip.zero('filter', 'INPUT', 2)
        ip.insert('filter', 'INPUT', { protocol: 'sctp', counters: { packets: 8n, bytes: 800 } }, 3)
      })
      expect(tables.saved('ip').filter((line) => /INPUT/.test(line))).toEqual([':INPUT DROP [3:300]', '[1:100] -A INPUT -p tcp', '[0:0] -A INPUT -p udp', '[8:800] -A INPUT -p sctp', '[3:300] -A INPUT -p icmp'])
      await xt.transaction(({ ip }) => ip.zero('filter'))
      expect(tables.saved('ip').filter((line) => !line.includes('[0:0]'))).toEqual([])
    })
  })

  test('know rules that say the same in other words, as without a daemon', async () => {
    tables.tool('ip', '-A', 'INPUT', '-p', 'tcp', '--dport', 'http', '-m', 'comment', '--comment', 'x')
    await serve(async ({ open }) => {
      const xt = await open()
      const found = await xt.transaction(async ({ ip }) => {
        const same: RuleInput = { protocol: 6, matches: [{ match: 'tcp', dport: '80' }, { match: 'comment', comment: 'x' }] }
        return [await ip.has('filter', 'INPUT', same), await ip.has('filter', 'INPUT', rule('-p tcp --dport 81 -m comment --comment x'))]
      })
      expect(found).toEqual([true, false])
    })
  })

  test('rename chains, and the rules that lead there follow', async () => {
    await tables.load('ip', [':INPUT ACCEPT [0:0]', ':a - [0:0]', ':b - [0:0]', '[1:1] -A INPUT -j a', '[2:2] -A INPUT -g b', '[3:3] -A a -p tcp', '[4:4] -A b -p udp'])
    await serve(async ({ open }) => {
      const xt = await open()
      await xt.transaction(({ ip }) => {
        ip.renameChain('filter', 'a', 'c')
        ip.renameChain('filter', 'b', 'd')
        ip.append('filter', 'd', rule('-p icmp'))
      })
      expect(tables.savedRules('ip')).toEqual(['-A INPUT -j c', '-A INPUT -g d', '-A c -p tcp', '-A d -p udp', '-A d -p icmp'])
      await xt.transaction(({ ip }) => {
        ip.flush('filter')
        ip.deleteChain('filter', 'd')
        ip.deleteChain('filter', 'c')
        ip.newChain('filter', 'a')
      })
      expect(tables.saved('ip').slice(3)).toEqual([':a - [0:0]'])
    })
  })

  test('refuse what is wrong in the same words, and nothing is changed', async () => {
    tables.tool('ip', '-A', 'INPUT', '-p', 'tcp')
    const wrong: readonly ((xt: Awaited<ReturnType<typeof tables.open>>) => Promise<unknown>)[] = [
      (xt) => xt.ip.read('nothing'),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'nowhere', rule('-p tcp'))),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule('-j nowhere'))),
      (xt) => xt.transaction(({ ip }) => ip.delete('filter', 'INPUT', 2)),
      (xt) => xt.transaction(({ ip }) => ip.delete('filter', 'INPUT', rule('-p udp'))),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', { protocol: 'tcp', destintion: '1.2.3.4' } as RuleInput)),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', { source: () => '1.2.3.4' } as unknown as RuleInput)),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', { matches: [{ match: 'limit', limit: Number.NaN }] } as unknown as RuleInput)),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', { source: new Date() } as unknown as RuleInput)),
      (xt) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule('-m owner --uid-owner 1'))),
      (xt) => xt.transaction(({ ip }) => ip.newChain('filter', 'INPUT')),
      (xt) => xt.transaction(({ ip }) => ip.restore('*filter\n-A INPUT -p tcp --dport x\nCOMMIT\n')),
    ]
    await serve(async ({ open }) => {
      const remote = await open()
      await tables.withTables(async (direct) => {
        for (const attempt of wrong) {
          const [there, here] = [await rejection(attempt(remote)), await rejection(attempt(direct))]
          const said = (error: Error) => ({ ...error, name: error.name, class: error.constructor, message: error.message.replace(/^(filter INPUT rule \d+)\.?/, '$1: ').replace(/: +:? */g, ': ') })
          // A value that JSON has no word for is refused before it is sent: the sentence names it, the path may be shorter.
          if (InputError.is(here) && typeof here.path === 'string' && here.path.startsWith('filter INPUT rule')) expect([there.name, (there as InputError).reason]).toEqual([here.name, here.reason])
          else expect(said(there)).toEqual(said(here))
        }
      })
      expect(tables.savedRules('ip')).toEqual(['-A INPUT -p tcp'])
    })
  })

  test('are as they were when a function throws, or only checks', async () => {
    await serve(async ({ open }) => {
      const xt = await open()
      const thrown = xt.transaction(async ({ ip }) => {
        ip.append('filter', 'INPUT', rule('-p tcp'))
        await ip.settle()
        throw new RangeError('no more')
      })
      expect(await rejection(thrown)).toBeInstanceOf(RangeError)
      await xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule('-p tcp')), { test: true })
      expect(tables.savedRules('ip')).toEqual([])
    })
  })

  test('are for the family, the backend and the daemon that are meant', async () => {
    await serve(async ({ path, open }) => {
      const other = tables.backend === 'nft' ? 'legacy' : 'nft'
      expect(await rejection(openXtables({ daemon: path, backend: other }))).toMatchObject({ name: 'TransportError', code: 'ERR_UNSUPPORTED' })
      expect(InputError.is(await rejection(openXtables({ daemon: path, netns: 'blue' })))).toBe(true)
      const xt = await open({ backend: tables.backend })
      expect(KernelError.is(await rejection(xt.ip6.read('nothing')))).toBe(true)
      xt.close()
      expect(InputError.is(await rejection(xt.ip.read('filter')))).toBe(true)
    })
  })

  test('say what to do where nobody serves, or nobody may', async () => {
    const missing = await rejection(openXtables({ daemon: `${folder}/nobody.sock` }))
    expect(TransportError.is(missing) && missing.message).toMatch(/is `nfkit serve` running/)
    expect((await rejection(openXtables({ daemon: `${folder}/${'x'.repeat(120)}` }))).message).toMatch(/at most 107 bytes/)
    expect(InputError.is(await rejection(openXtables({ daemon: '' })))).toBe(true)
  })

  test('can be asked for by many calls at once', async () => {
    await serve(async ({ open }) => {
      const xt = await open()
      await Promise.all(Array.from({ length: 50 }, (_, i) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule(`-m comment --comment ${i}`)))))
      const reads = await Promise.all(Array.from({ length: 50 }, () => xt.ip.read('filter')))
      expect(reads.map(({ INPUT }) => INPUT?.rules.length)).toEqual(Array<number>(50).fill(50))
    })
  })

  test('are served to the end when the daemon closes: what is under way is finished, what comes after is refused', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => rule(`-p tcp -m tcp --dport ${i + 1}`))
    await serve(async ({ open, daemon }) => {
      const xt = await open()
      const answer = jest.spyOn(TablesHost.prototype, 'answer')
      const commit = xt.transaction(({ ip }) => ip.replaceChain('filter', 'INPUT', many)).then(() => 'made', (error: Error) => error.message)
      await eventually(() => answer.mock.calls.some(([{ method }]) => method === 'commit'), 'the plan has arrived')
      answer.mockRestore()
      await daemon.close()
      expect([await commit, tables.savedRules('ip').length]).toEqual(['made', 3000])
      expect(TransportError.is(await rejection(xt.ip.read('filter')))).toBe(true)
    })
  })
})

describeTables('a client of tables of %s', (tables) => {
  test('goes on with a daemon that was started anew, at its next call', async () => {
    tables.clear('ip')
    let path = ''
    const xt = await withDaemon(folder, { backend: tables.backend }, async (first) => {
      path = first.path
      return openXtables({ daemon: first.path })
    })
    expect(await rejection(xt.ip.read('filter'))).toMatchObject({ name: 'TransportError', code: 'ERR_CLOSED' })
    await withDaemon(folder, { backend: tables.backend, path, policy: EVERYTHING }, async () => {
      await xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule('-p tcp')))
      expect((await xt.ip.read('filter')).INPUT?.rules).toHaveLength(1)
    })
    const other = tables.backend === 'nft' ? 'legacy' : 'nft'
    await withDaemon(folder, { backend: other, path }, async () => {
      expect(await rejection(xt.ip.read('filter'))).toMatchObject({ name: 'TransportError', code: 'ERR_UNSUPPORTED' })
    })
    xt.close()
  })
})
