import { DumpInterruptedError, IPSet } from '../../src/index.js'
import { DUMP_INTR, done, fakeIpset, ipv4, listed, MULTI, sentTo } from '../support/fake-ipset.js'

const set = (n: number) => ({
  name: 'ban',
  type: 'hash:ip',
  revision: 6,
  entries: Array.from({ length: n }, (_, i) => [ipv4(1, `10.0.0.${i}`)]),
})

/** A kernel whose list changes during the first `times` readings; the nth reading gives n entries. */
function changing(times: number) {
  let reading = 0
  return fakeIpset({
    list(asked) {
      const flags = ++reading <= times ? MULTI | DUMP_INTR : MULTI
      return [listed(asked, set(reading), flags), done(asked)]
    },
  })
}

async function entriesOf(ipset: IPSet): Promise<string[]> {
  const entries: string[] = []
  for await (const { entry } of ipset.entries('ban')) entries.push(entry)
  return entries
}

test('3. a list that changed while it was read is read again', async () => {
  const transport = changing(2)
  await using ipset = new IPSet({ transport })
  expect(await entriesOf(ipset)).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2'])
  expect(sentTo(transport, 'list')).toHaveLength(3)
})

test('3. the readings keep a growing distance', async () => {
  const transport = changing(3)
  await using ipset = new IPSet({ transport })
  await ipset.getProtocolVersion()
  const began = performance.now()
  await entriesOf(ipset)
  expect(performance.now() - began).toBeGreaterThan(2 + 4 + 8 - 3)
})

test('3. a list that never stands still is a DumpInterruptedError with what was read last', async () => {
  const transport = changing(1000)
  await using ipset = new IPSet({ transport })
  const error = await entriesOf(ipset).catch((reason: unknown) => reason)
  expect(DumpInterruptedError.is(error)).toBe(true)
  expect(error).toMatchObject({
    code: 'ERR_INTERRUPTED',
    attempts: 5,
    partial: [expect.objectContaining({ name: 'ban' })],
  })
  expect((error as { partial: { adt: unknown[] }[] }).partial[0]?.adt).toHaveLength(5)
  expect(sentTo(transport, 'list')).toHaveLength(5)
})

test('3. where part of it was handed out already, the end says that it changed', async () => {
  const transport = fakeIpset({
    list: (asked) => [
      listed(asked, set(2)),
      listed(asked, { ...set(1), name: 'other' }, MULTI | DUMP_INTR),
      done(asked),
    ],
  })
  await using ipset = new IPSet({ transport })
  const seen: string[] = []
  await expect(
    (async () => {
      for await (const { header } of ipset.list()) seen.push(header.name)
    })(),
  ).rejects.toMatchObject({ code: 'ERR_INTERRUPTED', attempts: 1 })
  expect(seen).toEqual(['ban', 'other'])
})
