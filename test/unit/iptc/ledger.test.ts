import { Ledger } from '../../../src/iptc/ledger.js'
import type { Table, Xtables } from '../../../src/xtables/index.js'

const EMPTY: Table = { INPUT: { policy: 'ACCEPT', rules: [] }, FORWARD: { policy: 'ACCEPT', rules: [] }, OUTPUT: { policy: 'ACCEPT', rules: [] } }
const RULES = { rules: 'INPUT' } as const

function ledger(): Ledger {
  return new Ledger('ip', 'filter', async () => ({ ip: { read: async () => EMPTY } }) as unknown as Xtables)
}

const rulesIn = (one: Ledger) => one.look(RULES, (content) => content.INPUT?.rules.length)

describe('changes that wait', () => {
  test('are seen, and are there to be committed', async () => {
    const one = ledger()
    await one.add((changes) => changes.append('filter', 'INPUT', { protocol: 'tcp' }))
    expect([one.isEmpty, await rulesIn(one)]).toEqual([false, 1])
    const { plan, release } = await one.hold()
    release()
    expect(plan.changes).toHaveLength(1)
  })

  test('are dropped, also the one that is just being made and those behind it', async () => {
    const one = ledger()
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    let began = () => {}
    const beginning = new Promise<void>((resolve) => {
      began = resolve
    })
    const first = one.add(async (changes) => {
      changes.append('filter', 'INPUT', { protocol: 'tcp' })
      began()
      await gate
    }, RULES)
    const second = one.add((changes) => changes.append('filter', 'INPUT', { protocol: 'udp' }))
    await beginning
    one.clear()
    go()
    await Promise.all([first, second])
    expect(one.isEmpty).toBe(true)
    const { plan, release } = await one.hold()
    release()
    expect([plan.changes, plan.seen]).toEqual([[], []])
    expect(await rulesIn(one)).toBe(0)
  })
})
