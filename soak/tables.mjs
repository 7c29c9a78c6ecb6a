// Transactions by chance on the tables of one backend, both families, with a model beside them.
import { execFileSync } from 'node:child_process'
import { demand, demandSameList, rejection } from './difference.mjs'
import { BUILT_IN, chainsOf, linesOf, ruleText, TableModel } from './rules.mjs'

const FAMILIES = ['ip', 'ip6']
const PROGRAM = { ip: 'iptables', ip6: 'ip6tables' }
/** No more rules in a chain than this, nor more chains. */
const MOST_RULES = 30
const MOST_CHAINS = 8

export async function tablesActor(load, backend, random) {
  const { ConflictError, openXtables, parseRule, formatRule, InputError } = await load('xtables/index.js')
  const owner = `own${backend}`
  const name = `xtables, ${backend}`
  let xt = await openXtables({ backend })
  let models = Object.fromEntries(FAMILIES.map((family) => [family, { filter: new TableModel('filter'), raw: new TableModel('raw') }]))
  let number = 0
  const counts = { operations: 0, refused: 0, comparisons: 0, conflicts: 0 }

  /** Plans one change on a model; the function that makes it in a transaction. */
  const planned = (family, model) => {
    const any = () => random.pick([...model.chains.keys()])
    const own = () => (model.own().length > 0 ? random.pick(model.own()) : undefined)
    const rule = (chain) => {
      const to = random.once(5) ? model.beyond(chain) : []
      return ruleText(random, family, owner, to.length > 0 ? random.pick(to) : undefined)
    }
    const parsed = (text) => parseRule(text, { family })
    const kinds = [
      () => {
        const chain = any()
        if (model.rules(chain).length >= MOST_RULES) return undefined
        const text = rule(chain)
        model.rules(chain).push(text)
        return (tx) => tx.append('filter', chain, parsed(text))
      },
      () => {
        const chain = any()
        if (model.rules(chain).length >= MOST_RULES) return undefined
        const text = rule(chain)
        const at = model.own().includes(chain) ? random.below(model.rules(chain).length + 1) : 0
        model.rules(chain).splice(at, 0, text)
        return (tx) => tx.insert('filter', chain, parsed(text), at + 1)
      },
      () => {
        const chain = any()
        if (model.rules(chain).length === 0) return undefined
        const text = random.pick(model.rules(chain))
        model.rules(chain).splice(model.rules(chain).indexOf(text), 1)
        return (tx) => tx.delete('filter', chain, parsed(text))
      },
      () => {
        const chain = own()
        if (chain === undefined || model.rules(chain).length === 0) return undefined
        const at = random.below(model.rules(chain).length)
        const text = rule(chain)
        const replace = random.once(2)
        model.rules(chain).splice(at, 1, ...(replace ? [text] : []))
        return replace ? (tx) => tx.replace('filter', chain, at + 1, parsed(text)) : (tx) => tx.delete('filter', chain, at + 1)
      },
      () => {
        if (model.own().length >= MOST_CHAINS) return undefined
        const chain = `${owner}-${++number}`
        model.chains.set(chain, { rules: [] })
        return (tx) => tx.newChain('filter', chain)
      },
      () => {
        const chain = own()
        if (chain === undefined || model.isUsed(chain)) return undefined
        model.chains.delete(chain)
        return (tx) => {
          tx.flush('filter', chain)
          tx.deleteChain('filter', chain)
        }
      },
      () => {
        const chain = own()
        if (chain === undefined || model.leads(chain)) return undefined
        const to = `${owner}-${++number}`
        model.rename(chain, to)
        return (tx) => tx.renameChain('filter', chain, to)
      },
      () => {
        const chain = own()
        if (chain === undefined) return undefined
        const texts = random.list(0, 12, () => rule(chain))
        model.chains.get(chain).rules = [...texts]
        if (random.once(2)) return (tx) => tx.replaceChain('filter', chain, texts.map(parsed))
        const text = `*filter\n:${chain} - [0:0]\n${texts.map((one) => `-A ${chain} ${one}\n`).join('')}COMMIT\n`
        return (tx) => tx.restore(text, { noflush: true })
      },
      () => {
        const policy = random.pick(['ACCEPT', 'DROP'])
        model.chains.get('FORWARD').policy = policy
        return (tx) => tx.setPolicy('filter', 'FORWARD', policy)
      },
      () => (tx) => tx.zero('filter', 'FORWARD'),
    ]
    return random.pick(kinds)()
  }

  /** All of table raw is ours: it is restored as a whole. */
  const restored = (family, models) => {
    const model = new TableModel('raw')
    for (const chain of random.list(0, 3, () => `${owner}-${++number}`)) model.chains.set(chain, { rules: [] })
    for (const [chain, one] of model.chains) {
      one.rules = random.list(0, 8, () =>
        ruleText(random, family, owner, random.once(4) && model.beyond(chain).length > 0 ? random.pick(model.beyond(chain)) : undefined),
      )
    }
    models[family].raw = model
    const heads = [...model.chains].map(([chain, { policy }]) => `:${chain} ${policy ?? '-'} [0:0]\n`)
    const rules = [...model.chains].flatMap(([chain, one]) => one.rules.map((text) => `-A ${chain} ${text}\n`))
    const text = `*raw\n${heads.join('')}${rules.join('')}COMMIT\n`
    return (tx) => tx.restore(text)
  }

  const refusals = [
    (tx) => tx.append('filter', `${owner}-none`, { target: { target: 'ACCEPT' } }),
    (tx) => tx.append('filter', 'INPUT', { target: { jump: `${owner}-none` } }),
    (tx) => tx.delete('filter', 'INPUT', parseRule('-s 192.0.2.77 -j DROP', { family: 'ip' })),
    (tx) => tx.delete('filter', 'INPUT', 1000),
    (tx) => tx.newChain('filter', 'INPUT'),
    (tx) => tx.append('filter', 'INPUT', { matches: [{ match: 'set', matchSet: `${owner}-no-set src` }] }),
    (tx) => tx.restore('*filter\n-A INPUT -j\nCOMMIT\n', { noflush: true }),
  ]

  let told = []
  /** The changes of the last transaction, in the words of the library. */
  const last = () => {
    const lines = []
    const spoken = (value) =>
      typeof value === 'object' ? JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one)) : value
    for (const { family, change } of told)
      change(
        new Proxy(
          {},
          {
            get:
              (_, call) =>
              (...args) =>
                lines.push(`${family}.${call}(${args.map(spoken).join(', ')})`),
          },
        ),
      )
    return lines.join('\n  ')
  }

  async function reopen() {
    xt = await openXtables({ backend })
  }

  async function step() {
    try {
      await operate()
    } catch (error) {
      // Others may be faster a hundred times in a row: then nothing has changed.
      if (!ConflictError.is(error)) throw error
      counts.conflicts++
    }
  }

  async function operate() {
    counts.operations++
    if (random.once(60)) {
      xt.close()
      await reopen()
    }
    const next = Object.fromEntries(FAMILIES.map((family) => [family, { filter: models[family].filter.clone(), raw: models[family].raw }]))
    const changes = []
    told = changes
    for (let left = random.within(1, 5); left > 0; left--) {
      const family = random.pick(FAMILIES)
      const change = random.once(25) ? restored(family, next) : planned(family, next[family].filter)
      if (change) changes.push(Object.assign((tx) => change(tx[family]), { family, change }))
    }
    const plan = (tx) => {
      for (const change of changes) change(tx)
    }
    const kind = random.below(12)
    if (kind === 0) {
      // Planned and checked, and not made.
      await xt.transaction(plan, { test: true })
      return
    }
    if (kind === 1) {
      const last = random.pick(refusals)
      counts.refused++
      await rejection(
        xt.transaction((tx) => {
          plan(tx)
          last(tx.ip)
        }),
        'a transaction with a change that cannot be',
        InputError,
      )
      return
    }
    await xt.transaction(plan)
    models = next
  }

  async function compare() {
    counts.comparisons++
    for (const family of FAMILIES) {
      for (const table of ['filter', 'raw']) {
        const expected = linesOf(
          owner,
          [...models[family][table].chains].map(([chain, one]) => ({ name: chain, ...one })),
        )
        const read = await xt[family].read(table)
        const ours = Object.entries(read).map(([chain, { policy, rules }]) => ({
          name: chain,
          policy,
          rules: rules.map((rule) => formatRule(rule, { family })),
        }))
        // nf_tables has no built-in chains before there is anything in them.
        const there = BUILT_IN[table].every((chain) => ours.some((one) => one.name === chain))
          ? expected
          : expected.filter((line) => !/^:[A-Z]+ ACCEPT$/.test(line))
        demandSameList(linesOf(owner, ours), there, `${name} ${family} ${table}: what is read, beside the model`)
        const program = `${PROGRAM[family]}-${backend}-save`
        const saved = execFileSync(program, ['-t', table], { encoding: 'utf8', stdio: 'pipe' })
        if (saved.includes(`*${table}`))
          demandSameList(linesOf(owner, chainsOf(saved)), expected, `${name} ${family} ${table}: ${program}, beside the model`)
        else
          demand(
            expected.every((line) => /^:[A-Z]+ ACCEPT$/.test(line)),
            `${program} shows no table ${table}`,
          )
      }
    }
  }

  return { name, counts, step, compare, last, close: () => xt.close(), reopen }
}
