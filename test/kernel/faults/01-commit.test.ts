import { openTransport } from '../../../src/netlink/index.js'
import { type RuleInput, Xtables } from '../../../src/xtables/index.js'
import { NftBackend } from '../../../src/xtables/nft/backend.js'
import { nft } from '../../support/nft-tables.js'
import { describeNft, ownLock, rejection } from '../../support/xtables.js'

ownLock()

describeNft('1. a commit of many rules on a socket with little room for answers', (tables) => {
  beforeEach(() => nft('flush', 'ruleset'))

  /** Tables on a socket with this receive buffer. */
  async function cramped(receiveBuffer: number): Promise<Xtables> {
    const transport = await openTransport('direct', { receiveBuffer })
    return new Xtables(await NftBackend.open({ transport }))
  }
  const rule = (i: number, refused = false): RuleInput => ({
    protocol: 'tcp',
    matches: refused ? [{ match: 'unknown', name: 'nosuch', revision: 0, info: '00' }] : [{ match: 'tcp', dport: i }],
  })

  test('is not told to have failed when it was made: of what goes well the kernel says nothing', async () => {
    // The smallest that the kernel gives.
    await using xt = await cramped(1)
    await xt.transaction((tx) => {
      for (let i = 1; i <= 20_000; i++) tx.ip.append('filter', 'INPUT', rule(i))
    })
    expect(tables.savedRules('ip')).toHaveLength(20_000)
  })

  test('is told to have failed when it was not, with the first rule that is refused, though refusals were lost', async () => {
    // That of a process without rights, unless net.core.rmem_max says another: it holds some hundred refusals.
    await using xt = await cramped(212_992)
    const change = xt.transaction((tx) => {
      for (let i = 1; i <= 3000; i++) tx.ip.append('filter', 'INPUT', rule(i, i > 1000))
    })
    expect(await rejection(change)).toMatchObject({ name: 'KernelError', errnoName: 'ENOENT', path: expect.stringMatching(/^filter INPUT rule 1001 /) })
    expect(nft('list', 'ruleset')).toBe('')
    // And the connection goes on.
    await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', rule(1)))
    expect(tables.savedRules('ip')).toHaveLength(1)
  })
})
