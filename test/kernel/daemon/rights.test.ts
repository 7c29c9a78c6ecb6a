import type { Policy } from '../../../src/iptc/daemon/policy.js'
import { DeniedError } from '../../../src/netlink/index.js'
import { type Changes, parseRule, type Xtables } from '../../../src/xtables/index.js'
import { EVERYTHING, socketFolder, withDaemon } from '../../support/daemon.js'
import { describeNft, describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()
const rule = (text: string) => parseRule(text)

/** Reads filter of IPv4, and writes the chains of it that begin with app-. */
const APP: Policy = {
  ...EVERYTHING,
  mayTable: (_, access, family, table, chain) => family === 'ip' && table === 'filter' && (access === 'read' || (chain?.startsWith('app-') ?? false)),
  mayWatch: () => false,
}

describeTables('somebody who may write some chains in a table of %s', (tables) => {
  const serve = <T>(body: Parameters<typeof withDaemon<T>>[2]) => withDaemon(folder, { backend: tables.backend, policy: APP }, body)
  beforeEach(async () => {
    for (const family of FAMILIES) tables.clear(family)
    await tables.load('ip', [':INPUT ACCEPT [0:0]', ':app-web - [0:0]', ':other - [0:0]', '[1:1] -A INPUT -j app-web', '[2:2] -A INPUT -j other', '[3:3] -A app-web -p tcp', '[4:4] -A other -p udp'])
  })

  const ALLOWED: readonly [string, (tx: Changes) => void | Promise<unknown>, readonly string[]][] = [
    ['appends', (tx) => tx.append('filter', 'app-web', rule('-p icmp')), ['-A app-web -p tcp', '-A app-web -p icmp']],
    ['inserts', (tx) => tx.insert('filter', 'app-web', rule('-p icmp')), ['-A app-web -p icmp', '-A app-web -p tcp']],
    ['deletes', (tx) => tx.delete('filter', 'app-web', 1), []],
    ['replaces all', (tx) => tx.replaceChain('filter', 'app-web', [rule('-p udp -j other')]), ['-A app-web -p udp -j other']],
    ['makes another', (tx) => tx.replaceChain('filter', 'app-new', [rule('-p udp')]), ['-A app-new -p udp', '-A app-web -p tcp']],
    ['reads the others, and changes nothing there', async (tx) => { await tx.rules('filter', 'INPUT'); await tx.rules('filter', 'other'); tx.flush('filter', 'app-web') }, []],
    ['flushes what is empty', (tx) => { tx.newChain('filter', 'app-a'); tx.flush('filter', 'app-a'); tx.deleteChain('filter', 'app-a') }, ['-A app-web -p tcp']],
    ['renames', (tx) => tx.renameChain('filter', 'app-web', 'app-www'), ['-A app-www -p tcp']],
  ]

  test.each(ALLOWED)('%s there', async (_, change, expected) => {
    await serve(async ({ open }) => {
      const xt = await open()
      await xt.transaction(async ({ ip }) => void (await change(ip)))
      expect(tables.savedRules('ip').filter((line) => line.startsWith('-A app-'))).toEqual(expected)
      expect(tables.savedRules('ip').filter((line) => /^-A (INPUT|other)/.test(line))).toHaveLength(3)
    })
  })

  const REFUSED: readonly [string, (tx: Changes) => void | Promise<unknown>, string][] = [
    ['appends to another chain', (tx) => tx.append('filter', 'INPUT', rule('-p icmp')), 'INPUT'],
    ['deletes in another chain', (tx) => tx.delete('filter', 'other', 1), 'other'],
    ['changes the order there', async (tx) => tx.replaceChain('filter', 'INPUT', (await tx.rules('filter', 'INPUT')).reverse()), 'INPUT'],
    ['flushes all chains', (tx) => tx.flush('filter'), 'INPUT'],
    ['sets a policy', (tx) => tx.setPolicy('filter', 'FORWARD', 'DROP'), 'FORWARD'],
    ['sets counters to zero', (tx) => tx.zero('filter', 'other'), 'other'],
    ['sets counters of a policy to zero', (tx) => tx.zero('filter', 'INPUT'), 'INPUT'],
    ['makes a chain of another name', (tx) => tx.newChain('filter', 'new'), 'new'],
    ['gives its chain a name that is not its own', (tx) => tx.renameChain('filter', 'app-web', 'web'), 'web'],
    ['takes a chain for its own by a new name', (tx) => tx.renameChain('filter', 'other', 'app-other'), 'other'],
    ['does one thing that it may, and one that it may not', (tx) => { tx.append('filter', 'app-web', rule('-p icmp')); tx.append('filter', 'OUTPUT', rule('-p icmp')) }, 'OUTPUT'],
    ['restores a table', (tx) => tx.restore('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'), 'INPUT'],
  ]

  test.each(REFUSED)('is refused who %s; nothing is changed', async (_, change, chain) => {
    const before = tables.saved('ip')
    await serve(async ({ open, log }) => {
      const xt = await open()
      const error = await rejection(xt.transaction(async ({ ip }) => void (await change(ip))))
      expect([error.name, DeniedError.is(error) && error.code]).toEqual(['DeniedError', 'ERR_DENIED'])
      expect(error.message).toMatch(new RegExp(`user ${process.getuid?.()} may not write chain '.*' in table 'filter' of ip: .*"ip filter".*"write"`))
      expect(log).toMatchObject([{ level: 'warn', event: 'refused', uid: process.getuid?.(), access: 'write', table: 'filter', chain: expect.any(String) }, { event: 'commit', outcome: 'failed', code: 'ERR_DENIED' }])
      if (!/flush|restore/.test(String(change))) expect(error.message).toContain(`chain '${chain}'`)
    })
    expect(tables.saved('ip')).toEqual(before)
  })

  test('deletes no chain that it may not write, nor one that others lead to', async () => {
    tables.tool('ip', '-N', 'empty')
    await serve(async ({ open }) => {
      const xt = await open()
      expect(DeniedError.is(await rejection(xt.transaction(({ ip }) => ip.deleteChain('filter', 'empty'))))).toBe(true)
      await rejection(xt.transaction(({ ip }) => { ip.flush('filter', 'app-web'); ip.deleteChain('filter', 'app-web') }))
      expect(tables.saved('ip').filter((line) => line.startsWith(':'))).toEqual(expect.arrayContaining([':empty - [0:0]', ':app-web - [0:0]']))
    })
  })

  test('reads nothing but that table', async () => {
    await serve(async ({ open, log }) => {
      const xt = await open()
      expect(Object.keys(await xt.ip.readAll()).filter((name) => name !== 'filter')).toEqual([])
      const attempts: readonly ((xt: Xtables) => Promise<unknown>)[] = [
        (one) => one.ip.read('nat'),
        (one) => one.ip6.read('filter'),
        (one) => one.ip6.readAll(),
        (one) => one.transaction(({ ip }) => ip.chains('mangle')),
        (one) => one.transaction(({ ip6 }) => ip6.append('filter', 'app-web', rule('-p tcp'))),
      ]
      for (const attempt of attempts) {
        const error = await rejection(attempt(xt))
        expect([DeniedError.is(error), error.message]).toEqual([true, expect.stringMatching(/may not read table/)])
      }
      expect(log.length).toBeGreaterThanOrEqual(attempts.length)
    })
  })
})

describeNft('the table that a commit would make which changes nothing', (tables) => {
  test('is not made for those who may not write it', async () => {
    await withDaemon(folder, { backend: 'nft', policy: { ...EVERYTHING, mayTable: (_, access) => access === 'read' } }, async ({ open }) => {
      const xt = await open()
      await xt.transaction(({ ip6 }) => ip6.flush('security'))
      expect(Object.keys(await xt.ip6.readAll())).not.toContain('security')
    })
    await withDaemon(folder, { backend: 'nft' }, async ({ open }) => {
      const xt = await open()
      await xt.transaction(({ ip6 }) => ip6.flush('security'))
      expect(Object.keys(await xt.ip6.readAll())).toContain('security')
      expect(tables.savedRules('ip6', 'security')).toEqual([])
    })
  })
})
