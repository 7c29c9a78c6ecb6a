import { InputError } from '../../../src/netlink/index.js'
import { setNames } from '../../../src/xtables/context.js'
import { newSlot } from '../../../src/xtables/draft.js'
import { newest } from '../../../src/xtables/face.js'
import { TableCommit } from '../../../src/xtables/legacy/commit.js'
import { TableSocket } from '../../../src/xtables/legacy/sockopt.js'
import { LegacyTable } from '../../../src/xtables/legacy/table.js'
import { type RuleInput, parseRule } from '../../../src/xtables/index.js'
import { FakeLibc } from '../../support/fake-libc.js'
import { rejection } from '../../support/rejection.js'
import { capturedTable } from '../../support/xtables-fixtures.js'

const surroundings = { sets: setNames([]), revision: newest, timeouts: async () => [] }

async function prepare(libc: FakeLibc, rule: RuleInput): Promise<TableCommit> {
  const { info, bytes } = capturedTable()
  const table = await LegacyTable.of('ip', info, bytes, surroundings)
  table.draft.chains.get('INPUT')?.slots.push(newSlot(rule))
  return TableCommit.prepare(libc, new TableSocket(libc, 'ip'), table, surroundings)
}

describe('the memory that the kernel writes the old counters to', () => {
  test('has 16 bytes for each entry that is replaced, until it is given back', async () => {
    const libc = new FakeLibc()
    const commit = await prepare(libc, parseRule('-p tcp'))
    expect([...libc.reserved].map(({ length }) => length)).toEqual([16 * capturedTable().info.entries])
    commit.free()
    expect(libc.reserved.size).toBe(0)
  })

  test('is given back where the table cannot be put together', async () => {
    const libc = new FakeLibc()
    expect(await rejection(prepare(libc, { target: { jump: 5 as never } }))).toBeInstanceOf(InputError)
    expect([libc.argsOf('reserve').length, libc.reserved.size]).toEqual([1, 0])
  })
})
