import fc from 'fast-check'
import { socketFolder, withDaemon } from '../../support/daemon.js'
import { RawClient } from '../../support/raw-client.js'
import { capturedRules, runs } from '../../support/xtables-fixtures.js'
import { describeTables, ownLock } from '../../support/xtables.js'
import { parseRule } from '../../../src/xtables/index.js'

ownLock()
const folder = socketFolder()

/** Rules of the corpus, as data. */
const rules = capturedRules.flatMap(({ rule, family, ok }) => {
  if (!ok || family !== 'ip') return []
  try {
    return [JSON.parse(JSON.stringify(parseRule(rule), (_, value) => (typeof value === 'bigint' ? { $bigint: String(value) } : value)))]
  } catch {
    return []
  }
})

const strange = fc.oneof({ maxDepth: 3 }, fc.constantFrom<unknown>(null, true, false, 0, -1, 2 ** 40, 1.5, '', 'x', '!', '\n', '__proto__', {}, [], { not: 'x' }, { not: { not: 1 } }, { $bigint: '18446744073709551616' }, { length: 3 }), fc.jsonValue())

/** All places in a value. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, one]) => places(one, [...path, Array.isArray(value) ? Number(key) : key]))]
}

/** A value in which something else stands at a place. */
function put(value: unknown, path: readonly (string | number)[], other: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return other
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  ;(copy as Record<string | number, unknown>)[key] = put((copy as Record<string | number, unknown>)[key], rest, other)
  return copy
}

/** Rules with something in them that does not belong there. */
const spoilt = fc.constantFrom(...rules).chain((rule) => fc.tuple(fc.constantFrom(...places(rule)), strange).map(([path, other]) => put(rule, path, other)))
const numbers = fc.constantFrom(...rules).chain((rule) => fc.constantFrom(...places(rule)).map((path) => put(rule, path, 7)))
const invented = fc.record({ source: strange, destination: strange, protocol: strange, inInterface: strange, fragment: strange, header: strange, expressions: strange, matches: fc.oneof(strange, fc.array(strange)), target: strange, counters: strange }, { requiredKeys: [] })

describeTables('rules that a client of tables of %s has made of anything', (tables) => {
  test('are taken or refused for what is wrong with them: the daemon never fails', async () => {
    tables.clear('ip')
    await withDaemon(folder, { backend: tables.backend }, async ({ path, log }) => {
      let client = await RawClient.greeted(path)
      let [taken, refused] = [0, 0]
      await fc.assert(
        fc.asyncProperty(fc.oneof({ arbitrary: spoilt, weight: 4 }, { arbitrary: numbers, weight: 1 }, { arbitrary: invented, weight: 1 }), fc.constantFrom('new', '5:6'), async (rule, counting) => {
          const opened = await client.ask({ id: 1, method: 'open', family: 'ip', table: 'mangle', needs: 'chains' })
          const version = (opened?.result as { version: unknown } | undefined)?.version
          const plan = { chains: [{ name: 'OUTPUT', from: 'OUTPUT', policy: 'ACCEPT', counting: 'keep', slots: [{ counting }] }], deleted: [], released: [] }
          client.send(`${JSON.stringify({ id: 2, method: 'commit', test: false, tables: [{ family: 'ip', table: 'mangle', version, plan }] })}\n${JSON.stringify(rule)}`)
          const { id, result, error } = (await client.answer()) as { id: number; result?: unknown; error?: { name: string; code: string; message: string } }
          expect(id).toBe(2)
          if (error) {
            refused++
            expect(error.code === 'ERR_INTERNAL' ? [error, JSON.stringify(rule)] : []).toEqual([])
            // What is no rule at all ends the connection.
            if (error.code === 'ERR_PROTOCOL') client = await RawClient.greeted(path)
          } else {
            taken++
            expect(result).toEqual({})
          }
        }),
        runs(300),
      )
      expect(log.filter(({ event }) => event === 'fault')).toEqual([])
      process.stdout.write(`  ${tables.backend}: ${taken} taken, ${refused} refused\n`)
      expect(Math.min(taken, refused)).toBeGreaterThan(3)
      client.close()
    })
  }, 120_000)
})
