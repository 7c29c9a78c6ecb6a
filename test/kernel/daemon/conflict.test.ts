import { ConflictError, parseRule } from '../../../src/xtables/index.js'
import { Link } from '../../../src/xtables/nft/link.js'
import { socketFolder, withDaemon } from '../../support/daemon.js'
import { describeNft, describeTables, FAMILIES, ownLock, rejection, start } from '../../support/xtables.js'

const lock = ownLock()
const folder = socketFolder()
const rule = (comment: string | number) => parseRule(`-m comment --comment ${comment}`)
const line = (comment: string | number, chain = 'INPUT') => `-A ${chain} -m comment --comment ${comment}`

describeTables('a table of %s that changes between the plan of a client and its commit', (tables) => {
  const serve = <T>(body: Parameters<typeof withDaemon<T>>[2]) => withDaemon(folder, { backend: tables.backend }, body)
  /** Changes the table with the C tool, which does not respect our lock. */
  const rival = (...args: string[]) => start('env', [`XTABLES_LOCKFILE=${lock}/rival`, tables.programs.ip, ...args])
  beforeEach(() => {
    for (const family of FAMILIES) tables.clear(family)
    tables.clear('ip', 'mangle')
  })

  test('has it planned again when rules were read that are others by now, and nothing is lost', async () => {
    await serve(async ({ open, log }) => {
      const xt = await open()
      const seen: number[] = []
      await xt.transaction(async ({ ip }) => {
        seen.push((await ip.rules('filter', 'INPUT')).length)
        if (seen.length <= 3) rival('-A', 'INPUT', '-m', 'comment', '--comment', `rival-${seen.length}`)
        ip.append('filter', 'INPUT', rule(`number-${seen.length}`))
      })
      expect(seen).toEqual([0, 1, 2, 3])
      expect(tables.savedRules('ip')).toEqual([...[1, 2, 3].map((i) => line(`rival-${i}`)), line('number-4')])
      expect(log.map(({ outcome }) => outcome)).toEqual(['stale', 'stale', 'stale', 'made'])
    })
  })

  test('has it planned again when another client of the daemon was faster', async () => {
    await serve(async ({ open }) => {
      const [one, other] = [await open(), await open()]
      let runs = 0
      await one.transaction(async ({ ip }) => {
        const { length } = await ip.rules('filter', 'INPUT')
        if (++runs <= 2) await other.transaction((tx) => tx.ip.insert('filter', 'INPUT', rule(`other-${runs}`)))
        ip.append('filter', 'INPUT', rule(length))
      })
      expect(runs).toBe(3)
      expect(tables.savedRules('ip')).toEqual([line('other-2'), line('other-1'), line(2)])
    })
  })

  test('has it planned again when a table was only read that another change depends on', async () => {
    await serve(async ({ open }) => {
      const xt = await open()
      let runs = 0
      await xt.transaction(async ({ ip }) => {
        const { length } = await ip.rules('mangle', 'INPUT')
        if (++runs === 1) rival('-t', 'mangle', '-A', 'INPUT', '-p', 'tcp')
        ip.append('filter', 'INPUT', rule(length))
      })
      expect([runs, tables.savedRules('ip')]).toEqual([2, [line(1)]])
    })
  })

  test.each([
    ['a chain came', ['-N', 'theirs']],
    ['a policy was changed', ['-P', 'FORWARD', 'DROP']],
  ])('has it planned again when %s, which every plan reads', async (_, command) => {
    await serve(async ({ open }) => {
      const xt = await open()
      let runs = 0
      await xt.transaction(async ({ ip }) => {
        ip.append('filter', 'INPUT', rule(1))
        await ip.settle()
        if (++runs === 1) rival(...command)
      })
      expect([runs, tables.savedRules('ip')]).toEqual([2, [line(1)]])
    })
  })

  test('does not matter where nothing was read of what has changed: rules are appended behind those of others', async () => {
    await serve(async ({ open, log }) => {
      const xt = await open()
      let runs = 0
      await xt.transaction(async ({ ip }) => {
        runs++
        ip.append('filter', 'INPUT', rule('ours'))
        ip.insert('filter', 'INPUT', rule('first'))
        await ip.rules('filter', 'OUTPUT')
        rival('-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
      })
      expect([runs, log.length]).toEqual([1, 1])
      expect(tables.savedRules('ip')).toEqual([line('first'), line('theirs'), line('ours')])
    })
  })

  test('does not matter when only counters went on', async () => {
    await tables.load('ip', [':INPUT ACCEPT [0:0]', '[1:100] -A INPUT -p udp'])
    await serve(async ({ open }) => {
      const xt = await open()
      let runs = 0
      await xt.transaction(async ({ ip }) => {
        await ip.rules('filter', 'INPUT')
        if (++runs === 1) await tables.load('ip', [':INPUT ACCEPT [5:5]', '[9:900] -A INPUT -p udp'])
        ip.append('filter', 'INPUT', rule('ours'))
      })
      expect(runs).toBe(1)
      expect(tables.saved('ip').filter((one) => one.includes('INPUT'))).toEqual([':INPUT ACCEPT [5:5]', '[9:900] -A INPUT -p udp', `[0:0] ${line('ours')}`])
    })
  })

  test.each([1, 3])('is a ConflictError after as many attempts as there may be: %p', async (attempts) => {
    await serve(async ({ open }) => {
      const xt = await open()
      let runs = 0
      const promise = xt.transaction(
        async ({ ip }) => {
          await ip.rules('filter', 'INPUT')
          ip.append('filter', 'INPUT', rule('ours'))
          rival('-A', 'INPUT', '-m', 'comment', '--comment', `${++runs}`)
        },
        { attempts },
      )
      const error = await rejection(promise)
      expect(ConflictError.is(error) && [error.attempts, error.code]).toEqual([attempts, 'ERR_CONFLICT'])
      expect(tables.savedRules('ip')).toEqual(Array.from({ length: attempts }, (_, i) => line(i + 1)))
    })
  })

  test('is noticed between two readings of one transaction', async () => {
    await serve(async ({ open }) => {
      const xt = await open()
      const seen: string[][] = []
      await xt.transaction(async ({ ip }) => {
        const chains = await ip.chains('filter')
        if (seen.length === 0) rival('-N', 'theirs')
        await ip.rules('filter', 'INPUT').finally(() => seen.push(chains))
        ip.append('filter', 'INPUT', rule('ours'))
      })
      expect(seen.map((chains) => chains.includes('theirs'))).toEqual([false, true])
    })
  })

  test('leaves transactions of twenty clients in one order: each has seen the one before it', async () => {
    tables.tool('ip', '-A', 'OUTPUT', '-m', 'comment', '--comment', '0')
    await serve(async ({ open }) => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => open()))
      const each = 5
      await Promise.all(
        clients.map(async (xt) => {
          for (let i = 0; i < each; i++) {
            await xt.transaction(
              async ({ ip }) => {
                const [counter] = await ip.rules('filter', 'OUTPUT')
                const next = Number((counter?.matches?.[0] as { comment?: string } | undefined)?.comment) + 1
                ip.replace('filter', 'OUTPUT', 1, rule(next))
                ip.append('filter', 'INPUT', rule(next))
              },
              { attempts: 10_000 },
            )
          }
        }),
      )
      const all = Array.from({ length: clients.length * each }, (_, i) => line(i + 1))
      expect(tables.savedRules('ip')).toEqual([...all, line(all.length, 'OUTPUT')])
    })
  }, 60_000)
})

describeNft('a commit of another program while the daemon makes one', (tables) => {
  test('has the daemon try again by itself: its client hears nothing of it', async () => {
    tables.clear('ip')
    await withDaemon(folder, { backend: 'nft' }, async ({ open }) => {
      const xt = await open()
      await xt.ip.read('filter')
      let [runs, rivals] = [0, 0]
      const { chains } = Link.prototype
      const spy = jest.spyOn(Link.prototype, 'chains')
      await xt.transaction(async ({ ip }) => {
        runs++
        ip.append('filter', 'INPUT', rule('ours'))
        await ip.settle()
        // From here on what reads is the commit.
        spy.mockImplementation(async function (this: Link, ...args) {
          const read = await chains.apply(this, args)
          if (++rivals <= 3) start('iptables-nft', ['-t', 'mangle', '-A', 'INPUT', '-m', 'comment', '--comment', `${rivals}`])
          return read
        })
      })
      spy.mockRestore()
      expect([runs, rivals]).toEqual([1, 4])
      expect([tables.savedRules('ip'), tables.savedRules('ip', 'mangle')]).toEqual([[line('ours')], [1, 2, 3].map((i) => line(i))])
    })
  })
})
