import { removeTemporarySets, TemporarySets } from '../../../../src/iptc/daemon/temporary-sets.js'
import { IPSet } from '../../../../src/ipset/index.js'

const LINGER = 3000
const NO_POLICY = { mayTable: () => false, maySet: () => false, mayWatch: () => false }
const person = (uid: number) => ({ pid: 1, uid, gid: uid, groups: [] })
const [ANNA, BERT] = [person(1000), person(1001)]

describe('the temporary sets of a user', () => {
  let destroyed: string[]
  beforeEach(() => {
    jest.useFakeTimers()
    destroyed = []
    jest.spyOn(IPSet.prototype, 'destroy').mockImplementation(async (name) => void destroyed.push(name as string))
  })
  afterEach(() => {
    jest.restoreAllMocks()
    jest.useRealTimers()
  })

  function made(sets = new TemporarySets()): TemporarySets {
    sets.join(ANNA)
    sets.join(BERT)
    sets.made(ANNA, 'nfkit~a')
    return sets
  }

  test('are those that a connection of the user has made', () => {
    const sets = made()
    sets.join(ANNA)
    expect([ANNA, BERT, person(5)].map((peer) => sets.belongsTo(peer, 'nfkit~a'))).toEqual([true, false, false])
    sets.gone('nfkit~a')
    expect(sets.belongsTo(ANNA, 'nfkit~a')).toBe(false)
  })

  test('are removed when the last of the user’s connections has been gone for three seconds, others stay', async () => {
    const sets = made()
    sets.made(BERT, 'nfkit~b')
    sets.join(ANNA)
    sets.leave(ANNA, undefined)
    await jest.advanceTimersByTimeAsync(2 * LINGER)
    expect([destroyed, sets.belongsTo(ANNA, 'nfkit~a')]).toEqual([[], true])
    sets.leave(ANNA, undefined)
    await jest.advanceTimersByTimeAsync(LINGER - 1)
    expect(destroyed).toEqual([])
    await jest.advanceTimersByTimeAsync(1)
    expect([destroyed, sets.belongsTo(ANNA, 'nfkit~a'), sets.belongsTo(BERT, 'nfkit~b')]).toEqual([['nfkit~a'], false, true])
  })

  test('stay, and stay the user’s, when the user comes back in time', async () => {
    const sets = made()
    sets.leave(ANNA, undefined)
    await jest.advanceTimersByTimeAsync(LINGER - 1)
    sets.join(ANNA)
    await jest.advanceTimersByTimeAsync(10 * LINGER)
    expect([destroyed, sets.belongsTo(ANNA, 'nfkit~a')]).toEqual([[], true])
  })

  test('are removed at once when the daemon ends, and not again', async () => {
    const sets = made(TemporarySets.of(NO_POLICY))
    sets.leave(ANNA, undefined)
    await removeTemporarySets(NO_POLICY)
    await jest.advanceTimersByTimeAsync(10 * LINGER)
    expect(destroyed).toEqual(['nfkit~a'])
  })
})
