import { spawnSync } from 'node:child_process'
import { InputError, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { run } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()

const ONE = 'web-one'
const OTHER = 'web-other'
const RULE = 'raw PREROUTING rule 1 (-p tcp -j CT --timeout web-)'
const UNCLEAR = /only the first four bytes of the timeout policy .* it may be web-o\w+ or web-o\w+; take the rule out, or give it anew/

const policed = (policy: string) => parseRule(`-p tcp -j CT --timeout ${policy}`)
const plain = (port: number) => parseRule(`-p tcp -m tcp --dport ${port} -j CT --notrack`)

// The kernel gives back four bytes of the name: 'web-'. A policy that a rule names cannot be deleted, which tells what the rule names.
describeTables('a rule that names a timeout policy, in tables of %s', (tables) => {
  const add = (policy: string) => run('nfct', ['add', 'timeout', policy, 'inet', 'tcp', 'established', '100'])
  const named = (policy: string) => spawnSync('nfct', ['delete', 'timeout', policy]).status !== 0
  const saved = () => run(tables.programs.ip, ['-t', 'raw', '-S', 'PREROUTING']).trim().split('\n').slice(1)
  const change = (work: (raw: { append(rule: RuleInput): void; insert(rule: RuleInput): void; replace(rule: RuleInput, place: number): void; all(rules: readonly RuleInput[]): void }) => void) =>
    tables.withTables((xt) => xt.transaction(({ ip }) => work({
      append: (rule) => ip.append('raw', 'PREROUTING', rule),
      insert: (rule) => ip.insert('raw', 'PREROUTING', rule),
      replace: (rule, place) => ip.replace('raw', 'PREROUTING', place, rule),
      all: (rules) => ip.replaceChain('raw', 'PREROUTING', rules),
    })))

  beforeEach(() => add(ONE))
  afterEach(() => {
    run(tables.programs.ip, ['-t', 'raw', '-F'])
    for (const policy of [ONE, OTHER]) spawnSync('nfct', ['delete', 'timeout', policy])
  })

  test('keeps it, whatever is done beside it', async () => {
    await change((raw) => raw.append(policed(ONE)))
    await change((raw) => {
      raw.insert(plain(1))
      raw.append(plain(2))
    })
    expect(saved()).toHaveLength(3)
    expect(saved()[1]).toBe('-A PREROUTING -p tcp -j CT --timeout web-')
    expect(named(ONE)).toBe(true)
    await change((raw) => raw.all([plain(1)]))
    expect(named(ONE)).toBe(false)
  })

  test('is not sent back cut where it may name one of several: nothing changes, and the error says which', async () => {
    await change((raw) => raw.append({ ...policed(ONE), counters: { packets: 5n, bytes: 300n } }))
    add(OTHER)
    const before = saved()
    const append = () => change((raw) => raw.append(plain(1)))
    // On nf_tables the other rules are messages of their own.
    if (tables.backend === 'nft') await append()
    else {
      const error = await rejection(append())
      expect(InputError.is(error) && error.path).toBe(RULE)
      expect(error.message).toMatch(UNCLEAR)
      expect(saved()).toEqual(before)
    }
    // Setting the counters of a rule sends it again, there too.
    const error = await rejection(tables.withTables((xt) => xt.transaction(({ ip }) => ip.zero('raw', 'PREROUTING'))))
    expect(InputError.is(error) && error.path).toBe(RULE)
    expect(error.message).toMatch(UNCLEAR)
    expect([named(OTHER), named(ONE)]).toEqual([false, true])
  })

  test('that is given anew names the policy that is meant', async () => {
    await change((raw) => raw.append(policed(ONE)))
    add(OTHER)
    await change((raw) => {
      raw.replace(policed(OTHER), 1)
      raw.append(plain(1))
    })
    expect(saved()).toHaveLength(2)
    expect([named(ONE), named(OTHER)]).toEqual([false, true])
  })

  test('a policy there is none of is refused, and nothing is changed', async () => {
    const error = await rejection(change((raw) => {
      raw.append(plain(1))
      raw.append(policed(OTHER))
    }))
    expect(error).toMatchObject({ code: 'ERR_KERNEL' })
    expect(saved()).toEqual([])
  })
})
